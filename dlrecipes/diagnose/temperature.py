"""Whether a temperature makes probabilities better, and which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer
from dlrecipes.diagnose.probabilities import (
    Labels,
    Probabilities,
    at_temperature,
    fit_temperature,
    log_losses,
    read_probabilities,
)
from dlrecipes.diagnose.reliability import LEAST, calibration_error
from dlrecipes.diagnose.verdict import mean_advantage
from dlrecipes.results import Calibration, CalibrationScores, plural, significant

SURER, LESS_SURE = 0.5, 10.0
"""Between these a temperature is chosen: odds are squared at most, and at the other end hardly
anything is left of them."""
_NOTHING = 1e-12
_MISTAKES = 10
"""Wrong answers, at least, without which nothing is made surer: how sure probabilities may be, only
those can tell, and without any no temperature would be low enough."""


def choose_temperature(
    y: Any,  # noqa: ANN401  (an array, or what becomes one)
    probabilities: Any,  # noqa: ANN401  (likewise)
    *,
    seed: int = 0,
) -> Calibration:
    """Return the temperature at which held-out labels are most probable, if that is any better.

    What it gains is measured on examples that it was not fitted to: the examples are divided in
    halves, with as many of each class, and the log loss of each half is compared with that at the
    temperature of the other. Only where the mean gain is above the half width of its 95 % interval
    (`mean_advantage`) is there a temperature: that of all examples. Else it is 1, as it is with
    fewer than 50 examples, of which a single one can make the difference. Without ten wrong answers
    it is at least 1. It lies between 0.5 and 10.

    The order of the classes stays, and so does every score that depends on it alone.

    Args:
        y: Class indices from 0, `(examples,)`, of examples that were not trained on.
        probabilities: `(examples, classes)`; of two classes also that of class 1, `(examples,)`.
        seed: Seed of the halves.

    Raises:
        ArgumentError: If they are no labels and probabilities, or of another length.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> true = rng.uniform(size=2000)
        >>> y = rng.random(2000) < true
        >>> too_sure = true**3 / (true**3 + (1 - true) ** 3)
        >>> found = dlr.diagnose.choose_temperature(y.astype(int), too_sure)
        >>> round(found.temperature, 1)
        2.9
        >>> found.validation.calibrated_log_loss < found.validation.log_loss
        True

    Reference:
        Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks,
        arXiv:1706.04599.
    """
    labels, found = read_probabilities(y, probabilities)
    generator = np.random.default_rng(check_integer("seed", seed, 0))
    if len(labels) < LEAST:
        said = f"{plural(len(labels), 'validation example')} are too few to fit a temperature to."
        return _as_they_are(labels, found, said)
    wrong = int((found.argmax(axis=1) != labels).sum())
    coldest = SURER if wrong >= _MISTAKES else 1.0
    halves = _halves(labels, generator)
    crossed = found.copy()
    for half in (halves, ~halves):
        temperature = fit_temperature(labels[~half], found[~half], coldest, LESS_SURE)
        crossed[half] = at_temperature(found[half], temperature)
    before, after = log_losses(labels, found), log_losses(labels, crossed)
    gain = mean_advantage((before - after)[np.newaxis])
    shown = f"{significant(gain.value, signed=True)} ± {significant(gain.interval, 2)} (95 %)"
    if max(abs(gain.value), gain.interval) < _NOTHING:  # rounding
        return _as_they_are(labels, found, "No temperature but 1 lowers the log loss.")
    if gain.outcome != "better":
        return _as_they_are(
            labels, found, f"No temperature lowers the log loss beyond the noise: by {shown}."
        )
    temperature = fit_temperature(labels, found, coldest, LESS_SURE)
    how = "less sure" if temperature > 1 else "surer"
    scores = _scores(labels, found, crossed)
    return Calibration(
        temperature,
        f"Probabilities are made {how}: at a temperature of {significant(temperature)} the log "
        f"loss of validation examples that it was not fitted to falls from "
        f"{significant(scores.log_loss)} to {significant(scores.calibrated_log_loss)}, by {shown}.",
        scores,
    )


def calibrated_scores(
    y: Any,  # noqa: ANN401  (an array, or what becomes one)
    probabilities: Any,  # noqa: ANN401  (likewise)
    temperature: float,
) -> CalibrationScores:
    """Return what a temperature has done to the probabilities of another part.

    Args:
        y: Class indices from 0, `(examples,)`.
        probabilities: Those of the calibrated model, `(examples, classes)`.
        temperature: The one that is in it, above 0.

    Raises:
        ArgumentError: If they are no labels and probabilities, or of another length.

    Example:
        >>> found = dlr.diagnose.calibrated_scores([0, 1, 1], [0.25, 0.75, 0.25], 2.0)
        >>> round(found.log_loss, 4), round(found.calibrated_log_loss, 4)
        (0.8378, 0.6539)
    """
    labels, found = read_probabilities(y, probabilities)
    before = found if temperature == 1 else at_temperature(found, 1 / temperature)
    return _scores(labels, before, found)


def _as_they_are(y: Labels, probabilities: Probabilities, sentence: str) -> Calibration:
    scores = _scores(y, probabilities, probabilities)
    return Calibration(1.0, f"Probabilities stay as they are. {sentence}", scores)


def _scores(y: Labels, before: Probabilities, after: Probabilities) -> CalibrationScores:
    losses = [float(log_losses(y, one).mean()) for one in (before, after)]
    errors = [calibration_error(y, one) for one in (before, after)]
    return CalibrationScores(losses[0], losses[1], errors[0], errors[1])


def _halves(y: Labels, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Return who belongs to the first half, `(examples,)`, of each class every other example."""
    order = np.lexsort((generator.random(len(y)), y))
    first = np.zeros(len(y), bool)
    first[order[::2]] = True
    return first
