"""Targets that are classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import keras
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.metrics import probability_scores
from dlrecipes.results import ClassTarget, OrdinalTarget, ThresholdGoal, plural
from dlrecipes.targets.kind import Array, Direction, Floats, Measure, OutputKind, Scores, TargetKind
from dlrecipes.targets.output_layer import OutputLayer, output_layer

MIN_CLASS_SIZE = 3
_MOST_NAMED = 6
_ROUNDING = 0.05
_ALMOST_NONE = 1e-12
Labelled = TypeVar("Labelled", ClassTarget, OrdinalTarget)


class LabelKind(TargetKind[Labelled], Generic[Labelled]):
    """What classes with and without an order share: a probability each."""

    minimum = 1
    dtype = np.int32
    main_metric = "accuracy"
    trivial = "majority class"
    linear = "logistic regression"
    trees_loss = "log_loss"
    puts_out_values = False
    has_forecasts = False
    adds_up = False
    strengths = ("inverse penalty", (0.1, 1.0, 10.0, 100.0))

    # ---- data

    @classmethod
    def encode(cls, y: Array, classes: Sequence[str] | None) -> tuple[Array, Labelled]:
        indices, names = _indices(y, classes)
        return indices, cls.made(class_names=names)

    def describe(self, y: Array, sample_weight: Array | None = None) -> Labelled:
        counts = np.bincount(y.astype(np.int64), sample_weight, minlength=self.target.num_classes)
        priors = tuple(float(count / counts.sum()) for count in counts)
        return replace(self.target, priors=priors, known=len(y))

    def strata(self, y: Array) -> NDArray[np.int64]:
        return np.where(np.isnan(y), self.target.num_classes, y).astype(np.int64)

    def seen(self, y: Array) -> str:
        names: tuple[str, ...] = self.target.class_names
        counts = np.bincount(y.astype(np.int64), minlength=len(names))
        shown = [
            f"{name!r} {_share(count / counts.sum())}"
            for name, count in zip(names, counts, strict=True)
        ]
        if len(names) > _MOST_NAMED:
            shown = [*map(repr, names[:3]), "…", repr(names[-1])]
        return f"{plural(len(names), 'class', 'classes')} ({', '.join(shown)})"

    @property
    def summary(self) -> str:
        joint = ", ".join(self.target.class_names)
        return f"{self.target.task} ({joint}), {self.target.known:,} known"

    # ---- network

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.target.outputs,)

    def output_kind(self, tell: Callable[[], OutputKind]) -> OutputKind:
        return tell()

    def predictions(self, outputs: keras.KerasTensor, kind: OutputKind) -> keras.KerasTensor:
        if len(outputs.shape) == 1:
            outputs = keras.ops.expand_dims(outputs, -1)
        if outputs.shape[-1] == 1:
            return _of_one_unit(outputs, kind)
        found = keras.ops.softmax(outputs, axis=-1) if kind in ("logits", "signs") else outputs
        if outputs.shape[-1] > self.target.num_classes:
            return _shares(found[..., : self.target.num_classes])
        return _shares(found) if kind == "shares" else found

    def answers(self, predictions: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        index = keras.ops.cast(keras.ops.argmax(predictions, axis=-1), "int32")
        return {"probabilities": predictions, "class_index": index}

    @property
    def texts(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        return {"label": ("class_index", self.target.class_names)}

    @property
    def positive(self) -> str | None:
        return self.target.class_names[1] if self.target.num_classes == 2 else None

    # ---- scores

    def check(self, y: object, predictions: object) -> tuple[Array, Floats]:
        targets = np.asarray(y).reshape(-1)
        values = np.asarray(predictions, dtype=np.float64)
        check_shape(values, (len(targets), self.target.num_classes), "One probability a class is "
                    "needed, for two classes as well.")  # fmt: skip
        sums = values.sum(axis=1, keepdims=True)
        if (values < 0).any() or (np.abs(sums - 1) > _ROUNDING).any():
            raise ArgumentError(
                "`predictions` must be probabilities that sum to 1 in each row.",
                received=f"values in [{values.min():g}, {values.max():g}], "
                f"sums in [{sums.min():g}, {sums.max():g}]",
                fix="Put a softmax or a sigmoid behind logits.",
            )
        # Half-precision outputs miss 1 by up to a per cent, which scikit-learn warns about.
        return targets.astype(np.int64), values / sums

    def fits(self, y: Array, predictions: Array) -> bool:
        known = y[~np.isnan(y)]
        among = bool(np.isin(known, range(self.target.num_classes)).all())
        return predictions.shape[1:] == (len(y), self.target.num_classes) and among

    def scores(self, y: Array, predictions: Floats) -> Scores:
        return probability_scores(y, predictions)

    def losses(self, y: Array, predictions: Floats) -> Floats:
        wrong: Floats = (predictions.argmax(axis=1) != y).astype(np.float64)
        return wrong

    def proper_losses(self, y: Array, predictions: Floats) -> Floats:
        """Return the log loss, whose mean is that of the scores."""
        own = predictions[np.arange(len(y)), y]
        return -np.log(np.maximum(own, np.finfo(np.float64).eps))

    @property
    def proper_base(self) -> float:
        return max(entropy(self.target.priors), _ALMOST_NONE)

    def judged_by(
        self, validation: Array, test: Array, goal: ThresholdGoal | None
    ) -> tuple[str, Direction, str]:
        """Return accuracy, or the average precision where class 1 of two is rare or decided on."""
        names = self.target.class_names
        shares = np.bincount(validation, minlength=len(names)) / len(validation)
        rarest, below = int(np.argmin(shares)), rare_below(len(names))
        rare = f"class {names[rarest]!r} makes {shares[rarest]:.1%} of the validation part"
        curve = self.positive is not None and 1 < int(np.sum(test)) < len(test)
        if goal is not None and curve:
            reason = (
                f"the threshold was chosen for {goal}, and on new data network and baseline reach "
                "other values there, so that only the whole curves compare"
            )
            return "pr_auc", "max", reason
        if shares[rarest] >= below:
            reason = f"no class makes less than {below:.1%} of the validation part"
        elif self.positive is None:
            reason = (
                f"it counts every example alike; {rare}, and macro F1 counts every class alike: "
                "look at it as well"
            )
        elif rarest == 0:
            reason = (
                f"what is looked for is {self.positive!r}; {rare}: to be judged by how it is "
                f"found, it must be the positive class (`--positive {names[0]}` for a table)"
            )
        elif curve:
            reason = f"{rare}, and accuracy is {1 - shares[rarest]:.1%} without finding any of it"
            return "pr_auc", "max", reason
        else:
            reason = f"{rare}, but too few test examples are of it for a precision-recall curve"
        return self.main_metric, "max", reason

    def group_measures(
        self, y: object, predictions: object, threshold: float | None = None
    ) -> tuple[tuple[Measure, ...], NDArray[np.bool_]]:
        """Return accuracy and calibration, and of two classes how they are told apart.

        Of two classes: `prevalence`, `selection_rate`, `accuracy`, `true_positive_rate`,
        `false_positive_rate`, `precision`, and `calibration`, the mean probability of class 1
        minus its share. Of more: `accuracy` and `calibration`, the mean probability of the
        predicted class minus the accuracy.
        """
        targets, values = self.check(y, predictions)
        everyone, predicted = np.ones(len(targets), dtype=bool), values.argmax(axis=1)
        if self.positive is None:
            right = predicted == targets
            sure = values.max(axis=1) - right
            return (
                Measure("accuracy", right, everyone, "accuracy difference"),
                Measure("calibration", sure, everyone, "calibration difference"),
            ), right
        positive, called = targets == 1, predicted == 1
        if threshold is not None:  # as it is: normalised, a probability may cross the threshold
            called = np.asarray(predictions, dtype=np.float64)[:, 1] >= threshold
        right = called == positive
        return (
            Measure("prevalence", positive, everyone),
            Measure("selection_rate", called, everyone, "demographic parity difference"),
            Measure("accuracy", right, everyone, "accuracy difference"),
            Measure("true_positive_rate", called, positive, "equal opportunity difference"),
            Measure("false_positive_rate", called, ~positive, "false positive rate difference"),
            Measure("precision", positive, called, "predictive parity difference"),
            Measure("calibration", values[:, 1] - positive, everyone, "calibration difference"),
        ), right

    @property
    def gap_measures(self) -> tuple[str, ...]:
        return ()

    def cost(self, scores: Mapping[str, float]) -> tuple[float, float]:
        return -scores["accuracy"], scores["log_loss"]

    # ---- answers for people

    def table(self, predictions: Array, least: float | None) -> pd.DataFrame:
        names = self.target.class_names
        table = pd.DataFrame(predictions, columns=[f"probability {name}" for name in names])
        decided = predictions.argmax(axis=1) if least is None else predictions[:, 1] >= least
        table.insert(0, "label", [names[int(index)] for index in decided])
        return table

    def badness(self, y: Array, predictions: Floats) -> Floats:
        wrong = predictions.argmax(axis=1) != y
        sure: Floats = np.where(wrong, np.nan_to_num(predictions.max(axis=1)), 0.0)
        return sure

    def mistake(self, y: Any, prediction: Any) -> tuple[str, str, float]:  # noqa: ANN401
        predicted, names = int(prediction.argmax()), self.target.class_names
        return names[int(y)], names[predicted], float(prediction[predicted])

    # ---- baselines

    def average(self, neighbours: Array) -> Floats:
        labels = range(self.target.num_classes)
        return np.stack([(neighbours == label).mean(axis=1) for label in labels], axis=1)

    def linear_model(self, strength: float) -> Any:  # noqa: ANN401
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=strength, max_iter=1000)

    def estimate(self, estimator: Any, x: Any) -> Floats:  # noqa: ANN401
        """Return a column a class, zero for those that the estimator has not seen."""
        found = estimator.predict_proba(x)
        table = np.zeros((len(found), self.target.num_classes))
        table[:, estimator.classes_] = found
        return table

    def telling(self, y: Array, centred: Array) -> Floats:
        apart: Floats = np.sqrt(
            sum(
                np.sum(y == label) * centred[y == label].mean(axis=0) ** 2 for label in np.unique(y)
            )
        )
        return apart

    def can_hold_out(self, y: Array, share: float) -> bool:
        sizes = np.unique(y, return_counts=True)[1]
        return int(sizes.min()) >= 2 and math.ceil(share * len(y)) >= len(sizes)

    @property
    def scores_an_example(self) -> int:
        count = self.target.num_classes
        return count if count > 2 else 1

    def smoothed_priors(self) -> list[float]:
        """Return the share of each class, that of an unseen one as half an example.

        Raises:
            ArgumentError: If there is not one share in [0, 1] for each of two classes or more.
        """
        target = self.target
        in_range = all(0 <= prior <= 1 for prior in target.priors)
        if len(target.priors) != target.num_classes or len(target.priors) < 2 or not in_range:
            raise ArgumentError(
                "A classification must have one prior in [0, 1] for each of at least two classes.",
                received=f"priors={target.priors}, class_names={target.class_names}",
            )
        least = 0.5 / max(target.known, 1)
        return [max(prior, least) for prior in target.priors]


class ClassKind(LabelKind[ClassTarget]):
    """One of several classes without an order."""

    task = "classification"
    made = ClassTarget

    @property
    def spare_units(self) -> bool:
        return True

    @property
    def has_threshold(self) -> bool:
        return self.positive is not None

    @property
    def gap_measures(self) -> tuple[str, ...]:
        if self.positive is None:
            return ("accuracy", "calibration")
        rates = ("true positive rate", "false positive rate", "selection rate")
        return ("accuracy", *rates, "calibration")

    @property
    def widths(self) -> tuple[int, ...]:
        return (1, 2) if self.target.num_classes == 2 else (self.target.num_classes,)

    def start_bias(self) -> list[float]:
        logs = [math.log(prior) for prior in self.smoothed_priors()]
        return [logs[1] - logs[0]] if self.target.outputs == 1 else logs

    def head(
        self,
        x: keras.KerasTensor,
        *,
        penalty: keras.regularizers.Regularizer | None,
        bias: list[float] | None,
        name: str,
        layer: OutputLayer = output_layer,
    ) -> keras.KerasTensor:
        return layer(self.target.outputs, penalty=penalty, output_bias=bias, name=name)(x)

    def loss(self, ordinal: str) -> keras.losses.Loss:
        if self.target.outputs == 1:
            return keras.losses.BinaryCrossentropy(from_logits=True)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def start_loss(self, ordinal: str) -> float:
        return entropy(self.target.priors)

    def metric(self) -> keras.metrics.Metric:
        if self.target.outputs == 1:
            return keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


RARE_SHARE = 0.4
"""Of its fair share 1/C, what a rare one of C classes has at most: of two classes, 20 %."""


def rare_below(num_classes: int) -> float:
    """Return the share of the examples below which a class is rare.

    Two fifths of the fair share: 20 % of two classes, 4 % of ten. Accuracy says little about such
    a class, since never to name it is mostly right.

    Args:
        num_classes: At least 2.

    Example:
        >>> dlr.data.rare_below(2), dlr.data.rare_below(10)
        (0.2, 0.04)
    """
    return RARE_SHARE / num_classes


def entropy(shares: Sequence[float]) -> float:
    """Return the cross-entropy of predicting the shares themselves, in nats."""
    return -sum(share * math.log(share) for share in shares if share > 0)


def check_shape(values: Array, expected: tuple[int, ...], fix: str = "") -> None:
    """Check that predictions have a shape and are finite.

    Raises:
        ArgumentError: If not.
    """
    if not expected[0] or values.shape != expected:
        raise ArgumentError(
            f"`predictions` must have the shape {expected}, with at least one row.",
            received=f"predictions.shape={values.shape}",
            fix=fix,
        )
    if not np.isfinite(values).all():
        raise ArgumentError(
            "`predictions` must be finite numbers.",
            received=f"NaN or infinity in {plural(int((~np.isfinite(values)).sum()), 'place')}",
        )


def _of_one_unit(outputs: keras.KerasTensor, kind: OutputKind) -> keras.KerasTensor:
    """Return the probabilities of two classes, `(batch, 2)`, from `(batch, 1)`."""
    if kind == "logits":
        # sigmoid(-z) keeps the small probability exact where 1 - sigmoid(z) would round it.
        positive, negative = keras.ops.sigmoid(outputs), keras.ops.sigmoid(-outputs)
    else:
        numbers = (1.0 + outputs) / 2.0 if kind == "signs" else outputs
        positive = numbers if kind == "probabilities" else keras.ops.clip(numbers, 0.0, 1.0)
        negative = 1.0 - positive
    return keras.ops.concatenate([negative, positive], axis=-1)


def _shares(outputs: keras.KerasTensor) -> keras.KerasTensor:
    """Return numbers of classes as shares of their sum, `(batch, classes)`, in the same order.

    Where one is negative, all are raised so that it is 0; where all are 0, each has the same.
    """
    lowest = keras.ops.minimum(keras.ops.min(outputs, axis=-1, keepdims=True), 0.0)
    raised = outputs - lowest + _ALMOST_NONE
    return raised / keras.ops.sum(raised, axis=-1, keepdims=True)


def _share(share: float) -> str:
    return "below 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def _indices(
    array: Array, classes: Sequence[str] | None
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return class indices in the order of the sorted labels, or of `classes`, and the names."""
    if array.dtype.kind == "f":
        if not np.array_equal(array, np.round(array)):
            raise DataError(
                "Class labels must be text, booleans or whole numbers.",
                received=f"y.dtype={array.dtype} with fractions",
                fix="Pass task='regression' for values.",
            )
        array = array.astype(np.int64)
    labels, indices = np.unique(array, return_inverse=True)
    counts = np.bincount(indices)
    if len(labels) < 2:
        raise DataError(
            "A classification target must have at least two classes.",
            received=f"only {str(labels[0])!r} in {plural(len(array), 'example')}",
        )
    rarest = int(np.argmin(counts))
    if counts[rarest] < MIN_CLASS_SIZE:
        raise DataError(
            f"Every class must have at least {MIN_CLASS_SIZE} examples, one for each part.",
            received=f"{int(counts[rarest])} of class {str(labels[rarest])!r}, "
            f"{plural(len(labels), 'class', 'classes')} in {plural(len(array), 'example')}",
            fix="Join or leave out rare classes, or pass task='regression' if these are values.",
        )
    names = tuple(str(label) for label in labels)
    if classes is None:
        return indices.astype(np.int32), names
    given = tuple(str(name) for name in classes)
    if len(set(given)) != len(given) or len(given) != len(names):
        raise DataError(
            "`classes` must name each class once.",
            received=f"{plural(len(given), 'name')} for the {plural(len(names), 'label')} "
            f"{', '.join(names[:10])}",
        )
    if array.dtype.kind != "U":
        return indices.astype(np.int32), given
    if set(given) != set(names):
        raise DataError(
            "`classes` must hold the labels of a text target.",
            received=f"classes={given!r}, labels: {', '.join(names[:10])}",
        )
    rank = np.array([given.index(name) for name in names], dtype=np.int32)
    return rank[indices], given
