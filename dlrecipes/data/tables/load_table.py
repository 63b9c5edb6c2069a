"""From a table's file to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dlrecipes.checks import check_choice
from dlrecipes.data.option_text import as_flag, as_list, as_number, as_pairs, as_separator, as_whole
from dlrecipes.data.parts.balance import reweigh_groups
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.series.table_lags import NO_LAGS
from dlrecipes.data.sources import (
    Cells,
    is_tfds,
    read_cells,
    read_text_folder,
    read_tfds,
)
from dlrecipes.data.sources.class_folders import LABEL, TEXT
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.tables.by_exposure import by_exposure
from dlrecipes.data.tables.from_table import from_table
from dlrecipes.data.tables.table_rows import join_parts
from dlrecipes.errors import ArgumentError
from dlrecipes.results import TableFile


def load_table(  # noqa: PLR0913  (one argument an option of the command line)
    data: str | Path | None = None,
    target: str | Sequence[str] | None = None,
    *,
    test: str | Path | None = None,
    header: str | bool | None = None,
    separator: str | None = None,
    columns: str | Sequence[str] | None = None,
    missing: str | Sequence[str] | None = None,
    encoding: str = "utf-8",
    quoting: str | bool = True,
    decimal: str | None = None,
    kinds: str | Mapping[str, str] | None = None,
    drop: str | Sequence[str] = (),
    task: str | Mapping[str, str] | None = None,
    orders: str | Mapping[str, Sequence[str]] | None = None,
    group: str | None = None,
    time: str | Sequence[str] | None = None,
    series: str | None = None,
    lags: str | Sequence[str | int] = NO_LAGS,
    gap: str | None = None,
    part: str | None = None,
    data_dir: str | Path | None = None,
    validation_fraction: str | float = 0.2,
    test_fraction: str | float = 0.2,
    split_seed: str | int = 0,
    subgroup: str | Sequence[str] = (),
    reweigh: str | None = None,
    exposure: str | None = None,
    positive: str | None = None,
) -> Splits:
    r"""Read a table's file and split it.

    Every argument may be text, as it comes from a command line: lists with commas between
    (`drop="casual,registered"`), kinds with equals signs (`kinds="zip=category"`).

    Args:
        data: A file that `read_table` reads, a folder of text files (`read_text_folder`), or
            `tfds:NAME` for a data set of TensorFlow Datasets with its own parts (`read_tfds`);
            None for scikit-learn's wine.
        target: The column to be predicted, or several with commas between
            (`target="price,condition"`); None for the last one, or for the label of a data set of
            TFDS.
        test: A file, or a folder of texts, with the official test part; None to split one off.
        header: Whether the first row names the columns; None to tell it from the rows.
        separator: One character, `"tab"`, or `"space"` for runs of spaces; None to tell it from
            the first lines.
        columns: Names of the columns of a file without header.
        missing: Cells that stand for a missing value; with a plus sign, as in `"+-999"`, beside
            the usual ones; None for the usual ones.
        encoding: The files' text encoding.
        quoting: Whether quotes hold a cell together.
        decimal: The decimal mark of numbers, `.` or `,`; None to tell it from the cells.
        kinds: Kinds of columns that are known better, see `from_table`.
        drop: Columns that are no inputs.
        task: `"classification"` or `"regression"`; None to tell it from the target. Of several
            targets by name (`task="condition=ordinal"`), see `from_table`.
        orders: Labels of ordinal targets from the lowest to the highest
            (`orders="condition=poor<fair<good"`).
        group: Column of which all rows of a value stay in one part.
        time: Column of a time: training before validation before test. Several columns that make
            one, such as a date and an hour, have commas between (`time="dteday,hr"`, see
            `table_times`).
        series: Column that tells several series in the table apart; with `time` only.
        lags: Earlier targets that become inputs, durations or rows (`lags="24h,7D"`), see
            `add_lags`; `"step"` for a forecast one step ahead, with the lags that are known by
            then; with `time` only. `"none"`, the default: which ones are known when the model
            predicts, only you can say.
        gap: Duration left out between the parts, such as `"7D"`; with `time` only.
        part: Column that names each row's part.
        data_dir: Folder of prepared data sets, for `tfds:`; None for `~/tensorflow_datasets`.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1).
        split_seed: Seed of the split, at least 0.
        subgroup: Columns over whose groups the score is compared, see `from_table`.
        reweigh: One of `subgroup` whose groups and the label are made independent by weights of
            the training and validation examples, see `reweigh_groups`; None for no weights.
        exposure: Column by which counts (`task="count"`) become rates, see `by_exposure`; None for
            counts as they are.
        positive: Of two classes, the one that is looked for; None for the label that comes later
            in sorted order.

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
    file = TableFile(
        separator=as_separator(separator),
        missing=None if missing is None else tuple(as_list(missing)),
        encoding=encoding,
        quoting=as_flag("quoting", quoting),
        decimal=None if decimal is None else check_choice("decimal", decimal, (".", ",")),
    )

    def read(path: str | Path) -> Cells:
        return read_cells(
            path,
            file,
            header=None if header is None else as_flag("header", header),
            columns=as_list(columns) or None,
        )

    given_test = None if test is None or Path(test).is_dir() else read(test)
    official = None if given_test is None else given_test.table
    seed = as_whole("split_seed", split_seed)
    share = as_number("test_fraction", test_fraction)
    if data is None:
        check_only_with_data(target=target)
        cells, target, name = Cells(_wine(), file), "cultivar", "wine"
    elif is_tfds(data):
        found = read_tfds(str(data), data_dir)
        name, frames = found.name, found.frames()
        if official is not None or (part is not None and len(frames) > 1):
            raise ArgumentError(
                "A data set of TFDS has parts of its own.",
                received=f"{data} with {', '.join(frames)}, and test={test!r}, part={part!r}",
                fix="Leave `test` and `part` out.",
            )
        target = target or found.target or str(frames["train"].columns[-1])
        first = _targets(target, frames["train"])[0]
        table, official, made = join_parts(frames, first, test_fraction=share, split_seed=seed)
        cells = Cells(table, file)
        part = part if made is None else made
    elif Path(data).is_dir():
        frames = _text_frames(data, test, part, encoding)
        name, target = Path(data).resolve().name, target or LABEL
        table, official, part = join_parts(frames, LABEL, test_fraction=share, split_seed=seed)
        cells = Cells(table, file)
        kinds = {TEXT: "text", **_kinds(kinds)}
    else:
        cells, name = read(data), Path(data).stem
        target = target if target is not None else str(cells.table.columns[-1])
    table = cells.table
    targets = _targets(target, table)
    tasks, order = _tasks(task, target, targets), _orders(orders)
    several = len(targets) > 1 or not isinstance(target, str)
    times = [time] if isinstance(time, str) and time in table else as_list(time)
    known = _kinds(kinds)
    file = replace(file, columns=tuple(table.columns), targets=tuple(targets))
    split_rule = SplitRule(
        group=group,
        time=times or None,
        series=series,
        gap=gap,
        part=part,
        validation_fraction=as_number("validation_fraction", validation_fraction),
        test_fraction=share,
        seed=seed,
    )
    splits = from_table(
        replace(cells, table=table, file=file),
        targets if several else targets[0],
        test=official
        if given_test is None or official is None
        else replace(given_test, table=official),
        split_rule=split_rule,
        name=name,
        task=tasks,
        orders=order or None,
        kinds=known,
        drop=as_list(drop),
        lags=lags,
        subgroup=as_list(subgroup),
        positive=None if positive is None else str(positive),
    )
    splits = splits if exposure is None else by_exposure(splits, exposure)
    return splits if reweigh is None else reweigh_groups(splits, reweigh)


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


