"""The largest difference between groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

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

    The two groups are those that chance, too, drove apart. The interval is therefore one that
    holds for the differences of all pairs of groups at once (Bonferroni), from the intervals of
    the two means (square and add).

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
    largest = max(found, key=lambda group: found[group].value)
    # Of equal ones the last, so that it is another group than the largest.
    smallest = min(reversed(found), key=lambda group: found[group].value)
    top, bottom = found[largest], found[smallest]
    difference = top.value - bottom.value
    return Gap(
        name,
        measure,
        difference,
        difference - math.hypot(top.value - top.low, bottom.high - bottom.value),
        difference + math.hypot(top.high - top.value, bottom.value - bottom.low),
        largest,
        top.value,
        smallest,
        bottom.value,
    )
