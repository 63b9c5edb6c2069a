"""A dense layer whose weights start alike, however many inputs they have."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.checks import check_flag, check_integer
from dlrecipes.layers.column_embedding import Start
from dlrecipes.layers.feature_scaling import check_features, wide_dtype

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class NTKDense(keras.layers.Layer):
    """A dense layer in the neural tangent parametrisation: `y = x W / sqrt(inputs) + b`.

    The weights start as N(0, 1), and what a dense layer has in the start of its weights is here a
    factor of the sum. Networks are the same at the start, but an optimizer's steps are not: a
    step of Adam moves every weight by about the learning rate, and with it an output by up to
    `sqrt(inputs)` times as much, where in a dense layer it is `inputs` times. So a learning rate
    suits more widths. Penalties and weight decay act on W as it is, without the factor.

    Args:
        units: Numbers put out, at least 1.
        use_bias: Whether there is a bias.
        kernel_initializer: Keras initializer of W; None for N(0, 1).
        bias_initializer: Keras initializer of the bias.
        kernel_regularizer: Penalty on W, as Keras takes it; None for none.
        bias_regularizer: Penalty on the bias, likewise.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor `(batch, ..., inputs)`.

    Returns:
        Tensor `(batch, ..., units)`.

    Raises:
        ArgumentError: If `units` or `use_bias` is out of range, if the number of inputs is
            unknown, or if the layer is called with another one.

    Example:
        >>> layer = dlr.layers.NTKDense(2, kernel_initializer="ones")
        >>> np.asarray(layer(np.array([[1.0, 2.0, 3.0, 4.0]]))).tolist()  # 10 / sqrt(4)
        [[5.0, 5.0]]

    Reference:
        Jacot, Gabriel and Hongler, Neural Tangent Kernel, arXiv:1806.07572; Holzmüller, Grinsztajn
        and Steinwart, Better by Default, arXiv:2407.04491, section 3.
    """

    def __init__(
        self,
        units: int,
        use_bias: bool = True,
        *,
        kernel_initializer: Start | None = None,
        bias_initializer: Start = "zeros",
        kernel_regularizer: str | dict[str, Any] | keras.regularizers.Regularizer | None = None,
        bias_regularizer: str | dict[str, Any] | keras.regularizers.Regularizer | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.units = check_integer("units", units, 1)
        self.use_bias = check_flag("use_bias", use_bias)
        self.kernel_initializer = keras.initializers.get(
            keras.initializers.RandomNormal(stddev=1.0)
            if kernel_initializer is None
            else kernel_initializer
        )
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(check_features(self, input_shape), self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
            )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        check_features(self, inputs.shape, self.kernel)
        # Of the tensor and not of the layer: one graph may serve layers of many widths.
        count = keras.ops.cast(keras.ops.shape(inputs)[-1], wide_dtype(self))
        factor = keras.ops.cast(keras.ops.rsqrt(count), self.compute_dtype)
        # In front of the product, which in float16 could overflow.
        outputs = keras.ops.matmul(keras.ops.cast(inputs, self.compute_dtype) * factor, self.kernel)
        return outputs if self.bias is None else outputs + self.bias

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*tuple(input_shape)[:-1], self.units)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
        }
