"""The largest difference between groups, with its interval, said plainly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.results import DataSpec, Estimate, Gap, GroupResult
from dlrecipes.results.subgroup_result import ENOUGH
from dlrecipes.targets import kind_of

Samples = Mapping[str, NDArray[Any]]
"""`{group: values (examples,)}`"""
_MOST_NAMED = 3


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
    value = np.array([estimated.value for estimated in found.values()])
    down = value - [estimated.low for estimated in found.values()]
    up = np.array([estimated.high for estimated in found.values()]) - value
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
    measures, _ = kind_of(spec.target).group_measures(y, predictions)
    wanted = next(known for known in measures if known.name == measure.replace(" ", "_"))
    samples = {
        name: wanted.values[(groups == name) & wanted.counted] for name in sorted(set(groups))
    }
    return largest_gap(wanted.gap, wanted.name, samples, root=wanted.root)


def estimate(
    values: NDArray[Any], *, confidence: float = 0.95, root: bool = False
) -> Estimate | None:
    """Return the mean of `values` with its interval; None if they are too few to have one.

    A share has Wilson's interval, which stays inside 0 and 1 and has a width also where all
    examples agree. Other means have Student's, and the root of a mean the roots of its ends.

    Args:
        values: Booleans, whose mean is a share, or numbers, `(examples,)`.
        confidence: How often the interval shall hold the true value, in (0, 1).
        root: Whether the square root of the mean is wanted; the numbers are squares then.

    Reference:
        Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference.
    """
    count = len(values)
    if values.dtype == bool:
        if not count:
            return None
        share = stats.binomtest(int(values.sum()), count)
        interval = share.proportion_ci(confidence, method="wilson")
        return Estimate(float(values.mean()), float(interval.low), float(interval.high), count)
    if count < 2:
        return None
    mean = float(values.mean(dtype=np.float64))
    error = float(values.std(ddof=1, dtype=np.float64)) / math.sqrt(count)
    half = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * error
    low, high = mean - half, mean + half
    if root:
        mean, low, high = (math.sqrt(max(end, 0.0)) for end in (mean, low, high))
    return Estimate(mean, low, high, count)


def say_gap(
    column: str,
    part: str,
    gaps: Sequence[Gap],
    groups: Sequence[GroupResult],
    cells: Sequence[GroupResult],
) -> str:
    """Return the first gap as a sentence, and which groups have too few examples.

    Args:
        column: The column of the groups.
        part: Which examples were measured.
        gaps: The gaps, the most important first.
        groups: Each group.
        cells: Each label in each group.
    """
    few = [
        repr(group.group)
        for group in groups
        if any(cell.examples < ENOUGH for cell in (group, *cells) if cell.group == group.group)
    ]
    more = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
    small = f" Too few examples to compare all of {', '.join(few[:_MOST_NAMED])}{more}."
    if not gaps:
        return f"By {column}, no two groups of the {part} examples are large enough to compare." + (
            small if few else ""
        )
    gap = gaps[0]
    chance = "" if gap.low > 0 else ", which chance alone can make"
    return (
        f"By {column}, the {gap.measure.replace('_', ' ')} is {gap.largest_value:.4g} in "
        f"{gap.largest!r} and {gap.smallest_value:.4g} in {gap.smallest!r} on the {part} examples: "
        f"a difference of {gap.value:.3g} (95 % interval {gap.low:.3g} to {gap.high:.3g}){chance}."
        + (small if few else "")
    )
