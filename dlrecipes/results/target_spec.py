"""What a head needs to know of its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TargetTask = Literal["binary", "multiclass", "ordinal", "regression"]
TARGET_TASKS = ("binary", "multiclass", "ordinal", "regression")


@dataclass(frozen=True)
class TargetSpec:
    """One of several targets, as the training part has it.

    Args:
        name: What it is called: its key among the model's outputs.
        task: `"binary"`, `"multiclass"`, `"ordinal"` (classes in an order) or `"regression"`.
        classes: Number of classes; 0 for regression.
        priors: Share of each class among the known targets; empty for regression.
        mean: Mean of the known targets (regression), else 0.
        std: Standard deviation of the known targets (regression), above 0, else 1.
        known: Number of training examples whose target is known.
        labels: Names of the classes in the order of their indices; empty where there are none.
        title: Its name where it is shown to people; empty for `name`.
        shape: Shape of one example's target as it was handed in, which its head is trained and
            evaluated with: `()`, or `(1,)` for a column `(examples, 1)`.
    """

    name: str
    task: TargetTask
    classes: int = 0
    priors: tuple[float, ...] = ()
    mean: float = 0.0
    std: float = 1.0
    known: int = 0
    labels: tuple[str, ...] = ()
    title: str = ""
    shape: tuple[int, ...] = ()

    @property
    def outputs(self) -> int:
        """Outputs of its head: one for binary and regression, else one a class."""
        return self.classes if self.task in ("multiclass", "ordinal") else 1

    @property
    def shown(self) -> str:
        """Its name as the user has it."""
        return self.title or self.name

    @property
    def columns(self) -> int:
        """Numbers that a prediction has: a probability a class, also of two, or one value."""
        return self.classes or 1

    @property
    def base_loss(self) -> float:
        """The loss of knowing nothing but the training targets: what skill is measured by.

        The error rate of the most frequent class, or the variance of the values; above 0.
        """
        return self.std**2 if self.task == "regression" else 1.0 - max(self.priors)
