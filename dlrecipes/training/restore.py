"""A network that was trained, made again: builder, values and weights are all that is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np

from dlrecipes.data import Example
from dlrecipes.errors import BuilderError
from dlrecipes.training.build_model import build_model
from dlrecipes.training.outcome import headline
from dlrecipes.training.precision import dtype_policy


def restore(
    build: Callable[[], keras.Model],
    weights: Sequence[np.ndarray],
    example: Example,
    *,
    seed: int,
    policy: str,
) -> keras.Model:
    """Build a network that was trained, with what it learned, under its dtype policy.

    Args:
        build: Calls the builder with the values of that training.
        weights: In the order of `model.get_weights()`.
        example: One example of the inputs, `(1, …)`, as for `build_model`.
        seed: The training's seed, so that what a builder draws at random is as it was.
        policy: The dtype policy that it was trained under.

    Raises:
        BuilderError: If the builder does not return a compiled model with such weights.
    """
    with dtype_policy(policy):
        keras.utils.set_random_seed(seed)
        model = build_model(build, example)
    try:
        model.set_weights(weights)
    except ValueError as error:
        raise BuilderError(
            "A builder must build the same network at each call with the same values.",
            received=f"other weights than those that were trained: {headline(error)}",
        ) from error
    return model
