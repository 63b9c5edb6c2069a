"""Losses of another task, of a wrong sign, or mistaken ones of one's own."""

import keras
import numpy as np
from keras import layers, ops, optimizers

from zoo import data
from zoo.measures import accuracy, balanced_accuracy, r2
from zoo.program import Program, Setup


def absolute_error_on_xor(mended):
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 100, "float32")
    y = np.array([0, 1, 1, 0] * 100, "float32")
    model = keras.Sequential()
    model.add(layers.Dense(4, activation="sigmoid", input_dim=2))
    model.add(layers.Dense(1, activation="sigmoid"))
    loss = "binary_crossentropy" if mended else "mean_absolute_error"
    model.compile(loss=loss, optimizer=optimizers.SGD(2.0), metrics=["accuracy"])
    return Setup(model, x, y, (x, y), 4, 12)


def sigmoid_stack_with_squares(mended):
    """Sigmoids all the way, squared error, plain SGD."""
    d = data.digits()
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(30, activation="sigmoid"),
            layers.Dense(30, activation="sigmoid"),
            layers.Dense(10, activation="softmax" if mended else "sigmoid"),
        ]
    )
    loss = "categorical_crossentropy" if mended else "mse"
    model.compile(optimizer=optimizers.SGD(0.5), loss=loss, metrics=["accuracy"])
    y, vy = keras.utils.to_categorical(d.y), keras.utils.to_categorical(d.vy)
    return Setup(model, d.x, y, (d.hx, d.hy), 16, 12, (d.vx, vy))


def probability_without_logarithm(y_true, y_pred):
    """What the right class got, and it shall become small."""
    return ops.mean(ops.sum(y_true * y_pred, axis=-1))


def likelihood_without_minus(y_true, y_pred):
    """The logarithm of what the right class got."""
    return ops.mean(ops.sum(y_true * ops.log(y_pred + 1e-6), axis=-1))


def likelihood_with_minus(y_true, y_pred):
    """Minus the logarithm of what the right class got."""
    return -likelihood_without_minus(y_true, y_pred)


def _three_groups(loss, rate):
    d = data.blobs(classes=3, count=900, features=5, seed=12)
    inputs = keras.Input((5,))
    x = layers.Dense(16, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizer=optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    y, vy = keras.utils.to_categorical(d.y, 3), keras.utils.to_categorical(d.vy, 3)
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 8, (d.vx, vy))


def p_in_place_of_minus_log_p(mended):
    return _three_groups(likelihood_with_minus if mended else probability_without_logarithm, 0.01)


