"""A layer between a dense and a convolutional one: windows, each with weights of its own."""

from __future__ import annotations

import keras

from dlrecipes.checks import check_flag, check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.kernels import matched_initializer

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class LocallyConnected2D(keras.layers.Layer):
    """Kernels that are moved over an image and differ from place to place.

    `y[r, c, f] = activation(sum over a, b, d of x[r s + a, c s + b, d] * k[r, c, a, b, d, f] +
    bias[r, c, f])`: a convolution whose places share no weights, without padding. It has
    `(kernel_size**2 * channels + 1) * filters` parameters a place. Keras had such a layer up to
    its version 2.

    Args:
        filters: Numbers put out at each place, at least 1.
        kernel_size: Height and width of a window in pixels, at least 1.
        strides: Pixels from one place to the next, at least 1.
        activation: Keras name of the activation; the kernel initialiser follows from it.
        use_bias: Whether there is a bias, one a place and filter.
        kernel_regularizer: Penalty on the kernels, as Keras takes it; None for none.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch, height, width, channels)`, the last three known.

    Returns:
        Tensor of shape `(batch, (height - kernel_size) // strides + 1, ..., filters)`.

    Raises:
        ArgumentError: If an argument is out of range, or the input is smaller than a window or
            its size is unknown.

    Example:
        >>> layer = dlr.layers.LocallyConnected2D(4, 3)
        >>> tuple(layer(np.zeros((2, 8, 8, 1))).shape), layer.count_params()
        ((2, 6, 6, 4), 1440)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        strides: int = 1,
        activation: str = "linear",
        use_bias: bool = True,
        kernel_regularizer: str | dict[str, object] | keras.regularizers.Regularizer | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = check_integer("filters", filters, 1)
        self.kernel_size = check_integer("kernel_size", kernel_size, 1)
        self.strides = check_integer("strides", strides, 1)
        self.activation = activation
        self.use_bias = check_flag("use_bias", use_bias)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        matched = matched_initializer(activation)
        # Glorot's counts the outputs, too, and takes those of all places for those of a window.
        self._initializer = "lecun_normal" if matched.startswith("glorot") else matched

    def build(self, input_shape: Shape) -> None:
        _, rows, columns, _ = self.compute_output_shape(input_shape)
        window = self.kernel_size**2 * int(input_shape[-1] or 0)
        # Of two axes, so that initialisers count a window's numbers as its inputs.
        self.kernel = self.add_weight(
            shape=(window, int(rows or 0) * int(columns or 0) * self.filters),
            initializer=self._initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(rows, columns, self.filters), initializer="zeros", name="bias"
            )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        _, rows, columns, _ = self.compute_output_shape(inputs.shape)
        windows = keras.ops.image.extract_patches(
            inputs,
            self.kernel_size,
            strides=self.strides,
            padding="valid",
            data_format="channels_last",
        )
        kernel = keras.ops.reshape(self.kernel, (-1, rows, columns, self.filters))
        outputs = keras.ops.einsum("brcw,wrcf->brcf", windows, kernel)
        if self.bias is not None:
            outputs = outputs + self.bias
        return keras.activations.get(self.activation)(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 4 or any(
            size is None or size < least
            for size, least in zip(
                input_shape[1:], (self.kernel_size, self.kernel_size, 1), strict=True
            )
        ):
            raise ArgumentError(
                "Inputs must be `(batch, height, width, channels)`, of a known size and at least "
                "as large as a window.",
                received=f"{tuple(input_shape)}, kernel_size={self.kernel_size}",
            )
        rows, columns = (
            (int(size or 0) - self.kernel_size) // self.strides + 1 for size in input_shape[1:3]
        )
        return (input_shape[0], rows, columns, self.filters)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
