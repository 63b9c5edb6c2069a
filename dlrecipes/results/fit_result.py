"""How well a network fits: its errors on what it trained on and on what it did not."""

from __future__ import annotations

from dataclasses import dataclass, field

HIGH = 0.05
"""A gap is high from this share of the error of knowing nothing on."""


@dataclass(frozen=True)
class BiasVariance:
    """The error of a network, taken apart; all errors are lower the better, in one unit.

    Args:
        train: Error on training examples, in inference mode.
        validation: Error on validation examples.
        reference: What can be reached: a human's error, or that of the best baseline.
        scale: The error of knowing nothing.
        bias: How far the training error lies above the reference.
        variance: How far the validation error lies above the training error.
        bias_interval: Half the width of the 95 % interval of the bias; 0 where no noise is known.
        variance_interval: That of the variance.
        behind: How far the validation error lies above the reference.
        behind_interval: Half the width of its 95 % interval, example by example where the
            reference is of the same examples.
        reference_name: Whose error the reference is; empty where it is unknown, and taken as 0.

    Example:
        >>> found = dlr.diagnose.bias_variance(train=0.15, validation=0.16)
        >>> found.verdict, found.high_bias, round(found.variance, 2)
        ('high bias', True, 0.01)
    """

    train: float
    validation: float
    reference: float
    scale: float
    bias: float
    variance: float
    bias_interval: float = 0.0
    variance_interval: float = 0.0
    behind: float = 0.0
    behind_interval: float = 0.0
    reference_name: str = ""

    @property
    def high_bias(self) -> bool:
        """Whether the network fits its training examples worse than can be, beyond the noise."""
        return self._high(self.bias, self.bias_interval)

    @property
    def high_variance(self) -> bool:
        """Whether it fits its training examples better than others, beyond the noise."""
        return self._high(self.variance, self.variance_interval)

    @property
    def costly(self) -> bool:
        """Whether it is worse than a known reference on the validation part, beyond the noise."""
        return bool(self.reference_name) and self._high(self.behind, self.behind_interval)

    @property
    def verdict(self) -> str:
        """`"high bias"`, `"high variance"`, `"high bias and high variance"` or `"neither"`."""
        high = ["high bias"] * self.high_bias + ["high variance"] * self.high_variance
        return " and ".join(high) or "neither"

    def _high(self, gap: float, interval: float) -> bool:
        # A hair less, for the difference of two rounded numbers.
        return gap > max(HIGH * self.scale, interval) * (1 + 1e-9)


@dataclass(frozen=True)
class LossParts:
    """What Keras calls `loss`, taken apart, in inference mode.

    Args:
        data: Mean loss of the examples, each counted once, without penalties.
        penalty: L1, L2 and whatever else layers add to the loss; `val_loss` has it, too.
        weighted: Mean loss of the examples by their weights, without penalties; `data` where there
            are no weights.
    """

    data: float
    penalty: float
    weighted: float

    @property
    def total(self) -> float:
        """What Keras reports as the loss."""
        return self.weighted + self.penalty


@dataclass(frozen=True)
class FitResult:
    """The refit that is exported, on its training part and on the validation part.

    Args:
        metric: What the errors of `errors` are made of, the main metric: 1 - accuracy, the RMSE, …
        rows: Training examples that were scored, in the shares of the validation part's classes.
        train: All scores of them, in inference mode.
        errors: The error, taken apart.
        train_loss: The loss of the training examples that were scored; None where it cannot be
            computed apart.
        validation_loss: That of the validation part, likewise.
    """

    metric: str
    rows: int
    train: dict[str, float] = field(default_factory=dict)
    errors: BiasVariance | None = None
    train_loss: LossParts | None = None
    validation_loss: LossParts | None = None
