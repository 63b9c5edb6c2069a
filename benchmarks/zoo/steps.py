"""Steps that are too long, too short, wrong or too few: rates, optimizers, batches, duration."""

import keras
import numpy as np
import tensorflow as tf
from keras import callbacks, layers, optimizers

from zoo import data
from zoo.measures import accuracy, accuracy_one_by_one, r2
from zoo.program import Program, Setup

# ---- rates


def sgd_with_three(mended):
    d = data.digits()
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=optimizers.SGD(learning_rate=0.1 if mended else 3.0),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def adam_with_one(mended):
    d = data.blobs(classes=5, features=12, seed=6)
    model = keras.Sequential()
    model.add(keras.Input((12,)))
    for _ in range(3):
        model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(5, activation="softmax"))
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=optimizers.Adam(0.005 if mended else 1.0)
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def rmsprop_with_a_half(mended):
    """A recurrent network is thrown about."""
    d = data.waves(700)
    model = keras.Sequential(
        [
            keras.Input((24, 2)),
            layers.GRU(16),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.RMSprop(0.01 if mended else 0.5), loss="binary_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def sgd_blows_up_a_regression(mended):
    """Weights grow without end until they are no numbers."""
    d = data.curve(1200)
    model = keras.Sequential(
        [
            layers.Dense(64, activation="relu", input_shape=(3,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(loss="mse", optimizer=optimizers.SGD(0.05 if mended else 1.5))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def adam_with_a_ten_millionth(mended):
    d = data.tumours()
    inputs = keras.Input(shape=(30,))
    x = layers.Dense(16, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizers.Adam(1e-3 if mended else 1e-7), loss="binary_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 12, (d.vx, d.vy))


def sgd_with_a_hundred_thousandth(mended):
    d = data.digits(flat=False)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=optimizers.SGD(0.1 if mended else 1e-5),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def adadelta_as_it_comes(mended):
    """Its default rate of 0.001 is a thousandth of what the method was made for."""
    d = data.digits()
    model = keras.Sequential(
        [layers.Dense(64, activation="relu", input_dim=64), layers.Dense(10, activation="softmax")]
    )
    optimizer = optimizers.Adadelta(learning_rate=1.0) if mended else "adadelta"
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def schedule_that_dies(mended):
    """The rate is halved every step, not every hundredth."""
    d = data.blobs(classes=6, features=10, seed=7)
    rate = optimizers.schedules.ExponentialDecay(
        0.01, decay_steps=300 if mended else 1, decay_rate=0.5
    )
    model = keras.Sequential(
        [keras.Input((10,)), layers.Dense(32, activation="relu"), layers.Dense(6, "softmax")]
    )
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def a_tenth_every_epoch(mended):
    """A tenth an epoch, where nine tenths were meant."""
    d = data.digits(seed=11)
    base = 0.9 if mended else 0.1
    scheduler = callbacks.LearningRateScheduler(lambda epoch: 0.05 * base**epoch)
    model = keras.Sequential()
    model.add(layers.Dense(48, activation="relu", input_shape=(64,)))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    fit = {"callbacks": [scheduler]}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy), fit)


def plateau_at_once(mended):
    """The rate falls to a tenth after any epoch that is not better by a half."""
    d = data.digits(seed=5)
    slower = callbacks.ReduceLROnPlateau(
        monitor="loss", factor=0.1, patience=5 if mended else 1, min_delta=1e-4 if mended else 0.5
    )
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"callbacks": [slower]}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy), fit)


# ---- optimizers


def epsilon_of_a_thousand(mended):
    d = data.tumours()
    model = keras.Sequential(
        [keras.Input((30,)), layers.Dense(16, activation="relu"), layers.Dense(1, "sigmoid")]
    )
    optimizer = optimizers.Adam(learning_rate=0.001, epsilon=1e-7 if mended else 1e3)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 10, (d.vx, d.vy))


def momentum_near_one(mended):
    d = data.curve(1200, seed=4)
    inputs = keras.Input((3,))
    x = layers.Dense(32, activation="tanh")(inputs)
    x = layers.Dense(32, activation="tanh")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.SGD(0.05, momentum=0.9 if mended else 0.999), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def clipped_to_a_millionth(mended):
    d = data.digits()
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(48, activation="relu"), layers.Dense(10, "softmax")]
    )
    model.compile(
        optimizer=optimizers.SGD(0.1, momentum=0.9, clipvalue=1.0 if mended else 1e-6),
        loss="sparse_categorical_crossentropy",
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def clipped_to_a_small_norm(mended):
    """Every step has the same tiny length."""
    d = data.houses()
    y, vy, hy = [(part - d.y.mean()) / d.y.std() for part in (d.y, d.vy, d.hy)]
    model = keras.Sequential(
        [layers.Dense(24, activation="relu", input_shape=(4,)), layers.Dense(1)]
    )
    model.compile(
        loss="mse", optimizer=optimizers.SGD(0.05, global_clipnorm=5.0 if mended else 1e-3)
    )
    return Setup(model, d.x, y, (d.hx, hy), 32, 10, (d.vx, vy))


class Uphill(keras.Model):
    """A training step of one's own that adds the gradient."""

    def train_step(self, given):
        x, y = given
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        for weight, gradient in zip(self.trainable_variables, gradients, strict=True):
            weight.assign(weight + self.sign * 0.05 * gradient)
        return {"loss": loss}


def step_uphill(mended):
    d = data.wine()
    inputs = keras.Input((13,))
    x = layers.Dense(16, activation="tanh")(inputs)
    model = Uphill(inputs, layers.Dense(3, activation="softmax")(x))
    model.sign = -1.0 if mended else 1.0
    model.compile(loss="sparse_categorical_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 12)


def first_moment_that_never_moves(mended):
    """`beta_1` far too near to one, `beta_2` far too small."""
    d = data.blobs(classes=4, features=8, seed=9)
    beta = 0.9 if mended else 0.9999
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(32, activation="relu"), layers.Dense(4, "softmax")]
    )
    optimizer = optimizers.Adam(0.02, beta_1=beta, beta_2=0.999 if mended else 0.1)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8)


