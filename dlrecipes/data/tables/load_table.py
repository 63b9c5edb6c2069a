"""From a table's file to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path

import pandas as pd

from dlrecipes.checks import check_choice, check_flag, check_list
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.sources import (
    Cells,
    is_tfds,
    read_cells,
    read_text_folder,
    read_tfds,
)
from dlrecipes.data.sources.class_folders import LABEL, TEXT
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.tables.from_table import ColumnRules, from_table
from dlrecipes.data.tables.table_rows import join_parts
from dlrecipes.errors import ArgumentError
from dlrecipes.results import TableFile

_SEPARATORS = {"tab": "\t", "space": " "}


@dataclass(frozen=True)
class TableReading:
    r"""How the file of a table is read.

    Args:
        header: Whether the first row names the columns; None to tell it from the rows.
        columns: Names of the columns of a file without header.
        separator: One character, `"tab"`, or `"space"` for runs of spaces; None to tell it from
            the first lines.
        missing: Cells that stand for a missing value; with a plus sign, as in `"+-999"`, beside
            the usual ones; None for the usual ones.
        encoding: The files' text encoding.
        quoting: Whether quotes hold a cell together.
        decimal: The decimal mark of numbers, `.` or `,`; None to tell it from the cells.
        data_dir: Folder of prepared data sets, for `tfds:`; None for `~/tensorflow_datasets`.

    Raises:
        ArgumentError: If an argument is of another type, or there is no such decimal mark.

    Example:
        >>> reading = dlr.data.TableReading(separator="tab", missing=["-9"])
        >>> reading.file.separator, reading.file.missing
        ('\t', ('-9',))
    """

    header: bool | None = None
    columns: Sequence[str] | None = None
    separator: str | None = None
    missing: Sequence[str] | None = None
    encoding: str = "utf-8"
    quoting: bool = True
    decimal: str | None = None
    data_dir: str | Path | None = None

    def __post_init__(self) -> None:
        for name in ("header", "quoting"):
            if getattr(self, name) is not None:
                check_flag(name, getattr(self, name))
        if self.decimal is not None:
            check_choice("decimal", self.decimal, (".", ","))
        for name in ("columns", "missing"):
            if getattr(self, name) is not None:
                check_list(name, getattr(self, name))

    @property
    def file(self) -> TableFile:
        """What a file to predict is read by, too."""
        separator = self.separator
        return TableFile(
            separator=None if separator is None else _SEPARATORS.get(separator, separator),
            missing=None if self.missing is None else tuple(self.missing),
            encoding=self.encoding,
            quoting=bool(self.quoting),
            decimal=self.decimal,
        )

    def cells(self, path: str | Path) -> Cells:
        """Read a file.

        Args:
            path: A file that `read_table` reads.
        """
        return read_cells(path, self.file, header=self.header, columns=self.columns or None)


def load_table(
    data: str | Path | pd.DataFrame | None = None,
    target: str | Sequence[str] | None = None,
    *,
    task: str | Mapping[str, str] | None = None,
    positive: str | None = None,
    test: str | Path | None = None,
    reading: TableReading | None = None,
    split_rule: SplitRule | None = None,
    column_rules: ColumnRules | None = None,
) -> Splits:
    r"""Read a table's file and split it.

    On a command line the fields of the three groups are options: `--separator tab`,
    `--time dteday,hr`, `--drop casual,registered`, `--kinds zip=category`.

    Args:
        data: A file that `read_table` reads, a folder of text files (`read_text_folder`), or
            `tfds:NAME` for a data set of TensorFlow Datasets with its own parts (`read_tfds`); or
            a data frame, called `frame.attrs["name"]` in reports; None for scikit-learn's wine.
        target: The column to be predicted, or a list of several; None for the last one, or for the
            label of a data set of TFDS.
        task: `"classification"`, `"ordinal"`, `"regression"` or `"count"`; None to tell it from
            the target. Of several targets the same for all, or `{column: task}`, see `from_table`.
        positive: Of two classes, the one that is looked for; None for the label that comes later
            in sorted order.
        test: A file, or a folder of texts, with the official test part; None to split one off.
        reading: How the file is read; None to tell it from the file.
        split_rule: How rows are split into parts; None for by chance, stratified by class.
        column_rules: What the columns are, where that is known better; None to tell all of it.

    Raises:
        DataError: If a file cannot be read, or the table cannot be trained on.
        ArgumentError: If an argument is outside its range.

    Example:
        >>> import pathlib, tempfile
        >>> file = pathlib.Path(tempfile.mkdtemp(), "loans.csv")
        >>> _ = file.write_text("amount;paid\n" + "1,5;yes\n2,25;no\n4,75;yes\n3,5;no\n" * 5)
        >>> splits = dlr.data.load_table(file, "paid")
        >>> splits.raw_spec.columns[0].kind, sorted(set(splits.train.x["amount"].tolist()))
        ('number', [1.5, 3.5])
    """
    reading, split_rule = reading or TableReading(), split_rule or SplitRule()
    column_rules, part = column_rules or ColumnRules(), split_rule.part
    file = reading.file
    given_test = None if test is None or Path(test).is_dir() else reading.cells(test)
    official = None if given_test is None else given_test.table
    if data is None:
        check_only_with_data(target=target, test=test, reading=reading)
        cells, target, name = Cells(_wine(), file), "cultivar", "wine"
    elif isinstance(data, pd.DataFrame):
        if test is None and reading != TableReading():
            raise ArgumentError(
                "How a file is read says nothing about a data frame.",
                received=f"a data frame and {reading}",
                fix="Read the file here, or leave `reading` out.",
            )
        cells, name = Cells(data), str(data.attrs.get("name", "table"))
        target = target if target is not None else str(data.columns[-1])
    elif is_tfds(data):
        found = read_tfds(str(data), reading.data_dir)
        name, frames = found.name, found.frames()
        if official is not None or (part is not None and len(frames) > 1):
            raise ArgumentError(
                "A data set of TFDS has parts of its own.",
                received=f"{data} with {', '.join(frames)}, and test={test!r}, part={part!r}",
                fix="Leave `test` and `part` out.",
            )
        target = target or found.target or str(frames["train"].columns[-1])
        first = target if isinstance(target, str) else target[0]
        table, official, split_rule = join_parts(frames, first, split_rule)
        cells = Cells(table, file)
    elif Path(data).is_dir():
        frames = _text_frames(data, test, part, reading.encoding)
        name, target = Path(data).resolve().name, target or LABEL
        table, official, split_rule = join_parts(frames, LABEL, split_rule)
        cells = Cells(table, file)
        column_rules = replace(column_rules, kinds={TEXT: "text", **column_rules.kinds})
    else:
        cells, name = reading.cells(data), Path(data).stem
        target = target if target is not None else str(cells.table.columns[-1])
    targets = [target] if isinstance(target, str) else list(target)
    if isinstance(task, str) and not isinstance(target, str):
        task = dict.fromkeys(targets, task)
    if cells.file is not None:
        columns = tuple(cells.table.columns)
        cells = replace(cells, file=replace(file, columns=columns, targets=tuple(targets)))
    return from_table(
        cells,
        target,
        task=task,
        positive=positive,
        test=official
        if given_test is None or official is None
        else replace(given_test, table=official),
        split_rule=split_rule,
        column_rules=column_rules,
        name=name,
    )


def _wine() -> pd.DataFrame:
    from sklearn.datasets import load_wine  # takes a second, and only this needs it

    bunch = load_wine(as_frame=True)
    table: pd.DataFrame = bunch.data.assign(
        cultivar=bunch.target.map(dict(enumerate(bunch.target_names)))
    )
    return table


def _text_frames(
    data: str | Path, test: str | Path | None, part: str | None, encoding: str
) -> dict[str, pd.DataFrame]:
    """Return the texts of a folder by part, with those of a test folder."""
    frames = read_text_folder(data, encoding=encoding)
    if part is not None or (test is not None and len(frames) > 1):
        raise ArgumentError(
            "A folder of texts has its parts as subfolders, or a folder for the test.",
            received=f"{data} with {', '.join(frames)}, test={test!r} and part={part!r}",
            fix="Leave `part` out, and `test` where the folder has one.",
        )
    if test is None:
        return frames
    return {**frames, "test": read_text_folder(test, encoding=encoding)["train"]}


def check_only_with_data(**options: object) -> None:
    """Refuse options that are given without `data`, where they would be passed over in silence.

    Args:
        **options: `{name: value}`; None for what is not given, and for a group such as
            `TableReading` or `SplitRule` what it has by default.

    Raises:
        ArgumentError: If one is given.

    Example:
        >>> dlr.data.check_only_with_data(target=None, reading=dlr.data.TableReading())
        >>> dlr.data.check_only_with_data(target="price")
        Traceback (most recent call last):
        ...
        dlrecipes.errors.ArgumentError: What says how data is read needs `data`. Received: \
target='price' without it. Name the file with data=PATH, or leave the others out.
    """
    given = []
    for name, value in options.items():
        if is_dataclass(value) and not isinstance(value, type):
            usual = type(value)()
            given += [
                f"{field.name}={getattr(value, field.name)!r}"
                for field in fields(value)
                if _plain(getattr(value, field.name)) != _plain(getattr(usual, field.name))
            ]
        elif value is not None:
            given.append(f"{name}={value!r}")
    if given:
        raise ArgumentError(
            "What says how data is read needs `data`.",
            received=f"{', '.join(given)} without it",
            fix="Name the file with data=PATH, or leave the others out.",
        )


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
