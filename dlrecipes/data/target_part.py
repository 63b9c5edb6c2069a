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
