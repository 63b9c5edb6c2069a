"""Cross-entropy that turns its attention to the hard examples."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.checks import check_choice, check_real
from dlrecipes.errors import ArgumentError

LABELS = ("binary", "categorical", "sparse")

# Stands for minus infinity among logits; finite, so that no gradient becomes inf - inf.
_NO_LOGIT = -1e30


@keras.saving.register_keras_serializable(package="dlrecipes")
class FocalLoss(keras.losses.Loss):
    """Focal loss `FL = -alpha_t * (1 - p_t)**gamma * log(p_t)`.

    `p_t` is the probability that the model gives to the true class. With `gamma=0` and
    `alpha=None` it is the cross-entropy; the larger `gamma`, the less an example counts that is
    right already. Soft and smoothed labels `y` weigh the terms of all classes:
    `FL = -sum_c y_c * alpha_c * (1 - p_c)**gamma * log(p_c)`.

    Computed in float32 at least, whatever the dtype policy, and finite with finite gradients for
    every `gamma >= 0` and logits far beyond +-100.

    Args:
        labels: `"binary"`: labels 0 and 1 of the predictions' shape `(batch, 1)` or `(batch,)`
            (more outputs are independent yes/no questions, averaged over the last axis).
            `"categorical"`: one-hot or soft labels `(batch, classes)`. `"sparse"`: class indices
            `(batch,)` or `(batch, 1)` in [0, classes); an index outside adds no loss.
        gamma: Focusing exponent, at least 0; the paper uses 2.
        alpha: None for no weights. `"binary"`: the weight of class 1, in [0, 1]; class 0 gets
            `1 - alpha`. Else one weight of at least 0 for each class, or one number for all.
        from_logits: Whether predictions are logits, which keeps the digits of probabilities near
            0 and 1; probabilities are clipped to [1e-7, 1 - 1e-7] first.
        label_smoothing: Share of each label that is spread evenly over all classes, in [0, 1).
        reduction: How Keras reduces the losses of the examples.
        name: The loss's name.
        dtype: Dtype of the computation; None for Keras' float type. Narrower ones than float32
            are widened to it.

    Call arguments:
        y_true: Labels, see `labels`.
        y_pred: Logits `(batch, 1)` or `(batch,)` for binary, `(batch, classes)` otherwise; axes
            between the first and the last are allowed.

    Raises:
        ArgumentError: If an argument is out of range or the shapes do not fit together.

    Example:
        >>> y, logits = np.array([[1.0], [1.0]]), np.array([[0.0], [4.0]])
        >>> focal = dlr.losses.FocalLoss(gamma=2.0, reduction=None)
        >>> np.asarray(focal(y, logits)).round(4)  # the second is right already
        array([0.1733, 0.    ], dtype=float32)
        >>> cross_entropy = dlr.losses.FocalLoss(gamma=0.0, reduction=None)
        >>> np.asarray(cross_entropy(y, logits)).round(4)
        array([0.6931, 0.0181], dtype=float32)

    Reference:
        Lin et al., Focal Loss for Dense Object Detection, arXiv:1708.02002.
    """

    def __init__(
        self,
        labels: str = "binary",
        gamma: float = 2.0,
        *,
        alpha: float | Sequence[float] | None = None,
        from_logits: bool = True,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "focal_loss",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        policy = keras.dtype_policies.get(dtype or keras.config.floatx())
        wide = keras.backend.result_type(policy.compute_dtype, "float32")
        super().__init__(name=name, reduction=reduction, dtype=wide)
        self.labels = check_choice("labels", labels, LABELS)
        self.gamma = check_real("gamma", gamma, 0)
        self.alpha = _check_alpha(alpha, self.labels)
        self.from_logits = from_logits
        self.label_smoothing = check_real("label_smoothing", label_smoothing, 0, 1, high_open=True)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return one loss for each example, of shape `(batch, ...)` without the last axis."""
        y_pred = keras.ops.convert_to_tensor(y_pred)
        logits = keras.ops.cast(y_pred, keras.backend.result_type(y_pred.dtype, "float32"))
        y_true = keras.ops.convert_to_tensor(y_true)
        if self.labels == "binary":
            return self._binary(y_true, logits)
        return self._categorical(y_true, logits)

    def _binary(self, y_true: keras.KerasTensor, z: keras.KerasTensor) -> keras.KerasTensor:
        """Return the losses of yes/no labels, averaged over the last axis."""
        if len(z.shape) == 1:
            z = keras.ops.expand_dims(z, -1)
        if len(y_true.shape) == len(z.shape) - 1 and z.shape[-1] == 1:
            y_true = keras.ops.expand_dims(y_true, -1)
        _check_same_shape(y_true, z)
        y = keras.ops.cast(y_true, z.dtype)
        y = y * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        if not self.from_logits:
            p = _clip_probability(z)
            z = keras.ops.log(p) - keras.ops.log1p(-p)

        log_p, log_not_p = keras.ops.log_sigmoid(z), keras.ops.log_sigmoid(-z)
        loss_of_1 = _focal_term(log_p, log_not_p, self.gamma)
        loss_of_0 = _focal_term(log_not_p, log_p, self.gamma)
        if self.alpha is not None and not isinstance(self.alpha, list):
            loss_of_1 = self.alpha * loss_of_1
            loss_of_0 = (1.0 - self.alpha) * loss_of_0
        return keras.ops.mean(y * loss_of_1 + (1.0 - y) * loss_of_0, axis=-1)

    def _categorical(self, y_true: keras.KerasTensor, z: keras.KerasTensor) -> keras.KerasTensor:
        """Return the losses of labels of which one class is true."""
        classes = z.shape[-1]
        if len(z.shape) < 2 or classes is None or classes < 2:
            raise ArgumentError(
                "Predictions of a categorical focal loss must have a last axis of at least two "
                "classes.",
                received=f"y_pred.shape={tuple(z.shape)}",
                fix='For one output use labels="binary".',
            )
        if self.labels == "sparse":
            if len(y_true.shape) == len(z.shape) and y_true.shape[-1] == 1:
                y_true = keras.ops.squeeze(y_true, -1)
            y_true = keras.ops.one_hot(keras.ops.cast(y_true, "int32"), classes)
        _check_same_shape(y_true, z)
        y = keras.ops.cast(y_true, z.dtype)
        y = y * (1.0 - self.label_smoothing) + self.label_smoothing / classes
        if not self.from_logits:
            z = keras.ops.log(_clip_probability(z))

        log_p = keras.ops.log_softmax(z, axis=-1)
        losses = _focal_term(log_p, _log_of_the_others(z, log_p), self.gamma)
        if self.alpha is not None:
            losses = self._class_weights(classes, z.dtype) * losses
        return keras.ops.sum(y * losses, axis=-1)

    def _class_weights(self, classes: int, dtype: str) -> keras.KerasTensor:
        if isinstance(self.alpha, list) and len(self.alpha) != classes:
            raise ArgumentError(
                f"`alpha` must have one weight for each of the {classes} classes.",
                received=f"alpha={self.alpha}",
            )
        return keras.ops.convert_to_tensor(self.alpha, dtype=dtype)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "labels": self.labels,
            "gamma": self.gamma,
            "alpha": self.alpha,
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "dtype": self.dtype,
        }


