"""Sick programs: what the network gives does not fit what it is compared with."""

import keras
import numpy as np
from keras import layers, ops
from keras.utils import to_categorical

from zoo import data
from zoo.measures import accuracy, balanced_accuracy, r2
from zoo.program import Program, Setup
from zoo.second import scores, worlds

# ---- the last activation


def log_softmax_from_elsewhere(mended):
    d = worlds.tags()
    model = keras.Sequential(
        [
            layers.Input((14,)),
            layers.Embedding(40, 8),
            layers.GRU(24, return_sequences=True),
            layers.Dense(4),
            layers.Activation("softmax" if mended else "log_softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def exponential_head_of_another_project(mended):
    d = worlds.friedman(2000, seed=1)
    mean, spread = d.y.mean(), d.y.std()
    y, vy, hy = ((one - mean) / spread for one in (d.y, d.vy, d.hy))
    inputs = keras.Input((10,), name="measurements")
    x = layers.Dense(48, "relu")(inputs)
    x = layers.Dense(24, "relu")(x)
    outputs = layers.Dense(1, activation=None if mended else "exponential")(x)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "mse", metrics=["mae"])
    return Setup(model, d.x, y, (d.hx, hy), 32, 25, (d.vx, vy))


def concentrations_through_softmax(mended):
    d = worlds.mixtures()
    model = keras.Sequential()
    model.add(keras.Input((8,)))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(4, activation="sigmoid" if mended else "softmax"))
    model.compile(loss="mean_squared_error", optimizer="adam")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 15, (d.vx, d.vy))


# ---- how many units


def one_mask_for_three_kinds_of_pixel(mended):
    d = worlds.fields()
    inputs = keras.Input((16, 16, 1))
    x = layers.Conv2D(12, 3, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(12, 3, padding="same", activation="relu")(x)
    if mended:
        outputs = layers.Conv2D(3, 1, activation="softmax")(x)
        loss = "sparse_categorical_crossentropy"
    else:
        outputs = layers.Conv2D(1, 1, activation="sigmoid")(x)
        loss = "binary_crossentropy"
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=loss, metrics=["accuracy"])
    y, vy, hy = (one[..., None] for one in (d.y, d.vy, d.hy))
    return Setup(model, d.x, y, (d.hx, hy), 16, 16, (d.vx, vy))


