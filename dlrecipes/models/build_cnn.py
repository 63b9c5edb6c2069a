"""Plain convolutional networks."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.checks import check_integer
from dlrecipes.layers import BATCH_MOMENTUM, InvertedDropout, matched_initializer
from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.models.check_sizes import check_image_shape, check_sizes
from dlrecipes.models.dense_block import dense_block
from dlrecipes.models.penalties import Penalised, kernel_penalties
from dlrecipes.targets.output_layer import output_layer


def build_cnn(  # noqa: PLR0913 - each argument is one choice of the architecture
    input_shape: Sequence[int],
    outputs: int,
    *,
    filters: Sequence[int] = (32, 64),
    kernel_size: int = 3,
    dense_units: Sequence[int] = (64,),
    activation: Activation = "relu",
    dropout_rate: float | None = None,
    l2: float | None = None,
    l1: float | None = None,
    penalised: Penalised = "all",
    batch_normalization: bool = True,
    output_bias: Sequence[float] | None = None,
) -> keras.Model:
    """Return an uncompiled convolutional network with logits as output.

    Each stage is convolution, normalisation (optional), activation, 2x2 max pooling. The last
    feature maps are flattened, so that positions count; hidden dense layers follow. For large
    images, where flattening makes the first dense layer huge, take `build_resnet`.

    Args:
        input_shape: `(height, width, channels)` in pixels, without the batch axis.
        outputs: Number of outputs, at least 1.
        filters: Channels of each stage's convolution; each stage halves height and width.
        kernel_size: Height and width of the convolutions in pixels, at least 1.
        dense_units: Width of each hidden dense layer; empty for none.
        activation: Name of the activation, or a function of a tensor; initialisers follow from it.
        dropout_rate: Share dropped in front of each dense layer, in [0, 1). None for no dropout
            layers; at 0.0 they are there, and a study can raise their rate in the same graph.
        l2: L2 factor of the kernels (never of biases), at least 0. None for no penalty; 0.0
            keeps the term.
        l1: L1 factor of the kernels, likewise; with `l2` the penalty is elastic.
        penalised: Kernels that `l1` and `l2` hold for: `"all"`, `"hidden"` for all but those of
            the outputs, or a sequence of names or places: `"stage_1"` or 0 is the first,
            `"hidden_1"` the first dense one, `"outputs"` or -1 the last.
        batch_normalization: Whether to normalise before each activation.
        output_bias: Start value of each logit, as `prior_bias` gives it; None for zeros.

    Raises:
        ArgumentError: If an argument is out of range or the images are too small.

    Example:
        >>> model = dlr.models.build_cnn((8, 8, 1), 3, filters=(4,), output_bias=[0.5, 0.0, 0.0])
        >>> np.asarray(model(np.zeros((1, 8, 8, 1)))).tolist()
        [[0.5, 0.0, 0.0]]
        >>> [layer.name for layer in model.layers[1:5]]
        ['stage_1_convolution', 'stage_1_normalization', 'stage_1_activation', 'stage_1_pooling']
    """
    stages = check_sizes("filters", filters)
    shape = check_image_shape(input_shape, halvings=len(stages))
    check_integer("kernel_size", kernel_size, 1)

    widths = check_sizes("dense_units", dense_units, 0)
    names = [f"hidden_{index}" for index in range(1, len(widths) + 1)]
    penalties = kernel_penalties(
        [*(f"stage_{index}" for index in range(1, len(stages) + 1)), *names, "outputs"],
        l2=l2,
        l1=l1,
        penalised=penalised,
    )
    inputs = keras.Input(shape, name="inputs")
    x = inputs
    for index, channels in enumerate(stages, start=1):
        x = keras.layers.Conv2D(
            channels,
            kernel_size,
            padding="same",
            data_format="channels_last",
            # The normalisation has an offset of its own.
            use_bias=not batch_normalization,
            kernel_initializer=matched_initializer(activation),
            kernel_regularizer=penalties[f"stage_{index}"],
            name=f"stage_{index}_convolution",
        )(x)
        if batch_normalization:
            x = keras.layers.BatchNormalization(
                momentum=BATCH_MOMENTUM, name=f"stage_{index}_normalization"
            )(x)
        x = keras.layers.Activation(keras_activation(activation), name=f"stage_{index}_activation")(
            x
        )
        x = keras.layers.MaxPooling2D(data_format="channels_last", name=f"stage_{index}_pooling")(x)

    x = keras.layers.Flatten(data_format="channels_last", name="flatten")(x)
    if dropout_rate is not None:
        x = InvertedDropout(dropout_rate, name="flatten_dropout")(x)
    for name, units in zip(names, widths, strict=True):
        x = dense_block(
            x,
            units,
            activation=activation,
            penalty=penalties[name],
            batch_normalization=batch_normalization,
            name=name,
        )
        if dropout_rate is not None:
            x = InvertedDropout(dropout_rate, name=f"{name}_dropout")(x)
    logits = output_layer(outputs, penalty=penalties["outputs"], output_bias=output_bias)(x)
    return keras.Model(inputs, logits, name="cnn")
