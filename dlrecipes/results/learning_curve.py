"""What more training examples bring: errors against their number, and the law behind them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PowerLaw:
    """The error `floor + factor * examples ** -exponent`.

    Args:
        floor: What no number of examples takes away, at least 0.
        factor: What one example would leave above it, at least 0.
        exponent: How fast it falls, above 0.
        floor_interval: Lower and upper end of its 95 % interval.
        exponent_interval: Those of the exponent.
    """

    floor: float
    factor: float
    exponent: float
    floor_interval: tuple[float, float] = (0.0, 0.0)
    exponent_interval: tuple[float, float] = (0.0, 0.0)

    def at(self, examples: float) -> float:
        """Return the error with so many training examples.

        Args:
            examples: At least 1.
        """
        return float(self.floor + self.factor * examples**-self.exponent)


@dataclass(frozen=True)
class Rung:
    """The errors with so many training examples, one a training; lower is better.

    Args:
        examples: Training examples.
        train: Errors on them, in inference mode.
        validation: Errors on the validation part.
    """

    examples: int
    train: tuple[float, ...]
    validation: tuple[float, ...]

    @property
    def gap(self) -> float:
        """How far the validation error lies above the training error, on the average."""
        return sum(self.validation) / len(self.validation) - sum(self.train) / len(self.train)


@dataclass(frozen=True)
class LearningCurve:
    """Errors against the number of training examples.

    Args:
        error: What the errors are, such as `"error rate"`.
        rungs: From few examples to all.
        law: The power law of the validation errors.
        scale: The error of knowing nothing.
        gain: By how much twice the examples would lower the validation error.
        gain_interval: Lower and upper end of its 95 % interval.
        shape: `"high bias"`, `"high variance"`, `"still falling"` or `"flat"`.
        sentence: The same as two plain sentences.
    """

    error: str
    rungs: tuple[Rung, ...]
    law: PowerLaw
    scale: float
    gain: float
    gain_interval: tuple[float, float]
    shape: str
    sentence: str
