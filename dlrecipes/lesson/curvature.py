"""The curvature of a loss, weight by weight, for small networks."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.training import gradients_of

_MOST = 500
_STEP = 1e-2


def hessian(model: keras.Model, x: Any, y: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Return the second derivatives of the loss of some examples, by differences of gradients.

    Args:
        model: Compiled, with at most 500 trainable weights; it is left as it was.
        x: Inputs of the examples, in training mode.
        y: Their targets.

    Returns:
        `(weights, weights)`, symmetric, in the order of `model.trainable_variables`.

    Raises:
        ArgumentError: If it has more weights, or is not compiled.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.compile("sgd", "mse")
        >>> dlr.lesson.hessian(model, np.full((4, 1), 3.0), np.zeros(4)).round(2).tolist()
        [[18.0]]
    """
    variables = model.trainable_variables
    count = sum(int(np.prod(one.shape)) for one in variables)
    if not getattr(model, "compiled", False) or count > _MOST:
        raise ArgumentError(
            f"The curvature is measured for compiled networks of at most {_MOST} weights.",
            received=f"{count:,} weights"
            + ("" if getattr(model, "compiled", False) else ", not compiled"),
            fix="Take a smaller network, and compile it.",
        )
    begun = [keras.ops.convert_to_numpy(one).copy() for one in variables]
    rows = np.zeros((count, count))
    at = 0
    for variable, value in zip(variables, begun, strict=True):
        for place in np.ndindex(*value.shape):
            sides = []
            for sign in (1, -1):
                moved = value.copy()
                moved[place] += sign * _STEP
                variable.assign(moved)
                sides.append(_flat(gradients_of(model, x, y), variables))
            rows[at] = (sides[0] - sides[1]) / (2 * _STEP)
            at += 1
        variable.assign(value)
    return (rows + rows.T) / 2


def _flat(gradients: dict[str, NDArray[np.float64]], variables: list[Any]) -> NDArray[np.float64]:
    parts = [gradients.get(one.path, np.zeros(one.shape)).ravel() for one in variables]
    return np.concatenate(parts)


def condition_number(matrix: NDArray[np.float64], share: float = 0.9) -> float:
    """Return how much more a loss curves in its steepest direction than in others.

    Args:
        matrix: Symmetric, such as `hessian` returns.
        share: Which of the sizes of its eigenvalues, from the largest on, it is compared with:
            the smallest are 0 where weights do not matter. In (0, 1].

    Example:
        >>> dlr.lesson.condition_number(np.diag([100.0, 10.0, 1.0, 0.0]), 0.5)
        10.0
    """
    check_real("share", share, 0, 1, low_open=True)
    sizes = np.sort(np.abs(np.linalg.eigvalsh(matrix)))[::-1]
    other = sizes[max(math.ceil(share * len(sizes)) - 1, 0)]
    return float(sizes[0] / other) if other > 0 else math.inf
