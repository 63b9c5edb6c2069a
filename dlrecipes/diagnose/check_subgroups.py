"""Does the network fail one group more often than another?"""

from __future__ import annotations

from collections.abc import Iterable

from dlrecipes.results import Finding, SubgroupResult


def check_subgroups(results: Iterable[SubgroupResult]) -> tuple[Finding, ...]:
    """Return a finding a column; a difference that chance does not explain is a warning.

    Args:
        results: What `measure_subgroups` measured.
    """
    return tuple(_finding(one) for one in results)


def _finding(result: SubgroupResult) -> Finding:
    if not result.gaps:
        return Finding("subgroups", result.sentence, {"column": result.column})
    gap = result.gaps[0]
    real = gap.low > 0
    # The larger error is the worse one, the smaller accuracy.
    worse = gap.smallest if result.cells else gap.largest
    remedy = ", or reweigh label and group (`reweigh_groups`)" if result.cells else ""
    return Finding(
        "subgroups",
        result.sentence,
        {
            "column": result.column,
            **{one.name: one.value for one in result.gaps},
        },
        advice=f"Collect more examples of {worse!r}{remedy}." if real else "",
        severity="warning" if real else "info",
    )
