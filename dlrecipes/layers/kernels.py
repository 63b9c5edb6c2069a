"""How the kernel of a layer starts, and the penalty on it."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.activations import INITIALIZERS, Activation, keras_activation

# A function that lets more of the signal's power through than this needs no larger weights.
_MOST_LOST = 0.75


def matched_initializer(activation: Activation) -> str:
    """Return the name of the kernel initialiser that keeps the signal's variance.

    Activations that cut off about half of their input need twice the weight variance (He);
    self-normalising ones need exactly 1 / inputs (LeCun); symmetric ones balance the forward
    and the backward pass (Glorot). Of a function that has no name here it is measured what is
    left of the power of normally distributed inputs: He where it is less than three quarters,
    else LeCun.

    A name and not an initialiser object, because an object that serves two layers would draw
    the same numbers for both.

    Args:
        activation: The activation after the kernel: a name, for example `"relu"`, or a function
            of a tensor.

    Raises:
        ArgumentError: If the name is not known, or the function does not keep the shape of what it
            is given or puts out what is no number.

    Example:
        >>> dlr.layers.matched_initializer("relu"), dlr.layers.matched_initializer("tanh")
        ('he_normal', 'glorot_uniform')
        >>> dlr.layers.matched_initializer(keras.ops.sin)
        'he_normal'

    Reference:
        Glorot & Bengio, AISTATS 2010; He et al., arXiv:1502.01852; Klambauer et al.,
        Self-Normalizing Neural Networks, arXiv:1706.02515.
    """
    function = keras_activation(activation)
    if isinstance(activation, str):
        return INITIALIZERS[activation]
    if keras.activations.get(function) is getattr(keras.activations, _name(function), None):
        return INITIALIZERS.get(_name(function), _by_power(function))
    return _by_power(function)


def _name(function: object) -> str:
    return str(getattr(function, "__name__", ""))


def _by_power(function: Activation) -> str:
    """Return the initialiser that makes up for what a function takes from a normal signal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    try:
        outputs = function(keras.ops.convert_to_tensor(nodes[None], "float32"))  # type: ignore[operator]
        found = np.asarray(keras.ops.convert_to_numpy(outputs), np.float64)
    except Exception as error:  # a function of the user's own raises what it pleases
        raise ArgumentError(
            "`activation` must be a function of one tensor.",
            received=f"activation={_name(function) or function!r}, which raised "
            f"{type(error).__name__}: {error}",
            fix="Use functions of `keras.ops` in it.",
        ) from error
    if found.shape != nodes[None].shape or not np.isfinite(found).all():
        raise ArgumentError(
            "`activation` must put out one finite number for each that it is given.",
            received=f"activation={_name(function) or function!r}, with the shape {found.shape} "
            f"for {nodes[None].shape}" + " and NaN or infinity" * (not np.isfinite(found).all()),
        )
    left = float((found[0] ** 2 * weights).sum() / weights.sum())
    return "he_normal" if left < _MOST_LOST else "lecun_normal"


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
