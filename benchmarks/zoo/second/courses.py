"""Sick programs: the course of the training, i.e. rates, optimizers, batches and its end."""

import keras
import numpy as np
import tensorflow as tf
from keras import callbacks, layers, optimizers

from zoo import data
from zoo.measures import accuracy, r2
from zoo.program import Program, Setup
from zoo.second import worlds

# ---- rates


def recurrent_at_a_third(mended):
    d = worlds.motions(1000, seed=5)
    model = keras.Sequential(
        [
            layers.Input((40, 3)),
            layers.Conv1D(16, 5, strides=2, activation="relu"),
            layers.GRU(24),
            layers.Dense(4, activation="softmax"),
        ]
    )
    rate = 5e-3 if mended else 0.3
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def warm_up_of_a_thousand_epochs(mended):
    d = worlds.songs(2000, seed=3)
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))
    inputs = keras.Input((12,))
    x = layers.Dense(32, activation="relu")(inputs)
    x = layers.Dense(32, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizer=optimizers.Adam(), loss="mse")
    long = 3 if mended else 1000
    warm = callbacks.LearningRateScheduler(lambda epoch, rate: 2e-3 * min(1, (epoch + 1) / long))
    return Setup(model, d.x, y, (d.hx, hy), 32, 20, (d.vx, vy), fit={"callbacks": [warm]})


# ---- optimizers and steps of one's own


class ByHand(keras.Model):
    """A classifier with a training step of its own."""

    def __init__(self, classes, whole):
        super().__init__()
        self.one = layers.Dense(32, activation="relu")
        self.two = layers.Dense(32, activation="relu")
        self.head = layers.Dense(classes, activation="softmax")
        self.whole = whole

    def call(self, x):
        return self.head(self.two(self.one(x)))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            given = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=given)
        weights = self.trainable_variables if self.whole else self.head.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, given)
        return {metric.name: metric.result() for metric in self.metrics}


def only_the_head_is_stepped(mended):
    d = worlds.letters(2600, classes=14, seed=8)
    model = ByHand(14, whole=mended)
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.build((None, 16))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20)


def adagrad_with_a_full_store(mended):
    d = data.digits(seed=12)
    inputs = keras.Input((64,))
    x = layers.Dense(64, activation="relu")(inputs)
    outputs = layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    store = 0.1 if mended else 1000.0
    model.compile(
        optimizer=optimizers.Adagrad(0.05, initial_accumulator_value=store),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


# ---- batches


def class_after_class_through_batch_norm(mended):
    d = worlds.letters(1500, classes=6, seed=9)
    order = np.argsort(d.y, kind="stable")
    model = keras.Sequential()
    model.add(layers.Input((16,)))
    for units in (48, 24):
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
    model.add(layers.Dense(6, activation="softmax"))
    model.compile(optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(
        model,
        d.x[order],
        d.y[order],
        (d.hx, d.hy),
        32,
        10,
        (d.vx, d.vy),
        fit={"shuffle": mended},
    )


def copies_one_after_another(mended):
    d = worlds.letters(400, classes=8, seed=10)
    g = np.random.default_rng(0)
    x, y = np.repeat(d.x, 20, axis=0), np.repeat(d.y, 20)
    x = (x + g.normal(scale=0.6, size=x.shape)).astype("float32")  # twenty versions of each
    model = keras.Sequential(
        [
            layers.Input((16,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(8, activation="softmax"),
        ]
    )
    model.compile(
        optimizers.SGD(0.05, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, x, y, (d.hx, d.hy), 20, 4, (d.vx, d.vy), fit={"shuffle": mended})


# ---- the end


class EnoughAccuracy(callbacks.Callback):
    """Stops as soon as the accuracy is good."""

    def __init__(self, enough):
        super().__init__()
        self.enough = enough

    def on_epoch_end(self, epoch, logs=None):
        if logs["accuracy"] > self.enough:
            self.model.stop_training = True


def enough_at_sixty_percent(mended):
    d = worlds.letters(3000, classes=12, seed=11)
    model = keras.Sequential()
    model.add(layers.Input((16,)))
    model.add(layers.Dense(32, activation="tanh"))
    model.add(layers.Dense(32, activation="tanh"))
    model.add(layers.Dense(12, activation="softmax"))
    model.compile(optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    stop = EnoughAccuracy(0.99 if mended else 0.6)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 30, (d.vx, d.vy), fit={"callbacks": [stop]})


def stopped_while_still_falling(mended):
    d = data.curve(1500, seed=12)
    model = keras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(40, activation="tanh"),
            layers.Dense(40, activation="tanh"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer=optimizers.SGD(0.02, momentum=0.9), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 40 if mended else 3, (d.vx, d.vy))


MEMBERS = (
    Program(
        "recurrent_at_a_third", "learning_rate", "before", recurrent_at_a_third, accuracy, 0.2,
        "Adam at 0.3",
    ),
    Program(
        "warm_up_of_a_thousand_epochs", "learning_rate", "before", warm_up_of_a_thousand_epochs,
        r2, 0.2, "twenty epochs of a warm-up that takes a thousand",
    ),
    Program(
        "only_the_head_is_stepped", "optimizer", "before", only_the_head_is_stepped, accuracy,
        0.1, "a step of one's own that leaves out all but the last layer",
    ),
    Program(
        "adagrad_with_a_full_store", "optimizer", "before", adagrad_with_a_full_store, accuracy,
        0.2, "sums of squares that start at a thousand: tiny steps",
    ),
    Program(
        "class_after_class_through_batch_norm", "batches", "before",
        class_after_class_through_batch_norm, accuracy, 0.2,
        "batches of one class, normalised by themselves",
    ),
    Program(
        "copies_one_after_another", "batches", "before", copies_one_after_another, accuracy, 0.1,
        "every batch holds versions of one example",
    ),
    Program(
        "enough_at_sixty_percent", "duration", "after", enough_at_sixty_percent, accuracy, 0.1,
        "a callback that stops at an accuracy of 0.6",
    ),
    Program(
        "stopped_while_still_falling", "duration", "after", stopped_while_still_falling, r2, 0.1,
        "three epochs where forty are needed",
    ),
)  # fmt: skip
