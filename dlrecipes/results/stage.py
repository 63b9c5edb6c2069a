"""One stage of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError

SAMPLERS = ("sobol", "random", "tpe", "keras_tuner_random", "keras_tuner_bayesian")
PRUNERS = ("none", "median", "halving")


@dataclass(frozen=True)
class Stage:
    """One stage of a search: so many trials of so many epochs, proposed in one way.

    Args:
        name: The stage's name; the study in the storage is called after it.
        trials: Number of trials, at least 0.
        epochs: Epochs of a trial that is not pruned, at least 1.
        sampler: `"sobol"` (scrambled Sobol points), `"random"`, `"tpe"` (multivariate TPE), or
            a KerasTuner oracle: `"keras_tuner_random"`, `"keras_tuner_bayesian"`.
        pruner: `"none"`, `"median"` or `"halving"` (asynchronous successive halving,
            in which trials advance together and are judged again by what came later).
        ranges: `{hyperparameter: (low, high)}` that replace the builder's ranges.
        narrow: Whether the stage first narrows the ranges around the best trials so far.
        widen: Whether the range of a best value at its edge is widened and searched again.

    Raises:
        ArgumentError: If a number, a name or a range is not valid.

    Example:
        >>> stage = dlr.Stage("random", trials=20, epochs=10, sampler="random", pruner="none")
        >>> stage.pruner, stage.ranges
        ('none', {})
    """

    name: str
    trials: int
    epochs: int
    sampler: str = "tpe"
    pruner: str = "median"
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    narrow: bool = False
    widen: bool = False

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise ArgumentError(
                "The name of a stage must be a non-empty word without a slash.",
                received=f"name={self.name!r}",
            )
        check_integer("trials", self.trials, 0)
        check_integer("epochs", self.epochs, 1)
        check_choice("sampler", self.sampler, SAMPLERS)
        check_choice("pruner", self.pruner, PRUNERS)
        for hyperparameter, (low, high) in self.ranges.items():
            check_real(f"ranges[{hyperparameter!r}][0]", low)
            check_real(f"ranges[{hyperparameter!r}][1]", high)
            if low >= high:
                raise ArgumentError(
                    "The lower end of a range must lie below its upper end.",
                    received=f"ranges[{hyperparameter!r}]=({low:g}, {high:g})",
                )
