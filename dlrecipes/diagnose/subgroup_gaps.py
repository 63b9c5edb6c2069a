"""The largest difference between groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.subgroup_estimate import estimate
from dlrecipes.results import Gap
from dlrecipes.results.subgroup_result import ENOUGH

Samples = Mapping[str, NDArray[Any]]
"""`{group: values (examples,)}`"""


def largest_gap(
    name: str, measure: str, samples: Samples, *, root: bool = False, families: int = 1
) -> Gap | None:
    """Return the largest minus the smallest mean over the groups with at least 30 examples.

    The two groups are those that chance, too, drove apart. The interval is therefore made of
    intervals that hold for the differences of all pairs of groups at once (Bonferroni), each from
    those of the two means (square and add): the largest difference is at least the largest lower
    end, and at most the largest upper end.

    Args:
        name: What the gap is called.
        measure: What is compared.
        samples: The values whose mean is compared, by group: booleans or numbers.
        root: Whether the square roots of the means are compared.
        families: From how many such comparisons this one is picked as the largest.

    Returns:
        The gap; None where fewer than two groups have enough examples.

    Reference:
        Newcombe 1998, Interval Estimation for the Difference between Independent Proportions,
        method 10; Zou and Donner 2008, Construction of Confidence Limits about Effect Measures.
    """
    enough = {group: values for group, values in samples.items() if len(values) >= ENOUGH}
    if len(enough) < 2:
        return None
    confidence = 1 - 0.05 / (families * math.comb(len(enough), 2))
    found = {
        group: one
        for group, values in enough.items()
        if (one := estimate(values, confidence=confidence, root=root)) is not None
    }
    names = list(found)
    value = np.array([one.value for one in found.values()])
    down = value - [one.low for one in found.values()]
    up = np.array([one.high for one in found.values()]) - value
    # In row a and column b, that of a minus that of b.
    difference = np.subtract.outer(value, value)
    low = difference - np.hypot.outer(down, up)
    high = difference + np.hypot.outer(up, down)
    pairs = ~np.eye(len(names), dtype=bool)
    # Of equal ones the last, so that it is another group than the largest.
    largest, smallest = int(np.argmax(value)), len(value) - 1 - int(np.argmin(value[::-1]))
    return Gap(
        name,
        measure,
        float(difference[largest, smallest]),
        float(low[pairs].max()),
        float(high[pairs].max()),
        names[largest],
        float(value[largest]),
        names[smallest],
        float(value[smallest]),
    )