class LastLayerOnly(keras.Model):
    """A training step of one's own that hands on the wrong part of a list."""

    def train_step(self, given):
        x, y = given
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        weights = self.trainable_variables if self.whole else self.trainable_variables[-1:]
        gradients = tape.gradient(loss, weights)
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return {"loss": loss}


def steps_of_one_weight_alone(mended):
    d = data.blobs(classes=4, count=1000, features=8, seed=20)
    inputs = keras.Input((8,))
    x = layers.Dense(24, activation="relu")(inputs)
    model = LastLayerOnly(inputs, layers.Dense(4, activation="softmax")(x))
    model.whole = mended
    model.compile(optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8)


class FromTheStart(callbacks.Callback):
    """Meant for every fold, called at every epoch."""

    def __init__(self, at):
        super().__init__()
        self.at = at

    def on_train_begin(self, logs=None):
        self.first = self.model.get_weights()

    def on_epoch_begin(self, epoch, logs=None):
        if epoch in self.at:
            self.model.set_weights(self.first)


def back_to_the_start_every_epoch(mended):
    d = data.digits(seed=9)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"callbacks": [FromTheStart([0] if mended else range(100))]}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy), fit)


def accumulated_and_never_applied(mended):
    """Gradients of five thousand steps are gathered, and there are some hundred."""
    d = data.wine()
    model = keras.Sequential(
        [keras.Input((13,)), layers.Dense(16, activation="relu"), layers.Dense(3, "softmax")]
    )
    optimizer = optimizers.Adam(0.02, gradient_accumulation_steps=2 if mended else 5000)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 8, 10, (d.vx, d.vy))


def average_that_lags(mended):
    """Training goes well, and at its end the weights become an average of the far past."""
    d = data.digits(seed=10)
    inputs = keras.Input((64,))
    x = layers.Dense(48, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    optimizer = optimizers.Adam(0.003, use_ema=True, ema_momentum=0.9 if mended else 0.99999)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


# ---- batches


def sorted_and_not_shuffled(mended):
    """The file is sorted by class, and what came last is what the network remembers."""
    d = data.digits()
    order = np.argsort(d.y, kind="stable")
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"shuffle": mended}
    return Setup(model, d.x[order], d.y[order], (d.hx, d.hy), 16, 8, (d.vx, d.vy), fit)


def sorted_by_target(mended):
    d = data.curve(1200, seed=11)
    order = np.argsort(d.y)
    model = keras.Sequential(
        [layers.Dense(32, activation="relu", input_shape=(3,)), layers.Dense(1)]
    )
    model.compile(loss="mse", optimizer=optimizers.SGD(0.05, momentum=0.9))
    fit = {"shuffle": mended}
    return Setup(model, d.x[order], d.y[order], (d.hx, d.hy), 16, 8, None, fit)


def the_whole_as_one_batch(mended):
    """Ten epochs are ten steps."""
    d = data.digits()
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(48, activation="relu"), layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    size = 32 if mended else len(d.x)
    return Setup(model, d.x, d.y, (d.hx, d.hy), size, 10, (d.vx, d.vy))


