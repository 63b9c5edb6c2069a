"""How the kernel of a layer starts, and the penalty on it."""

from __future__ import annotations

import keras

from dlrecipes.checks import check_choice, check_real

_INITIALIZERS = {
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


def matched_initializer(activation: str) -> str:
    """Return the name of the kernel initialiser that keeps the signal's variance.

    Activations that cut off about half of their input need twice the weight variance (He);
    self-normalising ones need exactly 1 / inputs (LeCun); symmetric ones balance the forward
    and the backward pass (Glorot).

    A name and not an initialiser object, because an object that serves two layers would draw
    the same numbers for both.

    Args:
        activation: Keras name of the activation after the kernel, for example `"relu"`.

    Raises:
        ArgumentError: If no initialiser is known for the activation.

    Example:
        >>> dlr.layers.matched_initializer("relu"), dlr.layers.matched_initializer("tanh")
        ('he_normal', 'glorot_uniform')

    Reference:
        Glorot & Bengio, AISTATS 2010; He et al., arXiv:1502.01852; Klambauer et al.,
        Self-Normalizing Neural Networks, arXiv:1706.02515.
    """
    return _INITIALIZERS[check_choice("activation", activation, _INITIALIZERS)]


def kernel_penalty(
    l2: float | None, l1: float | None = None
) -> keras.regularizers.Regularizer | None:
    """Return a new regulariser: L2, L1, both ("elastic"), or None for no penalty.

    Args:
        l2: Factor of the sum of squared weights in the loss, at least 0. None leaves the term
            out; 0.0 keeps it, so that models which differ in the factor only have one structure.
        l1: Factor of the sum of the weights' sizes, likewise.

    Raises:
        ArgumentError: If a factor is negative.
    """
    if l2 is not None:
        l2 = check_real("l2", l2, 0)
    if l1 is None:
        return None if l2 is None else keras.regularizers.L2(l2)
    l1 = check_real("l1", l1, 0)
    return keras.regularizers.L1(l1) if l2 is None else keras.regularizers.L1L2(l1, l2)
