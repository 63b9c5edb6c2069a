"""Labels and predicted probabilities as the checks take them, and the temperature they ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from dlrecipes.errors import ArgumentError
from dlrecipes.results import plural

TINY = 1e-12
COLDEST, HOTTEST = 0.05, 20.0
MOST_CELLS = 1_000_000
_SUM = 1e-3
_FLAT = 1e-13
"""Slopes that are nothing but rounding."""

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
        probabilities: `(examples, classes)`; what float32 does not hold in full counts as the least
            that it does, as in `dlrecipes.layers.TemperatureScaling`.
        temperature: Above 1 for less sure ones.
    """
    logits = _logarithms(probabilities) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def fit_temperature(
    y: Labels, probabilities: Probabilities, coldest: float = COLDEST, hottest: float = HOTTEST
) -> float:
    """Return the temperature at which the labels are most probable; 1 where all are alike.

    The log loss is convex in what the logits are multiplied by, so it is least where its slope is
    0, the mean of the expected logarithm less that of the label's, or at an end.

    Args:
        y: Class indices, `(examples,)`.
        probabilities: `(examples, classes)`.
        coldest: The least that it may be.
        hottest: The most.

    Reference:
        Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    # One number: some of very many examples say it as well.
    most = min(len(y), max(MOST_CELLS // probabilities.shape[1], 1000))
    some = np.linspace(0, len(y) - 1, most).astype(int)
    logits = _logarithms(probabilities[some])
    logits -= logits.max(axis=1, keepdims=True)
    own = logits[np.arange(most), y[some]]

    def slope(factor: float) -> float:
        odds = np.exp(factor * logits)
        expected = (odds * logits).sum(axis=1) / odds.sum(axis=1)
        return float((expected - own).mean())

    low, high = 1 / hottest, 1 / coldest
    at_low, at_high = slope(low), slope(high)
    if max(abs(at_low), abs(at_high)) < _FLAT:
        return min(max(1.0, coldest), hottest)
    if at_low >= 0:
        return hottest
    if at_high <= 0:
        return coldest
    return 1 / float(brentq(slope, low, high))


def log_losses(y: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """Return each example's log loss, `(examples,)`, whose mean is that of scikit-learn.

    Args:
        y: Class indices, `(examples,)`.
        probabilities: `(examples, classes)`.
    """
    least = np.finfo(np.float64).eps
    return -np.log(np.maximum(probabilities[np.arange(len(y)), y], least))


def _logarithms(probabilities: Probabilities) -> NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)))
