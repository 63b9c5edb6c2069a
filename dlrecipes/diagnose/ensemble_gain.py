"""The ensemble against a single network, said plainly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.verdict import mean_advantage
from dlrecipes.results import Gain, plural, significant


def average_predictions(
    members: Sequence[NDArray[np.float32]], weights: Sequence[float] | None = None
) -> NDArray[np.float32]:
    """Return what the average of some networks predicts, in the order of sums of Keras' layers.

    Args:
        members: Predictions of each for the same examples, `(examples, classes)` or `(examples,)`.
        weights: How much each counts, with the sum 1; None for all alike.

    >>> average_predictions([np.float32([0.2, 0.8]), np.float32([0.6, 0.4])]).tolist()
    [0.4000000059604645, 0.6000000238418579]
    """
    scales = [1.0] * len(members) if weights is None else weights
    total = members[0] * np.float32(scales[0])
    for predicted, scale in zip(members[1:], scales[1:], strict=True):
        total = total + predicted * np.float32(scale)
    return total / np.float32(len(members)) if weights is None else total


def measure_gain(
    ensemble: NDArray[np.float64],
    single: NDArray[np.float64],
    *,
    metric: str,
    score: str,
    members: int,
    step: float = 0.0,
    lucky: bool = False,
) -> Gain:
    """Compare an ensemble with single networks example by example.

    The gain is averaged over examples and single networks, and its interval has both their
    noises (`mean_advantage`). The seeds of the ensemble's members are averaged already; that
    other members would make another ensemble is not in the interval.

    Args:
        ensemble: `(examples,)` losses of the ensemble in the metric's units, such as 0/1 errors or
            parts of the RMSE.
        single: `(networks, examples)` losses of single networks on the same examples.
        metric: What the losses stand for, such as `"accuracy"` or `"RMSE"`.
        score: Both scores as text, for the sentence.
        members: Number of the ensemble's members.
        step: What one example makes where it is right or wrong, as for `mean_advantage`.
        lucky: Whether a gain may come from choosing the members by these examples: then the
            ensemble is not called better.
    """
    found = mean_advantage(single - ensemble[np.newaxis, :], step=step)
    words = {
        "better": "is better than a single one",
        "equal": "is as good as a single one within the noise",
        "worse": "is worse than a single one",
    }
    outcome, said = found.outcome, words[found.outcome]
    if outcome == "better" and lucky:
        outcome, said = "equal", "is not shown to be better than a single one: its members may "
        said += "look better than they are, being the best of many by these examples"
    return Gain(
        metric,
        found.value,
        found.interval,
        outcome,
        f"The ensemble of {plural(members, 'network')} {said}: {score}; gain in "
        f"{metric} {significant(found.value, signed=True)} ± "
        f"{significant(found.interval, 2)} (95 %).",
    )
