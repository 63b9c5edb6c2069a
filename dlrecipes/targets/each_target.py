"""Targets and predictions of each target, in and out of one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec, Target, plural
from dlrecipes.targets.kinds import kind_of


def target_columns(y: object, spec: DataSpec) -> Iterator[tuple[Target, NDArray[Any]]]:
    """Yield each target with its encoded values, `(examples,)`, NaN where it is not known.

    Args:
        y: `(examples,)`, or `(examples, targets)` in the order of `spec.targets`.
        spec: The data's description.

    Raises:
        ArgumentError: If `y` has another shape.
    """
    values = np.asarray(y)
    columns = values if values.ndim == 2 else values.reshape(len(values), 1)
    if values.ndim > 2 or columns.shape[1] != len(spec.targets):
        raise ArgumentError(
            f"`y` must have one column for each of the {plural(len(spec.targets), 'target')}.",
            received=f"y.shape={values.shape}",
        )
    for at, target in enumerate(spec.targets):
        yield target, columns[:, at]


def number_columns(y: object, spec: DataSpec) -> Iterator[tuple[Target, NDArray[Any]]]:
    """Yield each target of numbers with its values, as `target_columns` does.

    Args:
        y: `(examples,)`, or `(examples, targets)` in the order of `spec.targets`.
        spec: The data's description.
    """
    for target, column in target_columns(y, spec):
        if kind_of(target).puts_out_values:
            yield target, column


def known_values(
    y: object, spec: DataSpec, target: Target
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Return where a target is known, and its class indices or values there.

    Args:
        y: `(examples,)`, or `(examples, targets)` in the order of `spec.targets`, NaN where
            missing.
        spec: The data's description.
        target: One of `spec.targets`.

    Returns:
        Booleans `(examples,)`, and int32 class indices or float32 values `(known,)`.

    Raises:
        ArgumentError: If `y` has another shape.

    Example:
        >>> y = {
        ...     "price": [2.5, None, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", None, "yes", "no"] * 4,
        ... }
        >>> spec = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).raw_spec
        >>> known, values = dlr.targets.known_values(
        ...     np.array([[2.5, 0.0], [np.nan, 1.0]]), spec, spec.targets[0]
        ... )
        >>> known.tolist(), values.tolist()
        ([True, False], [2.5])
    """
    column = dict(target_columns(y, spec))[target]
    known = ~np.isnan(column)
    return known, column[known].astype(kind_of(target).dtype)


def join_predictions(predictions: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Return the predictions of several targets side by side, those of the only one as they are.

    Args:
        predictions: `{target: (examples, classes) or (examples,)}`, at least one.

    Returns:
        `(examples, numbers)`, in the order of the targets' names.

    Example:
        >>> dlr.targets.join_predictions({"price": [3.5], "sold": [[0.2, 0.8]]}).tolist()
        [[3.5, 0.2, 0.8]]
    """
    parts = [np.asarray(predictions[name]) for name in sorted(predictions)]
    if "" in predictions:
        return parts[0]
    return np.concatenate(
        [part[:, np.newaxis] if part.ndim == 1 else part for part in parts], axis=1
    )


def split_predictions(predictions: object, spec: DataSpec) -> dict[str, NDArray[np.float64]]:
    """Return the predictions of each target, in the order of `spec.targets`.

    Args:
        predictions: Of one target as they are; of several side by side, as `join_predictions` puts
            them, `(examples, numbers)`, or with more axes before these.
        spec: The data's description.

    Returns:
        `{target: probabilities (examples, classes), or values (examples,)}`.

    Raises:
        ArgumentError: If the predictions have another width.

    Example:
        >>> y = {
        ...     "price": [2.5, 1.5, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> spec = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).raw_spec
        >>> parts = dlr.targets.split_predictions([[3.5, 0.2, 0.8]], spec)
        >>> {name: part.tolist() for name, part in parts.items()}
        {'price': [3.5], 'sold': [[0.2, 0.8]]}
    """
    joined = np.asarray(predictions)
    if not spec.keyed:
        return {spec.target.name: joined}
    targets = sorted(spec.targets, key=lambda target: target.name)
    width = sum(target.columns for target in targets)
    if joined.ndim < 2 or joined.shape[-1] != width:
        raise ArgumentError(
            f"Predictions of {plural(len(targets), 'target')} must have {plural(width, 'column')}.",
            received=f"predictions.shape={joined.shape}",
        )
    parts = np.split(joined, np.cumsum([target.columns for target in targets])[:-1], axis=-1)
    found = {
        target.name: part if target.class_names else part[..., 0]
        for target, part in zip(targets, parts, strict=True)
    }
    return {target.name: found[target.name] for target in spec.targets}


def named_targets(spec: DataSpec) -> tuple[Target, ...]:
    """Return the targets that are called by their names: several, or none of a single one."""
    return spec.targets if spec.keyed else ()


def if_named(target: Target, text: str, only: str = "") -> str:
    """Return what is said of one of several targets, or of the only one."""
    return text if target.name else only
