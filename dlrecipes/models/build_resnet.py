"""Residual networks for small images."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.layers import BATCH_MOMENTUM, InvertedDropout, ResidualBlock, matched_initializer
from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.models.check_sizes import check_image_shape, check_sizes
from dlrecipes.models.penalties import Penalised, kernel_penalties
from dlrecipes.targets.output_layer import output_layer


def build_resnet(  # noqa: PLR0913 - each argument is one choice of the architecture
    input_shape: Sequence[int],
    outputs: int,
    *,
    filters: Sequence[int] = (16, 32),
    blocks_per_stage: int = 1,
    variant: str = "basic",
    activation_order: str = "post",
    activation: Activation = "relu",
    dropout_rate: float | None = None,
    l2: float | None = None,
    l1: float | None = None,
    penalised: Penalised = "all",
    zero_init_residual: bool = False,
    shortcuts: bool = True,
    batch_normalization: bool = True,
    output_bias: Sequence[float] | None = None,
) -> keras.Model:
    """Return an uncompiled residual network with logits as output.

    The form of the 2015 paper for CIFAR-10: a 3x3 convolution at full resolution, stages of
    residual blocks of which each but the first begins by halving height and width, the average
    over all positions, one dense layer. `filters=(16, 32, 64), blocks_per_stage=3` is ResNet-20.

    Args:
        input_shape: `(height, width, channels)` in pixels, without the batch axis.
        outputs: Number of outputs, at least 1.
        filters: Channels of each stage's inner convolutions; a bottleneck stage puts out four
            times as many.
        blocks_per_stage: Residual blocks in each stage, at least 1.
        variant: `"basic"` or `"bottleneck"`.
        activation_order: `"post"` (2015) or `"pre"` (2016).
        activation: Name of the activation, or a function of a tensor; initialisers follow from it.
        dropout_rate: Share dropped in front of the output layer, in [0, 1). None for no dropout
            layer; at 0.0 it is there, and a study can raise its rate in the same graph. For
            dropout inside the blocks see `ResidualBlock`.
        l2: L2 factor of the kernels (never of biases), at least 0. None for no penalty; 0.0
            keeps the term.
        l1: L1 factor of the kernels, likewise; with `l2` the penalty is elastic.
        penalised: Kernels that `l1` and `l2` hold for: `"all"`, `"hidden"` for all but those of
            the outputs, or a sequence of names or places: `"stem"` or 0 is the first,
            `"stage_1_block_1"` all of a block, `"outputs"` or -1 the last.
        zero_init_residual: Whether each block starts as its shortcut.
        shortcuts: Whether the blocks have shortcuts; without, it is the plain network of as many
            layers.
        batch_normalization: Whether there are normalisations; without, convolutions have biases.
        output_bias: Start value of each logit, as `prior_bias` gives it; None for zeros.

    Raises:
        ArgumentError: If an argument is out of range or the images are too small.

    Example:
        >>> model = dlr.models.build_resnet((8, 8, 1), 2, filters=(4, 8), output_bias=[0.0, 1.0])
        >>> np.asarray(model(np.zeros((1, 8, 8, 1)))).tolist()
        [[0.0, 1.0]]
        >>> sum(isinstance(layer, dlr.layers.ResidualBlock) for layer in model.layers)
        2

    Reference:
        He et al., arXiv:1512.03385, section 4.2, and arXiv:1603.05027; Goyal et al.,
        arXiv:1706.02677, for the zero start.
    """
    stages = check_sizes("filters", filters)
    shape = check_image_shape(input_shape, halvings=len(stages) - 1)
    check_integer("blocks_per_stage", blocks_per_stage, 1)
    post = check_choice("activation_order", activation_order, ("post", "pre")) == "post"

    blocks = [
        f"stage_{stage}_block_{block}"
        for stage in range(1, len(stages) + 1)
        for block in range(1, blocks_per_stage + 1)
    ]
    penalties = kernel_penalties(["stem", *blocks, "outputs"], l2=l2, l1=l1, penalised=penalised)
    inputs = keras.Input(shape, name="inputs")
    x = keras.layers.Conv2D(
        stages[0],
        3,
        padding="same",
        data_format="channels_last",
        # The normalisation has an offset of its own.
        use_bias=not batch_normalization,
        kernel_initializer=matched_initializer(activation),
        kernel_regularizer=penalties["stem"],
        name="stem_convolution",
    )(inputs)
    if post:
        x = _normalize_and_activate(x, activation, batch_normalization, "stem")
    for stage, channels in enumerate(stages, start=1):
        for block in range(1, blocks_per_stage + 1):
            x = ResidualBlock(
                channels,
                strides=2 if stage > 1 and block == 1 else 1,
                variant=variant,
                activation_order=activation_order,
                activation=activation,
                zero_init_residual=zero_init_residual,
                shortcut=shortcuts,
                batch_normalization=batch_normalization,
                kernel_regularizer=penalties[f"stage_{stage}_block_{block}"],
                name=f"stage_{stage}_block_{block}",
            )(x)
    if not post:
        x = _normalize_and_activate(x, activation, batch_normalization, "last")

    x = keras.layers.GlobalAveragePooling2D(data_format="channels_last", name="pooling")(x)
    if dropout_rate is not None:
        x = InvertedDropout(dropout_rate, name="dropout")(x)
    logits = output_layer(outputs, penalty=penalties["outputs"], output_bias=output_bias)(x)
    return keras.Model(inputs, logits, name="resnet")


def _normalize_and_activate(
    x: keras.KerasTensor, activation: Activation, batch_normalization: bool, name: str
) -> keras.KerasTensor:
    """Return what stands before the first "post" block and behind the last "pre" block."""
    if batch_normalization:
        name_of_it = f"{name}_normalization"
        x = keras.layers.BatchNormalization(momentum=BATCH_MOMENTUM, name=name_of_it)(x)
    return keras.layers.Activation(keras_activation(activation), name=f"{name}_activation")(x)
