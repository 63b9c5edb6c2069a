"""What was read, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from dlrecipes.data import Splits
from dlrecipes.results import Column, ColumnKind, DataSpec, TargetSpec, plural, significant
from dlrecipes.results.run_info import SourceValue

_KINDS: dict[ColumnKind, tuple[str, str]] = {
    "number": ("number", "numbers"),
    "category": ("category", "categories"),
    "date": ("date", "dates"),
    "text": ("text", "texts"),
}
_MOST_NAMED, _MOST_CLASSES = 6, 6


def describe_data(splits: Splits, source: Mapping[str, SourceValue]) -> tuple[str, ...]:
    """Return what was understood of the data: a line on the inputs and one on the target.

    Args:
        splits: The data.
        source: Arguments of the recipe's `load`; empty without a recipe.
    """
    spec = splits.spec
    sizes = len(splits.train), len(splits.validation), len(splits.test)
    rows = "row" if spec.columns else "image" if spec.kind == "image" else "example"
    train, validation, test = (f"{size:,}" for size in sizes)
    return (
        f"{source.get('data') or spec.name}: {plural(sum(sizes), rows)}, {train} to train, "
        f"{validation} to validate, {test} to test; {_inputs(splits)}",
        f"to predict: {_target(splits, source)}",
    )


def _inputs(splits: Splits) -> str:
    """Say what an example is; of a table the columns by kind, and those that are left out."""
    spec = splits.spec
    if not spec.columns:
        shape = " × ".join(f"{size:,}" for size in spec.input_shape)
        if spec.kind == "image":
            return f"each {shape} (height, width, channels)"
        return (
            f"each {plural(spec.input_shape[0], 'number') if len(spec.input_shape) == 1 else shape}"
        )
    counts: Counter[str] = Counter(column.kind for column in spec.columns)
    kinds = ", ".join(
        plural(counts[kind], *words) for kind, words in _KINDS.items() if counts[kind]
    )
    left_out = _left_out(spec)
    named = ", ".join(left_out[:_MOST_NAMED])
    more = len(left_out) - _MOST_NAMED
    named += f" and {more:,} more" if more > 0 else ""
    said = f"{plural(len(spec.columns), 'input column')}: {kinds}"
    return f"{said}; left out: {named}" if left_out else said


def _left_out(spec: DataSpec) -> list[str]:
    """Return the columns that are no inputs, with the reason."""
    known = {column.name for column in spec.columns}
    columns = () if spec.file is None else spec.file.columns
    asked = {*columns} - {column.name for column in spec.ignored} - known
    asked -= set() if spec.file is None else {*spec.file.targets}
    ignored = (
        *spec.ignored,
        *(Column(name, "ignored", "as asked") for name in columns if name in asked),
    )
    return [f"{column.name!r} ({column.evidence})" for column in ignored]


def _target(splits: Splits, source: Mapping[str, SourceValue]) -> str:
    """Say what is predicted: its column, and its classes with their shares or its values."""
    spec = splits.spec
    if spec.targets:
        return "; ".join(f"{target.shown!r}, {_one_of_several(target)}" for target in spec.targets)
    column = ""
    if spec.file is not None and len(spec.file.targets) == 1:
        (name,) = spec.file.targets
        last = name == spec.file.columns[-1]
        another = last and source.get("data") and not source.get("target")
        column = f"{name!r}" + (", the last column" if last else "")
        column += " (--target names another), " if another else ", "
    if spec.task == "regression":
        low, high = (
            significant(float(end)) for end in (splits.train.y.min(), splits.train.y.max())
        )
        return f"{column}a number, in the training part from {low} to {high}"
    counts = np.bincount(splits.train.y, minlength=len(spec.classes))
    shares = [
        f"{name!r} {_share(count / counts.sum())}"
        for name, count in zip(spec.classes, counts, strict=True)
    ]
    return f"{column}{_classes(spec.classes, shares)}"


def _share(share: float) -> str:
    return "below 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def _one_of_several(target: TargetSpec) -> str:
    if not target.classes:
        return "a number"
    names = [repr(label) for label in target.labels]
    ordered = ", in this order" if target.task == "ordinal" else ""
    return _classes(target.labels, names) + ordered


def _classes(labels: tuple[str, ...], shown: list[str]) -> str:
    """Name few classes, with what is said of each; of many the first and the last."""
    if len(labels) <= _MOST_CLASSES:
        named = ", ".join(shown)
    else:
        named = ", ".join([*map(repr, labels[:3]), "…", repr(labels[-1])])
    return f"{plural(len(labels), 'class', 'classes')} ({named})"
