"""The targets of a part, one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Development
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec, Target, plural
from dlrecipes.targets import kind_of, known_values, named_targets

LEAST = 2
"""Examples of a part that have one of several targets: R² needs two."""


def check_known(parts: Iterable[tuple[str, Split]], spec: DataSpec) -> None:
    """Check that every part has examples of each of several targets.

    Args:
        parts: What each part is called, and the part.
        spec: The data's description; a single target is known everywhere.

    Raises:
        DataError: If a part has fewer than two examples of a target, or training only one class.
    """
    for name, part in parts:
        for target in named_targets(spec):
            values = known_values(part.y, spec, target)[1]
            if len(values) < LEAST:
                raise DataError(
                    f"A target must be known for at least {LEAST} examples of every part, and of "
                    "every part of a fold.",
                    received=f"{target.shown!r} for {len(values)} of {len(part)} in the {name} "
                    "part",
                    fix="Leave the target out, take fewer folds, or split the rows in another way.",
                )
            if name == "training" and values.min() == values.max():
                raise DataError(
                    "A target must differ between training examples.",
                    received=f"{target.shown!r}, the same in all of "
                    f"{plural(len(values), 'training example')} that have it",
                    fix="Leave the target out, or split the rows in another way.",
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

    Example:
        >>> y = {
        ...     "price": [2.5, None, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> splits = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y)
        >>> part = dlr.data.target_part(splits.train, splits.raw_spec, splits.raw_spec.targets[0])
        >>> sorted(set(part.y.tolist()))
        [1.0, 2.0, 2.5, 3.5]
    """
    if part.y.ndim == 1:  # the only one, known everywhere
        return part
    known, values = known_values(part.y, spec, target)
    return replace(part.pick(np.flatnonzero(known)), y=values)


def target_development(development: Development, target: Target) -> Development:
    """Return training and validation data for one of the targets.

    Args:
        development: Training and validation part.
        target: One of them.

    Example:
        >>> y = {
        ...     "price": [2.5, None, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> development = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).development()
        >>> price = dlr.data.target_development(development, development.model_spec.targets[0])
        >>> price.model_spec.task, bool(np.isnan(price.train.y).any())
        ('regression', False)
    """
    spec = development.model_spec
    return Development(
        target_part(development.train, spec, target),
        target_part(development.validation, spec, target),
        spec.of_target(target),
    )
