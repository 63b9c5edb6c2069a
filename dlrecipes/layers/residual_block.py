"""The residual block of ResNets."""

from __future__ import annotations

import keras

from dlrecipes.checks import check_choice, check_flag, check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.layers.inverted_dropout import InvertedDropout
from dlrecipes.layers.kernels import matched_initializer

Shape = tuple[int | None, ...]

BOTTLENECK_EXPANSION = 4
BATCH_MOMENTUM = 0.9
"""Default of our layers and builders; Keras' own is 0.99.

Moving averages start at mean 0 and variance 1 and reach the data's after some 1 / (1 - momentum)
batches. A small data set has few batches an epoch (34 on the digits), so with 0.99 the first
epochs are validated with statistics that are not there yet: networks that fit well score at
chance, and a study would prune them.
"""


@keras.saving.register_keras_serializable(package="dlrecipes")
class ResidualBlock(keras.layers.Layer):
    """Convolutions with a shortcut around them: `output = shortcut(x) + residual(x)`.

    `activation_order="post"` (2015): each convolution is followed by batch normalisation and,
    except for the last, the activation; the sum is activated. `"pre"` (2016): normalisation and
    activation come before each convolution and the sum stays as it is, so that the shortcut is
    an identity from block to block. A network of `"pre"` blocks needs a normalisation and an
    activation after its last block.

    The shortcut is the input itself where the shape stays, and a 1x1 convolution where it
    changes: followed by batch normalisation in `"post"`, applied to the normalised and activated
    input in `"pre"`. The stride sits on the first convolution of a basic block and on the
    `kernel_size` convolution of a bottleneck (on its 1x1 convolution, as in 2015, three quarters
    of the input would be skipped). Convolutions have no bias, `padding="same"` and channels
    last.

    Args:
        filters: Channels of the inner convolutions, at least 1. A basic block puts out `filters`
            channels, a bottleneck `4 * filters`.
        kernel_size: Height and width of the spatial convolutions in pixels, at least 1.
        strides: Downsampling factor, at least 1.
        variant: `"basic"` (two convolutions of `kernel_size`) or `"bottleneck"` (1x1,
            `kernel_size`, 1x1).
        activation_order: `"post"` or `"pre"`.
        activation: Name of the activation, or a function of a tensor; the kernel initialiser
            follows from it.
        zero_init_residual: Whether the residual starts at zero, so that the block starts as its
            shortcut (as the activated shortcut in `"post"`). In `"post"` the last normalisation's
            gamma starts at 0. In `"pre"` the last convolution's kernel does, because gammas of 0
            in front of a ReLU would get no gradient, and neither would the kernel behind it.
        dropout_rate: Share dropped in front of the last convolution, in [0, 1); None for no
            dropout layer. At 0.0 the layer is there and its rate can be raised later.
        shortcut: Whether the shortcut is added. Without it the block is two or three plain
            convolutions, and there is no projection.
        batch_normalization: Whether there are normalisations. Without them the convolutions have
            biases, and `zero_init_residual` zeroes the last kernel in either order.
        kernel_regularizer: Penalty on the convolution kernels, as Keras takes it; None for none.
        batch_momentum: Momentum of the normalisations' moving averages, in [0, 1).
        seed: Seed of the dropout masks, an integer; None draws one. Initial weights follow
            `keras.utils.set_random_seed`.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor of shape `(batch, height, width, channels)`.
        training: Whether batch statistics and dropout are used.

    Returns:
        Tensor of shape `(batch, ceil(height / strides), ceil(width / strides), channels out)`.

    Raises:
        ArgumentError: If an argument is out of range or the input is not of rank 4.

    Example:
        >>> x = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])  # one image of 1 x 2 pixels, 2 channels
        >>> block = dlr.layers.ResidualBlock(2, zero_init_residual=True)
        >>> np.asarray(block(x)).tolist()  # starts as its shortcut
        [[[[1.0, 2.0], [3.0, 4.0]]]]
        >>> block = dlr.layers.ResidualBlock(2, strides=2, variant="bottleneck")
        >>> tuple(block(x).shape)
        (1, 1, 1, 8)

    Reference:
        He et al., Deep Residual Learning, arXiv:1512.03385; Identity Mappings in Deep Residual
        Networks, arXiv:1603.05027. Zero start: Goyal et al., arXiv:1706.02677, section 5.1.
        Dropout between convolutions: Zagoruyko & Komodakis, arXiv:1605.07146.
    """

    def __init__(  # noqa: PLR0913 - each argument is one choice that the papers vary
        self,
        filters: int,
        kernel_size: int = 3,
        *,
        strides: int = 1,
        variant: str = "basic",
        activation_order: str = "post",
        activation: Activation | dict[str, object] = "relu",
        zero_init_residual: bool = False,
        dropout_rate: float | None = None,
        shortcut: bool = True,
        batch_normalization: bool = True,
        kernel_regularizer: str | dict[str, object] | keras.regularizers.Regularizer | None = None,
        batch_momentum: float = BATCH_MOMENTUM,
        seed: int | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = check_integer("filters", filters, 1)
        self.kernel_size = check_integer("kernel_size", kernel_size, 1)
        self.strides = check_integer("strides", strides, 1)
        self.variant = check_choice("variant", variant, ("basic", "bottleneck"))
        self.activation_order = check_choice("activation_order", activation_order, ("post", "pre"))
        # From a file it is what `get_config` has made of a function.
        given: Activation = (
            keras.activations.deserialize(activation)
            if isinstance(activation, dict)
            else activation
        )
        self.activation = given
        self.zero_init_residual = zero_init_residual
        self.dropout_rate = dropout_rate
        self.shortcut = check_flag("shortcut", shortcut)
        self.batch_normalization = check_flag("batch_normalization", batch_normalization)
        if zero_init_residual and not self.shortcut:
            raise ArgumentError(
                "A block can start as its shortcut only if it has one.",
                received="zero_init_residual=True, shortcut=False",
            )
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.batch_momentum = check_real("batch_momentum", batch_momentum, 0, 1, high_open=True)
        self.seed = seed

        self._kernel_initializer = matched_initializer(given)
        self._activate = keras.activations.get(keras_activation(given))
        self._pre = self.activation_order == "pre"
        expansion = BOTTLENECK_EXPANSION if self.variant == "bottleneck" else 1
        self._channels_out = self.filters * expansion
        self._convolutions = self._make_convolutions()
        # In the pre-activation order no normalisation follows the last convolution.
        zero_gamma = zero_init_residual and not self._pre and self.batch_normalization
        last = len(self._convolutions) - 1
        self._normalizations: list[keras.layers.Layer] = [
            keras.layers.BatchNormalization(
                momentum=self.batch_momentum,
                gamma_initializer="zeros" if zero_gamma and index == last else "ones",
                name=f"normalization_{index + 1}",
                dtype=self.dtype_policy,
            )
            for index in range(len(self._convolutions) if self.batch_normalization else 0)
        ]
        self._dropout = (
            None
            if dropout_rate is None
            else InvertedDropout(
                dropout_rate,
                seed,
                # Its variables exist before this block is built, so their paths do not begin
                # with the block's name by themselves.
                name=f"{self.name}_dropout",
                dtype=self.dtype_policy,
            )
        )
        # Whether there is a projection depends on the input's channels: see `build`.
        self._projection: keras.layers.Layer | None = None
        self._projection_normalization: keras.layers.Layer | None = None

    def _make_convolutions(self) -> list[keras.layers.Layer]:
        """Return the residual's convolutions in their order."""
        if self.variant == "basic":
            plan = [
                (self.filters, self.kernel_size, self.strides),
                (self.filters, self.kernel_size, 1),
            ]
        else:
            plan = [
                (self.filters, 1, 1),
                (self.filters, self.kernel_size, self.strides),
                (self._channels_out, 1, 1),
            ]
        zero_kernel = self.zero_init_residual and (self._pre or not self.batch_normalization)
        return [
            self._convolution(
                f"convolution_{index + 1}",
                channels,
                size,
                strides,
                "zeros" if zero_kernel and index == len(plan) - 1 else self._kernel_initializer,
            )
            for index, (channels, size, strides) in enumerate(plan)
        ]

    def _convolution(
        self, name: str, channels: int, size: int, strides: int, initializer: str
    ) -> keras.layers.Layer:
        return keras.layers.Conv2D(
            channels,
            size,
            strides=strides,
            padding="same",
            data_format="channels_last",
            # A normalisation has an offset of its own.
            use_bias=not self.batch_normalization,
            kernel_initializer=initializer,
            kernel_regularizer=self.kernel_regularizer,
            name=name,
            dtype=self.dtype_policy,
        )

    def build(self, input_shape: Shape) -> None:
        channels_in = self._check_input(input_shape)
        if self.shortcut and (self.strides > 1 or channels_in != self._channels_out):
            self._projection = self._convolution(
                "projection", self._channels_out, 1, self.strides, self._kernel_initializer
            )
            self._projection.build(input_shape)
            if not self._pre and self.batch_normalization:
                self._projection_normalization = keras.layers.BatchNormalization(
                    momentum=self.batch_momentum,
                    name="projection_normalization",
                    dtype=self.dtype_policy,
                )
                self._projection_normalization.build(self.compute_output_shape(input_shape))
        shape = input_shape
        for index, convolution in enumerate(self._convolutions):
            if self._dropout is not None and index == len(self._convolutions) - 1:
                self._dropout.build(shape)
            convolution.build(shape)
            before, shape = shape, convolution.compute_output_shape(shape)
            if self.batch_normalization:
                self._normalizations[index].build(before if self._pre else shape)
        self.built = True

    def _check_input(self, input_shape: Shape) -> int:
        """Return the input's channels."""
        if len(input_shape) != 4 or input_shape[-1] is None:
            raise ArgumentError(
                "The input must have the shape (batch, height, width, channels) "
                "with a known number of channels.",
                received=f"input_shape={input_shape}",
            )
        return input_shape[-1]

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        return self._call_pre(inputs, training) if self._pre else self._call_post(inputs, training)

    def _call_post(self, inputs: keras.KerasTensor, training: bool | None) -> keras.KerasTensor:
        """Return `activate(shortcut + residual)`."""
        shortcut = inputs
        if self._projection is not None:
            shortcut = self._projection(inputs)
        if self._projection_normalization is not None:
            shortcut = self._projection_normalization(shortcut, training=training)
        x = inputs
        for index, convolution in enumerate(self._convolutions):
            if index > 0:
                x = self._activate(x)
            x = self._drop_before_last(index, x, training)
            x = self._normalize(index, convolution(x), training)
        return self._activate(shortcut + x if self.shortcut else x)

    def _call_pre(self, inputs: keras.KerasTensor, training: bool | None) -> keras.KerasTensor:
        """Return `shortcut + residual`, with the activations in front of the convolutions."""
        shortcut = inputs
        x = inputs
        for index, convolution in enumerate(self._convolutions):
            x = self._activate(self._normalize(index, x, training))
            if index == 0 and self._projection is not None:
                shortcut = self._projection(x)
            x = convolution(self._drop_before_last(index, x, training))
        return shortcut + x if self.shortcut else x

    def _normalize(
        self, index: int, x: keras.KerasTensor, training: bool | None
    ) -> keras.KerasTensor:
        return self._normalizations[index](x, training=training) if self._normalizations else x

    def _drop_before_last(
        self, index: int, x: keras.KerasTensor, training: bool | None
    ) -> keras.KerasTensor:
        if self._dropout is None or index < len(self._convolutions) - 1:
            return x
        return self._dropout(x, training=training)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self._check_input(input_shape)
        height, width = (
            None if size is None else -(-size // self.strides) for size in input_shape[1:3]
        )
        return (input_shape[0], height, width, self._channels_out)

    def get_config(self) -> dict[str, object]:
        rate = self.dropout_rate if self._dropout is None else self._dropout.get_config()["rate"]
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "variant": self.variant,
            "activation_order": self.activation_order,
            "activation": self.activation
            if isinstance(self.activation, str)
            else keras.activations.serialize(self.activation),
            "zero_init_residual": self.zero_init_residual,
            "dropout_rate": rate,
            "shortcut": self.shortcut,
            "batch_normalization": self.batch_normalization,
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "batch_momentum": self.batch_momentum,
            "seed": self.seed,
        }
