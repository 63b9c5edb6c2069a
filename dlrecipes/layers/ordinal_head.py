"""The last layer for classes that have an order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError

_LEAST_GAP = 1e-6
"""Two thresholds never meet: the class between them would have no probability at all."""

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class OrdinalHead(keras.layers.Layer):
    """Log-probabilities of ordered classes, from one score and increasing thresholds.

    The cumulative logit model (proportional odds): an example has one score `s = w . x`, and
    `P(y > k) = sigmoid(s - t_k)` with thresholds `t_0 < t_1 < …`. A class has the probability
    between its thresholds, `P(y = k) = P(y > k - 1) - P(y > k)`. There are `features + classes - 1`
    weights, where a softmax has `(features + 1) * classes`. The thresholds are increasing by
    construction, so no probability can become negative.

    The outputs are logits like any other: a softmax leaves them as they are, and
    `keras.losses.SparseCategoricalCrossentropy(from_logits=True)` is the model's exact
    log-likelihood. `dlrecipes.losses.OrdinalLoss` makes it CORAL. Computed without cancellation,
    so the log-probability of a class is finite however far the score is from it.

    Args:
        classes: Number of classes, at least 2, in the order of their indices.
        priors: Share of each class, from which the thresholds start, so that a score of zero
            gives these probabilities; each in (0, 1), together 1. None for equal shares.
        kernel_initializer: Keras initializer of the weights of the score.
        kernel_regularizer: Keras regularizer of them.
        **kwargs: Those of `keras.layers.Layer`.

    Call arguments:
        inputs: Features `(batch, features)`, or a score of each member of an ensemble, which share
            the thresholds, `(batch, members, 1)`.

    Returns:
        Log-probabilities `(batch, classes)`, or `(batch, members, classes)`.

    Raises:
        ArgumentError: If an argument is out of range, or the inputs have another rank.

    Example:
        >>> head = dlr.layers.OrdinalHead(3, priors=[0.2, 0.5, 0.3], kernel_initializer="zeros")
        >>> np.exp(head(keras.ops.ones((1, 4)))).round(3)
        array([[0.2, 0.5, 0.3]], dtype=float32)

    Reference:
        McCullagh 1980, Regression Models for Ordinal Data; Cao, Mirjalili and Raschka 2020, Rank
        Consistent Ordinal Regression for Neural Networks (arXiv:1901.07884).
    """

    def __init__(
        self,
        classes: int,
        priors: Sequence[float] | None = None,
        kernel_initializer: str | keras.initializers.Initializer = "glorot_uniform",
        kernel_regularizer: str | keras.regularizers.Regularizer | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.classes = check_integer("classes", classes, 2)
        self.priors = None if priors is None else _check_priors(priors, self.classes)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: Shape) -> None:
        members = len(input_shape) == 3 and input_shape[-1] == 1
        if input_shape[-1] is None or not (len(input_shape) == 2 or members):
            raise ArgumentError(
                "The input of an ordinal head must have the shape (batch, features), or be one "
                "score of each member, (batch, members, 1).",
                received=f"input_shape={tuple(input_shape)}",
                fix="Put a `keras.layers.Flatten()` or a pooling layer in front of it.",
            )
        start = _thresholds(self.priors or [1 / self.classes] * self.classes)
        gaps = [
            math.log(math.expm1(max(high - low - _LEAST_GAP, 1e-4)))  # the inverse of a softplus
            for low, high in zip(start, start[1:], strict=False)
        ]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], 1),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        self.first_threshold = self.add_weight(
            name="first_threshold", shape=(1,), initializer=keras.initializers.Constant(start[0])
        )
        self.gaps = None
        if gaps:
            self.gaps = self.add_weight(
                name="gaps", shape=(len(gaps),), initializer=keras.initializers.Constant(gaps)
            )
        self.built = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        score = keras.ops.matmul(inputs, self.kernel)
        threshold = keras.ops.convert_to_tensor(self.first_threshold)
        if self.gaps is None:
            above = score - threshold
            return keras.ops.concatenate(
                [keras.ops.log_sigmoid(-above), keras.ops.log_sigmoid(above)], axis=-1
            )
        gaps = keras.ops.softplus(self.gaps) + _LEAST_GAP
        thresholds = keras.ops.concatenate([threshold, threshold + keras.ops.cumsum(gaps)])
        # Logits of y > k, and with sigmoid(a) - sigmoid(b) =
        # sigmoid(a) * sigmoid(-b) * (1 - exp(b - a)) the logarithms of their differences.
        above = score - thresholds
        more, not_more = keras.ops.log_sigmoid(above), keras.ops.log_sigmoid(-above)
        between = more[..., :-1] + not_more[..., 1:] + keras.ops.log(-keras.ops.expm1(-gaps))
        return keras.ops.concatenate([not_more[..., :1], between, more[..., -1:]], axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.classes)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "classes": self.classes,
            "priors": self.priors,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


def _check_priors(priors: Sequence[float], classes: int) -> list[float]:
    shares = [
        check_real(f"priors[{index}]", share, 0, 1, low_open=True, high_open=True)
        for index, share in enumerate(priors)
    ]
    if len(shares) != classes or not math.isclose(sum(shares), 1.0, rel_tol=1e-4):
        raise ArgumentError(
            f"`priors` must be {classes} shares that add up to 1.", received=f"priors={shares}"
        )
    return shares


def _thresholds(priors: Sequence[float]) -> list[float]:
    """Return the log odds of `y <= k` for each but the last class."""
    found = []
    for count in range(1, len(priors)):
        below, above = sum(priors[:count]), sum(priors[count:])
        found.append(math.log(below / above))
    return found