def _targets(target: str | Sequence[str], table: pd.DataFrame) -> list[str]:
    """Return the columns that `target` names; a column's name may have a comma itself."""
    if not isinstance(target, str):
        return list(target)
    return [target] if target in table else as_list(target) or [target]


def _kinds(kinds: str | Mapping[str, str] | None) -> dict[str, str]:
    if not isinstance(kinds, str):
        return dict(kinds or {})
    return as_pairs("kinds", kinds, example="zip=category,notes=ignored")


def _tasks(
    task: str | Mapping[str, str] | None, target: str | Sequence[str], targets: Sequence[str]
) -> str | Mapping[str, str] | None:
    """Return the task of a single target, or those of several by name."""
    if isinstance(task, str) and "=" in task:
        return as_pairs("task", task, example="condition=ordinal,price=regression")
    several = len(targets) > 1 or not isinstance(target, str)
    return dict.fromkeys(targets, task) if isinstance(task, str) and several else task


def _orders(orders: str | Mapping[str, Sequence[str]] | None) -> dict[str, list[str]]:
    if not isinstance(orders, str):
        return {name: list(labels) for name, labels in (orders or {}).items()}
    pairs = as_pairs("orders", orders, example="condition=poor<fair<good")
    return {name: [label.strip() for label in text.split("<")] for name, text in pairs.items()}


def check_only_with_data(**options: object) -> None:
    """Refuse options that are given without `data`, where they would be passed over in silence.

    Args:
        **options: `{name: value}`; None for what is not given.

    Raises:
        ArgumentError: If one is given.

    Example:
        >>> dlr.data.check_only_with_data(target=None)
        >>> dlr.data.check_only_with_data(target="price")
        Traceback (most recent call last):
        ...
        dlrecipes.errors.ArgumentError: What says how data is read needs `data`. Received: \
target='price' without it. Name the file with data=PATH, or leave the others out.
    """
    given = [f"{name}={value!r}" for name, value in options.items() if value is not None]
    if given:
        raise ArgumentError(
            "What says how data is read needs `data`.",
            received=f"{', '.join(given)} without it",
            fix="Name the file with data=PATH, or leave the others out.",
        )