def statistics_of_one_example(mended):
    """BatchNormalization with one example a batch: what it gives is always its offset."""
    d = data.wine()
    model = keras.Sequential(
        [
            keras.Input((13,)),
            layers.Dense(16),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16 if mended else 1, 8)


def one_example_a_step(mended):
    """One example a step with a rate for batches of 16: the loss jumps about."""
    d = data.curve(500, seed=12)
    inputs = keras.Input((3,))
    x = layers.Dense(32, activation="relu")(inputs)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.SGD(0.05, momentum=0.9), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16 if mended else 1, 8, (d.vx, d.vy))


# ---- BatchNormalization


def statistics_that_lag(mended):
    """A momentum for a million steps: at inference the averages are still those of the start."""
    d = data.digits(flat=False)
    x, vx, hx = [part * 16 + 20 for part in (d.x, d.vx, d.hx)]
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(12, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9 if mended else 0.9999),
            layers.Activation("relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, d.y, (hx, d.hy), 32, 10, (vx, d.vy))


class Restless(keras.Model):
    """`training=True` was left in the call: an answer depends on who is asked with it."""

    def __init__(self, always):
        super().__init__()
        self.always = always
        self.hidden = layers.Dense(24)
        self.normalisation = layers.BatchNormalization(momentum=0.9)
        self.last = layers.Dense(3, activation="softmax")

    def call(self, inputs, training=False):
        x = self.normalisation(self.hidden(inputs), training=self.always or training)
        return self.last(keras.activations.relu(x))


def batch_statistics_at_inference(mended):
    d = data.wine()
    model = Restless(always=not mended)
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 12, (d.vx, d.vy))


def normalised_output(mended):
    """BatchNormalization behind the last layer: the output has mean 0 and deviation 1."""
    d = data.diabetes()
    y, vy, hy = [part / 100 for part in (d.y, d.vy, d.hy)]
    model = keras.Sequential(
        [keras.Input((10,)), layers.Dense(16, activation="relu"), layers.Dense(1)]
    )
    if not mended:
        model.add(layers.BatchNormalization(center=False, scale=False))
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 16, 10, (d.vx, vy))


# ---- duration


def one_epoch(mended):
    d = data.digits()
    model = keras.Sequential()
    model.add(keras.Input((64,)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10 if mended else 1, (d.vx, d.vy))


def stopped_at_the_first_bump(mended):
    """Improvements under a half do not count, and there is no patience."""
    d = data.digits(seed=7)
    stop = callbacks.EarlyStopping(
        monitor="val_loss", patience=5 if mended else 0, min_delta=0.0 if mended else 0.5
    )
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(10, "softmax")]
    )
    model.compile(optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"callbacks": [stop]}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy), fit)


