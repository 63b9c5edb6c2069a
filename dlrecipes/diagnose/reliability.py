"""Are predicted probabilities as often right as they say?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.checks import check_integer
from dlrecipes.diagnose.probabilities import (
    TINY,
    Labels,
    Probabilities,
    at_temperature,
    fit_temperature,
    log_losses,
    read_probabilities,
)
from dlrecipes.results import Finding, plural

LEAST, MOST_ROWS = 50, 50_000
BINS, IN_A_BIN = 15, 20
DRAWS, UNLIKELY = 400, 0.01
MATTERS = 0.02


@dataclass(frozen=True)
class Reliability:
    """How often predictions are right that say how sure they are.

    Args:
        confidence: Mean probability of each bin, rising: of class 1 where there are two, else of
            the class that was chosen.
        right: Share of the examples that are of that class.
        low: Lower end of that share's 95 % interval (Wilson).
        high: Upper end.
        counts: Examples a bin.
        error: Mean distance of `right` from `confidence` over the examples (ECE).
        by_chance: What that would be on average if all probabilities were right.
        chance: How often it would be as large then.
        temperature: By which logits are to be divided; above 1 where predictions are too sure.
        log_loss: Mean log loss.
        log_loss_then: That at this temperature.
        spiegelhalter: Spiegelhalter's z; about normal if all probabilities are right.
    """

    confidence: tuple[float, ...]
    right: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]
    error: float
    by_chance: float
    chance: float
    temperature: float
    log_loss: float
    log_loss_then: float
    spiegelhalter: float

    @property
    def excess(self) -> float:
        """The error without what chance makes of it, at least 0."""
        return max(self.error - self.by_chance, 0.0)


def calibration(
    y: Any,  # noqa: ANN401  (an array, or what becomes one)
    probabilities: Any,  # noqa: ANN401  (likewise)
    *,
    seed: int = 0,
) -> Reliability:
    """Measure whether predicted probabilities come true as often as they say.

    The expected calibration error is never 0: with few examples in a bin, the share that is right
    is off by luck. How much of it luck makes is simulated with labels that are drawn by the
    probabilities themselves.

    Args:
        y: Class indices from 0, `(examples,)`, of examples that were not trained on.
        probabilities: `(examples, classes)`; of two classes also that of class 1, `(examples,)`.
        seed: Seed of the simulated labels.

    Raises:
        ArgumentError: If they are no labels and probabilities, or of another length.

    Reference:
        Guo et al. 2017, On Calibration of Modern Neural Networks; Vaicenavicius et al. 2019,
        Evaluating Model Calibration in Classification; Spiegelhalter 1986, Probabilistic
        Prediction in Patient Management.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> true = rng.uniform(size=2000)
        >>> y = rng.random(2000) < true
        >>> too_sure = true**3 / (true**3 + (1 - true) ** 3)
        >>> found = dlr.diagnose.calibration(y.astype(int), too_sure)
        >>> round(found.temperature, 1), found.chance < 0.01
        (2.9, True)
    """
    labels, found = read_probabilities(y, probabilities)
    generator = np.random.default_rng(check_integer("seed", seed, 0))
    sure, hits = _how_sure(labels, found)
    bins = _bin(sure)
    error = _error(sure, hits[np.newaxis], bins)[0]
    draws = DRAWS if len(sure) <= MOST_ROWS else max(DRAWS * MOST_ROWS // len(sure), 40)
    lucky = np.array(
        [_error(sure, generator.random((1, len(sure))) < sure, bins)[0] for _ in range(draws)]
    )
    counts = np.bincount(bins)
    right = np.bincount(bins, hits)
    ends = [
        stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
        for k, n in zip(right, counts, strict=True)
    ]
    temperature = fit_temperature(labels, found)
    then = at_temperature(found, temperature)
    wide = (1 - 2 * sure) ** 2 * sure * (1 - sure)
    z = ((hits - sure) * (1 - 2 * sure)).sum() / max(float(wide.sum()) ** 0.5, TINY)
    return Reliability(
        confidence=tuple((np.bincount(bins, sure) / counts).tolist()),
        right=tuple((right / counts).tolist()),
        low=tuple(float(end.low) for end in ends),
        high=tuple(float(end.high) for end in ends),
        counts=tuple(counts.tolist()),
        error=float(error),
        by_chance=float(lucky.mean()),
        chance=float((1 + (lucky >= error).sum()) / (1 + len(lucky))),
        temperature=temperature,
        log_loss=float(log_losses(labels, found).mean()),
        log_loss_then=float(log_losses(labels, then).mean()),
        spiegelhalter=float(z),
    )


def calibration_error(y: Labels, probabilities: Probabilities) -> float:
    """Return the expected calibration error, as `calibration` measures it.

    Args:
        y: Class indices, `(examples,)`.
        probabilities: `(examples, classes)`.
    """
    sure, hits = _how_sure(y, probabilities)
    return float(_error(sure, hits[np.newaxis], _bin(sure))[0])


def _how_sure(
    y: Labels, probabilities: Probabilities
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the probability that is judged, and where it came true, `(examples,)` each."""
    if probabilities.shape[1] == 2:
        return probabilities[:, 1], y == 1
    return probabilities.max(axis=1), y == probabilities.argmax(axis=1)


