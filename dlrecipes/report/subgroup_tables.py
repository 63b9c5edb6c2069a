"""The groups of each subgroup column as tables."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.report.format import MISSING, format_number
from dlrecipes.results import Estimate, GroupResult, RunResult, SubgroupResult

MOST_LABELS = 12
_LONGEST = 40
_SHARES = {
    "prevalence": ("prevalence", "share of the group that is positive"),
    "selection_rate": ("selected", "share of the group that is called positive"),
    "accuracy": ("accuracy", "share of the group that is called what it is"),
    "true_positive_rate": ("TPR", "share of the positives that are called positive"),
    "false_positive_rate": ("FPR", "share of the negatives that are called positive"),
    "precision": ("precision", "share of those called positive that are"),
}
_OTHERS = {
    "calibration": ("calibration", "mean probability minus observed share"),
    "rmse": ("RMSE", "root of the mean squared error"),
    "mean_error": ("mean error", "mean of predicted minus true"),
}
_SIGNED = ("calibration", "mean_error")


@dataclass(frozen=True)
class Cell:
    """A number as text, its interval, and whether it has too few examples to be compared."""

    text: str
    interval: str = ""
    small: bool = False


@dataclass(frozen=True)
class SubgroupTable:
    """One column's groups on one part.

    Args:
        column: The column.
        part: `"test"` or `"validation"`.
        sentence: The largest difference.
        measures: `(name, meaning)` of the measures.
        rows: `(group, examples, cells)`, a cell a measure.
        labels: Names of the labels; empty where there are none or too many for a table.
        cell_rows: `(group, cells)`, the accuracy of each label.
        gaps: `(name, measure, value, interval, largest, smallest)`.
        pooled: Whether rare values are one group.
        folded: Whether a table of another part comes first.
    """

    column: str
    part: str
    sentence: str
    measures: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, int, tuple[Cell, ...]], ...]
    labels: tuple[str, ...]
    cell_rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    gaps: tuple[tuple[str, str, str, str, str, str], ...]
    pooled: bool
    folded: bool


def subgroup_tables(result: RunResult) -> tuple[SubgroupTable, ...]:
    """Return the tables of a run, those of the test part first."""
    ordered = sorted(result.subgroups, key=lambda subgroup: subgroup.part != "test")
    tested = any(subgroup.part == "test" for subgroup in ordered)
    return tuple(
        _table(subgroup, folded=tested and subgroup.part != "test") for subgroup in ordered
    )


def _table(result: SubgroupResult, *, folded: bool) -> SubgroupTable:
    measures = tuple(dict.fromkeys(name for group in result.groups for name in group.measures))
    labels = tuple(dict.fromkeys(cell.label for cell in result.cells))
    labels = labels if len(labels) <= MOST_LABELS else ()
    accuracies = {(cell.group, cell.label): cell.measures["accuracy"] for cell in result.cells}
    return SubgroupTable(
        column=result.column,
        part=result.part,
        sentence=result.sentence,
        measures=tuple((_SHARES | _OTHERS).get(name, (name, "")) for name in measures),
        rows=tuple(_row(group, measures) for group in result.groups),
        labels=labels,
        cell_rows=tuple(
            (
                _short(group.group),
                tuple(
                    _cell("accuracy", accuracies.get((group.group, label)), counted=True)
                    for label in labels
                ),
            )
            for group in result.groups
            if labels
        ),
        gaps=tuple(
            (
                gap.name,
                gap.measure.replace("_", " "),
                format_number(gap.value),
                f"{format_number(gap.low)} to {format_number(gap.high)}",
                f"{format_number(gap.largest_value)} in {_short(gap.largest)}",
                f"{format_number(gap.smallest_value)} in {_short(gap.smallest)}",
            )
            for gap in result.gaps
        ),
        pooled=any(group.group.startswith("other (") for group in result.groups),
        folded=folded,
    )


def _row(group: GroupResult, measures: tuple[str, ...]) -> tuple[str, int, tuple[Cell, ...]]:
    cells = tuple(_cell(name, group.measures.get(name)) for name in measures)
    return _short(group.group), group.examples, cells


def _cell(measure: str, found: Estimate | None, *, counted: bool = False) -> Cell:
    if found is None:
        return Cell(MISSING)
    low, high = _number(measure, found.low), _number(measure, found.high)
    # A dash beside a minus would be two of them.
    between = f"{low} to {high}" if measure in _SIGNED else f"{low}–{high}"
    of = f" of {found.examples:,}" if counted else ""
    return Cell(_number(measure, found.value), between + of, found.small)


def _number(measure: str, value: float) -> str:
    if measure in _SHARES:
        return f"{value:.3f}"
    if measure == "calibration":
        return f"{value:+.3f}"
    sign = "+" if measure in _SIGNED and value > 0 else ""
    return sign + format_number(value)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
