"""D: the distributions and scopes by which a space is described."""

import keras
import keras_tuner as kt
import numpy as np
import tensorflow as tf
from keras import layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Stranger


def groups():
    return held_out(*small_data.groups())


def _finish(model, optimizer, classes=3):
    model.add(layers.Dense(classes, activation="softmax"))
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def doubling(hp):
    """Powers of two: a logarithmic scale with a step."""
    units = hp.Int("units", min_value=8, max_value=128, step=2, sampling="log")
    rate = hp.Float("learning_rate", min_value=1e-3, max_value=1e-1, step=10, sampling="log")
    model = keras.Sequential([keras.Input((8,)), layers.Dense(units, activation="relu")])
    return _finish(model, keras.optimizers.Adam(rate))


def reverse_log(hp):
    momentum = hp.Float("momentum", 0.5, 0.99, sampling="reverse_log")
    model = keras.Sequential()
    model.add(layers.Dense(hp.Int("units", 8, 64, sampling="reverse_log"), activation="relu"))
    return _finish(model, keras.optimizers.SGD(0.05, momentum=momentum))


def no_choice_left(hp):
    """Ranges that were narrowed until one value was left."""
    model = keras.Sequential()
    model.add(layers.Dense(hp.Int("units", 32, 32), activation=hp.Choice("activation", ["relu"])))
    model.add(layers.Dropout(hp.Float("dropout", 0.1, 0.1)))
    model.add(layers.Dense(hp.Int("units_2", 8, 24, step=8), activation="relu"))
    return _finish(model, keras.optimizers.Adam(hp.Fixed("learning_rate", 0.02)))


def mixed_kinds(hp):
    """None for no clipping, and whole numbers beside fractions."""
    model = keras.Sequential([layers.Dense(hp.Int("units", 16, 48, 16), activation="relu")])
    rate = hp.Choice("dropout", [0, 0.1, 0.3])
    if rate:
        model.add(layers.Dropout(rate))
    clip = hp.Choice("clipnorm", [None, 1.0, 5.0])
    return _finish(model, keras.optimizers.Adam(0.02, clipnorm=clip))


def truths_and_words(hp):
    model = keras.Sequential([keras.Input((8,))])
    for _ in range(hp.Choice("repeats", [1, 2, 3], ordered=True)):
        model.add(
            layers.Dense(
                units=hp.Choice("units", [48, 12, 24], ordered=False, default=24),
                activation=hp.Choice("activation", ["relu", "tanh", "swish"], default="tanh"),
                use_bias=hp.Choice("bias", [True, False]),
                kernel_initializer=hp.Choice("init", ["he_normal", "glorot_uniform"]),
            )
        )
    return _finish(model, keras.optimizers.Adam(2e-2))


