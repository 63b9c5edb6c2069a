"""The user's code is called, and what it sets for the whole process is put back."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import keras
import tensorflow as tf
from tensorflow.python.eager import context  # the device of a thread can be read nowhere else
from tensorflow.python.framework import ops

_Made = TypeVar("_Made")


def undisturbed(call: Callable[[], _Made]) -> _Made:
    """Call a builder, or a `fit`, and put back what it set for the whole process.

    The dtype policy, the floats of Keras, eager mode, the working directory, and a device or a
    strategy whose scope it left open would be those of the next trial and of the run. A network
    that was built in eager mode is trained so, as the user meant; the others are not.

    Args:
        call: The user's code.

    Returns:
        What it returns.
    """
    settings = _Settings()
    try:
        made = call()
        eager = tf.config.functions_run_eagerly()
    finally:
        settings.put_back()
    if eager and isinstance(made, keras.Model):
        made.run_eagerly = True
    return made


class _Settings:
    """What holds for the whole process now."""

    def __init__(self) -> None:
        self._policy = keras.config.dtype_policy()
        self._floatx = keras.config.floatx()
        self._epsilon = keras.config.epsilon()
        self._image_format = keras.config.image_data_format()
        self._eager = tf.config.functions_run_eagerly()
        self._folder = os.getcwd()
        self._device = context.context()._thread_local_data
        self._device_name = self._device.device_name
        self._device_spec = self._device.device_spec
        self._strategies = len(_strategies())

    def put_back(self) -> None:
        keras.config.set_floatx(self._floatx)
        keras.config.set_epsilon(self._epsilon)
        keras.config.set_image_data_format(self._image_format)
        keras.config.set_dtype_policy(self._policy)
        if tf.config.functions_run_eagerly() != self._eager:
            tf.config.run_functions_eagerly(self._eager)
        if os.getcwd() != self._folder:
            os.chdir(self._folder)
        self._device.device_name = self._device_name
        self._device.device_spec = self._device_spec
        del _strategies()[self._strategies :]


def _strategies() -> list[Any]:
    """Return the strategies whose scopes are open in this thread."""
    graph: Any = ops.get_default_graph()
    strategies: list[Any] = graph._distribution_strategy_stack
    return strategies
