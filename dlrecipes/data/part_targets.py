"""The targets of a part: as Keras takes them, one by one, and by what rows are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.development import Development
from dlrecipes.data.split import Split
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import DataSpec, Target, plural
from dlrecipes.targets import kind_of, known_values, target_columns

LEAST = 2
"""Examples of a part that have one of several targets: R² needs two."""


def keras_targets(y: NDArray[Any], spec: DataSpec) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return the targets of a part in the form that they were handed in.

    A column `(examples, 1)` stays one: beside a network's `(examples, 1)`, targets `(examples,)`
    are spread over `(examples, examples)` by what is written in plain TensorFlow or NumPy, such as
    a metric of the user's own, and nothing says so. One-hot labels are one-hot, and labels of -1
    and 1 are these.

    Args:
        y: `(examples,)`, or `(examples, targets)` where the data has several.
        spec: The data's description.

    Returns:
        `(examples, …)`; of several targets one such array by the name of each model output.
    """
    forms = {target.name: _in_form(column, target) for target, column in target_columns(y, spec)}
    return forms if spec.keyed else forms[""]


def _in_form(column: NDArray[Any], target: Target) -> NDArray[Any]:
    form = target.form
    if form.shape not in ((), (1,)):
        return np.eye(form.shape[0], dtype=form.dtype or np.float32)[column.astype(np.int64)]
    if form.labels:
        column = np.asarray(form.labels)[column]
    return column.astype(form.dtype or column.dtype, copy=False).reshape(-1, *form.shape)


def strata(y: NDArray[Any], spec: DataSpec, *, least: int = 3) -> NDArray[np.int64]:
    """Return the labels by which rows are drawn, `(examples,)`: classes, or zeros for values.

    Of several targets the classes of the first one that has some, each divided by which targets
    are known: every part then has its share of them. What has too few rows is not divided, and
    rows without that class join the most frequent one.

    Args:
        y: The targets of the rows.
        spec: The data's description.
        least: Rows that a label must have, beside those of a rare class, at least 1.
    """
    labels, unknown = np.zeros(len(y), np.int64), []
    for target, column in target_columns(y, spec):
        missing = np.isnan(column)
        unknown.append(missing)
        if not labels.any():
            labels = kind_of(target).strata(column)
            if missing.sum() < least:
                labels[missing] = np.bincount(labels[~missing]).argmax()
    _, pattern = np.unique(np.stack(unknown, axis=1), axis=0, return_inverse=True)
    joint = labels * (int(pattern.max()) + 1) + pattern.reshape(-1)
    _, place, counts = np.unique(joint, return_inverse=True, return_counts=True)
    for label in np.unique(labels):
        own = np.unique(place[labels == label])
        small = own[counts[own] < least]
        if len(small):  # they join the largest of the label, or, if that is too small, all join
            largest = own[counts[own].argmax()]
            joining = own if counts[largest] < least else small
            place[np.isin(place, joining)] = largest
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def least_of_part(spec: DataSpec) -> int:
    """Return how many examples a part must have, of each class where there are classes."""
    return min(kind_of(target).minimum for target in spec.targets)


def check_known(parts: Iterable[tuple[str, Split]], spec: DataSpec) -> None:
    """Check that every part has examples of each of several targets.

    Args:
        parts: What each part is called, and the part.
        spec: The data's description; a single target is known everywhere.

    Raises:
        DataError: If a part has fewer than two examples of a target, or training only one class.
    """
    for name, part in parts if spec.keyed else ():
        for target, column in target_columns(part.y, spec):
            values = column[~np.isnan(column)]
            if len(values) < LEAST:
                raise DataError(
                    f"A target must be known for at least {LEAST} examples of every part, and of "
                    "every part of a fold.",
                    received=f"{target.shown!r} for {len(values)} of {len(part)} in the {name} "
                    "part",
                    fix="Leave the target out, take fewer folds, or deal the rows in another way.",
                )
            if name == "training" and values.min() == values.max():
                raise DataError(
                    "A target must differ between training examples.",
                    received=f"{target.shown!r}, the same in all of "
                    f"{plural(len(values), 'training example')} that have it",
                    fix="Leave the target out, or deal the rows in another way.",
                )


def with_statistics(spec: DataSpec, train: Split) -> DataSpec:
    """Return a description with the size of a part, and the shares, mean and deviation in it.

    Args:
        spec: The data's description.
        train: The training part; where its examples have weights, shares of classes are weighted.
    """
    targets = []
    for target in spec.targets:
        known, values = known_values(train.y, spec, target)
        weights = None if train.sample_weight is None else train.sample_weight[known]
        targets.append(kind_of(target).describe(values, weights))
    return replace(spec, targets=tuple(targets), train_size=len(train))


def target_part(part: Split, spec: DataSpec, target: Target) -> Split:
    """Return the examples of a part whose target is known, with that target only.

    Args:
        part: A part of the data.
        spec: The data's description.
        target: One of `spec.targets`.
    """
    if not spec.keyed:
        return part
    known, values = known_values(part.y, spec, target)
    return replace(part.pick(np.flatnonzero(known)), y=values)


def target_development(development: Development, target: Target) -> Development:
    """Return training and validation data for one of the targets.

    Args:
        development: Training and validation part.
        target: One of them.
    """
    spec = development.spec
    return Development(
        target_part(development.train, spec, target),
        target_part(development.validation, spec, target),
        spec.of_target(target),
    )


def check_classes(spec: DataSpec, what: str) -> Target:
    """Return the only target, which must be classes.

    Args:
        spec: The data's description.
        what: What is done with the classes, for the message: `"balanced"`.

    Raises:
        ArgumentError: If it is something else, or if there are several.
    """
    if spec.keyed or not spec.target.class_names:
        raise ArgumentError(f"Only classes can be {what}.", received=f"{spec.task} data")
    return spec.target
