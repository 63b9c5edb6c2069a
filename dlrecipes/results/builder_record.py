"""What a builder made when a run began."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.results.hyperparameter import Hyperparameter
from dlrecipes.results.plan_change import Value


@dataclass(frozen=True)
class NetworkRecord:
    """One network of a builder, as fingerprints.

    Args:
        values: The hyperparameters' values that it was built with.
        parts: `{part: fingerprint}` of `"network"`, `"optimizer"`, `"loss"`, `"metrics"` and
            `"code"` (that of the user's own layers, losses, metrics and training steps).
    """

    values: dict[str, Value]
    parts: dict[str, str]


@dataclass(frozen=True)
class BuilderRecord:
    """What a builder made when a run began, to be compared with what it makes on resuming.

    Args:
        space: The hyperparameters that it asks for.
        networks: What it makes with its defaults, in each conditional scope and with some other
            values.
    """

    space: tuple[Hyperparameter, ...]
    networks: tuple[NetworkRecord, ...]
