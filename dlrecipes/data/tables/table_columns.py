"""The inputs of a table as a model takes them, and the subgroups of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.sources import infer_columns, typed_table
from dlrecipes.data.sources.plain_values import amount, plain_values
from dlrecipes.errors import DataError
from dlrecipes.results import Column, TableFile, plural


def table_columns(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    file: TableFile | None = None,
    part: str = "",
) -> Columns:
    """Return the columns that are inputs: numbers as float32 or float64, all else as text.

    Each cell is read by what the training table's column is, whatever else is in the table.

    Args:
        frame: Text as a file has it, or typed values; other columns may be in it.
        columns: What the columns are; those of kind `"ignored"` are left out.
        file: How the training table's file was read; None for the usual.
        part: What the table is, for messages, such as `"test"`; empty for a file of its own.

    Raises:
        DataError: If a column is missing, or a cell cannot be read as training's were; the message
            names the column, the cell and the row.

    Example:
        >>> import pandas as pd
        >>> kinds = [dlr.results.Column("price", "number"), dlr.results.Column("town", "category")]
        >>> table = pd.DataFrame({"town": ["Oslo", "Bergen"], "price": [13.5, None]})
        >>> columns = dlr.data.table_columns(table, kinds)
        >>> columns["price"].tolist(), columns["town"].tolist()
        ([13.5, nan], ['Oslo', 'Bergen'])
    """
    wanted = [column for column in columns if column.kind != "ignored"]
    typed = typed_table(frame, wanted, file=file, part=part)
    values = {}
    for column in wanted:
        series = typed[column.name]
        if column.kind == "number":
            # By way of float64 in every file, so that a number does not depend on its neighbours.
            exact = series.to_numpy(dtype=np.float64, na_value=np.nan)
            with np.errstate(over="ignore"):  # what becomes infinite is refused below
                values[column.name] = exact.astype(column.dtype)
        else:
            values[column.name] = series.to_numpy(dtype=object, na_value="")
    return Columns(values, wide=[column.name for column in wanted if column.wide])


MOST_GROUPS = 20
"""Values of a column that are groups of their own; the rarer ones are one group."""

FEW_NUMBERS = 10
"""Different numbers or dates up to which each is a group; more are cut at their quartiles."""

MISSING = "missing"


@dataclass(frozen=True, eq=False)
class Subgroups:
    """What the groups of a table's columns are.

    Args:
        names: The columns.
        table: The rows of all parts but an official test part, raw.
        train: The training rows, `(training examples,)`.
        target: The column to be predicted, which is no subgroup.
        columns: What the table's columns are, by name, as far as it is known.
        kinds: Kinds of columns that are known better, see `from_table`; `"ignored"` for a column
            that is no input says nothing about its groups.
        file: How the table's file was read.
    """

    names: Sequence[str]
    table: pd.DataFrame
    train: NDArray[np.int64]
    target: str
    columns: Mapping[str, Column]
    kinds: Mapping[str, str]
    file: TableFile | None = None


def subgroup_columns(rows: pd.DataFrame, groups: Subgroups, *, part: str = "") -> Columns:
    """Return the group of each row in each of the columns, as text.

    What the groups are is told from the training rows: the values themselves, and of numbers and
    dates with many values the quarters, as `"1. up to 28"` to `"4. over 48"`. A missing value is a
    group of its own, `"missing"`. Of many values the 20 most frequent are groups, and the others,
    those that only other parts have among them, one group that says so.

    Args:
        rows: Rows of the table, or of an official test part, raw.
        groups: What the groups are.
        part: What the rows are, for messages: `"test"`.

    Raises:
        DataError: If a column's rows are all in one group, if it does not hold what its kind says,
            or if it is the target.
    """
    if groups.target in groups.names:
        raise DataError(
            "A subgroup is what the score is compared over, so the target is none.",
            received=f"target={groups.target!r} and subgroup={', '.join(groups.names)}",
            fix="The report compares the classes in any case.",
        )
    columns = [_rule(name, groups) for name in dict.fromkeys(groups.names)]
    learned = table_columns(groups.table.iloc[groups.train], columns, file=groups.file)
    values = table_columns(rows, columns, file=groups.file, part=part)
    return Columns(
        {
            column.name: _named(column, values[column.name], learned[column.name], whole=not part)
            for column in columns
        }
    )


def _rule(name: str, groups: Subgroups) -> Column:
    """Return a column as a number, a date or a category; what is no input can be a subgroup."""
    kind = groups.kinds.get(name, "ignored")
    known = {name: kind} if kind != "ignored" else {}
    column = groups.columns.get(name)
    if column is None or column.kind == "ignored":
        (column,) = infer_columns(groups.table[[name]], kinds=known, file=groups.file)
    if column.kind in ("number", "date", "category"):
        return column
    plain = plain_values(name, groups.table[name])
    ordered = pd.api.types.is_numeric_dtype(plain) and not pd.api.types.is_bool_dtype(plain)
    if not ordered and not pd.api.types.is_bool_dtype(plain) and plain.notna().any():
        (column,) = infer_columns(groups.table[[name]], target=[name], file=groups.file)
        ordered = column.kind == "number"
        return column if ordered else Column(name, "category")
    return Column(name, "number" if column.kind == "ignored" and ordered else "category")


def _named(
    column: Column, values: NDArray[Any], learned: NDArray[Any], *, whole: bool
) -> NDArray[Any]:
    """Return the name of each row's group, `(rows,)`."""
    missing = _missing(values)
    learned = learned[~_missing(learned)]
    different, counts = np.unique(learned, return_counts=True)
    if column.kind in ("number", "date") and len(different) > FEW_NUMBERS:
        names = _quarters(values, missing, np.sort(learned))
    else:
        names = _values(values, different, counts)
    names[missing] = MISSING
    if whole and len(set(names.tolist())) < 2:
        raise DataError(
            "A subgroup column must have at least two groups.",
            received=f"{str(names[0])!r} in {plural(len(names), 'row')} of {column.name!r}",
        )
    return names


