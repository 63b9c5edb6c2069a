"""Targets as a Keras model takes them."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from dlrecipes.results import DataSpec


def keras_targets(y: NDArray[Any], spec: DataSpec) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return the targets of a part, of several one array by the name of each model output.

    Args:
        y: `(examples,)`, or `(examples, targets)` where the data has several.
        spec: The data's description.
    """
    if not spec.targets:
        return y
    return {target.name: y[:, at] for at, target in enumerate(spec.targets)}