def _bin(sure: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of each example's bin; bins have about as many examples each."""
    wanted = int(np.clip(len(sure) // IN_A_BIN, 1, BINS))
    edges = np.quantile(sure, np.arange(1, wanted) / wanted)
    return np.unique(np.searchsorted(edges, sure), return_inverse=True)[1]


def _error(
    sure: NDArray[np.float64], hits: NDArray[np.bool_], bins: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the calibration error of each row of hits, `(draws, examples)`."""
    away = hits - sure
    return np.array([np.abs(np.bincount(bins, row)).sum() / len(sure) for row in away])


def check_calibration(y: Any, probabilities: Any) -> Finding:  # noqa: ANN401  (arrays)
    """Return whether probabilities come true as often as they say; information only.

    Args:
        y: As for `calibration`.
        probabilities: Likewise.

    Returns:
        A finding `calibration`, with advice if the error is above what chance makes by 0.02 or
        more, and chance makes as much in fewer than 1 of 100 samples.
    """
    labels, found = read_probabilities(y, probabilities)
    if len(labels) < LEAST:
        return Finding(
            "calibration", f"{plural(len(labels), 'example')} are too few to judge probabilities."
        )
    measured = calibration(labels, found)
    evidence: dict[str, float | int | str | list[str]] = {
        "calibration error": measured.error,
        "by chance": measured.by_chance,
        "temperature": measured.temperature,
        "log loss": measured.log_loss,
        "log loss at this temperature": measured.log_loss_then,
        "Spiegelhalter's z": measured.spiegelhalter,
        "said": [f"{share:.4g}" for share in measured.confidence],
        "came true": [f"{share:.4g}" for share in measured.right],
        "at least": [f"{share:.4g}" for share in measured.low],
        "at most": [f"{share:.4g}" for share in measured.high],
    }
    if measured.excess < MATTERS or measured.chance >= UNLIKELY:
        return Finding(
            "calibration",
            f"Probabilities come true as often as they say (calibration error "
            f"{measured.error:.3f}, {measured.by_chance:.3f} by chance).",
            evidence,
        )
    gain = measured.log_loss - measured.log_loss_then
    helps = gain > 0.01 * measured.log_loss and not 0.95 < measured.temperature < 1.05
    sure = "too sure" if measured.temperature > 1 else "not sure enough"
    said = f"Probabilities are {sure if helps else 'off'}"
    remedy = (
        f"Divide the logits by {measured.temperature:.2f} before the softmax or sigmoid"
        if helps
        else "Fit an isotonic curve to held-out examples"
    )
    train = (
        "or train with label smoothing, or fewer epochs"
        if helps and measured.temperature > 1
        else "without label smoothing, focal loss, or class weights"
    )
    return Finding(
        "calibration",
        f"{said}: they are off by {measured.error:.3f} on average ({measured.by_chance:.3f} by "
        "chance).",
        evidence,
        advice=f"{remedy}, {train}. Ranks and the more probable class stay as they are.",
    )
