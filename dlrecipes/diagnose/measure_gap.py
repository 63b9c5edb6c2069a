"""The gap of one measure between the groups of one column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.subgroup_gaps import largest_gap
from dlrecipes.diagnose.subgroup_measures import group_measures
from dlrecipes.results import DataSpec, Gap


def measure_gap(
    y: object, predictions: object, groups: NDArray[np.object_], spec: DataSpec, measure: str
) -> Gap | None:
    """Return the largest difference of a measure between groups, by the more probable class.

    Args:
        y: Class indices or values, `(examples,)`.
        predictions: Probabilities `(examples, classes)`, or values `(examples,)`.
        groups: The group of each example, `(examples,)`.
        spec: The data's description.
        measure: One of `GapPenalty`'s that fits the task, such as `"true positive rate"`.

    Returns:
        The gap; None where fewer than two groups have the 30 examples that are compared.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
            probability.
    """
    measures, _ = group_measures(y, predictions, spec)
    one = next(one for one in measures if one.name == measure.replace(" ", "_"))
    samples = {name: one.values[(groups == name) & one.counted] for name in sorted(set(groups))}
    return largest_gap(one.gap, one.name, samples, root=one.root)
