"""Several Keras networks trained side by side in one `fit`, for their curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError

if TYPE_CHECKING:
    import keras

Curves = dict[str, NDArray[np.float64]]
_MOST_AT_ONCE = 1024


def fit_together(
    models: Sequence[keras.Model],
    optimizer: keras.optimizers.Optimizer,
    x: ArrayLike,
    y: ArrayLike,
    *,
    validation: tuple[ArrayLike, ArrayLike],
    epochs: int,
    batch_size: int = 64,
) -> Curves:
    """Train classifiers of one input shape on the same batches, with one trace for all.

    The loss is the sum of their cross-entropies: as they share no weight, each is trained as it
    would be alone.

    Args:
        models: Uncompiled networks with logits as output, `(batch, classes)`.
        optimizer: Of all; one that clips by a norm over all weights would mix them.
        x: Training inputs, `(examples, …)`.
        y: Classes as whole numbers, `(examples,)`.
        validation: Inputs and classes that are only looked at.
        epochs: How many, at least 1.
        batch_size: Examples a step, at least 1; their order follows from
            `keras.utils.set_random_seed`. If the last batch is smaller, all is traced twice.

    Returns:
        `loss`, `accuracy`, `val_loss` and `val_accuracy`, each `(networks, epochs)`. The first two
        are means over an epoch, as Keras has them.

    Raises:
        ArgumentError: If there is no network.

    Example:
        >>> models = [dlr.models.build_mlp((2,), 2, hidden_units=(4,)) for _ in range(3)]
        >>> x, y = dlr.lesson.xor_examples(40)
        >>> curves = dlr.lesson.fit_together(
        ...     models, keras.optimizers.Adam(), x, y, validation=(x, y), epochs=2
        ... )
        >>> curves["val_loss"].shape
        (3, 2)
    """
    check_integer("epochs", epochs, 1)
    check_integer("batch_size", batch_size, 1)
    together, names = compiled_together(models, optimizer)
    return fitted(together, names, x, y, validation, epochs=epochs, batch_size=batch_size)


def compiled_together(
    models: Sequence[keras.Model], optimizer: keras.optimizers.Optimizer
) -> tuple[keras.Model, list[str]]:
    """Return networks as one with many outputs, and the names of these.

    Args:
        models: Uncompiled networks with logits as output.
        optimizer: Of all.

    Raises:
        ArgumentError: If there is no network.

    Example:
        >>> models = [dlr.models.build_mlp((2,), 2, hidden_units=(4,)) for _ in range(3)]
        >>> together, names = dlr.lesson.compiled_together(models, keras.optimizers.Adam())
        >>> x, y = dlr.lesson.xor_examples(40)
        >>> _ = together.fit(x, dict.fromkeys(names, y), 20, verbose=0)
        >>> names
        ['network_0', 'network_1', 'network_2']
    """
    import keras

    if not models:
        raise ArgumentError("`models` must be at least one network.", received="models=[]")
    inputs = keras.Input(models[0].input_shape[1:])
    names = [f"network_{at}" for at in range(len(models))]
    outputs = {}
    for name, model in zip(names, models, strict=True):
        model.name = name
        outputs[name] = model(inputs)
    together = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    together.compile(
        optimizer,
        dict.fromkeys(names, loss),
        metrics={name: ["accuracy"] for name in names},
        jit_compile=False,
    )
    return together, names


def fitted(
    together: keras.Model,
    names: Sequence[str],
    x: ArrayLike,
    y: ArrayLike,
    validation: tuple[ArrayLike, ArrayLike],
    *,
    epochs: int,
    batch_size: int,
) -> Curves:
    """Train what `compiled_together` has made and return its curves, as `fit_together` does.

    Args:
        together: The networks as one.
        names: Of its outputs.
        x: As for `fit_together`, and so are all further arguments.
        y: Classes.
        validation: What is only looked at.
        epochs: How many.
        batch_size: Examples a step.
    """
    labels, new_labels = np.asarray(y), np.asarray(validation[1])
    history = together.fit(
        np.asarray(x, np.float32),
        dict.fromkeys(names, labels),
        batch_size,
        epochs,
        verbose=0,
        validation_data=(np.asarray(validation[0], np.float32), dict.fromkeys(names, new_labels)),
        validation_batch_size=_MOST_AT_ONCE,
    ).history
    kinds = ("loss", "accuracy", "val_loss", "val_accuracy")
    return {kind: of_each(history, names, kind) for kind in kinds}


def of_each(logs: Mapping[str, Any], names: Sequence[str], kind: str) -> NDArray[np.float64]:
    """Return one of the logged numbers of each network.

    Args:
        logs: As Keras has them.
        names: Of the outputs.
        kind: Such as `"val_loss"`.
    """
    part, what = ("val_", kind[4:]) if kind.startswith("val_") else ("", kind)
    # Of a single output Keras leaves its name out.
    each = [logs.get(f"{part}{name}_{what}", logs.get(kind)) for name in names]
    return np.array(each, np.float64)
