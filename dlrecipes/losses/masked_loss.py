"""A loss that leaves missing labels out."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError


@keras.saving.register_keras_serializable(package="dlrecipes")
class MaskedLoss(keras.losses.Loss):
    """Another loss, over the examples whose target is known.

    With several targets, few examples have all of them. A missing target is NaN (then class
    indices, too, are floating-point numbers) or a value of its own. The mean is one over the
    known targets of a batch, and 0 for a batch without any: as with Keras' own masks, the losses
    of the known are scaled up by `batch / known`.

    Args:
        loss: A Keras loss of one target an example.
        missing: The value that stands for a missing target, besides NaN, such as -1 among class
            indices; None for none.
        reduction: How Keras reduces the losses of the examples; `"sum"` and None are not scaled.
        name: The loss's name; None for the inner loss's.
        dtype: Dtype of the computation; None for the inner loss's.

    Call arguments:
        y_true: Targets, `(batch,)` or `(batch, 1)`.
        y_pred: What the inner loss takes, `(batch, outputs)` or `(batch,)`.

    Raises:
        ArgumentError: If `loss` is no Keras loss.

    Example:
        >>> loss = dlr.losses.MaskedLoss(keras.losses.MeanSquaredError())
        >>> float(loss(np.array([1.0, np.nan]), np.array([[3.0], [100.0]])))
        4.0
    """

    def __init__(
        self,
        loss: keras.losses.Loss | dict[str, Any],
        missing: float | None = None,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        inner = keras.losses.deserialize(loss) if isinstance(loss, dict) else loss
        if not isinstance(inner, keras.losses.Loss):
            raise ArgumentError(
                "`loss` must be a `keras.losses.Loss`.",
                received=f"loss={loss!r}",
                fix="For example `keras.losses.MeanSquaredError()`.",
            )
        super().__init__(name=name or inner.name, reduction=reduction, dtype=dtype or inner.dtype)
        self.loss = inner
        self.missing = None if missing is None else check_real("missing", missing)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return one loss for each example, `(batch,)`, 0 where the target is missing."""
        filled, known = known_targets(y_true, self.missing)
        y_pred = keras.ops.convert_to_tensor(y_pred)
        if len(y_pred.shape) == 1:
            y_pred = keras.ops.expand_dims(y_pred, -1)
        losses = self.loss.call(filled, y_pred)
        losses = keras.ops.where(known, losses, keras.ops.zeros_like(losses))
        if self.reduction in ("none", "sum", None):
            return losses
        counted = keras.ops.cast(known, losses.dtype)
        share = keras.ops.mean(counted)
        return keras.ops.divide_no_nan(losses, share)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "loss": keras.losses.serialize(self.loss),
            "missing": self.missing,
            "dtype": self.dtype,
        }


def known_targets(
    y_true: keras.KerasTensor, missing: float | None
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the targets with zeros where they are missing, and which are known.

    Args:
        y_true: One target an example, `(batch,)` or `(batch, 1)`.
        missing: The value that stands for a missing target, besides NaN; None for none.

    Returns:
        The targets `(batch, 1)`, and booleans `(batch,)`.
    """
    y = keras.ops.reshape(keras.ops.convert_to_tensor(y_true), (-1, 1))
    known = keras.ops.logical_not(keras.ops.isnan(keras.ops.cast(y, "float32")))
    if missing is not None:
        known = keras.ops.logical_and(known, y != keras.ops.cast(missing, y.dtype))
    # A NaN would reach the gradient even with a weight of zero.
    return keras.ops.where(known, y, keras.ops.zeros_like(y)), known[:, 0]
