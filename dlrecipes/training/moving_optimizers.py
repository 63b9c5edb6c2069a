"""The optimizers that move a network's weights, whatever Keras has put around them."""

from __future__ import annotations

from typing import Any

import keras


def moving_optimizers(model: keras.Model) -> list[Any]:
    """Return the optimizers that move a network's weights, each once.

    Of a `keras.optimizers.MultiOptimizer` they are the inner ones, in the order of the weights, and
    without those that move none; whatever scales the losses is taken off. So they follow from what
    happens to the weights, and not from how patterns are written.

    Args:
        model: A compiled network. One that has no weights yet is moved by all that it has.

    Example:
        >>> from dlrecipes.training.moving_optimizers import moving_optimizers
        >>> optimizers = keras.optimizers
        >>> by_path = {".*bias": optimizers.SGD(0.01), "nothing": optimizers.SGD()}
        >>> rates = optimizers.OptimizerMap(optimizers.Adam(0.1), by_path)
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(optimizers.MultiOptimizer(rates), "mse")
        >>> [round(float(one.learning_rate), 2) for one in moving_optimizers(model)]
        [0.1, 0.01]
    """
    found = optimizer_of_each(model)
    if not found:
        outer = without_scaling(model)
        several = isinstance(outer, keras.optimizers.MultiOptimizer)
        found = outer.optimizers if several else [outer]
    return list({id(one): one for one in found}.values())


def optimizer_of_each(model: keras.Model) -> list[Any]:
    """Return for each of a network's trainable variables the optimizer that moves it.

    Args:
        model: A compiled network. A `MultiOptimizer` that asks a function is built: the function
            may make another optimizer whenever it is asked.
    """
    outer, variables = without_scaling(model), model.trainable_variables
    if not isinstance(outer, keras.optimizers.MultiOptimizer):
        return [outer] * len(variables)
    if isinstance(outer._optimizer_map, keras.optimizers.OptimizerMap):
        return [outer._optimizer_map(variable) for variable in variables]
    outer.build(variables)
    places = outer._var_to_optimizer_idx
    return [outer.optimizers[places[outer._var_key(variable)]] for variable in variables]


def without_scaling(model: keras.Model) -> Any:  # noqa: ANN401  (Keras', which has no types)
    """Return a network's optimizer without the scaling of losses that Keras puts around it.

    Args:
        model: A network; None comes back for one that is not compiled.
    """
    optimizer = getattr(model, "optimizer", None)
    return getattr(optimizer, "inner_optimizer", optimizer)
