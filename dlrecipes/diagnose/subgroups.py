"""The network over the subgroups of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns
from dlrecipes.diagnose.subgroup_gaps import estimate, largest_gap, say_gap
from dlrecipes.results import DataSpec, Finding, Gap, GroupResult, SubgroupResult
from dlrecipes.targets import Measure, kind_of

_LAST = ("other (", "not in training", "missing")

Members = Mapping[str, NDArray[np.bool_]]
"""`{group: whether each example is in it (examples,)}`"""


def measure_subgroups(
    y: object,
    predictions: object,
    subgroups: Columns,
    spec: DataSpec,
    *,
    part: Literal["validation", "test"],
    threshold: float | None = None,
) -> tuple[SubgroupResult, ...]:
    """Return how each group, and each label in each group, fares, and how far they lie apart.

    A network is fair in the sense of equal accuracy if it is right equally often in each label of
    each group; in the sense of equal opportunity if the positives of all groups are found equally
    often; in the sense of demographic parity if all groups are called positive equally often.
    Where the groups' prevalence differs, these cannot all hold at once.

    Args:
        y: Class indices or values, `(examples,)`.
        predictions: Probabilities `(examples, classes)`, or values `(examples,)`.
        subgroups: The group of each example, by column.
        spec: The data's description.
        part: Which examples these are, `"validation"` or `"test"`.
        threshold: Probability from which on an example is called class 1, of two; None for the
            more probable class.

    Returns:
        One a column. Shares have Wilson's 95 % intervals, other means Student's. Groups with
        fewer than 30 examples are measured, but not compared.

    Raises:
        ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
            probability.

    Reference:
        Hardt, Price and Srebro 2016, Equality of Opportunity in Supervised Learning; Chouldechova
        2017, Fair Prediction with Disparate Impact.
    """
    measures, right = kind_of(spec.target).group_measures(y, predictions, threshold)
    labels = np.asarray(y).reshape(-1)
    found = []
    for column, values in subgroups.items():
        members = {name: values == name for name in sorted(set(values.tolist()), key=_order)}
        gaps = [_gap(measure, members) for measure in measures if measure.gap]
        cells: tuple[GroupResult, ...] = ()
        if right is not None:
            cells = _cells(right, labels, members, spec)
            gaps = [*_cell_gaps(right, labels, members, spec), *gaps]
        groups = tuple(_group(name, "", inside, measures) for name, inside in members.items())
        known = tuple(gap for gap in gaps if gap is not None)
        sentence = say_gap(column, part, known, groups, cells)
        found.append(SubgroupResult(column, part, sentence, groups, cells, known))
    return tuple(found)


def _order(group: str) -> tuple[bool, str]:
    """Sort the groups that are no values last."""
    return group.startswith(_LAST), group


def _group(
    name: str, label: str, inside: NDArray[np.bool_], measures: Iterable[Measure]
) -> GroupResult:
    estimates = {
        measure.name: estimate(measure.values[inside & measure.counted], root=measure.root)
        for measure in measures
    }
    known = {measure: value for measure, value in estimates.items() if value is not None}
    return GroupResult(name, label, int(inside.sum()), known)


def _cells(
    right: NDArray[np.bool_], labels: NDArray[Any], members: Members, spec: DataSpec
) -> tuple[GroupResult, ...]:
    """Return the accuracy of each label in each group that has it."""
    return tuple(
        _group(name, label, inside & (labels == at), [Measure("accuracy", right, labels == at)])
        for at, label in enumerate(spec.target.class_names)
        for name, inside in members.items()
        if (inside & (labels == at)).any()
    )


def _gap(measure: Measure, members: Members) -> Gap | None:
    samples = {name: measure.values[inside & measure.counted] for name, inside in members.items()}
    return largest_gap(measure.gap, measure.name, samples, root=measure.root)


def _cell_gaps(
    right: NDArray[np.bool_], labels: NDArray[Any], members: Members, spec: DataSpec
) -> list[Gap | None]:
    """Return the largest gap between groups within a label, and that between any two cells."""
    every: dict[str, NDArray[np.bool_]] = {}
    within: list[Gap] = []
    for at, label in enumerate(spec.target.class_names):
        groups = {name: right[inside & (labels == at)] for name, inside in members.items()}
        every |= {f"{label}, {name}": inside for name, inside in groups.items()}
        gap = largest_gap(
            "largest difference within a label",
            f"accuracy of {label}",
            groups,
            families=len(spec.target.class_names),
        )
        within += [] if gap is None else [gap]
    return [
        max(within, key=lambda gap: gap.value, default=None),
        largest_gap("label × group accuracy difference", "accuracy", every),
    ]


def check_subgroups(results: Iterable[SubgroupResult]) -> tuple[Finding, ...]:
    """Return a finding a column; a difference that chance does not explain is a warning.

    Args:
        results: What `measure_subgroups` measured.
    """
    return tuple(_finding(result) for result in results)


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
            **{gap.name: gap.value for gap in result.gaps},
        },
        advice=f"Collect more examples of {worse!r}{remedy}." if real else "",
        severity="warning" if real else "info",
    )