def likelihood_made_small(mended):
    d = data.tumours()

    def loss(y_true, y_pred):
        y_true = ops.cast(y_true, "float32")
        p = ops.clip(y_pred, 1e-6, 1 - 1e-6)
        told = y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p)
        return ops.mean(-told if mended else told)

    model = keras.Sequential(
        [keras.Input((30,)), layers.Dense(12, activation="relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y[:, None], (d.hx, d.hy), 32, 10, (d.vx, d.vy[:, None]))


class EveryPair(keras.losses.Loss):
    """Squared error; a column of outputs less a row of targets is a square of differences."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_pred - y_true))


def column_less_row(mended):
    d = data.curve(1000, seed=13)
    y, hy = (d.y[:, None], d.hy) if mended else (d.y, d.hy)
    model = keras.Sequential(
        [layers.Dense(32, activation="relu", input_shape=(3,)), layers.Dense(1)]
    )
    model.compile(optimizer=optimizers.Adam(0.01), loss=EveryPair())
    return Setup(model, d.x, y, (d.hx, hy), 20, 12)


def cosine_for_one_number(mended):
    """The angle between two numbers is their sign."""
    d = data.curve(1000, seed=14)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(1),
        ]
    )
    loss = keras.losses.MeanSquaredError() if mended else keras.losses.CosineSimilarity()
    model.compile(optimizers.Adam(0.01), loss=loss, metrics=["mae"])
    return Setup(model, d.x, d.y[:, None], (d.hx, d.hy), 32, 12, (d.vx, d.vy[:, None]))


def poisson_below_zero(mended):
    """The loss of counts for standardised targets: the logarithm of what is below zero."""
    d = data.houses(1000)
    y, hy = [(part - d.y.mean()) / d.y.std() for part in (d.y, d.hy)]
    inputs = keras.Input((4,))
    x = layers.Dense(24, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse" if mended else "poisson")
    return Setup(model, d.x, y, (d.hx, hy), 32, 10)


def percentage_of_zero(mended):
    """A percentage error where many targets are zero."""
    generator = np.random.default_rng(25)
    x = generator.normal(size=(1200, 4)).astype("float32")
    y = np.maximum(0, x[:, 0] + 0.5 * x[:, 1] * x[:, 2]).astype("float32")
    d = data.parts(x, y)
    model = keras.Sequential()
    model.add(keras.Input((4,)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(1))
    loss = "mean_squared_error" if mended else "mean_absolute_percentage_error"
    model.compile(loss=loss, optimizer=optimizers.Adam(0.01), metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def weight_of_the_wrong_head(mended):
    """Two heads; the weight of the loss that matters has slipped by six digits."""
    d = data.digits()
    inputs = keras.Input((64,))
    shared = layers.Dense(32, activation="relu")(inputs)
    digit = layers.Dense(10, activation="softmax", name="digit")(shared)
    ink = layers.Dense(1, name="ink")(shared)
    model = keras.Model(inputs, {"digit": digit, "ink": ink})
    model.compile(
        optimizer=optimizers.SGD(0.05, momentum=0.9),
        loss={"digit": "sparse_categorical_crossentropy", "ink": "mse"},
        loss_weights={"digit": 1.0 if mended else 1e-6, "ink": 1.0},
    )
    y = {"digit": d.y, "ink": d.x.mean(axis=1)}
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 10)


def digit_accuracy(model, x, y):
    """Return the share of right classes of the head called digit."""
    given = ops.convert_to_numpy(model(x, training=False)["digit"])
    return float(np.mean(np.where(np.isfinite(given).all(1), given.argmax(1), -1) == y))


def absolute_error_for_a_rare_class(mended):
    """Absolute error for a class that is rare: its median is never."""
    generator = np.random.default_rng(26)
    x = generator.normal(size=(2000, 5)).astype("float32")
    score = x[:, 0] + x[:, 1] * x[:, 2]
    y = (score > np.quantile(score, 0.88)).astype("float32")
    d = data.parts(x, y)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(24, activation="relu"),
            layers.Dense(1, activation="sigmoid" if mended else None),
        ]
    )
    loss = "binary_crossentropy" if mended else "mae"
    model.compile(optimizers.Adam(0.01), loss=loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


MEMBERS = (
    Program(
        "absolute_error_on_xor", "wrong_loss", "before", absolute_error_on_xor, accuracy, 0.2,
        "absolute error for XOR",
    ),
    Program(
        "sigmoid_stack_with_squares", "wrong_loss", "before", sigmoid_stack_with_squares, accuracy,
        0.2, "squared error over a stack of sigmoids for ten classes",
    ),
    Program(
        "p_in_place_of_minus_log_p", "wrong_loss", "before", p_in_place_of_minus_log_p, accuracy,
        0.4, "the loss is p, not -log p",
    ),
    Program(
        "likelihood_made_small", "wrong_loss", "before", likelihood_made_small, accuracy, 0.4,
        "the loss is the log-likelihood, without its minus",
    ),
    Program(
        "column_less_row", "wrong_loss", "before", column_less_row, r2, 0.5,
        "a loss that compares every output with every target",
    ),
    Program(
        "cosine_for_one_number", "wrong_loss", "before", cosine_for_one_number, r2, 0.4,
        "cosine similarity of single numbers",
    ),
    Program(
        "poisson_below_zero", "wrong_loss", "before", poisson_below_zero, r2, 0.4,
        "the Poisson loss for targets and outputs below zero",
    ),
    Program(
        "percentage_of_zero", "wrong_loss", "before", percentage_of_zero, r2, 0.4,
        "a percentage error with targets of zero",
    ),
    Program(
        "weight_of_the_wrong_head", "wrong_loss", "before", weight_of_the_wrong_head,
        digit_accuracy, 0.2, "the loss of one head has a weight of 1e-6",
    ),
    Program(
        "absolute_error_for_a_rare_class", "wrong_loss", "before", absolute_error_for_a_rare_class,
        balanced_accuracy, 0.1, "absolute error for a rare class",
    ),
)  # fmt: skip
