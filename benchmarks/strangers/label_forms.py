"""B: labels in the forms that losses and metrics want them."""

import keras
import keras_tuner as kt
import numpy as np
import tensorflow as tf
from keras import layers, ops

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Stranger


def one_hot(hp):
    model = keras.Sequential()
    model.add(layers.Dense(hp.Int("units", 32, 128, step=32), activation="relu"))
    if hp.Boolean("dropout"):
        model.add(layers.Dropout(rate=0.25))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("lr", 3e-3, 2e-2, sampling="log")),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def one_hot_digits():
    x, y = small_data.digits()
    return held_out(x, keras.utils.to_categorical(y, 10))


def f1_of_one_hot(hp):
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(hp.Choice("units", [16, 32, 64]), activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(2e-2),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.F1Score(average="macro"), keras.metrics.CategoricalAccuracy()],
    )
    return model


def one_hot_groups():
    x, y = small_data.groups()
    return held_out(x, np.eye(3, dtype="float32")[y])


def column_of_classes(hp):
    inputs = layers.Input(shape=(4,))
    hidden = layers.Dense(hp.Int("width", 8, 24, step=4), activation="tanh")(inputs)
    model = keras.Model(inputs, layers.Dense(3)(hidden))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("rate", 1e-2, 1e-1, sampling="log")),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


def column_iris():
    x, y = small_data.iris()
    return held_out(x, y.reshape(-1, 1))


def float_labels(hp):
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(hp.Int("units", 8, 32, 8), activation="relu"),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer=tf.keras.optimizers.RMSprop(hp.Choice("rate", [1e-2, 5e-3])),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def floats_of_tumours():
    x, y = small_data.tumours()
    return held_out(x, y.astype("float32"))


def signs_right(y_true, y_pred):
    return tf.reduce_mean(tf.cast(y_true * y_pred > 0, tf.float32))


def minus_and_plus(hp):
    """A linear machine: hinge, labels -1 and 1, weight decay."""
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(
                1,
                kernel_regularizer=keras.regularizers.L2(
                    hp.Float("l2", 1e-4, 1e-1, sampling="log")
                ),
            ),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1), loss="hinge", metrics=[signs_right])
    return model


def signed_labels():
    x, y = small_data.two_groups()
    return held_out(x, (2.0 * y - 1.0).astype("float32")[:, None])


def r2(y_true, y_pred):
    rest = ops.sum(ops.square(y_true - y_pred))
    return 1 - rest / (ops.sum(ops.square(y_true - ops.mean(y_true))) + 1e-7)


def column_of_values(hp):
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(hp.Int("units", 16, 48, 16), "relu"), layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(hp.Choice("lr", [0.02, 0.01])), loss="mse", metrics=[r2])
    return model


def dice(y_true, y_pred):
    overlap = ops.sum(y_true * y_pred)
    return 2 * overlap / (ops.sum(y_true) + ops.sum(y_pred) + 1e-6)


def overlap(hp):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(hp.Int("units", 8, 32, 8), "relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(hp.Float("lr", 1e-2, 5e-2, sampling="log")),
        loss=lambda y_true, y_pred: 1.0 - dice(y_true, y_pred),
        metrics=[dice],
    )
    return model


def rare_column():
    x, y = small_data.rare()
    return held_out(x, y.astype("float32").reshape(-1, 1))


def four_values(hp):
    model = keras.Sequential([keras.Input((8,))])
    for layer in range(hp.Int("layers", 1, 2)):
        model.add(layers.Dense(hp.Int(f"units{layer}", 16, 48, 16), activation="selu"))
    model.add(layers.Dense(4))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    return model


def several_labels(hp):
    model = keras.Sequential(
        [
            layers.Dense(hp.Int("units", 16, 64, 16), activation="relu"),
            layers.Dense(5, activation="sigmoid"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.02),
        loss="binary_crossentropy",
        metrics=["binary_accuracy", keras.metrics.AUC(multi_label=True, name="auc")],
    )
    return model


def labelled_thrice():
    x, y = small_data.plane(values=5)
    return held_out(x, (y > 0).astype("int64"))


def whole_numbers(hp):
    """Ages are whole numbers, and a regression all the same."""
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(
        keras.optimizers.Adam(hp.Float("lr", 0.02, 0.2, sampling="log")),
        loss="mean_absolute_error",
        metrics=["mae", keras.metrics.RootMeanSquaredError()],
    )
    return model


def ages():
    x, y = small_data.plane()
    return held_out(x, np.rint(40 + 12 * y[:, 0]).astype(int))


def booleans(hp):
    model = keras.Sequential(
        [
            layers.Dense(
                hp.Int("units", 8, 24, step=8), activation=hp.Choice("act", ["relu", "tanh"])
            ),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def yes_or_no():
    x, y = small_data.two_groups()
    return held_out(x, y == 1)


MEMBERS = (
    Stranger("one_hot", "B", one_hot, one_hot_digits, 0.8),
    Stranger(
        "f1_of_one_hot",
        "B",
        f1_of_one_hot,
        one_hot_groups,
        0.8,
        kt.Objective("val_f1_score", "max"),
    ),
    Stranger(
        "column_of_classes",
        "B",
        column_of_classes,
        column_iris,
        0.8,
        "val_sparse_categorical_accuracy",
    ),
    Stranger("float_labels", "B", float_labels, floats_of_tumours, 0.9),
    Stranger(
        "minus_and_plus",
        "B",
        minus_and_plus,
        signed_labels,
        0.8,
        kt.Objective("val_signs_right", "max"),
    ),
    Stranger(
        "column_of_values",
        "B",
        column_of_values,
        lambda: held_out(*small_data.plane()),
        0.6,
        kt.Objective("val_r2", direction="max"),
    ),
    Stranger("overlap", "B", overlap, rare_column, 0.4, kt.Objective("val_dice", direction="max")),
    Stranger(
        "four_values",
        "B",
        four_values,
        lambda: held_out(*small_data.plane(values=4)),
        0.5,
        "val_loss",
    ),
    Stranger("several_labels", "B", several_labels, labelled_thrice, 0.8, "val_binary_accuracy"),
    Stranger("whole_numbers", "B", whole_numbers, ages, 12.0, "val_mae"),
    Stranger("booleans", "B", booleans, yes_or_no, 0.85),
)
