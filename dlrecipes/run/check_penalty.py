"""Can the gap of a declared penalty be measured here?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlrecipes.data import Split
from dlrecipes.diagnose import measure_gap
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import DataSpec, GapPenalty
from dlrecipes.results.gap_penalty import MEASURES
from dlrecipes.results.subgroup_result import ENOUGH


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
    fitting = [name for name, tasks in MEASURES.items() if spec.task in tasks]
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
