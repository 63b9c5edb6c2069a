"""Recurrent networks for sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers import InvertedDropout
from dlrecipes.layers.activations import Activation
from dlrecipes.models.check_sizes import check_sizes
from dlrecipes.models.dense_block import dense_block
from dlrecipes.models.penalties import Penalised, kernel_penalties
from dlrecipes.targets.output_layer import output_layer

_CELLS = {
    "simple": keras.layers.SimpleRNN,
    "gru": keras.layers.GRU,
    "lstm": keras.layers.LSTM,
}


def build_rnn(  # noqa: PLR0913 - each argument is one choice of the architecture
    input_shape: Sequence[int],
    outputs: int,
    *,
    cell: str = "lstm",
    recurrent_units: Sequence[int] = (32,),
    hidden_units: Sequence[int] = (),
    activation: Activation = "relu",
    dropout_rate: float | None = None,
    l2: float | None = None,
    l1: float | None = None,
    penalised: Penalised = "all",
    output_bias: Sequence[float] | None = None,
    target_mean: float = 0.0,
    target_std: float = 1.0,
) -> keras.Model:
    """Return an uncompiled network that reads a sequence step by step.

    Each recurrent layer hands its state of every step on to the next one, the last one that of
    the last step to the hidden dense layers. The output is linear, as with `build_mlp`. The cells
    are Keras' own with its defaults: tanh, and an orthogonal start of the recurrent kernels.

    Args:
        input_shape: `(steps, features)` of one sequence, without the batch axis.
        outputs: Number of outputs, at least 1.
        cell: `"lstm"`, `"gru"` or `"simple"` (`keras.layers.SimpleRNN`).
        recurrent_units: Width of each recurrent layer, at least one of them.
        hidden_units: Width of each hidden dense layer behind them; empty for none.
        activation: Name of the activation of the dense layers, or a function of a tensor.
        dropout_rate: Share dropped behind each recurrent and each hidden layer, in [0, 1). None
            for no dropout layers; at 0.0 they are there, and a study can raise their rate in the
            same graph.
        l2: L2 factor of the kernels, the recurrent ones too (never of biases), at least 0. None
            for no penalty; 0.0 keeps the term.
        l1: L1 factor of the kernels, likewise; with `l2` the penalty is elastic.
        penalised: Kernels that `l1` and `l2` hold for: `"all"`, `"hidden"` for all but those of
            the outputs, or a sequence of names or places: `"recurrent_1"` or 0 is the first,
            `"hidden_1"` the first dense one, `"outputs"` or -1 the last.
        output_bias: Start value of each output, in the units of the predictions, as `prior_bias`
            gives it; None for zero logits, or `target_mean`.
        target_mean: Mean of the training targets (regression).
        target_std: Standard deviation of the training targets (regression), above 0.

    Raises:
        ArgumentError: If an argument is out of range.

    Example:
        >>> model = dlr.models.build_rnn((24, 3), 2, cell="gru", output_bias=[0.0, 1.0])
        >>> np.asarray(model(np.zeros((1, 24, 3)))).tolist()
        [[0.0, 1.0]]
        >>> [layer.name for layer in model.layers]
        ['inputs', 'recurrent_1', 'outputs']

    Reference:
        Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Cho et al. 2014, arXiv:1406.1078.
    """
    if len(input_shape) != 2:
        raise ArgumentError(
            "`input_shape` must be (steps, features).",
            received=f"input_shape={tuple(input_shape)}",
            fix="Sequences of single numbers get an axis of features with `x[..., None]`.",
        )
    shape = [
        check_integer(f"input_shape[{axis}]", size, 1) for axis, size in enumerate(input_shape)
    ]
    layer = _CELLS[check_choice("cell", cell, _CELLS)]
    states = check_sizes("recurrent_units", recurrent_units)
    widths = check_sizes("hidden_units", hidden_units, 0)
    mean = check_real("target_mean", target_mean)
    std = check_real("target_std", target_std, 0, low_open=True)
    reading = [f"recurrent_{index}" for index in range(1, len(states) + 1)]
    dense = [f"hidden_{index}" for index in range(1, len(widths) + 1)]
    names = [*reading, *dense, "outputs"]
    penalties = kernel_penalties(names, l2=l2, l1=l1, penalised=penalised)

    inputs = keras.Input(shape, name="inputs")
    x = inputs
    for name, units in zip(names, [*states, *widths], strict=False):
        if name in reading:
            x = layer(
                units,
                return_sequences=name != reading[-1],
                kernel_regularizer=penalties[name],
                recurrent_regularizer=penalties[name],
                name=name,
            )(x)
        else:
            x = dense_block(
                x,
                units,
                activation=activation,
                penalty=penalties[name],
                batch_normalization=False,
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
    return keras.Model(inputs, predictions, name="rnn")