def _quarters(
    values: NDArray[Any], missing: NDArray[np.bool_], ordered: NDArray[Any]
) -> NDArray[Any]:
    """Return the quarter of each value, cut at values of the training part."""
    below = ordered[ordered < ordered[-1]]
    quartiles = [ordered[int(np.ceil(len(ordered) * share)) - 1] for share in (0.25, 0.5, 0.75)]
    # Nothing lies above the largest value, so it is no cut.
    cuts = sorted({quartile for quartile in quartiles if quartile < ordered[-1]}) or [below[-1]]
    shown = [_shown(cut) for cut in cuts]
    labels = [f"1. up to {shown[0]}"]
    labels += [
        f"{at}. over {low} to {high}"
        for at, (low, high) in enumerate(zip(shown, shown[1:], strict=False), start=2)
    ]
    labels.append(f"{len(shown) + 1}. over {shown[-1]}")
    names = np.full(len(values), MISSING, dtype=object)
    # A value that equals a cut belongs below it.
    at = np.searchsorted(np.asarray(cuts, dtype=values.dtype), values[~missing], side="left")
    names[~missing] = np.array(labels, dtype=object)[at]
    return names


def _missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(values == "" if values.dtype == object else np.isnan(values))


def _values(values: NDArray[Any], different: NDArray[Any], counts: NDArray[Any]) -> NDArray[Any]:
    """Return the value itself where it is frequent, else the name of all others."""
    frequent = np.argsort(-counts, kind="stable")[:MOST_GROUPS]
    rare = len(different) - len(frequent)
    others = f"other ({plural(rare, 'rarer value')})" if rare else "not in training"
    kept = {value: _shown(value) for value in different[frequent].tolist()}
    return np.array([kept.get(value, others) for value in values.tolist()], dtype=object)


def _shown(value: str | float) -> str:
    """Return a number without noise digits, a day without midnight, text as it is."""
    return value.removesuffix(" 00:00") if isinstance(value, str) else amount(float(value))
