"""I: what people hand to `search` beside the data."""

import keras
import numpy as np
import tensorflow as tf
from keras import callbacks, layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Given, Stranger


def digits():
    return held_out(*small_data.digits())


def plain(hp):
    model = keras.Sequential()
    model.add(keras.Input(shape=(64,)))
    for i in range(hp.Int("num_layers", 1, 2)):
        model.add(layers.Dense(units=hp.Int(f"units_{i}", 32, 96, step=32), activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 3e-3, 2e-2, sampling="log")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def value(hp):
    model = keras.Sequential(
        [
            layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(
        keras.optimizers.SGD(hp.Float("lr", 0.01, 0.1, sampling="log")), loss="mse", metrics=["mae"]
    )
    return model


def binary(hp):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(hp.Choice("units", [8, 16, 32]), activation="relu"),
            layers.Dropout(hp.Float("dropout", 0, 0.3, step=0.1)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.02),
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    return model


def early_stopping():
    stop = callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
    return {"callbacks": [stop]}


def reduce_on_plateau():
    slower = callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_lr=1e-4)
    return {"callbacks": [slower, callbacks.TerminateOnNaN()], "batch_size": 16}


def slower_each_epoch(epoch, rate):
    return rate if epoch < 1 else rate * 0.7


def scheduler():
    return {"callbacks": [callbacks.LearningRateScheduler(slower_each_epoch)]}


class Watch(callbacks.Callback):
    """Keeps the gap between the two losses, and ends where it grows too large."""

    def __init__(self, most=2.0):
        super().__init__()
        self.most = most
        self.gaps = []

    def on_epoch_end(self, epoch, logs=None):
        self.gaps.append(logs["val_loss"] - logs["loss"])
        if self.gaps[-1] > self.most:
            self.model.stop_training = True


def own_callback():
    epochs = []
    note = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    return {"callbacks": [Watch(most=3.0), note], "verbose": 0}


def class_weights():
    return {"class_weight": {0: 1.0, 1: 4.0}}


def weighted():
    x, y = small_data.diabetes()
    return held_out(x, y, np.exp(-np.abs(y)).astype("float32"))


def undivided():
    x, y = small_data.digits()
    return Given((x, y))


def share():
    return {"validation_split": 0.2, "batch_size": 64, "shuffle": True}


def repeated():
    given = digits()
    train = tf.data.Dataset.from_tensor_slices(given.train).shuffle(750, seed=0).repeat().batch(50)
    return Given(train, tf.data.Dataset.from_tensor_slices(given.validation).batch(50), given)


def steps():
    return {"steps_per_epoch": 15, "validation_steps": 5}


def in_order():
    return {"batch_size": 25, "shuffle": False, "validation_batch_size": 100, "verbose": 0}


MEMBERS = (
    Stranger("stops_early", "I", plain, digits, 0.75, search=early_stopping),
    Stranger("slower_on_a_plateau", "I", plain, digits, 0.75, search=reduce_on_plateau),
    Stranger(
        "scheduled",
        "I",
        value,
        lambda: held_out(*small_data.plane()),
        0.6,
        "val_loss",
        search=scheduler,
    ),
    Stranger("own_callback", "I", plain, digits, 0.75, search=own_callback),
    Stranger(
        "class_weights",
        "I",
        binary,
        lambda: held_out(*small_data.rare()),
        0.6,
        search=class_weights,
    ),
    Stranger("sample_weights", "I", value, weighted, 1.3, "val_loss"),
    Stranger("validation_share", "I", plain, undivided, 0.7, search=share),
    Stranger("steps_an_epoch", "I", plain, repeated, 0.7, search=steps),
    Stranger("in_order", "I", plain, digits, 0.75, search=in_order),
)
