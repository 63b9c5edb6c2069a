"""A loss for numbers whose errors grow with their size."""

from __future__ import annotations

import keras

from dlrecipes.checks import check_real


@keras.saving.register_keras_serializable(package="dlrecipes")
class PoissonDeviance(keras.losses.Loss):
    """Poisson deviance of numbers from 0 on, `L = 2 s ((y + c) log((y + c) / (p + c)) - y + p)`.

    Near the truth it is `s (y - p)² / (p + c)`: a squared error that counts the less the larger
    the prediction is. As that of the squared error, its mean is least where p is the mean of y,
    whatever the distribution of y; whole numbers are not needed. It is 0 for perfect predictions
    and finite for all others. Targets and predictions below 0 are taken for 0.

    Args:
        shift: c, above 0, in the unit of the target: how large a prediction must be before errors
            count less.
        scale: s, above 0. With the target's mean plus the shift, L is in the unit of a squared
            error, and is about that for a prediction of the mean.
        reduction: How Keras reduces the losses of the examples.
        name: The loss's name.
        dtype: Dtype of the computation; None for Keras' float type. Narrower ones than float32
            are widened to it.

    Call arguments:
        y_true: Numbers `(batch,)` or `(batch, outputs)`.
        y_pred: Predictions `(batch,)` or `(batch, outputs)`.

    Raises:
        ArgumentError: If shift or scale is not above 0.

    Example:
        >>> loss = dlr.losses.PoissonDeviance(shift=1.0, scale=100.0)
        >>> small, large = [loss(np.array([y]), np.array([y + 10.0])) for y in (10.0, 1000.0)]
        >>> round(float(small), 1), round(float(large), 1)
        (577.4, 9.9)

    Reference:
        McCullagh and Nelder 1989, Generalized Linear Models, chapters 6 and 9; Gneiting 2011,
        Making and Evaluating Point Forecasts, arXiv:0912.0902, on losses that ask for the mean.
    """

    def __init__(
        self,
        shift: float,
        scale: float = 1.0,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str = "poisson_deviance",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        policy = keras.dtype_policies.get(dtype or keras.config.floatx())
        wide = keras.backend.result_type(policy.compute_dtype, "float32")
        super().__init__(name=name, reduction=reduction, dtype=wide)
        self.shift = check_real("shift", shift, 0, low_open=True)
        self.scale = check_real("scale", scale, 0, low_open=True)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return one loss for each example, `(batch,)`."""
        y_pred = keras.ops.convert_to_tensor(y_pred)
        wide = keras.backend.result_type(y_pred.dtype, "float32")
        predicted = _from_0_on(y_pred, wide)
        true = _from_0_on(keras.ops.convert_to_tensor(y_true), wide)
        true = keras.ops.reshape(true, keras.ops.shape(predicted))
        ratio = (predicted + self.shift) / (true + self.shift)
        losses = predicted - true - (true + self.shift) * keras.ops.log(ratio)
        if len(losses.shape) > 1:
            losses = keras.ops.mean(losses, axis=-1)
        return 2.0 * self.scale * losses

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "shift": self.shift,
            "scale": self.scale,
            "dtype": self.dtype,
        }


def _from_0_on(values: keras.KerasTensor, dtype: str) -> keras.KerasTensor:
    return keras.ops.maximum(keras.ops.cast(values, dtype), 0.0)
