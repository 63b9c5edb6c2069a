"""F: networks whose outputs are no distribution, or not the one that the loss takes them for."""

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from keras import layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Stranger


def three_sigmoids(hp):
    """One sigmoid a class, and the cross-entropy of a softmax."""
    model = keras.Sequential()
    model.add(layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu"))
    model.add(layers.Dense(3, activation="sigmoid"))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("lr", [1e-2, 3e-2])),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def same_sign(y_true, y_pred):
    return tf.reduce_mean(tf.cast(tf.sign(y_true) == tf.sign(y_pred), tf.float32), axis=-1)


def tanh_under_hinge(hp):
    model = keras.Sequential(
        [
            keras.Input((30,)),
            layers.Dense(hp.Int("units", 8, 32, step=8), activation="tanh"),
            layers.Dense(1, activation="tanh"),
        ]
    )
    loss = hp.Choice("loss", ["hinge", "squared_hinge"])
    model.compile(keras.optimizers.Adam(0.01), loss=loss, metrics=[same_sign])
    return model


def signed_tumours():
    x, y = small_data.tumours()
    return held_out(x, np.where(y == 1, 1.0, -1.0).astype("float32").reshape(-1, 1))


def logits_and_accuracy(hp):
    """The metric cuts at one half, the logit's middle is zero; nobody notices."""
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(hp.Int("units", 16, 48, step=16), activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(
        keras.optimizers.Adam(hp.Float("lr", 1e-2, 5e-2, sampling="log")),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def softmax_taken_for_logits(hp):
    inputs = keras.Input((64,))
    x = layers.Dense(
        hp.Int("units", 32, 96, step=32), activation=hp.Choice("act", ["relu", "selu"])
    )(inputs)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(
        optimizer=keras.optimizers.Adam(5e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["sparse_categorical_accuracy"],
    )
    return model


def sigmoid_taken_for_logits(hp):
    model = keras.Sequential(
        [
            layers.Dense(hp.Int("units", 8, 32, step=8), activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.02),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.AUC(name="auc")],
    )
    return model


def counts(hp):
    """A rate that is never below zero, under the loss of counts."""
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu"),
            layers.Dense(
                1,
                activation=hp.Choice("link", ["softplus", "exponential", "relu"]),
                bias_initializer="ones",
            ),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), loss="poisson", metrics=["mae"])
    return model


def squares_of_labels(hp):
    """Mean squared error on one-hot labels, with what a softmax or nothing gives."""
    last = hp.Choice("last", ["softmax", "sigmoid", "linear"])
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(hp.Int("units", 8, 32, step=8), activation="relu"),
            layers.Dense(3, activation=last),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), loss="mse", metrics=["categorical_accuracy"])
    return model


def one_hot_iris():
    x, y = small_data.iris()
    return held_out(x, tf.keras.utils.to_categorical(y))


def two_sigmoids(hp):
    """Two units for two classes that exclude each other, each judged by itself."""
    model = keras.Sequential()
    model.add(keras.Input((8,)))
    model.add(layers.Dense(hp.Int("units", 8, 40, step=8), activation="relu"))
    model.add(layers.Dense(2, activation="sigmoid"))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def two_columns():
    x, y = small_data.two_groups()
    return held_out(x, np.stack([1 - y, y], axis=1).astype("float32"))


def spare_units(hp):
    """Ten units for three classes: copied from somewhere, and it trains."""
    model = keras.Sequential(
        [
            layers.Dense(hp.Int("units", 16, 48, step=16), activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


MEMBERS = (
    Stranger("three_sigmoids", "F", three_sigmoids, lambda: held_out(*small_data.groups()), 0.75),
    Stranger(
        "tanh_under_hinge",
        "F",
        tanh_under_hinge,
        signed_tumours,
        0.9,
        keras_tuner.Objective("val_same_sign", "max"),
    ),
    Stranger(
        "logits_and_accuracy",
        "F",
        logits_and_accuracy,
        lambda: held_out(*small_data.two_groups()),
        0.8,
    ),
    Stranger(
        "softmax_taken_for_logits",
        "F",
        softmax_taken_for_logits,
        lambda: held_out(*small_data.digits()),
        0.7,
        "val_sparse_categorical_accuracy",
    ),
    Stranger(
        "sigmoid_taken_for_logits",
        "F",
        sigmoid_taken_for_logits,
        lambda: held_out(*small_data.two_groups()),
        0.9,
        keras_tuner.Objective("val_auc", "max"),
    ),
    Stranger("counts", "F", counts, lambda: held_out(*small_data.visits()), -0.3, "val_loss"),
    Stranger(
        "squares_of_labels", "F", squares_of_labels, one_hot_iris, 0.75, "val_categorical_accuracy"
    ),
    Stranger("two_sigmoids", "F", two_sigmoids, two_columns, 0.8),
    Stranger("spare_units", "F", spare_units, lambda: held_out(*small_data.groups()), 0.75),
)
