"""A trial to be trained, as a backend proposes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras

from dlrecipes.results import Value


@dataclass(frozen=True)
class Proposal:
    """A trial to be trained.

    Args:
        number: Its number in its study.
        values: The hyperparameters' values, active ones only; those that the builder asks for
            late (behind a plain `if`) are added when it does.
        build: Calls the builder with these values.
        rebuild: Calls the builder with other values of the same hyperparameters.
    """

    number: int
    values: dict[str, Value]
    build: Callable[[], keras.Model]
    rebuild: Callable[[dict[str, Value]], keras.Model]
