"""How a study spends its trials."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.results.stage import Stage


@dataclass(frozen=True)
class Plan:
    """The stages of a study and what holds for all of them.

    Args:
        stages: The stages in their order; names differ.
        batch_size: Examples a batch, unless the builder asks for `batch_size` itself.
        refit_seeds: How often the winner is trained again, with other seeds; at least 1.
        refit_epochs: Epochs of a refit; None for those of the longest stage or, where a penalty was
            declared, of the winning trial.
        patience: Epochs without a better validation score after which a training ends;
            None trains all epochs. The best epoch's weights are kept either way.
        limits: `{hyperparameter: (low, high)}`, the hard ends beyond which no range is widened.

    Raises:
        ArgumentError: If a number is out of range, a name is used twice or there is no stage.

    Example:
        >>> stage = dlr.Stage("all", trials=20, epochs=10, sampler="random")
        >>> plan = dlr.Plan((stage,), batch_size=64)
        >>> plan.trials, plan.refit_seeds
        (20, 3)
    """

    stages: tuple[Stage, ...]
    batch_size: int = 32
    refit_seeds: int = 3
    refit_epochs: int | None = None
    patience: int | None = None
    limits: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        if not names or len(set(names)) < len(names):
            raise ArgumentError(
                "A plan must have at least one stage, and their names must differ.",
                received=f"stages={names}",
            )
        check_integer("batch_size", self.batch_size, 1)
        check_integer("refit_seeds", self.refit_seeds, 1)
        if self.refit_epochs is not None:
            check_integer("refit_epochs", self.refit_epochs, 1)
        if self.patience is not None:
            check_integer("patience", self.patience, 1)
        for name, (low, high) in self.limits.items():
            check_real(f"limits[{name!r}][0]", low)
            check_real(f"limits[{name!r}][1]", high)
            if low >= high:
                raise ArgumentError(
                    "The lower limit must lie below the upper one.",
                    received=f"limits[{name!r}]=({low:g}, {high:g})",
                )

    @property
    def trials(self) -> int:
        """All search trials; refits are extra."""
        return sum(stage.trials for stage in self.stages)