def tunable_depth(hp):
    model = keras.Sequential()
    model.add(layers.Flatten())
    for i in range(hp.Int("num_layers", 1, 3)):
        model.add(
            layers.Dense(
                units=hp.Int(f"units_{i}", min_value=32, max_value=96, step=32),
                activation=hp.Choice("activation", ["relu", "tanh"]),
            )
        )
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(rate=0.25))
    model.add(layers.Dense(10, activation="softmax"))
    learning_rate = hp.Float("lr", min_value=1e-3, max_value=1e-2, sampling="log")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def one_name_for_all(hp):
    """The same question is asked for each layer, so each layer gets the same answer."""
    inputs = tf.keras.Input(shape=(4,))
    x = inputs
    for _ in range(2):
        x = tf.keras.layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu")(x)
        x = tf.keras.layers.Dropout(hp.Float("dropout", 0.0, 0.3, step=0.1))(x)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(3, activation="softmax")(x))
    model.compile(
        optimizer=tf.keras.optimizers.Adam(0.02),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def either_branch(hp):
    """`units` means something else in a wide network than in a deep one."""
    shape = hp.Choice("shape", ["wide", "deep"])
    model = keras.Sequential()
    if shape == "wide":
        with hp.conditional_scope("shape", ["wide"]):
            model.add(layers.Dense(hp.Int("units", 64, 128, step=32), activation="relu"))
    if shape == "deep":
        with hp.conditional_scope("shape", ["deep"]):
            for _ in range(hp.Int("depth", 2, 3)):
                model.add(layers.Dense(hp.Int("units", 8, 32, step=8), activation="relu"))
    return _finish(model, keras.optimizers.Adam(0.01))


def optimizer_of_choice(hp):
    model = keras.Sequential([keras.Input((8,)), layers.Dense(hp.Int("units", 16, 64, 16), "relu")])
    name = hp.Choice("optimizer", ["sgd", "adam", "rmsprop"])
    with hp.conditional_scope("optimizer", ["sgd"]):
        if name == "sgd":
            optimizer = keras.optimizers.SGD(
                hp.Float("sgd_rate", 0.02, 0.2, sampling="log"),
                momentum=hp.Float("momentum", 0.0, 0.9, step=0.3),
            )
    with hp.conditional_scope("optimizer", ["adam"]):
        if name == "adam":
            optimizer = keras.optimizers.Adam(
                hp.Float("adam_rate", 5e-3, 5e-2, sampling="log"),
                beta_1=hp.Choice("beta_1", [0.8, 0.9]),
            )
    with hp.conditional_scope("optimizer", ["rmsprop"]):
        if name == "rmsprop":
            optimizer = keras.optimizers.RMSprop(hp.Float("rms_rate", 5e-3, 5e-2, sampling="log"))
    return _finish(model, optimizer)


def pooling_with_parent(hp):
    """Asks for everything, whether it is used or not, and names each one's parent."""
    pooling = hp.Choice("pooling", ["none", "max", "avg"])
    size = hp.Int("pool_size", 2, 3, parent_name="pooling", parent_values=["max", "avg"])
    rate = hp.Float("noise", 0.01, 0.2, sampling="log", parent_name="pooling", parent_values="none")
    model = keras.Sequential([keras.Input((24, 2)), layers.Conv1D(hp.Int("filters", 8, 24, 8), 5)])
    if pooling == "max":
        model.add(layers.MaxPooling1D(size))
    elif pooling == "avg":
        model.add(layers.AveragePooling1D(size))
    else:
        model.add(layers.GaussianNoise(rate))
    model.add(layers.Activation("relu"))
    model.add(layers.Flatten())
    return _finish(model, keras.optimizers.Adam(1e-2))


def scopes(hp):
    inputs = keras.Input(shape=(30,))
    x = inputs
    for block in ("first", "second"):
        with hp.name_scope(block):
            x = layers.Dense(hp.Int("units", 8, 32, step=8), activation="relu")(x)
            if hp.Boolean("normalise", default=True):
                x = layers.BatchNormalization()(x)
    with hp.name_scope("training"):
        rate = hp.Float("rate", 1e-2, 1e-1, sampling="log", default=2e-2)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


class LateNames(kt.HyperModel):
    """Each block asks for its own kind, and for what that kind needs."""

    def _block(self, hp, x, place):
        kind = hp.Choice(f"block_{place}_kind", ["dense", "bottleneck", "skip"])
        if kind == "dense":
            return layers.Dense(hp.Int(f"block_{place}_units", 16, 64, step=16), "relu")(x)
        if kind == "bottleneck":
            narrow = layers.Dense(hp.Int(f"block_{place}_narrow", 8, 16, step=4), "relu")(x)
            return layers.Dense(x.shape[-1], "relu")(narrow)
        return x

    def build(self, hp):
        inputs = keras.Input((8,))
        x = layers.Dense(hp.Int("stem", 16, 32, step=8), "relu")(inputs)
        place = 0
        while place < hp.Int("blocks", 1, 3):
            x = self._block(hp, x, place)
            place += 1
        model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
        model.compile(
            keras.optimizers.Adam(hp.Float("lr", 5e-3, 3e-2, step=5e-3)),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model


def steps_and_defaults(hp):
    """Steps that do not divide the range, and defaults inside it."""
    dropout = hp.Float("dropout", min_value=0.0, max_value=0.5, step=0.2, default=0.2)
    units = hp.Int("units", min_value=10, max_value=60, step=15, default=40)
    decay = np.float64(hp.Float("decay", 1e-5, 1e-2, sampling="log", default=1e-4))
    model = keras.Sequential([layers.Dense(units, activation="relu"), layers.Dropout(dropout)])
    return _finish(model, keras.optimizers.AdamW(0.02, weight_decay=decay))


MEMBERS = (
    Stranger("doubling", "D", doubling, groups, 0.75),
    Stranger("reverse_log", "D", reverse_log, groups, 0.7),
    Stranger("no_choice_left", "D", no_choice_left, groups, 0.7),
    Stranger(
        "mixed_kinds",
        "D",
        mixed_kinds,
        groups,
        0.75,
        peer=False,
        reason="its Choice takes values of one type, and no None",
    ),
    Stranger("truths_and_words", "D", truths_and_words, groups, 0.75),
    Stranger("tunable_depth", "D", tunable_depth, lambda: held_out(*small_data.pictures()), 0.7),
    Stranger("one_name_for_all", "D", one_name_for_all, lambda: held_out(*small_data.iris()), 0.8),
    Stranger("either_branch", "D", either_branch, groups, 0.7),
    Stranger("optimizer_of_choice", "D", optimizer_of_choice, groups, 0.75),
    Stranger(
        "pooling_with_parent", "D", pooling_with_parent, lambda: held_out(*small_data.waves()), 0.7
    ),
    Stranger("scopes", "D", scopes, lambda: held_out(*small_data.tumours()), 0.9),
    Stranger("late_names", "D", LateNames, groups, 0.75),
    Stranger("steps_and_defaults", "D", steps_and_defaults, groups, 0.75),
)
