"""Predictions of several targets, side by side in one array."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec, plural


def join_predictions(predictions: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """Return the predictions of several targets side by side.

    Args:
        predictions: `{target: (examples, classes) or (examples,)}`, at least one.

    Returns:
        `(examples, numbers)`, in the order of the targets' names.

    Example:
        >>> dlr.metrics.join_predictions({"price": [3.5], "sold": [[0.2, 0.8]]}).tolist()
        [[3.5, 0.2, 0.8]]
    """
    parts = [np.asarray(predictions[name]) for name in sorted(predictions)]
    return np.concatenate(
        [part[:, np.newaxis] if part.ndim == 1 else part for part in parts], axis=1
    )


def split_predictions(predictions: object, spec: DataSpec) -> dict[str, NDArray[np.float64]]:
    """Return what `join_predictions` put side by side, in the order of `spec.targets`.

    Args:
        predictions: `(examples, numbers)`, or with more axes before these.
        spec: The description of data with several targets.

    Returns:
        `{target: probabilities (examples, classes), or values (examples,)}`.

    Raises:
        ArgumentError: If the predictions have another width.

    Example:
        >>> y = {
        ...     "price": [2.5, 1.5, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> spec = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).spec
        >>> parts = dlr.metrics.split_predictions([[3.5, 0.2, 0.8]], spec)
        >>> {name: part.tolist() for name, part in parts.items()}
        {'price': [3.5], 'sold': [[0.2, 0.8]]}
    """
    joined = np.asarray(predictions)
    targets = sorted(spec.targets, key=lambda target: target.name)
    width = sum(target.columns for target in targets)
    if joined.ndim < 2 or joined.shape[-1] != width:
        raise ArgumentError(
            f"Predictions of {plural(len(targets), 'target')} must have {plural(width, 'column')}.",
            received=f"predictions.shape={joined.shape}",
        )
    parts = np.split(joined, np.cumsum([target.columns for target in targets])[:-1], axis=-1)
    found = {
        target.name: part if target.classes else part[..., 0]
        for target, part in zip(targets, parts, strict=True)
    }
    return {target.name: found[target.name] for target in spec.targets}
