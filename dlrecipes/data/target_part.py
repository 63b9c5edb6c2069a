"""One of several targets, with the examples that have it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlrecipes.data.development import Development
from dlrecipes.data.split import Split
from dlrecipes.metrics import known_values
from dlrecipes.results import DataSpec, TargetSpec


def target_part(part: Split, spec: DataSpec, target: TargetSpec) -> Split:
    """Return the examples of a part whose target is known, with that target only.

    Args:
        part: A part with several targets.
        spec: The data's description.
        target: One of `spec.targets`.

    Example:
        >>> y = {
        ...     "price": [2.5, None, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> splits = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y)
        >>> part = dlr.data.target_part(splits.train, splits.spec, splits.spec.targets[0])
        >>> sorted(set(part.y.tolist()))
        [1.0, 2.0, 2.5, 3.5]
    """
    known, values = known_values(part.y, spec, target)
    return replace(part.pick(np.flatnonzero(known)), y=values)


def target_development(development: Development, target: TargetSpec) -> Development:
    """Return training and validation data for one of several targets.

    Args:
        development: Training and validation part with several targets.
        target: One of them.

    Example:
        >>> y = {
        ...     "price": [2.5, None, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> development = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).development()
        >>> price = dlr.data.target_development(development, development.spec.targets[0])
        >>> price.spec.task, bool(np.isnan(price.train.y).any())
        ('regression', False)
    """
    spec = development.spec
    return Development(
        target_part(development.train, spec, target),
        target_part(development.validation, spec, target),
        spec.of_target(target),
    )
