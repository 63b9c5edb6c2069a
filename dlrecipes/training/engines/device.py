"""What the machine has to train on."""

from __future__ import annotations

import os

import keras
import tensorflow as tf

from dlrecipes.errors import ArgumentError
from dlrecipes.results import plural


def check_backend() -> None:
    """Refuse another Keras backend than TensorFlow, before anything is built.

    Raises:
        ArgumentError: If `KERAS_BACKEND` is something else.
    """
    if keras.backend.backend() != "tensorflow":
        raise ArgumentError(
            "dlrecipes trains on Keras' TensorFlow backend.",
            received=f"KERAS_BACKEND={keras.backend.backend()}",
            fix="Set KERAS_BACKEND=tensorflow before Keras is imported.",
        )


def weakest_capability() -> tuple[int, int] | None:
    """Return the smallest compute capability of all visible GPUs, or None without a GPU."""
    capabilities = [
        tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    return min(capabilities, default=None)


def describe_device() -> str:
    """Return the device in words: the GPUs' names, or the number of CPU cores."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU, {plural(os.cpu_count() or 1, 'core')}"
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return ", ".join(str(detail.get("device_name", "GPU")) for detail in details)
