"""Activations by name or as functions, and what Keras is given for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from dlrecipes.checks import did_you_mean, shown
from dlrecipes.errors import ArgumentError

Activation = str | Callable[[Any], Any]
"""A name such as `"relu"`, or a function of a tensor that keeps its shape."""

INITIALIZERS = {
    "abs": "lecun_normal",
    "relu": "he_normal",
    "relu6": "he_normal",
    "leaky_relu": "he_normal",
    "elu": "he_normal",
    "celu": "he_normal",
    "gelu": "he_normal",
    "silu": "he_normal",
    "swish": "he_normal",
    "mish": "he_normal",
    "softplus": "he_normal",
    "selu": "lecun_normal",
    "tanh": "glorot_uniform",
    "sigmoid": "glorot_uniform",
    "softsign": "glorot_uniform",
    "linear": "glorot_uniform",
}
"""The activations that have a name, each with the initialiser of the kernel before it."""


@keras.saving.register_keras_serializable(package="dlrecipes")
def absolute(x: Any) -> Any:  # noqa: ANN401  (a tensor)
    """Return `|x|`: `keras.ops.abs`, in a form that a `.keras` file can be read back from.

    Args:
        x: A tensor.

    Example:
        >>> np.asarray(dlr.layers.absolute(np.array([-1.5, 2.0]))).tolist()
        [1.5, 2.0]
    """
    return keras.ops.abs(x)


def keras_activation(activation: Activation) -> Activation:
    """Return an activation as Keras' layers take it.

    Args:
        activation: A name of `INITIALIZERS`, or a function.

    Raises:
        ArgumentError: If it is neither.
    """
    if activation == "abs":
        function: Activation = absolute
        return function
    if isinstance(activation, str) and activation in INITIALIZERS:
        return activation
    if not callable(activation) or isinstance(activation, type | keras.Layer):
        known = ", ".join(repr(name) for name in sorted(INITIALIZERS))
        raise ArgumentError(
            f"`activation` must be one of {known}, or a function of a tensor.",
            received=f"activation={shown(activation)}",
            fix=did_you_mean(activation, INITIALIZERS)
            or "A layer is called in a function: `lambda x: keras.activations.relu(x, 0.1)`."
            * (not isinstance(activation, str)),
        )
    return activation
