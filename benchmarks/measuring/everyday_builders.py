"""Ten builders whose structure varies, with their data: what `everyday.py` measures.

They are in the manner of public guides, three of them from `strangers/`, and were chosen before
anything was made faster for them. The data are scikit-learn's bundled sets and some that are made
with a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import keras_tuner
import numpy as np
from keras import layers
from sklearn import datasets
from strangers import inputs_outputs, small_data, spaces

from dlrecipes.models import build_mlp

HyperParameters = keras_tuner.HyperParameters
Examples = tuple[Any, Any]
"""Inputs, in an array or a dictionary or list of arrays, and labels or values."""

_DIGITS = 1_797
_HELD_OUT = 0.2  # of the examples for validation, and as many for the test


@dataclass(frozen=True)
class Everyday:
    """A builder as a person writes it, and its data.

    Args:
        name: What it is called.
        build: Takes a `keras_tuner.HyperParameters` and returns a compiled model.
        examples: Makes all examples.
        objective: What is searched for.
    """

    name: str
    build: Callable[[HyperParameters], keras.Model]
    examples: Callable[[], Examples]
    objective: str = "val_accuracy"


@dataclass(frozen=True)
class Parts:
    """Examples in three parts, each `(inputs, labels)`."""

    train: Examples
    validation: Examples
    test: Examples


def make_parts(everyday: Everyday) -> Parts:
    """Shuffle the examples of a builder and hold two fifths of them out, the same in every run."""
    x, y = everyday.examples()
    order = np.random.default_rng(1).permutation(len(y))
    held_out = round(_HELD_OUT * len(order))
    validation, test, train = np.split(order, [held_out, 2 * held_out])
    parts = [
        (small_data.take(x, rows), small_data.take(y, rows)) for rows in (train, validation, test)
    ]
    return Parts(*parts)


# ---- the builders


def mlp(hp: HyperParameters) -> keras.Model:
    """Return the perceptron of KerasTuner's tutorial."""
    model = keras.Sequential()
    model.add(layers.Flatten())
    for i in range(hp.Int("num_layers", 1, 3)):
        model.add(
            layers.Dense(
                units=hp.Int(f"units_{i}", min_value=32, max_value=256, step=32),
                activation=hp.Choice("activation", ["relu", "tanh"]),
            )
        )
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(rate=0.25))
    model.add(layers.Dense(10, activation="softmax"))
    learning_rate = hp.Float("lr", min_value=1e-4, max_value=1e-2, sampling="log")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def resnet(hp: HyperParameters) -> keras.Model:
    """Return a residual network of one or two stages, the second at half the resolution."""
    inputs = keras.Input((8, 8, 1))
    filters = hp.Choice("filters", [8, 16, 32])
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    for stage in range(hp.Int("stages", 1, 2)):
        for block in range(hp.Int(f"blocks_{stage}", 1, 2)):
            strides = 2 if stage and not block else 1
            width = filters * 2**stage
            shortcut = x
            if strides > 1:
                shortcut = layers.Conv2D(width, 1, strides=strides, use_bias=False)(x)
                shortcut = layers.BatchNormalization()(shortcut)
            x = layers.Conv2D(width, 3, strides=strides, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(layers.Add()([x, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    if hp.Boolean("dropout"):
        x = layers.Dropout(hp.Float("dropout_rate", 0.1, 0.5, step=0.1))(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(
        optimizer=keras.optimizers.SGD(
            hp.Float("learning_rate", 1e-2, 3e-1, sampling="log"), momentum=0.9
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def lstm(hp: HyperParameters) -> keras.Model:
    """Return one or two recurrent layers, read in one or both directions."""
    both_ways = hp.Boolean("bidirectional")
    depth = hp.Int("layers", 1, 2)
    model = keras.Sequential([keras.Input((24, 2))])
    for i in range(depth):
        units = hp.Int(f"units_{i}", 16, 64, step=16)
        recurrent = layers.LSTM(units, return_sequences=i < depth - 1)
        model.add(layers.Bidirectional(recurrent) if both_ways else recurrent)
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(0.3))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(
        keras.optimizers.Adam(hp.Float("lr", 1e-3, 3e-2, sampling="log")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def text(hp: HyperParameters) -> keras.Model:
    """Return a classifier of word numbers: an embedding, averaged or convolved, then layers."""
    inputs = keras.Input((12,), dtype="int32")
    x = layers.Embedding(29, hp.Int("embedding_dim", 16, 64, step=16))(inputs)
    if hp.Choice("body", ["average", "convolution"]) == "convolution":
        x = layers.Conv1D(
            hp.Int("filters", 16, 64, step=16), hp.Choice("kernel", [3, 5]), activation="relu"
        )(x)
        x = layers.GlobalMaxPooling1D()(x)
    else:
        x = layers.GlobalAveragePooling1D()(x)
    for i in range(hp.Int("dense_layers", 0, 2)):
        x = layers.Dense(hp.Int(f"dense_{i}", 16, 64, step=16), activation="relu")(x)
    x = layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def several_inputs(hp: HyperParameters) -> keras.Model:
    """Return a network of a picture, seen by convolutions, and of a few figures."""
    picture = keras.Input((8, 8, 1), name="picture")
    figures = keras.Input((3,), name="figures")
    seen = picture
    for i in range(hp.Int("conv_layers", 1, 2)):
        filters = hp.Int(f"filters_{i}", 8, 32, step=8)
        seen = layers.Conv2D(filters, 3, padding="same", activation="relu")(seen)
    seen = layers.Flatten()(layers.MaxPooling2D()(seen))
    known = layers.Dense(hp.Int("units", 8, 32, step=8), activation="relu")(figures)
    x = layers.concatenate([seen, known])
    if hp.Boolean("hidden"):
        x = layers.Dense(hp.Choice("hidden_units", [32, 64]), activation="relu")(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    model = keras.Model({"picture": picture, "figures": figures}, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 3e-4, 3e-2, sampling="log")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def table(hp: HyperParameters) -> keras.Model:
    """Return a perceptron of numbers and of two categories, each with an embedding."""
    numbers = keras.Input((5,), name="numbers")
    town = keras.Input((), dtype="int32", name="town")
    zone = keras.Input((), dtype="int32", name="zone")
    x = layers.Concatenate()(
        [
            numbers,
            layers.Embedding(4, hp.Choice("town_dim", [2, 4]))(town),
            layers.Embedding(6, hp.Choice("zone_dim", [2, 4]))(zone),
        ]
    )
    for i in range(hp.Int("layers", 1, 3)):
        x = layers.Dense(hp.Int(f"units_{i}", 16, 128, step=16), activation="relu")(x)
        if hp.Boolean("batch_norm"):
            x = layers.BatchNormalization()(x)
    x = layers.Dropout(hp.Float("dropout", 0.0, 0.5))(x)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model({"numbers": numbers, "town": town, "zone": zone}, outputs)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            hp.Float("learning_rate", 1e-4, 3e-2, sampling="log"),
            weight_decay=hp.Float("weight_decay", 1e-6, 1e-2, sampling="log"),
        ),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def regression(hp: HyperParameters) -> keras.Model:
    """Return a perceptron with one value, L2 and dropout or neither."""
    model = keras.Sequential([keras.Input((10,))])
    activation = hp.Choice("activation", ["relu", "elu", "swish"])
    regularizer = keras.regularizers.L2(1e-3) if hp.Boolean("l2") else None
    for i in range(hp.Int("num_layers", 1, 3)):
        units = hp.Int(f"units_{i}", 16, 128, step=16)
        model.add(layers.Dense(units, activation=activation, kernel_regularizer=regularizer))
        if hp.Boolean(f"dropout_{i}"):
            model.add(layers.Dropout(0.2))
    model.add(layers.Dense(1))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("lr", 1e-3, 1e-1, sampling="log")),
        loss="mse",
        metrics=["mae"],
    )
    return model


def digits_mlp(hp: HyperParameters) -> keras.Model:
    """Return the perceptron of `peers.py`, whose structure never varies: numbers alone do."""
    hidden = {"hidden_units": (64, 64), "dropout_rate": float(hp.Float("dropout", 0.0, 0.5))}
    model = build_mlp((8, 8), 10, **hidden)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=hp.Float("learning_rate", 1e-4, 1e-1, sampling="log"),
            weight_decay=hp.Float("weight_decay", 1e-5, 1e-1, sampling="log"),
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


# ---- their data


def _digits() -> Examples:
    x, y = datasets.load_digits(return_X_y=True)
    return (x / 16.0).astype("float32").reshape(-1, 8, 8), y


def _pictures_and_figures() -> Examples:
    x, y = small_data.pictures(_DIGITS)
    rows, columns = np.arange(8)[:, None, None], np.arange(8)[None, :, None]
    ink = x.sum((1, 2, 3))
    figures = [
        ink / 64,
        (rows * x).sum((1, 2, 3)) / ink / 8,
        (columns * x).sum((1, 2, 3)) / ink / 8,
    ]
    return {"picture": x, "figures": np.stack(figures, axis=1).astype("float32")}, y


def _homes() -> Examples:
    x, y = small_data.homes(rows=1_500)
    _, town = np.unique(x["town"], return_inverse=True)
    return {**x, "town": town.astype("int32")}, y["sold"].astype("int32")


EVERYDAY: tuple[Everyday, ...] = (
    Everyday("mlp", mlp, _digits),
    Everyday("cnn", inputs_outputs.conv_net, partial(small_data.pictures, _DIGITS)),
    Everyday("resnet", resnet, partial(small_data.pictures, _DIGITS)),
    Everyday("lstm", lstm, partial(small_data.waves, 1_000)),
    Everyday(
        "forecast",
        inputs_outputs.forecast,
        partial(small_data.forecast, 1_000),
        "val_mean_absolute_error",
    ),
    Everyday("text", text, partial(small_data.tokens, 1_200)),
    Everyday("several_inputs", several_inputs, _pictures_and_figures),
    Everyday("table", table, _homes),
    Everyday("batch_norm", spaces.scopes, small_data.tumours),
    Everyday("regression", regression, small_data.diabetes, "val_mae"),
    Everyday("digits_mlp", digits_mlp, _digits),
)
"""The ten, the one of KerasTuner's tutorial first; and one whose structure is fixed."""
