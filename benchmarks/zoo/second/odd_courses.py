"""Healthy programs: settings and curves that look strange and are right."""

import keras
import numpy as np
from keras import layers, optimizers, regularizers
from sklearn import datasets

from zoo import data
from zoo.data import parts, scale
from zoo.measures import accuracy, balanced_accuracy
from zoo.program import Healthy, Setup
from zoo.second import worlds


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


MEMBERS = (
    Healthy(
        "half_of_the_units_away", "validation far better than training", half_of_the_units_away,
        accuracy, 0.93,
    ),
    Healthy(
        "outcomes_by_chance", "a fifth of the outcomes is of the other class", outcomes_by_chance,
        accuracy, 0.72,
    ),
    Healthy(
        "rare_ones_weigh_more", "six rows of a hundred are of one class", rare_ones_weigh_more,
        balanced_accuracy, 0.86,
    ),
    Healthy("sixty_flowers", "sixty rows, a penalty", sixty_flowers, accuracy, 0.95),
    Healthy(
        "nesterov_along_a_cosine", "a rate of 0.1 that ends at 0", nesterov_along_a_cosine,
        accuracy, 0.96,
    ),
)  # fmt: skip
