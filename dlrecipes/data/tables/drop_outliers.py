"""Training rows that are left out because a number lies far out, and whose rows these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_list, check_real
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.part_targets import with_statistics
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Splits
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import DataSpec, Finding, plural

FENCE = 1.5
"""Interquartile ranges beyond the quartiles (Tukey 1977)."""
UNEVEN = 2.0
"""Times the share of all rows that a class or a group loses, before it is a warning."""
LEAST_LOST = 5


def drop_outliers(splits: Splits, columns: Sequence[str], *, fence: float = FENCE) -> Splits:
    """Return the same data without the training rows whose numbers lie far out.

    `splits.noticed` has a finding more: how many rows each class and each subgroup loses. The
    validation and the test part keep all of their rows, as new data will have such rows, too. The
    default is not to drop but to clip, see `TablePreprocess`.

    Args:
        splits: The raw parts of a table.
        columns: Columns of numbers, at least one.
        fence: Interquartile ranges of the training part beyond its quartiles, above 0.

    Raises:
        ArgumentError: If `fence` is out of range.
        DataError: If a column holds no numbers, or if a class loses all of its training rows.

    Example:
        >>> import pandas as pd
        >>> pay = [1.0, 2.5, 3.0, 4.5] * 14 + [900.0] * 4
        >>> table = pd.DataFrame({"pay": pay, "left": ["n", "y"] * 30})
        >>> splits = dlr.data.from_table(table, "left")
        >>> fewer = dlr.data.drop_outliers(splits, ["pay"])
        >>> float(fewer.train.x["pay"].max()), len(fewer.validation) == len(splits.validation)
        (4.5, True)

    Reference:
        Tukey 1977, Exploratory Data Analysis.
    """
    check_list("columns", columns)
    check_real("fence", fence)
    if fence <= 0:
        raise ArgumentError("`fence` must be above 0.", received=f"fence={fence}")
    train = splits.train
    far = np.zeros(len(train), dtype=bool)
    for name in columns:
        far |= _far(_numbers(train, name), fence)
    if not far.any():
        return splits
    kept = train.pick(np.flatnonzero(~far))
    finding = _finding(train, far, splits.raw_spec)
    return replace(
        splits,
        train=kept,
        raw_spec=with_statistics(splits.raw_spec, kept),
        noticed=(*splits.noticed, finding),
    )


def _numbers(train: Split, name: str) -> NDArray[np.float64]:
    known = train.x.names if isinstance(train.x, Columns) else ()
    if not isinstance(train.x, Columns) or name not in known or train.x[name].dtype == object:
        raise DataError(
            "Outliers are looked for in inputs that are numbers.",
            received=f"{name!r} among {', '.join(map(repr, known[:30])) or 'an array'}",
        )
    return np.asarray(train.x[name], dtype=np.float64)


def _far(values: NDArray[np.float64], fence: float) -> NDArray[np.bool_]:
    """Return which values lie beyond the fences; a missing one lies nowhere."""
    if np.isnan(values).all():
        return np.zeros(len(values), dtype=bool)
    low, high = np.nanquantile(values, [0.25, 0.75])
    reach = fence * (high - low)
    return np.asarray((values < low - reach) | (values > high + reach))


def _finding(train: Split, far: NDArray[np.bool_], spec: DataSpec) -> Finding:
    groups = _groups(train, spec)
    lost = {name: (int((far & rows).sum()), int(rows.sum())) for name, rows in groups.items()}
    gone = [name for name, (rows, of) in lost.items() if name.startswith("class ") and rows == of]
    if gone:
        raise DataError(
            "Every class must keep some training rows.",
            received=f"{', '.join(gone)}: all rows have an outlier",
            fix="Clip instead, which is the default.",
        )
    share = far.mean()
    uneven = [
        name
        for name, (rows, of) in lost.items()
        if rows >= LEAST_LOST and rows / of > UNEVEN * share
    ]
    said = f" Most from: {', '.join(uneven)}." if uneven else ""
    return Finding(
        "dropped outliers",
        f"{int(far.sum()):,} of {plural(len(far), 'training row')} ({share:.1%}) are left out "
        f"as outliers.{said}",
        {
            "rows": int(far.sum()),
            **{name: f"{rows:,} of {of:,} ({rows / of:.1%})" for name, (rows, of) in lost.items()},
        },
        advice="Clip instead of dropping, or look whether these rows are slips: a group that loses "
        "more than others is learned worse."
        if uneven
        else "",
        severity="warning" if uneven else "info",
    )


def _groups(train: Split, spec: DataSpec) -> dict[str, NDArray[np.bool_]]:
    """Return which rows are of each class and of each subgroup."""
    found: dict[str, NDArray[np.bool_]] = {}
    if not spec.keyed:
        classes = getattr(spec.target, "class_names", ()) or ()
        found |= {f"class {name}": np.asarray(train.y == at) for at, name in enumerate(classes)}
    for column, values in () if train.subgroups is None else train.subgroups.items():
        found |= {f"{column} {name}": values == name for name in sorted(set(values.tolist()))}
    return {name: rows for name, rows in found.items() if rows.any()}
