"""What trainings at fixed learning rates reach, and what a range test suggests of the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn import datasets

from dlrecipes.models import build_mlp, build_resnet
from dlrecipes.training import CyclicalMomentum, OneCycle, lr_range_test

Data = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
_BATCH = 32
_OPTIMIZERS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "sgd": partial(keras.optimizers.SGD, momentum=0.9),
}


@dataclass(frozen=True)
class RateTask:
    """A task, loaded.

    Args:
        data: Inputs and class indices of the training part, then of the validation part.
        network: Makes the network, with logits.
    """

    data: Data
    network: Callable[[], keras.Model]

    def build(self, optimizer: str, seed: int) -> keras.Model:
        """Return the compiled network.

        Args:
            optimizer: `"adam"` or `"sgd"`, which has a momentum of 0.9.
            seed: Of its first weights.
        """
        keras.utils.set_random_seed(seed)
        model = self.network()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(_OPTIMIZERS[optimizer](), loss, metrics=["accuracy"])
        return model


def load_rate_task(name: str) -> RateTask:
    """Load a task.

    Args:
        name: `"digits"`, `"breast_cancer"`, `"fashion_mlp"` or `"fashion_resnet"`.
    """
    if name == "digits":
        table = datasets.load_digits()
        return RateTask(_parts(table.data / 16, table.target), lambda: build_mlp((64,), 10))
    if name == "breast_cancer":
        table = datasets.load_breast_cancer()
        x = (table.data - table.data.mean(axis=0)) / table.data.std(axis=0)
        return RateTask(_parts(x, table.target), lambda: build_mlp((30,), 2))
    x, y = _fashion(4000)
    if name == "fashion_mlp":
        return RateTask(_parts(x.reshape(len(x), -1), y), lambda: build_mlp((784,), 10))
    small = x.reshape(len(x), 14, 2, 14, 2, 1).mean(axis=(2, 4))  # for time: two by two pixels
    network = partial(build_resnet, (14, 14, 1), 10, filters=(8, 16))
    return RateTask(_parts(small[:2000], y[:2000]), network)


def sweep_rates(
    *, task: str, optimizer: str, rates: list[float], epochs: int, seeds: list[int]
) -> dict[str, Any]:
    """Train at each rate and at the one that a range test suggests, and return the scores.

    Args:
        task: Its name.
        optimizer: `"adam"` or `"sgd"`.
        rates: The fixed rates.
        epochs: Epochs of each training.
        seeds: Of first weights, order and range test.

    Returns:
        `"scores"`: accuracies of the validation part by rate and seed; `"suggested"`: a rate a
        seed, None for none; `"reached"`: its accuracy; `"shuffled"`: what is suggested where the
        labels are shuffled.
    """
    loaded = load_rate_task(task)
    x, y = loaded.data[:2]
    found: dict[str, list[Any]] = {"suggested": [], "reached": [], "shuffled": [], "ways": []}
    scores = [[] for _ in rates]
    trained = loaded.build(optimizer, 0)
    for seed in seeds:
        fresh = loaded.build(optimizer, seed)
        test = lr_range_test(fresh, x, y, batch_size=_BATCH, seed=seed)
        other = np.random.default_rng(seed).permutation(y)
        found["shuffled"].append(
            lr_range_test(fresh, x, other, batch_size=_BATCH, seed=seed).suggestion
        )
        found["suggested"].append(test.suggestion)
        found["ways"].append(test.suggestions)
        for at, rate in enumerate(rates):
            scores[at].append(_reach(trained, fresh, loaded.data, rate, epochs, seed))
        reached = test.suggestion and _reach(
            trained, fresh, loaded.data, test.suggestion, epochs, seed
        )
        found["reached"].append(reached)
    return {"scores": scores, **found}


def compare_one_cycle(
    *, task: str, optimizer: str, epochs: int, seeds: list[int]
) -> dict[str, Any]:
    """Train at the suggested rate, constant and as the peak of one cycle, for equal epochs.

    Args:
        task: Its name.
        optimizer: `"adam"` or `"sgd"`.
        epochs: Epochs of each training.
        seeds: Of first weights, order and range test.

    Returns:
        Accuracies of the validation part a seed: `"constant"`, `"one_cycle"`; and the `"rates"`.
    """
    loaded = load_rate_task(task)
    x, y, x_held, y_held = loaded.data
    found: dict[str, list[Any]] = {"constant": [], "one_cycle": [], "rates": []}
    for seed in seeds:
        model = loaded.build(optimizer, seed)
        rate = lr_range_test(model, x, y, batch_size=_BATCH, seed=seed).suggestion
        for kind in ("constant", "one_cycle"):
            model = loaded.build(optimizer, seed)
            steps = epochs * -(-len(x) // _BATCH)
            cycle = kind == "one_cycle"
            model.optimizer._learning_rate.assign(rate)
            if cycle:
                model.optimizer.learning_rate = OneCycle(rate, steps)
            model.fit(
                x,
                y,
                batch_size=_BATCH,
                epochs=epochs,
                verbose=0,
                callbacks=[CyclicalMomentum(steps=steps)] if cycle else [],
            )
            found[kind].append(model.evaluate(x_held, y_held, verbose=0)[1])
        found["rates"].append(rate)
    return found


def _reach(
    trained: keras.Model, fresh: keras.Model, data: Data, rate: float, epochs: int, seed: int
) -> float:
    """Train one network, whose step is traced, from another's first weights."""
    x, y, x_held, y_held = data
    keras.utils.set_random_seed(seed)
    trained.set_weights(fresh.get_weights())
    for variable in trained.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    trained.optimizer.learning_rate.assign(rate)
    trained.fit(x, y, batch_size=_BATCH, epochs=epochs, verbose=0)
    return float(trained.evaluate(x_held, y_held, verbose=0)[1])


def _parts(x: NDArray[Any], y: NDArray[Any]) -> Data:
    """Return three quarters to train and one to validate."""
    rows = np.random.default_rng(0).permutation(len(x))
    train, held = rows[: 3 * len(x) // 4], rows[3 * len(x) // 4 :]
    x = x.astype(np.float32)
    return x[train], y[train], x[held], y[held]


def _fashion(examples: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the first training images, `(examples, 28, 28)` in [0, 1]; no test image is read."""
    file = Path(os.environ.get("DLRECIPES_DATA", "")) / "fashion_mnist" / "fashion_mnist.npz"
    if not file.is_file():
        raise SystemExit("Fashion-MNIST is to be in $DLRECIPES_DATA/fashion_mnist.")
    with np.load(file) as arrays:
        return arrays["x_train"][:examples] / 255.0, arrays["y_train"][:examples]
