"""Several Keras networks trained side by side, again and again, compiled and traced once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from dlrecipes.checks import check_integer
from dlrecipes.lesson.restart import start_again
from dlrecipes.lesson.together import Curves, compiled_together, fitted, of_each

if TYPE_CHECKING:
    import keras

_MOST_AT_ONCE = 1024


def fit_from_starts(
    models: Sequence[keras.Model],
    optimizer: keras.optimizers.Optimizer,
    x: ArrayLike,
    y: ArrayLike,
    *,
    validation: tuple[ArrayLike, ArrayLike],
    epochs: int,
    batch_size: int = 64,
    starts: int = 3,
) -> tuple[Curves, Curves]:
    """Train classifiers as `fit_together` does, from several first weights each.

    Args:
        models: Uncompiled networks with logits as output; they end as the last start leaves them.
        optimizer: Of all, see `fit_together` and `start_again`.
        x: Training inputs, `(examples, …)`.
        y: Classes as whole numbers, `(examples,)`.
        validation: Inputs and classes that are only looked at.
        epochs: How many, at least 1.
        batch_size: Examples a step, at least 1.
        starts: How many, at least 1; weights and batches follow from their numbers,
            masks of dropout from when the networks were built.

    Returns:
        The curves of `fit_together`, each `(starts, networks, epochs)`; and `loss` and `accuracy`
        of the finished networks on the training part, without dropout, `(starts, networks)`.

    Raises:
        ArgumentError: If there is no network.

    Example:
        >>> models = [dlr.models.build_mlp((2,), 2, hidden_units=(4,)) for _ in range(3)]
        >>> x, y = dlr.lesson.xor_examples(40)
        >>> options = {"validation": (x, y), "epochs": 2, "starts": 2}
        >>> curves, ends = dlr.lesson.fit_from_starts(
        ...     models, keras.optimizers.Adam(), x, y, **options
        ... )
        >>> curves["val_loss"].shape, ends["loss"].shape
        ((2, 3, 2), (2, 3))
    """
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    together, names = compiled_together(models, optimizer)
    labels = dict.fromkeys(names, np.asarray(y))
    curves, ends = [], []
    for seed in range(check_integer("starts", starts, 1)):
        start_again(together, seed=seed)
        curves.append(
            fitted(together, names, x, y, validation, epochs=epochs, batch_size=batch_size)
        )
        inputs = np.asarray(x, np.float32)
        ends.append(together.evaluate(inputs, labels, _MOST_AT_ONCE, verbose=0, return_dict=True))
    return (
        {name: np.stack([one[name] for one in curves]) for name in curves[0]},
        {
            kind: np.stack([of_each(one, names, kind) for one in ends])
            for kind in ("loss", "accuracy")
        },
    )
