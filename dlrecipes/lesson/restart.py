"""One network trained again and again, without being built and traced again."""

from __future__ import annotations

import keras

from dlrecipes.errors import ArgumentError
from dlrecipes.training.moving_optimizers import moving_optimizers


def start_again(model: keras.Model, *, seed: int) -> None:
    """Give a compiled network new first weights, and its optimizer a state of zeros.

    A small network trains in less time than its step takes to be traced; `fit` keeps what it has
    traced as long as the shapes are the same.

    Args:
        model: A compiled model; the state of its optimizer starts at 0, as that of SGD, RMSprop
            and Adam does.
        seed: Of the weights, and of all that Keras draws from here on, at least 0.

    Raises:
        ArgumentError: If it is not compiled.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> dlr.lesson.start_again(model, seed=3)
        >>> first = model.get_weights()[0]
        >>> dlr.lesson.start_again(model, seed=3)
        >>> bool((model.get_weights()[0] == first).all())
        True
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise ArgumentError(
            "Only a compiled network can start again.", received=f"the model {model.name!r}"
        )
    keras.utils.set_random_seed(seed)
    model.set_weights(type(model).from_config(model.get_config()).get_weights())
    # A schedule follows the number of steps, which begins at 0 again.
    rates = {id(one._learning_rate) for one in moving_optimizers(model)}
    for variable in optimizer.variables:
        if id(variable) not in rates:
            variable.assign(keras.ops.zeros_like(variable))
