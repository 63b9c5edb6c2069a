"""When a training ends before its last epoch."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.checks import check_integer, check_real


@dataclass(frozen=True)
class Stopping:
    """What ends a training early; by itself nothing does.

    Args:
        patience: Epochs without a better score after which it ends, at least 1; None for never.
        min_delta: How much better a score must be for patience to count it, at least 0. The best
            epoch is the best one all the same.
        max_loss_rise: How far the validation loss may lie above its best, in the unit of the
            loss, at least 0; the training ends once it lies above by more. None for any height.

    Raises:
        ArgumentError: If a number is out of range.
    """

    patience: int | None = None
    min_delta: float = 0.0
    max_loss_rise: float | None = None

    def __post_init__(self) -> None:
        if self.patience is not None:
            check_integer("patience", self.patience, 1)
        check_real("min_delta", self.min_delta, 0)
        if self.max_loss_rise is not None:
            check_real("max_loss_rise", self.max_loss_rise, 0)
