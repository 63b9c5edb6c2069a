"""What is to be trained with a program."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """What is to be trained with a program.

    Args:
        trials: How many trials of the structure.
        epochs: Epochs of each.
    """

    trials: int
    epochs: int
