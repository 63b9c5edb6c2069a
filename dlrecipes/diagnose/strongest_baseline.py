"""Which baseline a network must beat."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError


def strongest_baseline(
    losses: Mapping[str, NDArray[np.float64]], log_losses: Mapping[str, float] | None = None
) -> str:
    """Return the strongest baseline's name.

    The baseline with the lowest mean loss may owe it to a handful of examples. Every other one
    whose distance to it is at most one standard error, of the paired difference of the examples'
    losses, is as good by this metric; of those, the strongest has the lowest log loss, which judges
    the probabilities of all examples and not only on which side of a threshold they lie.

    Args:
        losses: `{baseline: (examples,)}`, at least one, of the same examples, whose means are what
            the baselines are compared by; lower is better.
        log_losses: `{baseline: log loss}`; without it, as for values, the lowest mean loss decides,
            and of equals the one that comes first.

    Raises:
        ArgumentError: If there is no baseline, the sizes differ, or a log loss is missing.

    Reference:
        Breiman et al. 1984, Classification and Regression Trees, section 3.4.3 (the rule of one
        standard error).
    """
    if not losses or len({len(values) for values in losses.values()}) != 1:
        raise ArgumentError(
            "Baselines are compared on the same examples, at least one baseline.",
            received=f"{ {name: len(values) for name, values in losses.items()} }",
        )
    if log_losses is not None and not set(losses) <= set(log_losses):
        raise ArgumentError(
            "Each baseline must have a log loss, or none.",
            received=f"none of {sorted(set(losses) - set(log_losses))}",
        )
    best = min(losses, key=lambda name: float(losses[name].mean()))
    if log_losses is None:
        return best
    alike = [
        name
        for name, values in losses.items()
        if float((values - losses[best]).mean()) <= _standard_error(values - losses[best])
    ]
    return min(alike, key=lambda name: log_losses[name])


def _standard_error(differences: NDArray[np.float64]) -> float:
    if len(differences) < 2:
        return 0.0
    return float(differences.std(ddof=1)) / math.sqrt(len(differences))
