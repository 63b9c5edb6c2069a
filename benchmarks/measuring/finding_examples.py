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
}
"""`{name: (the fault, sick, mended)}`."""


def accuracy(model: Any, x: Any, y: Any) -> float:  # noqa: ANN401
    """Return the share of right answers."""
    return float(np.mean(model.predict(x, verbose=0).argmax(axis=1) == y))
