"""Earlier targets as further columns of a table, in training and whenever a model predicts."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dlrecipes.data.series.lag_values import check_lag_times, lag_values, one_step_lags, read_lags
from dlrecipes.data.series.read_times import table_times, time_columns
from dlrecipes.data.sources import Cells, infer_columns, typed_table
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.errors import ArgumentError, DataError, DataWarning
from dlrecipes.results import Column, DataSpec, Finding, Lags, TableFile, plural

ONE_STEP = "step"
NO_LAGS = "none"


def as_lags(lags: str | int | Sequence[str | int] | None) -> str | list[str | int]:
    """Return `"step"`, or a list of lags.

    Args:
        lags: `"step"`, `"none"` or None, one lag, or a list of them.
    """
    if lags == ONE_STEP:
        return ONE_STEP
    if lags is None or lags == NO_LAGS:
        return []
    return [lags] if isinstance(lags, str | int) else list(lags)


def find_lags(  # noqa: PLR0913  (one argument a role of a column)
    cells: Cells,
    targets: Sequence[str],
    lags: str | Sequence[str | int],
    split_rule: SplitRule,
    *,
    kinds: Mapping[str, str],
    drop: Sequence[str],
) -> tuple[Lags | None, tuple[Finding, ...]]:
    """Return which earlier targets become inputs, and how they are found in every later table.

    Args:
        cells: The training table, all its rows.
        targets: The columns to be predicted; of several, the numbers have lags.
        lags: As `add_lags` takes them; `"step"` for what is known one step ahead, told from how
            far apart the times are (`one_step_lags`).
        split_rule: Which columns are the time and the series.
        kinds: Kinds of columns that are known better.
        drop: Columns that are no inputs.

    Returns:
        None if no target is a number, so that none has a last value; and a finding if several rows
        have one time, so that their mean counts.

    Raises:
        ArgumentError: If there is no time, or if a lag is none.
        DataError: If a time is missing or occurs twice, or the targets are no numbers.
    """
    if not split_rule.times:
        raise ArgumentError(
            "Lags are earlier values: they need the time.",
            received=f"lags={lags!r} without `time`",
            fix="Name the column of times.",
        )
    table, file = cells.table, cells.file
    roles = [
        *targets,
        *split_rule.times,
        *([] if split_rule.series is None else [split_rule.series]),
    ]
    # Of the whole table, for other columns tell what a decimal mark is.
    kept = [str(name) for name in table.columns if name in roles or name not in drop]
    orders = {
        name: kind for name, kind in kinds.items() if name in kept and kind.endswith("-first")
    }
    every = infer_columns(
        table[kept], kinds=orders, target=roles, file=file, separator=cells.separator
    )
    rules = {column.name: column for column in every}
    numbers = tuple(rules[name] for name in targets if rules[name].kind == "number")
    if not numbers:
        if lags == ONE_STEP:
            return None, ()
        first = rules[targets[0]]
        raise DataError(
            "Lags are earlier values of numbers.", received=f"{first.evidence} in {first.name!r}"
        )
    times = tuple(
        rules[name]
        if rules[name].kind in ("number", "date")
        else time_columns(table, [name], file=file)[0]
        for name in split_rule.times
    )
    series = None if split_rule.series is None else rules[split_rule.series]
    found = Lags((), (), numbers, times, series, one_step=lags == ONE_STEP)
    frame = _history(table, found, numbers[0], file)
    check_lag_times(frame, split_rule.series, unique=not found.one_step)
    texts = one_step_lags(frame) if found.one_step else [str(lag).strip() for lag in lags]
    wanted = read_lags(texts, dates=frame["time"].dtype.kind == "M")
    names = [f"{target.name} {lag.title}" for target in numbers for lag in wanted]
    taken = [name for name in names if name in table]
    if taken:
        raise DataError("A lag must have a new name.", received=f"a column {taken[0]!r}")
    found = replace(found, lags=tuple(texts), columns=tuple(names))
    return found, _repeated(frame, split_rule)


def with_lags(
    table: pd.DataFrame,
    lags: Lags,
    file: TableFile | None,
    *,
    before: pd.DataFrame | None = None,
    part: str = "",
) -> pd.DataFrame:
    """Return a table with the columns of its lags.

    Args:
        table: A table with the targets, the times and the series, as a file has them or typed.
        lags: Which.
        file: How the training table's file was read.
        before: Rows of another table that may be the earlier ones; None for none.
        part: What the table is, for messages: `"test"`.

    Raises:
        DataError: If a cell cannot be read as training's were, a time is missing, or one occurs
            twice where the lags were given.
    """
    added = {}
    names = iter(lags.columns)
    for target in lags.targets:
        own = _history(table, lags, target, file, part)
        frame = own
        if before is not None:
            frame = pd.concat([own, _history(before, lags, target, file)], ignore_index=True)
        series = None if lags.series is None else lags.series.name
        check_lag_times(frame, series, unique=not lags.one_step)
        wanted = read_lags(lags.lags, dates=frame["time"].dtype.kind == "M")
        for values in lag_values(frame, wanted):
            added[next(names)] = values[: len(own)]
    return table.assign(**added)


def lag_sources(lags: Lags) -> list[str]:
    """Return the names of the columns that lags are made of: targets, times and series.

    Args:
        lags: Which.
    """
    roles = [*lags.targets, *lags.times, *([] if lags.series is None else [lags.series])]
    return [column.name for column in roles]


def columns_in_file(spec: DataSpec) -> tuple[Column, ...]:
    """Return the columns that a file to predict has: lags are made of what is in it.

    With lags, and where the training table's columns are known, they are all of these: without a
    header a file must have the targets, too, so that none is taken for another.

    Args:
        spec: The raw data's spec.
    """
    lags = spec.lags
    if lags is None:
        return spec.columns
    if spec.file is not None and spec.file.columns:
        return tuple(Column(name, "ignored") for name in spec.file.columns)
    roles = [*lags.times, *([] if lags.series is None else [lags.series]), *lags.targets]
    needed = {column.name: column for column in (*spec.columns, *roles)}
    return tuple(column for name, column in needed.items() if name not in lags.columns)


def with_lags_to_predict(table: pd.DataFrame, spec: DataSpec) -> pd.DataFrame:
    """Return a table to predict with the lags that a model takes.

    The table has the earlier rows with their targets, and the rows to predict without. A table
    that has the columns of the lags is returned as it is.

    Args:
        table: As a file has it, or typed.
        spec: The raw data's spec.

    Raises:
        DataError: If the table has neither the lags nor what they are made of.

    Warns:
        DataWarning: If rows without a target are more than one step ahead of the last known one.
    """
    lags = spec.lags
    if lags is None:
        return table
    inputs = [column.name for column in spec.columns]
    if all(name in table for name in lags.columns if name in inputs):
        return table
    lacking = [name for name in lag_sources(lags) if name not in table]
    targets = " and ".join(repr(target.name) for target in lags.targets)
    fix = (
        f"Put the earlier rows into the table, too, with their {targets}, and leave that empty in "
        "the rows to predict. Or add the columns "
        f"{', '.join(map(repr, lags.columns))} yourself (`dlrecipes.data.add_lags`)."
    )
    rule = f"The model forecasts from earlier values of {targets}."
    if lacking:
        raise DataError(rule, received=f"a table without {', '.join(map(repr, lacking))}", fix=fix)
    made = with_lags(table, lags, spec.file)
    if made[list(lags.columns)].isna().all(axis=None):
        raise DataError(rule, received="no row that has one", fix=fix)
    if lags.one_step:
        _warn_of_later_steps(table, lags, spec.file)
    return made


def _warn_of_later_steps(table: pd.DataFrame, lags: Lags, file: TableFile | None) -> None:
    later = 0
    for target in lags.targets:
        frame = _history(table, lags, target, file).assign(row=np.arange(len(table)))
        known = frame.assign(known=frame["value"].notna())
        times = known.groupby(["series", "time"], dropna=False)["known"].max()
        earlier = times.groupby("series", dropna=False).shift(1, fill_value=False)
        own = pd.MultiIndex.from_frame(frame[["series", "time"]])
        behind = earlier.reindex(own).to_numpy(dtype=bool)
        later = max(later, int((~behind & ~known["known"].to_numpy()).sum()))
    if later:
        warnings.warn(
            f"The model forecasts one step ahead, and {later:,} of the rows to predict are further "
            "from the last known value, or have none before them: their forecasts are worse than "
            "the test score says. Predict one step, write down what came, and predict the next; or "
            "train with the lags that are known by then (--lags).",
            DataWarning,
            stacklevel=2,
        )


def _history(
    table: pd.DataFrame, lags: Lags, target: Column, file: TableFile | None, part: str = ""
) -> pd.DataFrame:
    """Return the series, the time and a target of each row."""
    roles = [target, *([] if lags.series is None else [lags.series])]
    typed = typed_table(table, roles, file=file, part=part)
    names = [column.name for column in lags.times]
    time = table_times(table, names, lags.times, file=file, part=part)
    return pd.DataFrame(
        {
            "series": 0 if lags.series is None else typed[lags.series.name].to_numpy(),
            "time": time,
            "value": typed[target.name].to_numpy(dtype=np.float64, na_value=np.nan),
        }
    )


def _repeated(frame: pd.DataFrame, split_rule: SplitRule) -> tuple[Finding, ...]:
    """Return a finding if several rows have one time."""
    twice = frame.duplicated(["series", "time"], keep=False)
    if not twice.any():
        return ()
    several = split_rule.series is None
    return (
        Finding(
            "times that occur twice",
            f"{int(twice.sum()):,} of {plural(len(frame), 'row')} have the time of another row: "
            "the mean of their targets counts as the value of that time.",
            {"rows": int(twice.sum())},
            advice="If they are several series, name the column that tells them apart "
            "(--series COLUMN)."
            if several
            else "Join those rows if they are one.",
            severity="warning",
        ),
    )