def _focal_term(
    log_p: keras.KerasTensor, log_not_p: keras.KerasTensor, gamma: float
) -> keras.KerasTensor:
    """Return `-(1 - p)**gamma * log(p)`.

    The power is taken as `exp(gamma * log(1 - p))`: the derivative of `(1 - p)**gamma` itself
    has the factor `(1 - p)**(gamma - 1)`, which is infinite at p = 1 for gamma below 1, where
    float32 arrives at a logit of 17.
    """
    return -keras.ops.exp(gamma * log_not_p) * log_p


def _log_of_the_others(z: keras.KerasTensor, log_p: keras.KerasTensor) -> keras.KerasTensor:
    """Return `log(1 - p)` for each class of a softmax.

    `log(1 - p)` is exact as long as p stays away from 1. Near 1 it loses all digits, so there
    it is the log of the other classes' probabilities added up. At most one class is that
    probable, so one sum over the others serves the whole row. Both branches stay finite where
    the other is taken, because `where` lets the NaN of an unused branch into the gradient.
    """
    p = keras.ops.exp(log_p)
    probable = p > 0.75
    others = keras.ops.logsumexp(
        keras.ops.where(probable, keras.ops.full_like(z, _NO_LOGIT), z), axis=-1, keepdims=True
    )
    near_one = others - keras.ops.logsumexp(z, axis=-1, keepdims=True)
    elsewhere = keras.ops.log1p(-keras.ops.where(probable, keras.ops.zeros_like(p), p))
    return keras.ops.where(probable, near_one, elsewhere)


def _clip_probability(p: keras.KerasTensor) -> keras.KerasTensor:
    """Return probabilities that have a finite logit."""
    epsilon = keras.config.epsilon()
    return keras.ops.clip(p, epsilon, 1.0 - epsilon)


def _check_alpha(alpha: float | Sequence[float] | None, labels: str) -> float | list[float] | None:
    """Return `alpha` as a number, a list of numbers or None."""
    if alpha is None:
        return None
    if labels == "binary":
        return check_real("alpha", alpha, 0, 1)
    if isinstance(alpha, str) or not isinstance(alpha, Sequence):
        return check_real("alpha", alpha, 0)
    if not alpha:
        raise ArgumentError("`alpha` must have one weight for each class.", received="alpha=[]")
    return [check_real(f"alpha[{index}]", weight, 0) for index, weight in enumerate(alpha)]


def _check_same_shape(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> None:
    """Refuse shapes that would broadcast into a loss of something else."""
    sizes = zip(y_true.shape, y_pred.shape, strict=False)
    if len(y_true.shape) != len(y_pred.shape) or any(
        true != predicted and None not in (true, predicted) for true, predicted in sizes
    ):
        raise ArgumentError(
            "Labels and predictions must fit together in shape.",
            received=f"y_true.shape={tuple(y_true.shape)}, y_pred.shape={tuple(y_pred.shape)}",
            fix='Class indices need labels="sparse", one-hot labels labels="categorical".',
        )
