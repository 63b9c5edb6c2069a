"""Programs for kinds of findings that no member of the zoo's open half has: sick, and mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

LAYERS = keras.layers


@keras.saving.register_keras_serializable("examples")
class Centred(LAYERS.Layer):
    """Takes a mean away, by mistake across the examples."""

    def __init__(self, axis: int, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.axis = axis

    def call(self, x: Any) -> Any:  # noqa: ANN401
        return x - keras.ops.mean(x, axis=self.axis, keepdims=True)


def _data(
    labels: Callable[[np.ndarray, np.random.Generator], np.ndarray],
) -> tuple[Any, Any, Any]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(900, 8)).astype("float32")
    y = labels(x, generator)
    return (x[:400], y[:400]), (x[400:600], y[400:600]), (x[600:], y[600:])


def _three(x: np.ndarray, _: np.random.Generator) -> np.ndarray:
    return np.digitize(x[:, 0] * x[:, 1] + x[:, 2], [-0.6, 0.6])


def _setup(body: list[Any], *, units: int = 3, rate: float = 1e-2, **changes: Any) -> Any:  # noqa: ANN401
    from zoo.program import Setup

    labels, loss = changes.pop("labels", _three), "sparse_categorical_crossentropy"
    (x, y), held, new = _data(labels)
    model = keras.Sequential([keras.Input((8,)), *body, LAYERS.Dense(units, "softmax")])
    model.compile(changes.pop("optimizer", keras.optimizers.Adam(rate)), loss, metrics=["accuracy"])
    return Setup(model, x, y, new, epochs=changes.pop("epochs", 20), validation=held)


def _dense(units: int = 32, activation: str | None = "relu", **options: Any) -> Any:  # noqa: ANN401
    return LAYERS.Dense(units, activation, **options)


def _deep(activation: str, initializer: Any) -> list[Any]:  # noqa: ANN401
    return [_dense(16, activation, kernel_initializer=initializer) for _ in range(10)]


def _unused(*, joined: bool) -> Any:  # noqa: ANN401
    from zoo.program import Setup

    (x, y), held, new = _data(_three)
    inputs = keras.Input((8,))
    narrow, wide = _dense(1, None)(inputs), _dense(32)(inputs)
    hidden = LAYERS.Concatenate()([narrow, wide if joined else keras.ops.stop_gradient(wide)])
    model = keras.Model(inputs, LAYERS.Dense(3, "softmax")(hidden))
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(1e-2), loss, metrics=["accuracy"])
    return Setup(model, x, y, new, epochs=20, validation=held)


def _likely(x: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    chances = 1 / (1 + np.exp(-4 * (x[:, :1] + np.array([-0.7, 0.0, 0.7]))))
    return (generator.uniform(size=(len(x), 1)) < chances).sum(axis=1).clip(0, 2)


def _confused(x: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    labels = _three(x, generator)
    return np.where(generator.uniform(size=len(x)) < 0.125, (labels + 1) % 3, labels)


def _values(optimizer: Any, metrics: list[str] | None = None) -> Any:  # noqa: ANN401
    from zoo.program import Setup

    (x, y), held, new = _data(lambda x, _: (x[:, 0] * x[:, 1] + x[:, 2]).astype("float32"))
    model = keras.Sequential([keras.Input((8,)), _dense(64), _dense(64), LAYERS.Dense(1)])
    model.compile(optimizer, "mse", metrics=metrics)
    return Setup(model, x, y, new, epochs=20, validation=held)


EXAMPLES: dict[str, tuple[str, Callable[[], Any], Callable[[], Any]]] = {
    "batch leak": (
        "the mean of the batch, not of the features, is taken away",
        lambda: _setup([_dense(), Centred(0)]),
        lambda: _setup([_dense(), Centred(-1)]),
    ),
    "gradients": (
        "ten sigmoids with small first weights",
        lambda: _setup(_deep("sigmoid", keras.initializers.RandomNormal(0, 0.1))),
        lambda: _setup(_deep("relu", "he_normal")),
    ),
    "unused weights": (
        "a layer is joined behind a stop_gradient",
        lambda: _unused(joined=False),
        lambda: _unused(joined=True),
    ),
    "learned by heart": (
        "one number is left, and normalised",
        lambda: _setup([_dense(), _dense(1, None), LAYERS.LayerNormalization()]),
        lambda: _setup([_dense(), _dense(16, None), LAYERS.LayerNormalization()]),
    ),
    "initial loss": (
        "first weights thirty times as large as they should be",
        lambda: _setup([_dense(kernel_initializer=keras.initializers.RandomNormal(0, 8.0))]),
        lambda: _setup([_dense()]),
    ),
    "one answer": (
        "a rate with which all units die",
        lambda: _setup([_dense(), _dense()], optimizer=keras.optimizers.SGD(30.0)),
        lambda: _setup([_dense(), _dense()], optimizer=keras.optimizers.SGD(0.1)),
    ),
    "zero-input baseline": (
        "a rate so small that the network answers as if it saw no input",
        lambda: _setup([_dense()], optimizer=keras.optimizers.SGD(1e-3)),
        lambda: _setup([_dense()]),
    ),
    "diverged": (
        "plain gradient descent with a rate of 1 for values",
        lambda: _values(keras.optimizers.SGD(1.0)),
        lambda: _values(keras.optimizers.SGD(0.01)),
    ),
    "oscillating loss": (
        "a rate a hundred times too high",
        lambda: _setup([_dense()], optimizer=keras.optimizers.Adam(1.0), epochs=30),
        lambda: _setup([_dense()], optimizer=keras.optimizers.Adam(0.01), epochs=30),
    ),
    "loss and score": (
        "labels that are no more than likely, learned until the network is too sure of them",
        lambda: _setup([_dense(64)], labels=_likely, epochs=150),
        lambda: _setup([_dense(8)], labels=_likely, epochs=8),
    ),
    "metric": (
        "exact equality of values, taken for a score",
        lambda: _values(keras.optimizers.Adam(0.01), metrics=["accuracy"]),
        lambda: _values(keras.optimizers.Adam(0.01), metrics=["mae"]),
    ),
    "early reading": (
        "a first training of four epochs, and a longer one",
        lambda: _setup([_dense(64)], epochs=4),
        lambda: _setup([_dense(64)], epochs=20),
    ),
    "suspicious labels": (
        "an eighth of the labels is another class",
        lambda: _setup([_dense()], labels=_confused, epochs=12),
        lambda: _setup([_dense()], epochs=12),
    ),
    "calibration": (
        "three hundred epochs, until the network is sure of whatever it says",
        lambda: _setup([_dense(64)], labels=_likely, epochs=120),
        lambda: _setup([_dense(16)], labels=_likely, epochs=12),
    ),
}
"""`{name: (the fault, sick, mended)}`."""


def score(model: Any, x: Any, y: Any) -> float:  # noqa: ANN401
    """Return the share of right answers; of values the share of variance that is explained."""
    answers = model.predict(x, verbose=0)
    if answers.shape[-1] == 1:
        residual = np.mean((answers.ravel() - y) ** 2)
        return float(max(-1.0, 1 - residual / np.var(y))) if np.isfinite(residual) else -1.0
    return float(np.mean(answers.argmax(axis=1) == y))