def classes_counted_in_a_sample(mended):
    d = worlds.letters()
    classes = len(np.unique(d.y if mended else d.y[:50]))
    model = keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(96, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


# ---- the form of the labels


def focal(y_true, y_pred):
    y_true = ops.cast(y_true, "float32")
    p = ops.clip(y_pred, 1e-6, 1 - 1e-6)
    right = y_true * (1 - p) ** 2 * ops.log(p) + (1 - y_true) * p**2 * ops.log(1 - p)
    return -ops.mean(right, axis=-1)


def two_columns_against_one_unit(mended):
    d = worlds.by_training(worlds.customers())
    y = d.y[:, None] if mended else to_categorical(d.y)
    vy = d.vy[:, None] if mended else to_categorical(d.vy)
    model = keras.Sequential()
    model.add(layers.Dense(16, activation="relu", input_shape=(8,)))
    model.add(layers.Dense(8, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss=focal, optimizer="adam")
    return Setup(model, d.x, y, (d.hx, d.hy), 16, 12, (d.vx, vy))


class OwnStep(keras.Model):
    """A network with a step written by hand."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(32, activation="relu")
        self.second = layers.Dense(32, activation="relu")
        self.out = layers.Dense(1)

    def call(self, x):
        return self.out(self.second(self.hidden(x)))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y - y_pred))


def every_row_less_every_other(mended):
    d = data.curve(1200, seed=5)
    model = OwnStep()
    model.compile(optimizer=keras.optimizers.Adam(0.003))
    model.build((None, 3))
    y = d.y.reshape(-1, 1) if mended else d.y
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 25)


# ---- the range of the targets


def places_in_pixels_through_a_sigmoid(mended):
    d = worlds.spots()
    scale = 15.0 if mended else 1.0
    model = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(2, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    return Setup(model, d.x, d.y / scale, (d.hx, d.hy / scale), 32, 15, (d.vx, d.vy / scale))


def years_as_they_are(mended):
    d = worlds.songs(3000)
    mean, spread = (d.y.mean(), d.y.std()) if mended else (0.0, 1.0)
    inputs = layers.Input(shape=(12,))
    x = layers.Dense(64, activation="relu")(inputs)
    x = layers.Dense(32, activation="relu")(x)
    outputs = layers.Dense(1, activation="linear")(x)
    model = keras.Model(inputs, outputs)
    model.compile(loss="mse", optimizer="adam")
    y, vy, hy = ((one - mean) / spread for one in (d.y, d.vy, d.hy))
    return Setup(model, d.x, y, (d.hx, hy), 32, 15, (d.vx, vy))


def squeezed_by_a_typing_error(mended):
    d = worlds.friedman(2400, seed=4)
    y = d.y.copy()
    y[17] = 2170.0 if not mended else y[17]
    low, high = y.min(), y.max()
    model = keras.Sequential()
    model.add(layers.Input((10,)))
    model.add(layers.Dense(32, activation="tanh"))
    model.add(layers.Dense(16, activation="tanh"))
    model.add(layers.Dense(1))
    model.compile(keras.optimizers.Adam(3e-3), "mae")
    y, vy, hy = ((one - low) / (high - low) for one in (y, d.vy, d.hy))
    return Setup(model, d.x, y, (d.hx, hy), 32, 25, (d.vx, vy))


# ---- the loss


def dice_coefficient(y_true, y_pred):
    common = ops.sum(y_true * y_pred, axis=(1, 2, 3))
    total = ops.sum(y_true, axis=(1, 2, 3)) + ops.sum(y_pred, axis=(1, 2, 3))
    return (2 * common + 1) / (total + 1)


def dice_loss(y_true, y_pred):
    return 1 - dice_coefficient(y_true, y_pred)


def dice_as_a_loss(mended):
    d = worlds.fields(seed=2)
    y, vy, hy = ((one > 0)[..., None].astype("float32") for one in (d.y, d.vy, d.hy))
    model = keras.Sequential(
        [
            layers.Input((16, 16, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.Conv2D(1, 1, activation="sigmoid"),
        ]
    )
    loss = dice_loss if mended else dice_coefficient
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=loss)
    return Setup(model, d.x, y, (d.hx, hy), 16, 10, (d.vx, vy))


def pairs(x, y, count, seed):
    """Return pairs of digits, and whether they are the same."""
    g = np.random.default_rng(seed)
    one, two = g.integers(len(x), size=(2, count))
    half = count // 2
    for at in range(half):
        two[at] = g.choice(np.flatnonzero(y == y[one[at]]))
    order = g.permutation(count)
    one, two = one[order], two[order]
    return [x[one], x[two]], (y[one] == y[two]).astype("float32")


def contrastive(y_true, distance):
    y_true = ops.cast(y_true, "float32")
    near = ops.square(distance)
    far = ops.square(ops.maximum(1.0 - distance, 0.0))
    return ops.mean((1 - y_true) * near + y_true * far)


def same_pushed_apart(mended):
    d = data.digits(seed=3)
    x, same = pairs(d.x, d.y, 3000, 0)
    hx, hsame = pairs(d.hx, d.hy, 600, 1)
    vx, vsame = pairs(d.vx, d.vy, 600, 2)
    tower = keras.Sequential(
        [keras.Input((64,)), layers.Dense(64, activation="relu"), layers.Dense(16)]
    )
    left, right = keras.Input((64,)), keras.Input((64,))
    squares = layers.Lambda(lambda two: ops.sum(ops.square(two[0] - two[1]), -1, keepdims=True))
    distance = layers.Lambda(lambda s: ops.sqrt(s + 1e-6))(squares([tower(left), tower(right)]))
    model = keras.Model([left, right], distance)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=contrastive)
    if mended:  # the loss takes 1 for different
        return Setup(model, x, 1 - same, (hx, hsame), 32, 8, (vx, 1 - vsame))
    return Setup(model, x, same, (hx, hsame), 32, 8, (vx, vsame))


def ninth_decile(y_true, y_pred):
    error = y_true - y_pred
    return ops.mean(ops.maximum(0.9 * error, -0.1 * error))


def ninth_decile_turned_round(y_true, y_pred):
    error = y_pred - y_true
    return ops.mean(ops.maximum(0.9 * error, -0.1 * error))


def bound_on_the_wrong_side(mended):
    d = data.curve(1500, seed=8)
    y = d.y + np.random.default_rng(0).exponential(0.5, len(d.y)).astype("float32")
    hy = d.hy + np.random.default_rng(1).exponential(0.5, len(d.hy)).astype("float32")
    inputs = keras.Input((3,))
    x = layers.Dense(32, activation="gelu")(inputs)
    x = layers.Dense(32, activation="gelu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    loss = ninth_decile if mended else ninth_decile_turned_round
    model.compile(optimizer="adam", loss=loss)
    return Setup(model, d.x, y[:, None], (d.hx, hy[:, None]), 32, 25)


def cross_entropy_for_scaled_values(mended):
    d = worlds.songs(seed=6)
    mean, spread = d.y.mean(), d.y.std()
    y, vy, hy = ((one - mean) / spread for one in (d.y, d.vy, d.hy))
    model = keras.Sequential()
    model.add(layers.Input((12,)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(1))
    loss = "mse" if mended else "binary_crossentropy"
    model.compile(optimizer=keras.optimizers.Adam(3e-3), loss=loss)
    return Setup(model, d.x, y, (d.hx, hy), 16, 15, (d.vx, vy))


MEMBERS = (
    Program(
        "log_softmax_from_elsewhere", "output_activation", "before", log_softmax_from_elsewhere,
        accuracy, 0.3, "logarithms under a loss of probabilities",
    ),
    Program(
        "exponential_head_of_another_project", "output_activation", "before",
        exponential_head_of_another_project, r2, 0.15,
        "an exponential output for standardised targets",
    ),
    Program(
        "concentrations_through_softmax", "output_activation", "before",
        concentrations_through_softmax, r2, 0.2,
        "a softmax over four values that do not add up to 1",
    ),
    Program(
        "one_mask_for_three_kinds_of_pixel", "output_units", "before",
        one_mask_for_three_kinds_of_pixel, balanced_accuracy, 0.2,
        "one sigmoid a pixel against labels 0, 1 and 2",
    ),
    Program(
        "classes_counted_in_a_sample", "output_units", "before", classes_counted_in_a_sample,
        accuracy, 0.8, "fewer units than classes, counted on fifty rows", raises=True,
    ),
    Program(
        "two_columns_against_one_unit", "label_form", "before", two_columns_against_one_unit,
        balanced_accuracy, 0.2, "one-hot labels against one sigmoid",
    ),
    Program(
        "every_row_less_every_other", "label_form", "before", every_row_less_every_other, r2, 0.5,
        "labels (n,) less outputs (n, 1) are a square of n by n",
    ),
    Program(
        "places_in_pixels_through_a_sigmoid", "target_range", "before",
        places_in_pixels_through_a_sigmoid, r2, 0.5, "targets up to 15 through a sigmoid",
    ),
    Program(
        "years_as_they_are", "target_range", "before", years_as_they_are, r2, 0.3,
        "targets near 1985 for an output that starts at 0",
    ),
    Program(
        "squeezed_by_a_typing_error", "target_range", "before", squeezed_by_a_typing_error, r2,
        0.15, "one target a hundred times too large takes all of the range",
    ),
    Program(
        "dice_as_a_loss", "wrong_loss", "before", dice_as_a_loss, scores.overlap, 0.5,
        "an overlap that is minimised",
    ),
    Program(
        "same_pushed_apart", "wrong_loss", "before", same_pushed_apart, scores.nearer_if_alike,
        0.3, "a contrastive loss that takes 1 for different, labels in which it is alike",
    ),
    Program(
        "bound_on_the_wrong_side", "wrong_loss", "after", bound_on_the_wrong_side,
        scores.ninety_percent_below, 0.5, "a pinball loss with the error turned round",
    ),
    Program(
        "cross_entropy_for_scaled_values", "wrong_loss", "before", cross_entropy_for_scaled_values,
        r2, 0.2, "a cross-entropy for values",
    ),
)  # fmt: skip
