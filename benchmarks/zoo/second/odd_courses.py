"""Healthy programs: settings and curves that look strange and are right."""

import keras
import numpy as np
from keras import callbacks, layers, optimizers, regularizers
from sklearn import datasets

from zoo import data
from zoo.data import parts, scale
from zoo.measures import accuracy, balanced_accuracy, r2
from zoo.program import Healthy, Setup
from zoo.second import worlds


def tuned_finely():
    d = data.digits(flat=False, seed=71)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Conv2D(24, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(d.x, d.y, epochs=6, verbose=0)

    def faded(x):
        g = np.random.default_rng(1)
        return np.clip(0.6 * x + 0.2 + g.normal(scale=0.1, size=x.shape), 0, 1).astype("float32")

    model.compile(optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, faded(d.x), d.y, (faded(d.hx), d.hy), 32, 15, (faded(d.vx), d.vy))


def half_of_the_units_away():
    d = data.digits(seed=72)
    model = keras.Sequential()
    model.add(layers.Input((64,)))
    model.add(layers.Dense(256, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(128, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def outcomes_by_chance():
    g = np.random.default_rng(73)
    x = g.normal(size=(6000, 6))
    chance = np.where(x[:, 0] + np.abs(x[:, 1]) > 0.7, 0.8, 0.2)  # nobody knows more
    d = parts(x.astype("float32"), (g.uniform(size=6000) < chance).astype(int), 73)
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(8, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def rare_ones_weigh_more():
    d = worlds.loans(5000, share=0.06, seed=74)
    inputs = keras.Input((8,))
    x = layers.Dense(12, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizers.Adam(3e-3), "binary_crossentropy", metrics=["AUC"])
    return Setup(
        model,
        d.x,
        d.y,
        (d.hx, d.hy),
        64,
        15,
        (d.vx, d.vy),
        fit={"class_weight": {0: 0.53, 1: 8.3}},
    )


def sixty_flowers():
    x, y = datasets.load_iris(return_X_y=True)
    d = parts(scale(x), y, 75, shares=(0.4, 0.3))
    small = regularizers.L2(0.01)
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(8, activation="tanh", kernel_regularizer=small),
            layers.Dense(3, activation="softmax", kernel_regularizer=small),
        ]
    )
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 10, 25, (d.vx, d.vy))


def nesterov_along_a_cosine():
    d = worlds.letters(3000, classes=8, seed=76, spread=0.7)
    steps = -(-len(d.x) // 64) * 15
    rate = optimizers.schedules.CosineDecay(0.1, steps)
    model = keras.Sequential()
    model.add(layers.Input((16,)))
    model.add(layers.Dense(32, use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.ReLU())
    model.add(layers.Dense(8, activation="softmax"))
    model.compile(
        optimizers.SGD(rate, momentum=0.9, nesterov=True),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 15, (d.vx, d.vy))


def hundred_epochs_never_reached():
    d = data.curve(1800, seed=77)
    inputs = keras.Input((3,))
    x = layers.Dense(32, activation="elu")(inputs)
    x = layers.Dense(32, activation="elu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.Adam(5e-3), "mse")
    stop = callbacks.EarlyStopping(patience=6, restore_best_weights=True)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 100, (d.vx, d.vy), fit={"callbacks": [stop]})


def recurrent_and_clipped():
    d = worlds.motions(1400, seed=78)
    model = keras.Sequential(
        [
            layers.Input((40, 3)),
            layers.Conv1D(16, 5, strides=2, activation="relu"),
            layers.LSTM(24),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile(
        optimizers.Adam(5e-3, clipnorm=1.0),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def large_batches_at_a_large_rate():
    d = data.digits(seed=79)
    model = keras.Sequential()
    model.add(layers.Input((64,)))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 256, 20, (d.vx, d.vy))


def noise_on_the_inputs():
    d = worlds.mixtures(2000, seed=80)
    y, vy, hy = d.y, d.vy, d.hy
    model = keras.Sequential(
        [
            layers.Input((8,)),
            layers.GaussianNoise(0.02),
            layers.Dense(48, activation="relu"),
            layers.Dense(24, activation="relu"),
            layers.Dense(4, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(2e-3), "binary_crossentropy", metrics=["mae"])
    return Setup(model, d.x, y, (d.hx, hy), 32, 15, (d.vx, vy))


def steps_gathered_and_averaged():
    d = worlds.friedman(2500, seed=81)
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))
    model = keras.Sequential()
    model.add(layers.Input((10,)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(optimizers.Adam(3e-3, gradient_accumulation_steps=2), "mse")
    return Setup(model, d.x, y, (d.hx, hy), 16, 20, (d.vx, vy))


def lower_rate_on_a_plateau():
    d = worlds.songs(3000, seed=82)
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))
    inputs = keras.Input((12,))
    x = layers.Dense(24, activation="relu")(inputs)
    x = layers.Dense(12, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.RMSprop(3e-3), "mae")
    slower = callbacks.ReduceLROnPlateau(patience=2, factor=0.3)
    return Setup(model, d.x, y, (d.hx, hy), 32, 15, (d.vx, vy), fit={"callbacks": [slower]})


MEMBERS = (
    Healthy(
        "tuned_finely", "Adam at 0.0001, a loss that hardly falls", tuned_finely, accuracy, 0.93,
    ),
    Healthy(
        "half_of_the_units_away", "validation far better than training", half_of_the_units_away,
        accuracy, 0.94,
    ),
    Healthy(
        "outcomes_by_chance", "a fifth of the outcomes is of the other class", outcomes_by_chance,
        accuracy, 0.75,
    ),
    Healthy(
        "rare_ones_weigh_more", "six rows of a hundred are of one class", rare_ones_weigh_more,
        balanced_accuracy, 0.87,
    ),
    Healthy("sixty_flowers", "sixty rows, a penalty", sixty_flowers, accuracy, 0.93),
    Healthy(
        "nesterov_along_a_cosine", "a rate of 0.1 that ends at 0", nesterov_along_a_cosine,
        accuracy, 0.9,
    ),
    Healthy(
        "hundred_epochs_never_reached", "stops long before its epochs are over",
        hundred_epochs_never_reached, r2, 0.97,
    ),
    Healthy(
        "recurrent_and_clipped", "gradients clipped to 1", recurrent_and_clipped, accuracy, 0.93,
    ),
    Healthy(
        "large_batches_at_a_large_rate", "five batches an epoch, Adam at 0.01",
        large_batches_at_a_large_rate, accuracy, 0.94,
    ),
    Healthy(
        "noise_on_the_inputs", "noise, and labels between 0 and 1", noise_on_the_inputs, r2, 0.9,
    ),
    Healthy(
        "steps_gathered_and_averaged", "weights that stay at every other step",
        steps_gathered_and_averaged, r2, 0.85,
    ),
    Healthy(
        "lower_rate_on_a_plateau", "a rate that falls", lower_rate_on_a_plateau, r2, 0.78,
    ),
)  # fmt: skip
