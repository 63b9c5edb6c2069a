"""A difference between groups, said plainly."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.results import Gap, GroupResult
from dlrecipes.results.subgroup_result import ENOUGH

_MOST_NAMED = 3


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
        if any(one.examples < ENOUGH for one in (group, *cells) if one.group == group.group)
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
