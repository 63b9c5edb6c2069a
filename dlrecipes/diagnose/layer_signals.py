"""What arrives in each layer: the spread of activations forwards, of gradients backwards."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.training.recorded_gradients import gradients_of, input_gradients


def activation_spread(model: keras.Model, x: Any) -> dict[str, float]:  # noqa: ANN401
    """Return the standard deviation of each layer's output over some examples.

    With weights that fit the activation it stays about the same from layer to layer; with too
    small ones it dies out, with too large ones it grows until activations saturate.

    Args:
        model: Functional or `Sequential`, built.
        x: Examples as `predict` takes them.

    Returns:
        `{layer: deviation}`, in the order of the layers; those that put out several tensors, and
        the inputs, are left out.

    Raises:
        ArgumentError: If the model cannot be cut between its layers, as a subclassed one.

    Example:
        >>> layers = [keras.layers.Dense(64, "relu", name=f"hidden_{at}") for at in range(3)]
        >>> model = keras.Sequential([keras.Input((64,)), *layers])
        >>> spread = dlr.diagnose.activation_spread(model, np.random.normal(size=(100, 64)))
        >>> list(spread)
        ['hidden_0', 'hidden_1', 'hidden_2']

    Reference:
        Glorot & Bengio, AISTATS 2010.
    """
    layers = [
        layer
        for layer in (model.layers if getattr(model, "inputs", None) else ())
        if not isinstance(layer, keras.layers.InputLayer) and keras.KerasTensor is type(_out(layer))
    ]
    if not layers:
        raise ArgumentError(
            "A model must be functional or `Sequential`, and built, to be looked at by layer.",
            received=f"{type(model).__name__} {model.name!r}",
            fix="Call it once, or make it of `keras.Input` and layers.",
        )
    cut = keras.Model(model.inputs, [layer.output for layer in layers])
    outputs = cut(keras.tree.map_structure(keras.ops.convert_to_tensor, x), training=False)
    values = [keras.ops.convert_to_numpy(one).astype("float64") for one in outputs]
    return {layer.name: float(one.std()) for layer, one in zip(layers, values, strict=True)}


def gradient_norms(model: keras.Model, x: Any, y: Any) -> dict[str, float]:  # noqa: ANN401
    """Return the root mean square of the gradient of each weight, for one batch.

    Args:
        model: Compiled, with weights; it is left as it was.
        x: Inputs of a batch.
        y: Its targets.

    Returns:
        `{path of the weight: root mean square}`, in the order of the weights; 0 for a weight
        that has no part in the loss.

    Raises:
        ArgumentError: If the model is not compiled.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="out")])
        >>> model.compile("sgd", "mse")
        >>> norms = dlr.diagnose.gradient_norms(model, np.ones((4, 2)), np.ones(4))
        >>> [path.split("/")[-1] for path in norms]
        ['kernel', 'bias']
    """
    if not getattr(model, "compiled", False):
        raise ArgumentError(
            "A model must be compiled to have a gradient.",
            received=f"{type(model).__name__} {model.name!r}, not compiled",
            fix='For example `model.compile("adam", "mse")`.',
        )
    found = gradients_of(model, x, y)
    return {
        one.path: float(np.sqrt(np.mean(found[one.path] ** 2))) if one.path in found else 0.0
        for one in model.trainable_variables
    }


def gradient_by_lag(model: keras.Model, x: Any, y: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Return how much each step of sequences counts for their loss, from the last step backwards.

    Where it dies out, nothing that lies further back can be learned; a cell with a carry track
    (LSTM, GRU) can keep it up.

    Args:
        model: Compiled, of sequences; it is left as it was.
        x: Sequences of a batch, `(batch, steps, features)`.
        y: Their targets.

    Returns:
        `(steps,)`: the root mean square of the gradient of the inputs so many steps before the
        last one, from 0 on.

    Raises:
        ArgumentError: If `x` is of another form, or the model is not compiled.

    Example:
        >>> model = dlr.models.build_rnn((12, 1), 1, cell="gru")
        >>> model.compile("sgd", "mse")
        >>> by_lag = dlr.diagnose.gradient_by_lag(model, np.ones((4, 12, 1)), np.ones(4))
        >>> by_lag.shape, bool(by_lag[0] > by_lag[11])
        ((12,), True)
    """
    values = np.asarray(x)
    if values.ndim != 3:
        raise ArgumentError(
            "`x` must be (batch, steps, features).", received=f"x of shape {values.shape}"
        )
    gradients = input_gradients(model, values, y)
    return np.asarray(np.sqrt(np.mean(gradients**2, axis=(0, 2)))[::-1])


def _out(layer: keras.layers.Layer) -> Any:  # noqa: ANN401
    try:
        return layer.output
    except (AttributeError, ValueError):  # called never, or several times
        return None