def stopped_for_getting_better(mended):
    """Early stopping wants the loss to rise."""
    d = data.rings(1000, seed=7)
    stop = callbacks.EarlyStopping(
        monitor="val_loss",
        mode="min" if mended else "max",
        patience=4,
        restore_best_weights=True,
    )
    model = keras.Sequential(
        [
            layers.Dense(16, activation="relu", input_shape=(2,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer=optimizers.Adam(0.003), metrics=["acc"])
    fit = {"callbacks": [stop]}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy), fit)


def few_steps_an_epoch(mended):
    """`steps_per_epoch=2`: most of the data is never seen in five epochs."""
    d = data.sentences(2000, seed=3)
    model = keras.Sequential(
        [
            keras.Input((12,), dtype="int32"),
            layers.Embedding(200, 8),
            layers.GlobalAveragePooling1D(),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    fit = {} if mended else {"steps_per_epoch": 2}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy), fit)


MEMBERS = (
    Program(
        "sgd_with_three", "learning_rate", "before", sgd_with_three, accuracy, 0.3,
        "SGD with a rate of 3",
    ),
    Program(
        "adam_with_one", "learning_rate", "before", adam_with_one, accuracy, 0.2,
        "Adam with a rate of 1",
    ),
    Program(
        "rmsprop_with_a_half", "learning_rate", "before", rmsprop_with_a_half, accuracy, 0.1,
        "RMSprop with a rate of 0.5 on a recurrent network",
    ),
    Program(
        "sgd_blows_up_a_regression", "learning_rate", "after", sgd_blows_up_a_regression, r2, 0.5,
        "SGD with a rate of 1.5 for a regression",
    ),
    Program(
        "adam_with_a_ten_millionth", "learning_rate", "before", adam_with_a_ten_millionth,
        accuracy, 0.15, "Adam with a rate of 1e-7",
    ),
    Program(
        "sgd_with_a_hundred_thousandth", "learning_rate", "before", sgd_with_a_hundred_thousandth,
        accuracy, 0.3, "SGD with a rate of 1e-5",
    ),
    Program(
        "adadelta_as_it_comes", "learning_rate", "before", adadelta_as_it_comes, accuracy, 0.3,
        "Adadelta with a rate of 0.001",
    ),
    Program(
        "schedule_that_dies", "learning_rate", "before", schedule_that_dies, accuracy, 0.2,
        "a schedule that halves the rate every step",
    ),
    Program(
        "a_tenth_every_epoch", "learning_rate", "after", a_tenth_every_epoch, accuracy, 0.1,
        "the rate falls to a tenth every epoch",
    ),
    Program(
        "plateau_at_once", "learning_rate", "after", plateau_at_once, accuracy, 0.1,
        "the rate falls to a tenth at every epoch",
    ),
    Program(
        "epsilon_of_a_thousand", "optimizer", "before", epsilon_of_a_thousand, accuracy, 0.15,
        "Adam with an epsilon of 1000",
    ),
    Program(
        "momentum_near_one", "optimizer", "before", momentum_near_one, r2, 0.3,
        "a momentum of 0.999",
    ),
    Program(
        "clipped_to_a_millionth", "optimizer", "before", clipped_to_a_millionth, accuracy, 0.3,
        "gradients clipped to 1e-6",
    ),
    Program(
        "clipped_to_a_small_norm", "optimizer", "while", clipped_to_a_small_norm, r2, 0.4,
        "gradients clipped to a norm of 0.001",
    ),
    Program(
        "step_uphill", "optimizer", "after", step_uphill, accuracy, 0.4,
        "the gradient is added",
    ),
    Program(
        "first_moment_that_never_moves", "optimizer", "before", first_moment_that_never_moves,
        accuracy, 0.15, "the averages of Adam are of unfit lengths",
    ),
    Program(
        "steps_of_one_weight_alone", "optimizer", "while", steps_of_one_weight_alone, accuracy,
        0.2, "only the last bias is ever changed",
    ),
    Program(
        "back_to_the_start_every_epoch", "optimizer", "while", back_to_the_start_every_epoch,
        accuracy, 0.1, "a callback puts the first weights back at every epoch",
    ),
    Program(
        "accumulated_and_never_applied", "optimizer", "before", accumulated_and_never_applied,
        accuracy, 0.2, "gradients gathered over more steps than there are",
    ),
    Program(
        "average_that_lags", "optimizer", "before", average_that_lags, accuracy, 0.3,
        "an average of the weights with a momentum of 0.99999 replaces them",
    ),
    Program(
        "sorted_and_not_shuffled", "batches", "before", sorted_and_not_shuffled, accuracy, 0.2,
        "data sorted by class and not shuffled",
    ),
    Program(
        "sorted_by_target", "batches", "before", sorted_by_target, r2, 0.3,
        "data sorted by target and not shuffled",
    ),
    Program(
        "the_whole_as_one_batch", "batches", "before", the_whole_as_one_batch, accuracy, 0.2,
        "all data in one batch, and ten epochs",
    ),
    Program(
        "statistics_of_one_example", "batches", "before", statistics_of_one_example, accuracy, 0.2,
        "BatchNormalization over one example",
    ),
    Program(
        "one_example_a_step", "batches", "after", one_example_a_step, r2, 0.15,
        "one example a step at a rate for sixteen",
    ),
    Program(
        "statistics_that_lag", "normalisation", "before", statistics_that_lag, accuracy, 0.3,
        "a momentum of 0.9999 for some hundred steps",
    ),
    Program(
        "batch_statistics_at_inference", "normalisation", "before", batch_statistics_at_inference,
        accuracy_one_by_one, 0.3, "BatchNormalization in training mode at inference",
    ),
    Program(
        "normalised_output", "normalisation", "before", normalised_output, r2, 0.3,
        "BatchNormalization on the output of a regression",
    ),
    Program(
        "one_epoch", "duration", "after", one_epoch, accuracy, 0.2, "one epoch",
    ),
    Program(
        "stopped_at_the_first_bump", "duration", "after", stopped_at_the_first_bump, accuracy, 0.1,
        "early stopping without patience",
    ),
    Program(
        "stopped_for_getting_better", "duration", "before", stopped_for_getting_better, accuracy,
        0.2, "early stopping that wants the loss to rise",
    ),
    Program(
        "few_steps_an_epoch", "duration", "before", few_steps_an_epoch, accuracy, 0.15,
        "two steps an epoch",
    ),
)  # fmt: skip
