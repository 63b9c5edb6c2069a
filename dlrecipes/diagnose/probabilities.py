"""Labels and predicted probabilities as the checks take them, and the temperature they ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from dlrecipes.errors import ArgumentError
from dlrecipes.results import plural

TINY = 1e-12
COLDEST, HOTTEST = 0.05, 20.0
MOST_CELLS = 1_000_000
_SUM = 1e-3

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float64]


def read_probabilities(y: Any, probabilities: Any) -> tuple[Labels, Probabilities]:  # noqa: ANN401
    """Return class indices and probabilities of all classes, checked.

    Args:
        y: Class indices from 0, `(examples,)`.
        probabilities: `(examples, classes)`; of two classes also that of class 1, `(examples,)`
            or `(examples, 1)`.

    Raises:
        ArgumentError: If they are none, or of another length.
    """
    found = _numbers("probabilities", probabilities)
    if found.ndim == 1 or (found.ndim == 2 and found.shape[1] == 1):
        found = found.reshape(-1)
        found = np.stack([1 - found, found], axis=1)
    rule = "`probabilities` must be numbers in [0, 1] that sum to 1 in each row."
    if found.ndim != 2 or not len(found):
        raise ArgumentError(
            "`probabilities` must be (examples, classes), with at least one example.",
            received=f"shape {found.shape}",
        )
    off = ~((found >= -_SUM) & (found <= 1 + _SUM)).all(axis=1)
    off |= ~(np.abs(found.sum(axis=1) - 1) <= _SUM * found.shape[1])
    if off.any():
        at = int(np.argmax(off))
        raise ArgumentError(
            rule,
            received=f"{found[at][:5].tolist()} in row {at}",
            fix="Logits become probabilities by softmax or sigmoid.",
        )
    labels = _numbers("y", y)
    whole = labels.ndim == 1 and bool((labels == np.round(labels)).all())
    if not whole or labels.shape != found.shape[:1]:
        raise ArgumentError(
            "`y` must be one class index an example, (examples,).",
            received=f"shape {labels.shape} for {plural(len(found), 'example')}"
            if labels.shape != found.shape[:1]
            else f"{float(labels[labels != np.round(labels)][0])}",
        )
    if labels.min() < 0 or labels.max() >= found.shape[1]:
        raise ArgumentError(
            f"`y` must be class indices from 0 to {found.shape[1] - 1}.",
            received=f"{labels.min():g} to {labels.max():g}",
        )
    found = np.clip(found, 0, 1)
    return labels.astype(np.int64), found / found.sum(axis=1, keepdims=True)


def _numbers(name: str, given: Any) -> NDArray[np.float64]:  # noqa: ANN401
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biuf":
        raise ArgumentError(
            f"`{name}` must be numbers.",
            received=f"an array of {array.dtype}",
            fix="Write labels as class indices, in the order of the probabilities."
            if name == "y"
            else "",
        )
    bad = ~np.isfinite(array)
    if bad.any():
        raise ArgumentError(
            f"`{name}` must be finite.",
            received=f"{array[bad].flat[0]} in {plural(int(bad.sum()), 'place')}",
        )
    return array.astype(np.float64)


def at_temperature(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Return probabilities whose logits are divided by a temperature.

    Args:
        probabilities: `(examples, classes)`.
        temperature: Above 1 for less sure ones.
    """
    logits = np.log(np.maximum(probabilities, TINY)) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def fit_temperature(y: Labels, probabilities: Probabilities) -> float:
    """Return the temperature, 0.05 to 20, at which the labels are most probable.

    Args:
        y: Class indices, `(examples,)`.
        probabilities: `(examples, classes)`.

    Reference:
        Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    # One number: some of very many examples say it as well.
    most = min(len(y), max(MOST_CELLS // probabilities.shape[1], 1000))
    some = np.linspace(0, len(y) - 1, most).astype(int)
    y, probabilities, rows = y[some], probabilities[some], np.arange(most)

    def loss(log_temperature: float) -> float:
        scaled = at_temperature(probabilities, float(np.exp(log_temperature)))
        return -float(np.log(np.maximum(scaled[rows, y], TINY)).mean())

    bounds = (float(np.log(COLDEST)), float(np.log(HOTTEST)))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
