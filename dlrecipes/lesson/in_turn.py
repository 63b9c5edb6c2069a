"""One Keras network trained from several starts, compiled and traced once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.lesson.together import Curves

if TYPE_CHECKING:
    import keras

_MOST_AT_ONCE = 1024


def fit_in_turn(
    build: Callable[[], keras.Model],
    optimizer: keras.optimizers.Optimizer,
    x: ArrayLike,
    y: ArrayLike,
    *,
    validation: tuple[ArrayLike, ArrayLike],
    epochs: int,
    batch_size: int = 64,
    seeds: Sequence[int] = (0, 1, 2),
) -> Curves:
    """Train a classifier once from each of several seeds, which set its weights and the order.

    For networks of which several at a time are too much, such as convolutional ones; small dense
    ones are quicker in `fit_together`.

    Args:
        build: Returns a new uncompiled network with logits as output, `(batch, classes)`.
        optimizer: Its variables are put back to their first values for each start.
        x: Training inputs, `(examples, …)`.
        y: Classes as whole numbers, `(examples,)`.
        validation: Inputs and classes that are only looked at.
        epochs: How many, at least 1.
        batch_size: Examples a step, at least 1.
        seeds: Integers, at least one.

    Returns:
        `loss`, `accuracy`, `val_loss` and `val_accuracy`, each `(seeds, epochs)`.

    Raises:
        ArgumentError: If there is no seed.

    Example:
        >>> x, y = dlr.lesson.xor_examples(40)
        >>> curves = dlr.lesson.fit_in_turn(
        ...     lambda: dlr.models.build_mlp((2,), 2, hidden_units=(4,)),
        ...     keras.optimizers.Adam(),
        ...     x,
        ...     y,
        ...     validation=(x, y),
        ...     epochs=2,
        ... )
        >>> curves["val_loss"].shape
        (3, 2)
    """
    import keras

    if not seeds:
        raise ArgumentError("`seeds` must be at least one.", received=f"seeds={seeds!r}")
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    model = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    optimizer.build(model.trainable_variables)
    first = [(one, keras.ops.convert_to_numpy(one)) for one in optimizer.variables]
    inputs, new = (np.asarray(one, np.float32) for one in (x, validation[0]))
    found: dict[str, list[list[float]]] = {}
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model.set_weights(build().get_weights())
        for variable, value in first:
            variable.assign(value)
        history = model.fit(
            inputs,
            np.asarray(y),
            batch_size,
            epochs,
            verbose=0,
            validation_data=(new, np.asarray(validation[1])),
            validation_batch_size=_MOST_AT_ONCE,
        ).history
        for name, curve in history.items():
            found.setdefault(name, []).append(curve)
    return {name: np.array(curves, np.float64) for name, curves in found.items()}
