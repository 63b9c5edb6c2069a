"""What a study optimises."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import ArgumentError

_HIGHER_IS_BETTER: tuple[str, ...] = ("acc", "auc", "precision", "recall", "f1", "fbeta", "r2")
_HIGHER_IS_BETTER += ("iou", "io_u", "skill", "cosine", "sensitivity", "specificity", "true")
_HIGHER_IS_BETTER += ("correlation",)
_LOWER_IS_BETTER: tuple[str, ...] = ("loss", "error", "mse", "mae", "rmse", "mape", "msle")
_LOWER_IS_BETTER += ("entropy", "poisson", "hinge", "divergence", "cosh", "false")
_WELL_KNOWN = tuple(
    f"val_{metric}"
    for metric in ("accuracy", "loss", "auc", "precision", "recall", "f1_score", "rmse", "mae")
)


@dataclass(frozen=True)
class Objective:
    """The quantity of an epoch's logs that a study optimises.

    Args:
        name: Key in the logs of an epoch, for example `"val_accuracy"`.
        direction: `"max"` or `"min"`.

    Example:
        >>> dlr.Objective.parse("val_accuracy")
        Objective(name='val_accuracy', direction='max')
        >>> dlr.Objective("val_f1", "max").direction
        'max'
    """

    name: str
    direction: Literal["max", "min"]

    @classmethod
    def parse(cls, value: object) -> Objective:
        """Make an objective from a name, or from anything with a name and a direction.

        Args:
            value: A name whose direction is known (`"val_accuracy"`, `"val_loss"`), an
                `Objective`, or an object with `name` and `direction` such as
                `keras_tuner.Objective("val_f1", direction="max")`.

        Raises:
            ArgumentError: If the direction cannot be told from the name, or there are several.
        """
        several = getattr(value, "objectives", value)
        if isinstance(several, list | tuple) and several:
            names = ", ".join(str(getattr(one, "name", one)) for one in several)
            raise ArgumentError(
                "A study must have one objective.",
                received=f"{len(several)} of them: {names}",
                fix="Pass one of them, or let the model's metrics hold one that weighs them.",
            )
        if isinstance(value, str):
            # The last word says what is measured: "loss_ratio_accuracy" is an accuracy.
            for words in (*reversed(value.lower().split("_")), value.lower()):
                if any(word in words for word in _LOWER_IS_BETTER):
                    return cls(value, "min")
                if any(word in words for word in _HIGHER_IS_BETTER):
                    return cls(value, "max")
            raise ArgumentError(
                "The direction of an objective must be known.",
                received=f"objective={value!r}",
                fix=f"{did_you_mean(value, _WELL_KNOWN)} "
                f'Pass `Objective({value!r}, "max")` or `Objective({value!r}, "min")`.'.lstrip(),
            )
        name, direction = getattr(value, "name", None), getattr(value, "direction", None)
        if not isinstance(name, str) or direction not in ("max", "min"):
            raise ArgumentError(
                "`objective` must be a metric's name or an `Objective(name, direction)`.",
                received=f"objective={value!r}",
            )
        return cls(name, direction)

    @property
    def metric(self) -> str:
        """The metric's name without the `val_` of the validation part."""
        return self.name.removeprefix("val_")

    @property
    def worst(self) -> float:
        """The value that every other one is better than."""
        return -math.inf if self.direction == "max" else math.inf

    def better(self, first: float, second: float) -> bool:
        """Whether `first` is strictly better than `second`."""
        return first > second if self.direction == "max" else first < second
