"""The ensemble against a single network, said plainly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.mean_advantage import mean_advantage
from dlrecipes.results import Gain


def measure_gain(
    ensemble: NDArray[np.float64],
    single: NDArray[np.float64],
    *,
    metric: str,
    score: str,
    members: int,
) -> Gain:
    """Compare an ensemble with single networks example by example.

    The gain is averaged over examples and single networks, and its interval has both their
    noises (`mean_advantage`). The seeds of the ensemble's members are averaged already; that
    other members would make another ensemble is not in the interval.

    Args:
        ensemble: `(examples,)` losses of the ensemble, such as 0/1 errors or squared errors.
        single: `(networks, examples)` losses of single networks on the same examples.
        metric: What the losses stand for, such as `"accuracy"` or `"mean squared error"`.
        score: Both scores as text, for the sentence.
        members: Number of the ensemble's members.
    """
    found = mean_advantage(single - ensemble[np.newaxis, :], zero_one=metric == "accuracy")
    words = {
        "better": "is better than a single one",
        "equal": "is as good as a single one within the noise",
        "worse": "is worse than a single one",
    }
    return Gain(
        metric,
        found.value,
        found.interval,
        found.outcome,
        f"The ensemble of {members} networks {words[found.outcome]}: {score}; gain in {metric} "
        f"{found.value:+.4g} ± {found.interval:.2g} (95 %).",
    )
