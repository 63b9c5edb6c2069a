"""Multilayer perceptrons."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers import InvertedDropout
from dlrecipes.layers.activations import Activation
from dlrecipes.models.check_sizes import check_sizes
from dlrecipes.models.dense_block import dense_block
from dlrecipes.models.penalties import Penalised, kernel_penalties
from dlrecipes.targets.output_layer import output_layer


def build_mlp(  # noqa: PLR0913 - each argument is one choice of the architecture
    input_shape: Sequence[int],
    outputs: int,
    *,
    hidden_units: Sequence[int] = (64, 64),
    activation: Activation = "relu",
    dropout_rate: float | None = None,
    l2: float | None = None,
    l1: float | None = None,
    penalised: Penalised = "all",
    batch_normalization: bool = False,
    output_bias: Sequence[float] | None = None,
    target_mean: float = 0.0,
    target_std: float = 1.0,
) -> keras.Model:
    """Return an uncompiled multilayer perceptron.

    Each hidden layer is dense, normalisation (optional), activation, dropout (optional). The
    output is linear: logits for classification (use a loss with `from_logits=True`).

    For regression, give the targets' mean and standard deviation: the network then learns
    standardised targets and a fixed last layer returns to the user's units,
    `prediction = target_std * output + target_mean`. Losses and metrics are in user's units.

    Args:
        input_shape: Shape of one example without the batch axis; flattened if it has more than
            one axis.
        outputs: Number of outputs, at least 1.
        hidden_units: Width of each hidden layer; empty for a linear model.
        activation: Name of the hidden activation, or a function of a tensor; initialisers follow
            from it.
        dropout_rate: Share dropped behind each hidden layer, in [0, 1). None for no dropout
            layers; at 0.0 they are there, and a study can raise their rate in the same graph.
        l2: L2 factor of the kernels (never of biases), at least 0. None for no penalty; 0.0
            keeps the term.
        l1: L1 factor of the kernels, likewise; with `l2` the penalty is elastic.
        penalised: Kernels that `l1` and `l2` hold for: `"all"`, `"hidden"` for all but those of
            the outputs, or a sequence of names or places: `"hidden_1"` or 0 is the first,
            `"outputs"` or -1 the last.
        batch_normalization: Whether to normalise before each activation.
        output_bias: Start value of each output, in the units of the predictions, as `prior_bias`
            gives it; None for zero logits, or `target_mean`.
        target_mean: Mean of the training targets (regression).
        target_std: Standard deviation of the training targets (regression), above 0.

    Raises:
        ArgumentError: If an argument is out of range.

    Example:
        >>> model = dlr.models.build_mlp(
        ...     (4,), 1, hidden_units=(8,), target_mean=20.0, target_std=5.0
        ... )
        >>> np.asarray(model(np.zeros((1, 4)))).tolist()
        [[20.0]]
        >>> [layer.name for layer in model.layers]
        ['inputs', 'hidden_1_dense', 'hidden_1_activation', 'outputs', 'target_units']
    """
    if not input_shape:
        raise ArgumentError(
            "`input_shape` must have at least one axis.",
            received=f"input_shape={tuple(input_shape)}",
            fix="A single feature has the shape (1,).",
        )
    shape = [
        check_integer(f"input_shape[{axis}]", size, 1) for axis, size in enumerate(input_shape)
    ]
    mean = check_real("target_mean", target_mean)
    std = check_real("target_std", target_std, 0, low_open=True)

    widths = check_sizes("hidden_units", hidden_units, 0)
    names = [f"hidden_{index}" for index in range(1, len(widths) + 1)]
    penalties = kernel_penalties([*names, "outputs"], l2=l2, l1=l1, penalised=penalised)
    inputs = keras.Input(shape, name="inputs")
    x = inputs if len(shape) == 1 else keras.layers.Flatten(name="flatten")(inputs)
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
    if output_bias is not None:
        # The dense layer works in standardised units.
        output_bias = [(value - mean) / std for value in output_bias]
    last = output_layer(outputs, penalty=penalties["outputs"], output_bias=output_bias)
    predictions = last(x)
    if not (mean == 0.0 and math.isclose(std, 1.0)):
        predictions = keras.layers.Rescaling(
            scale=std, offset=mean, dtype=last.dtype_policy, name="target_units"
        )(predictions)
    return keras.Model(inputs, predictions, name="mlp")
