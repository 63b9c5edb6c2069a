"""From a table's file to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from dlrecipes.data.from_table import Drawing, from_table
from dlrecipes.data.sources import read_table
from dlrecipes.data.splits import Splits
from dlrecipes.errors import ArgumentError

_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def load_table(  # noqa: PLR0913  (one argument an option of the command line)
    data: str | Path | None = None,
    target: str | None = None,
    *,
    test: str | Path | None = None,
    header: str | bool | None = None,
    separator: str | None = None,
    columns: str | Sequence[str] | None = None,
    missing: str | Sequence[str] | None = None,
    encoding: str = "utf-8",
    quoting: str | bool = True,
    kinds: str | Mapping[str, str] | None = None,
    drop: str | Sequence[str] = (),
    task: str | None = None,
    group: str | None = None,
    time: str | None = None,
    gap: str | None = None,
    part: str | None = None,
    validation_fraction: str | float = 0.2,
    test_fraction: str | float = 0.2,
    split_seed: str | int = 0,
) -> Splits:
    """Read a table's file and split it.

    Every argument may be text, as it comes from a command line: lists with commas between
    (`drop="casual,registered"`), kinds with equals signs (`kinds="zip=category"`).

    Args:
        data: A file that `read_table` reads; None for scikit-learn's wine.
        target: The column to be predicted; None for the last one.
        test: A file with the official test part; None to draw one.
        header: Whether the first row names the columns; None to tell it from the rows.
        separator: One character, or `"tab"`; None to tell it from the first lines.
        columns: Names of the columns of a file without header.
        missing: Cells that stand for a missing value; None for the usual ones.
        encoding: The files' text encoding.
        quoting: Whether quotes hold a cell together.
        kinds: Kinds of columns that are known better, see `from_table`.
        drop: Columns that are no inputs.
        task: `"classification"` or `"regression"`; None to tell it from the target.
        group: Column of which all rows of a value stay in one part.
        time: Column of a time: training before validation before test.
        gap: Duration left out between the parts, such as `"7D"`; with `time` only.
        part: Column that names each row's part.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1).
        split_seed: Seed of the split, at least 0.

    Raises:
        DataError: If a file cannot be read, or the table cannot be trained on.
        ArgumentError: If an argument is outside its range.
    """

    def read(path: str | Path) -> pd.DataFrame:
        return read_table(
            path,
            header=_flag("header", header),
            separator="\t" if separator == "tab" else separator,
            columns=_list(columns) or None,
            missing=None if missing is None else _list(missing),
            encoding=encoding,
            quoting=_flag("quoting", quoting) is not False,
        )

    if data is None:
        table, target, name = _wine(), "cultivar", "wine"
    else:
        table, name = read(data), Path(data).stem
        target = target if target is not None else str(table.columns[-1])
    drawing = Drawing(
        group=group,
        time=time,
        gap=gap,
        part=part,
        validation_fraction=_number("validation_fraction", validation_fraction),
        test_fraction=_number("test_fraction", test_fraction),
        seed=int(_number("split_seed", split_seed)),
    )
    return from_table(
        table,
        target,
        test=None if test is None else read(test),
        drawing=drawing,
        name=name,
        task=task,
        kinds=_kinds(kinds),
        drop=_list(drop),
    )


def _wine() -> pd.DataFrame:
    from sklearn.datasets import load_wine  # takes a second, and only this needs it

    bunch = load_wine(as_frame=True)
    table: pd.DataFrame = bunch.data.assign(
        cultivar=bunch.target.map(dict(enumerate(bunch.target_names)))
    )
    return table


def _list(values: str | Sequence[str] | None) -> list[str]:
    if isinstance(values, str):
        return [one.strip() for one in values.split(",") if one.strip()]
    return list(values or ())


def _kinds(kinds: str | Mapping[str, str] | None) -> dict[str, str]:
    if not isinstance(kinds, str):
        return dict(kinds or {})
    found = {}
    for one in _list(kinds):
        name, separator, kind = one.rpartition("=")
        if not separator:
            raise ArgumentError(
                "Kinds are given as column=kind, with commas between.",
                received=f"kinds={kinds!r}",
                fix="For example kinds='zip=category,notes=ignored'.",
            )
        found[name.strip()] = kind.strip()
    return found


def _flag(name: str, value: str | bool | None) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if value.lower() not in _WORDS:
        raise ArgumentError(f"`{name}` is yes or no.", received=f"{name}={value!r}")
    return _WORDS[value.lower()]


def _number(name: str, value: str | float) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ArgumentError(f"`{name}` is a number.", received=f"{name}={value!r}") from error
