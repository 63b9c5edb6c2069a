"""An exported model against the predictions of the tested one."""

from __future__ import annotations

import numpy as np

from dlrecipes.errors import ExportError
from dlrecipes.results import DataSpec
from dlrecipes.targets import split_predictions

_TOLERANCES = {"float32": 1e-5, "mixed_float16": 5e-3, "mixed_bfloat16": 4e-2}
"""Compiled and uncompiled graphs round differently, by the size of the dtype's last place."""


def tolerance_of(policy: str) -> float:
    """Return how far predictions of one network may be apart, relative to their size.

    Args:
        policy: The dtype policy of the network.
    """
    return _TOLERANCES.get(policy, 1e-5)


def check_same_predictions(
    exported: np.ndarray, tested: np.ndarray, spec: DataSpec, *, policy: str, what: str
) -> float:
    """Return the largest difference, relative to the size of a target's predictions.

    Args:
        exported: Predictions of the model as loaded from its file.
        tested: The predictions saved when the test set was opened.
        spec: The data's description.
        policy: The dtype policy of the model; 1e-5 holds for float32.
        what: The file, for the message.

    Raises:
        ExportError: If they differ by more than the policy's tolerance.
    """
    if exported.shape != tested.shape:
        raise ExportError(
            "An exported model must reproduce the saved predictions.",
            received=f"{what} with predictions of shape {exported.shape}, not {tested.shape}",
        )
    before, after = split_predictions(tested, spec), split_predictions(exported, spec)
    # Each by its own size: what is little for a price is not for a probability.
    largest = float(np.max([_difference(after[name], before[name]) for name in before]))
    tolerance = tolerance_of(policy)
    if not largest <= tolerance:
        raise ExportError(
            "An exported model must reproduce the saved predictions.",
            received=f"{what}, off by {largest:.3g} (tolerance {tolerance:g})",
            fix="Nothing was claimed: the tested model is the one in `checkpoints`.",
        )
    return largest


def _difference(exported: np.ndarray, tested: np.ndarray) -> float:
    """Return the largest difference relative to the size; NaN where there is one."""
    scale = max(1.0, float(np.abs(tested).max(initial=0.0)))
    return float(np.abs(exported.astype(float) - tested).max(initial=0.0)) / scale
