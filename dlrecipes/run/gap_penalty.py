"""The gap between groups that a run declared a penalty for: can it be measured, how large is it?

It is measured on predictions that the trials and the refits made when they were trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import FoldData, Split, Splits
from dlrecipes.diagnose import measure_gap
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import DataSpec, GapPenalty
from dlrecipes.results.subgroup_result import ENOUGH
from dlrecipes.search import Penalty
from dlrecipes.targets import gap_measures
from dlrecipes.training.outcome import Outcome


def check_penalty(declared: GapPenalty, parts: Sequence[Split], spec: DataSpec) -> None:
    """Refuse a penalty whose gap cannot be measured.

    Args:
        declared: The penalty.
        parts: The examples that trials are scored on.
        spec: The data's description.

    Raises:
        ArgumentError: If the column is none of the subgroups, or the task has no such measure.
        DataError: If fewer than two groups have 30 examples that the measure counts.
    """
    known = () if parts[0].subgroups is None else parts[0].subgroups.names
    if declared.column not in known:
        raise ArgumentError(
            "A gap penalty must be about one of the subgroups.",
            received=f"{declared.column!r}; the subgroups are "
            f"{', '.join(map(repr, known)) or 'none'}",
            fix="Name it with `subgroup` (`--subgroup COLUMN`) too.",
        )
    fitting = gap_measures(spec)
    if declared.measure not in fitting:
        raise ArgumentError(
            "The measure of a gap penalty must fit the task.",
            received=f"{declared.measure!r} for {spec.task} data",
            fix=f"Use {' or '.join(fitting)}." if fitting else "Leave the penalty out.",
        )
    y = np.concatenate([part.y for part in parts])
    groups = np.concatenate(
        [part.subgroups[declared.column] for part in parts if part.subgroups is not None]
    )
    # Which examples count follows from the labels alone, so any predictions will do.
    anything = np.full((len(y), spec.target.columns), 1 / spec.target.columns)
    if measure_gap(y, anything, groups, spec, declared.measure) is None:
        counted, rows = {
            "true positive rate": ("positives", y == 1),
            "false positive rate": ("negatives", y == 0),
        }.get(declared.measure, ("examples", np.ones(len(y), dtype=bool)))
        sizes = [f"{name!r} {rows[groups == name].sum():,}" for name in sorted(set(groups))]
        raise DataError(
            f"At least two groups must have {ENOUGH} {counted} that trials are scored on, for a "
            "gap penalty.",
            received=f"{counted} by {declared.column!r}: {', '.join(sizes)}",
            fix="Make the validation part larger, or penalise a column with larger groups.",
        )


def make_penalty(declared: GapPenalty, splits: Splits, folds: Sequence[FoldData]) -> Penalty:
    """Return a declared penalty with what measures its gap.

    The gap is that of the examples that score a trial: the validation part, or the rows that are
    held out in all folds together. They count alike, whatever their weights.

    Args:
        declared: The penalty.
        splits: The data.
        folds: The folds that score a trial; none where the validation part does.
    """
    data = splits.development()
    parts = [fold.held_out for fold in folds] or [data.validation]

    def gap(outcome: Outcome) -> float | None:
        whole = () if outcome.predictions is None else (outcome.predictions,)
        # A pruned trial may have gone through some of the folds only.
        seen = list(zip(parts, outcome.fold_predictions or whole, strict=False))
        if not seen:
            return None
        found = np.concatenate([predictions for _, predictions in seen])
        if not np.isfinite(found).all():
            return None
        y = np.concatenate([part.y for part, _ in seen])
        groups = np.concatenate([_groups(part, declared.column) for part, _ in seen])
        measured = measure_gap(y, found, groups, data.model_spec, declared.measure)
        return None if measured is None else measured.value

    return Penalty(declared, gap)


def refit_gaps(
    declared: GapPenalty, predictions: NDArray[np.float32], part: Split, spec: DataSpec
) -> tuple[float, ...]:
    """Return the gap of each refit on the validation part, where it can be measured.

    Args:
        declared: The penalty that the gap is for.
        predictions: Of each refit for that part, `(refits, examples, …)`.
        part: The validation part.
        spec: The data's description.
    """
    if part.subgroups is None:
        return ()
    groups = part.subgroups[declared.column]
    gaps = [
        measure_gap(part.y, predicted, groups, spec, declared.measure) for predicted in predictions
    ]
    return tuple(gap.value for gap in gaps if gap is not None)


def _groups(part: Split, column: str) -> NDArray[np.object_]:
    if part.subgroups is None:
        raise TypeError("the penalty was checked against these parts")
    return part.subgroups[column]
