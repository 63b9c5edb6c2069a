"""From `tf.data.Dataset`s to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.sources.read_dataset import MOST_MEGABYTES, Examples, read_dataset
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.tables.from_table import ColumnRules, from_table
from dlrecipes.data.tables.table_rows import join_parts
from dlrecipes.errors import DataError
from dlrecipes.results import plural
from dlrecipes.targets.read_labels import form_of, read_form

Targets = NDArray[Any] | dict[str, NDArray[Any]]


def from_dataset(  # noqa: PLR0913  (one argument a choice about the data)
    train: object,
    validation: object = None,
    test: object = None,
    *,
    name: str = "data",
    target: str = "target",
    kind: str | None = None,
    task: str | Mapping[str, str] | None = None,
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    kinds: Mapping[str, str] | None = None,
    validation_fraction: float = 0.2,
    test_fraction: float = 0.2,
    split_seed: int = 0,
    most_megabytes: float = MOST_MEGABYTES,
) -> Splits:
    """Read `tf.data.Dataset`s into memory, as a training, a validation and a sealed test part.

    A data set is read once, to its end, in the order in which it comes. What it does at random
    (shuffling, augmentation) is done once, too: leave it out, the engines shuffle by themselves.
    Parts that are not given are split off the training part, stratified by class.

    Args:
        train: A finite data set of `(x, y)` or `(x, y, weight)`, in batches or not; or a
            `keras.utils.PyDataset` or a generator of batches of the same. `x` is an array, the
            same shape for each example; a text, which with `kinds={"text": "text"}` is the column
            of a table; a dictionary of numbers and texts, which become the columns of a table; or
            a tuple or another dictionary, which are several inputs of the network, see
            `from_arrays`. `y` is one label or value an example, or a dictionary or a tuple of
            those for several targets.
        validation: The given validation part, likewise; None to split one off.
        test: The official test part, likewise; None to split one off.
        name: What the data is called in reports.
        target: What the target of a table is called.
        kind: What an example of an array is, see `from_arrays`; None to tell it from the axes.
            `"inputs"` for a dictionary of numbers and texts that the network takes by itself.
        task: `"classification"` or `"regression"`; None to tell it from `y`. Of several targets
            `{name: task}`, see `from_arrays`.
        classes: Names of the classes in the order of the sorted labels. Of several targets
            `{name: labels}` of ordinal ones, from the lowest to the highest.
        kinds: Kinds of a table's columns that are known better, see `from_table`.
        validation_fraction: Share of the training part that becomes the validation part, in (0, 1).
        test_fraction: Share of the training part that becomes the test part, in (0, 1).
        split_seed: Seed of the split, at least 0.
        most_megabytes: Limit of all examples' size in memory, above 0; images take four times as
            much once they are float32.

    Raises:
        DataError: If a data set is infinite, empty, too large, cannot be read, or holds something
            else; or if the data cannot be trained on as it is.
        ArgumentError: If another argument is outside its range.

    Example:
        >>> import tensorflow as tf
        >>> x, y = np.arange(20.0).reshape(-1, 1), np.array([0, 1] * 10)
        >>> splits = dlr.data.from_dataset(tf.data.Dataset.from_tensor_slices((x, y)).batch(8))
        >>> splits.train.x.shape, np.bincount(splits.train.y).tolist()
        ((12, 1), [6, 6])
    """
    given = {"train": train, "validation": validation, "test": test}
    read: dict[str, Examples] = {}
    for part, dataset in given.items():
        if dataset is not None:
            taken = sum(examples.megabytes for examples in read.values())
            read[part] = read_dataset(
                part,
                dataset,
                most_megabytes,
                taken,
                as_inputs=kind == "inputs",
                as_column=kinds is not None,
            )
    if len({frozenset(examples.columns or ()) for examples in read.values()}) > 1:
        raise DataError(
            "All parts must have the same features.",
            received="; ".join(
                f"{part}: {', '.join(examples.columns or ()) or 'an array'}"
                for part, examples in read.items()
            ),
        )
    first = read["train"]
    if first.columns is None:
        splits = from_arrays(
            first.x,
            first.given_targets,
            validation=_pair(read.get("validation")),
            test=_pair(read.get("test")),
            name=name,
            kind=None if kind == "inputs" else kind,
            task=task,
            classes=classes,
            validation_fraction=validation_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
        return _weighted(splits, read)
    several = isinstance(first.y, dict)
    names = list(first.y) if isinstance(first.y, dict) else [target]
    frames = {part: _frame(part, examples, names, classes) for part, examples in read.items()}
    split_rule = SplitRule(
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
    )
    table, official, split_rule = join_parts(frames, names[0], split_rule)
    splits = from_table(
        table,
        names if several else target,
        test=official,
        split_rule=split_rule,
        name=name,
        task=task,
        column_rules=ColumnRules(
            kinds=kinds or {}, orders=classes if isinstance(classes, Mapping) else {}
        ),
    )
    return _weighted(_in_form(splits, first), read)


def _pair(examples: Examples | None) -> tuple[object, object] | None:
    return None if examples is None else (examples.x, examples.given_targets)


def _frame(
    part: str,
    examples: Examples,
    targets: Sequence[str],
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None,
) -> pd.DataFrame:
    columns, y = examples.columns or {}, examples.y
    for target in targets:
        if target in columns:
            raise DataError(
                "The target must not be among the features.",
                received=f"target={target!r}",
                fix="Call it something else with target=NAME, or leave the feature out.",
            )
    y = _flat(y)
    named = y if isinstance(y, dict) else {targets[0]: y}
    if set(named) != set(targets):
        raise DataError(
            "All parts must have the same targets.",
            received=f"{part}: {', '.join(named)}; train: {', '.join(targets)}",
        )
    if isinstance(y, dict):
        return pd.DataFrame({**columns, **y})
    target = targets[0]
    if classes is not None and not isinstance(classes, Mapping) and y.dtype.kind in "iu":
        if not 0 <= y.min() <= y.max() < len(classes):
            raise DataError(
                "`classes` must name each class once.",
                received=f"{plural(len(classes), 'name')} for labels from {y.min()} to {y.max()}",
            )
        y = np.array(classes, dtype=object)[y]
    return pd.DataFrame({**columns, target: y})


def _flat(y: Targets) -> Targets:
    """Return targets `(examples,)` whatever their form, as a table has them."""
    if isinstance(y, dict):
        return {name: read_form(values)[0] for name, values in y.items()}
    return read_form(y)[0]


def _in_form(splits: Splits, first: Examples) -> Splits:
    """Return splits whose targets are handed to Keras in the form that they had."""
    y = first.y
    columns = list(y.values()) if isinstance(y, dict) else [y]
    targets = tuple(
        replace(target, form=form_of(target, read_form(column)[1]))
        for target, column in zip(splits.raw_spec.targets, columns, strict=True)
    )
    spec = replace(splits.raw_spec, targets=targets, target_list=first.target_list)
    return replace(splits, raw_spec=spec)


def _weighted(splits: Splits, read: Mapping[str, Examples]) -> Splits:
    """Return splits whose training and validation examples have the weights that were given.

    A part without any counts each of its examples once, as Keras does.
    """
    parts = [read[part] for part in ("train", "validation") if part in read]
    if all(part.weight is None for part in parts):
        return splits
    whole = np.concatenate(
        [np.ones(len(part), np.float32) if part.weight is None else part.weight for part in parts]
    )

    def weighted(part: Split) -> Split:
        # A part split off the training examples, or of a joined table, has their row numbers.
        numbered = np.asarray(part.ids).dtype.kind in "iu"
        weight = whole[part.ids] if numbered else whole[-len(part) :]
        return replace(part, sample_weight=weight)

    return replace(splits, train=weighted(splits.train), validation=weighted(splits.validation))
