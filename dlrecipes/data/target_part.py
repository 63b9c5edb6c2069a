"""One of several targets, with the examples that have it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

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
    """
    known, values = known_values(part.y, spec, target)
    return replace(part.pick(np.flatnonzero(known)), y=values)


def target_development(development: Development, target: TargetSpec) -> Development:
    """Return training and validation data for one of several targets.

    Args:
        development: Training and validation part with several targets.
        target: One of them.
    """
    spec = development.spec
    return Development(
        target_part(development.train, spec, target),
        target_part(development.validation, spec, target),
        spec.of_target(target),
    )


def strata(y: NDArray[np.generic], spec: DataSpec) -> NDArray[np.int64]:
    """Return the labels by which rows are drawn, `(examples,)`: classes, or zeros for values.

    Of several targets the first that has classes; a row in which it is missing has a label of its
    own, if there are at least three of them.

    Args:
        y: The targets of the rows.
        spec: The data's description.
    """
    if not spec.targets:
        return np.zeros(len(y), np.int64) if spec.task == "regression" else y.astype(np.int64)
    for at, target in enumerate(spec.targets):
        if target.classes:
            column = y[:, at].astype(np.float64)
            missing = np.isnan(column)
            own = target.classes if missing.sum() >= 3 else 0
            return np.where(missing, own, column).astype(np.int64)
    return np.zeros(len(y), np.int64)
