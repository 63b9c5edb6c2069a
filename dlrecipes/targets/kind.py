"""What a kind of target must say of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.results import Target, ThresholdGoal
from dlrecipes.targets.output_layer import OutputLayer, output_layer

Described = TypeVar("Described", bound=Target)
Array = NDArray[Any]
Floats = NDArray[np.float64]
OutputKind = Literal["logits", "probabilities", "shares", "signs", "values"]
"""What outputs are: of classes also shares, one number a class of which the largest decides (of one
unit near 0 and 1), and signs, one number from -1 to 1."""
Scores = dict[str, float]
Direction = Literal["max", "min"]


@dataclass(frozen=True, eq=False)
class Measure:
    """A mean over examples, to be compared between subgroups.

    Args:
        name: What it is called.
        values: What it is the mean of, booleans or numbers, `(examples,)`.
        counted: Which examples it is the mean over, `(examples,)`.
        gap: What a difference of it between groups is called; empty if it says nothing of the
            network.
        root: Whether it is the square root of that mean.
    """

    name: str
    values: Array
    counted: NDArray[np.bool_]
    gap: str = ""
    root: bool = False


class TargetKind(ABC, Generic[Described]):
    """All that follows from what a target is.

    A new kind is a data class in `results/target.py` and a file beside this one with a class like
    this, named in `dlrecipes/targets/kinds.py`. Everything else asks here.

    Args:
        target: The target's description.
    """

    made: ClassVar[type[Any]]
    """The data class that describes it."""
    task: ClassVar[str]
    """What a user calls it: `task="regression"`."""
    minimum: ClassVar[int]
    """Examples that a part must have of it (of each class), so that it can be scored."""
    dtype: ClassVar[type]
    """NumPy type of its encoded values."""
    main_metric: ClassVar[str]
    """Its plainest score."""
    trivial: ClassVar[str]
    """The baseline that knows nothing but the training targets."""
    linear: ClassVar[str]
    """The linear baseline."""
    trees_loss: ClassVar[str]
    """Loss of scikit-learn's boosted trees."""
    puts_out_values: ClassVar[bool]
    """Whether outputs are numbers as they are, and neither logits nor probabilities."""
    has_forecasts: ClassVar[bool]
    """Whether an earlier value, or the mean of some, is a prediction of it."""
    adds_up: ClassVar[bool]
    """Whether a network may predict it as something known plus what it learns."""
    strengths: ClassVar[tuple[str, tuple[float, ...]]]
    """What is chosen for `linear_model`, and from which values."""

    def __init__(self, target: Described) -> None:
        self.target = target

    # ---- data

    @classmethod
    @abstractmethod
    def encode(cls, y: Array, classes: Sequence[str] | None) -> tuple[Array, Described]:
        """Return labels or values encoded, and what they are, without a name or statistics.

        Args:
            y: Text, booleans or numbers, `(examples,)`, all known, at least one.
            classes: Names of the classes in the order of the sorted labels; for text labels, the
                labels themselves in the order that their indices shall have.

        Raises:
            DataError: If nothing can be learned from them.
        """

    @abstractmethod
    def describe(self, y: Array, sample_weight: Array | None = None) -> Described:
        """Return the description with the statistics of training examples.

        Args:
            y: Their encoded targets, `(examples,)`, all known, at least one.
            sample_weight: Their weights, `(examples,)`, or None.
        """

    @abstractmethod
    def strata(self, y: Array) -> NDArray[np.int64]:
        """Return the labels by which rows are split, `(examples,)`, NaN where it is not known."""

    @abstractmethod
    def seen(self, y: Array) -> str:
        """Say what it is, with what the training part has of it, `(examples,)`."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """What it is and how many training examples have it, for a table of the report."""

    # ---- network

    @property
    @abstractmethod
    def widths(self) -> tuple[int, ...]:
        """Numbers of units that a model's output may have."""

    @property
    def spare_units(self) -> bool:
        """Whether an output may have units that no class uses, behind those of the classes."""
        return False

    @abstractmethod
    def start_bias(self) -> list[float]:
        """Return the outputs with which an untrained model predicts the training shares or mean."""

    @abstractmethod
    def head(
        self,
        x: keras.KerasTensor,
        *,
        penalty: keras.regularizers.Regularizer | None,
        bias: list[float] | None,
        name: str,
        layer: OutputLayer = output_layer,
    ) -> keras.KerasTensor:
        """Return what is predicted: logits, or numbers in the user's units, in float32 at least.

        Args:
            x: Symbolic tensor `(batch, features)`.
            penalty: Of the kernel; None for none.
            bias: Outputs to begin with, as `start_bias` gives them; None for zero logits, or the
                mean.
            name: Name of the layer that learns.
            layer: Makes it.
        """

    @abstractmethod
    def loss(self, ordinal: str) -> keras.losses.Loss:
        """Return the loss that its head is trained with.

        Args:
            ordinal: `"likelihood"` or `"coral"`, where classes have an order.
        """

    @abstractmethod
    def start_loss(self, ordinal: str) -> float:
        """Return that loss for a model that knows the training shares, or the mean, and no more."""

    @abstractmethod
    def metric(self) -> keras.metrics.Metric:
        """Return the metric to watch beside the loss."""

    @abstractmethod
    def output_kind(self, tell: Callable[[], OutputKind]) -> OutputKind:
        """Return what outputs are.

        Args:
            tell: Tells it from the loss and the last layer of a compiled model.
        """

    @abstractmethod
    def predictions(self, outputs: keras.KerasTensor, kind: OutputKind) -> keras.KerasTensor:
        """Return probabilities `(batch, classes)` or numbers `(batch,)`.

        Args:
            outputs: Of a model, float32, `(batch, units)` or `(batch,)`.
            kind: What they are.
        """

    @property
    def positive(self) -> str | None:
        """The class that is looked for, class 1 of two; None where there is none."""
        return None

    @property
    def has_threshold(self) -> bool:
        """Whether a probability can be chosen from which on an example is called positive."""
        return False

    @abstractmethod
    def answers(self, predictions: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        """Return what a served model answers, `{name: (batch, …)}`."""

    @property
    def texts(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """What it answers in text, which `keras.ops` has not: `{name: (answer, its texts)}`.

        The answer, one of `answers`, holds the place of each example's text.
        """
        return {}

    # ---- scores

    @abstractmethod
    def check(self, y: object, predictions: object) -> tuple[Array, Floats]:
        """Return encoded targets and predictions in their form: float64, probabilities sum to 1.

        Args:
            y: Class indices or values, `(examples,)`.
            predictions: Probabilities `(examples, classes)`, or numbers `(examples,)` or
                `(examples, 1)`.

        Raises:
            ArgumentError: If the shapes do not fit, or if a prediction is not finite or, as a
                probability, negative.
        """

    @abstractmethod
    def fits(self, y: Array, predictions: Array) -> bool:
        """Whether targets, and predictions of several networks for them, have their form.

        Args:
            y: Encoded targets, `(examples,)`, NaN where one is not known.
            predictions: `(networks, examples, classes)`, or numbers `(networks, examples)`.
        """

    @abstractmethod
    def scores(self, y: Array, predictions: Floats) -> Scores:
        """Return every score of checked predictions, `{name: value}`."""

    @abstractmethod
    def losses(self, y: Array, predictions: Floats) -> Floats:
        """Return each example's loss, `(examples,)`: their mean is what skill is measured by."""

    def proper_losses(self, y: Array, predictions: Floats) -> Floats:
        """Return each example's loss, `(examples,)`, in which also what does not decide counts.

        Its mean is least for what is true on average, so that models can be weighed by it.
        """
        return self.losses(y, predictions)

    @property
    def proper_base(self) -> float:
        """What those losses are on average for a model that knows nothing."""
        return float(self.target.base_loss)

    @abstractmethod
    def judged_by(
        self, validation: Array, test: Array, goal: ThresholdGoal | None
    ) -> tuple[str, Direction, str]:
        """Return the score that a network is judged by, whether it is better high or low, and why.

        Args:
            validation: Encoded targets of the validation part, which no resampling changes.
            test: Those of the part that is judged.
            goal: What thresholds were chosen for, which is no score of its own; None without.
        """

    @abstractmethod
    def group_measures(
        self, y: object, predictions: object, threshold: float | None = None
    ) -> tuple[tuple[Measure, ...], NDArray[np.bool_] | None]:
        """Return what is compared between subgroups, and which examples are classified right.

        An expected calibration error is not among the measures: it grows as a group shrinks.

        Args:
            y: Class indices or values, `(examples,)`.
            predictions: Probabilities `(examples, classes)`, or values `(examples,)`.
            threshold: Probability from which on an example is called class 1, of two; None for
                the more probable class.

        Returns:
            The measures; and `(examples,)`, None of numbers.

        Raises:
            ArgumentError: If the shapes do not fit, or if a prediction is not finite or not a
                probability.
        """

    @property
    @abstractmethod
    def gap_measures(self) -> tuple[str, ...]:
        """Those of `MEASURES` that a gap penalty may be about."""

    @abstractmethod
    def cost(self, scores: Mapping[str, float]) -> tuple[float, float]:
        """Return what the best of several candidates has least of."""

    # ---- answers for people

    @abstractmethod
    def table(self, predictions: Array, least: float | None) -> pd.DataFrame:
        """Return predictions as columns to read.

        Args:
            predictions: As `predictions` gives them.
            least: The probability from which on an example is of class 1 of two; None for the label
                that is more probable.
        """

    @abstractmethod
    def badness(self, y: Array, predictions: Floats) -> Floats:
        """Return how wrong each prediction is, `(examples,)`, 0 where it is right."""

    @abstractmethod
    def mistake(self, y: Any, prediction: Any) -> tuple[str | float, str | float, float]:  # noqa: ANN401
        """Return what was true, what was predicted, and how surely or by how much."""

    # ---- baselines

    @abstractmethod
    def average(self, neighbours: Array) -> Floats:
        """Return predictions from the targets of neighbours, `(examples, neighbours)`."""

    @abstractmethod
    def linear_model(self, strength: float) -> Any:  # noqa: ANN401  (of scikit-learn)
        """Return scikit-learn's linear model, not fitted, with a strength of its penalty."""

    @abstractmethod
    def estimate(self, estimator: Any, x: Any) -> Floats:  # noqa: ANN401  (of scikit-learn)
        """Return the predictions of one of scikit-learn's fitted estimators."""

    @abstractmethod
    def telling(self, y: Array, centred: Array) -> Floats:
        """Return how much each column goes with the target, not yet divided by its spread.

        Args:
            y: Encoded targets, `(examples,)`.
            centred: Columns of mean 0, `(examples, columns)`.
        """

    def can_hold_out(self, y: Array, share: float) -> bool:
        """Whether a share of the examples can be held out to say when to stop."""
        return True

    @property
    def scores_an_example(self) -> int:
        """Numbers that a linear model, or a round of boosted trees, finds for an example."""
        return 1
