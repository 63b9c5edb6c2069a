"""Sick programs: networks that are too small, held back, or normalised wrongly."""

import keras
from keras import layers, regularizers

from zoo import data
from zoo.measures import accuracy, r2
from zoo.program import Program, Setup
from zoo.second import worlds

# ---- too little


def kernels_of_one_pixel(mended):
    d = worlds.shapes(1400, seed=8)
    size = 5 if mended else 1
    model = keras.Sequential(
        [
            layers.Input((14, 14, 1)),
            layers.Conv2D(24, size, activation="relu"),
            layers.Conv2D(24, size, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def one_unit_reads_the_sentence(mended):
    d = worlds.tags(1200, seed=2)
    model = keras.Sequential()
    model.add(layers.Input((14,)))
    model.add(layers.Embedding(40, 6))
    model.add(layers.SimpleRNN(16 if mended else 1, return_sequences=True))
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


# ---- held back


def noise_louder_than_the_data(mended):
    d = worlds.friedman(1500, seed=9)
    x, vx, hx = ((one / 1.7 + 1) / 2 for one in (d.x, d.vx, d.hx))  # in [0, 1]
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))
    model = keras.Sequential()
    model.add(layers.Input((10,)))
    model.add(layers.GaussianNoise(0.02 if mended else 1.0))
    model.add(layers.Dense(48, activation="relu"))
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    return Setup(model, x, y, (hx, hy), 16, 25, (vx, vy))


def quiet_units(mended):
    d = data.digits(seed=9)
    penalty = regularizers.L1(1e-6 if mended else 0.1)
    model = keras.Sequential(
        [
            layers.Input((64,)),
            layers.Dense(64, activation="relu", activity_regularizer=penalty),
            layers.Dense(32, activation="relu", activity_regularizer=penalty),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


# ---- normalised wrongly


def layer_norm_of_two_columns(mended):
    d = data.moons(1200, noise=0.15, seed=3)
    d = worlds.by_training(d)
    inputs = layers.Input((2,))
    x = inputs if mended else layers.LayerNormalization()(inputs)
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def batch_norm_of_pairs(mended):
    d = worlds.letters(800, classes=6, seed=5)
    model = keras.Sequential()
    model.add(layers.Input((16,)))
    for _ in range(2):
        model.add(layers.Dense(32))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
    model.add(layers.Dense(6, activation="softmax"))
    model.compile(
        keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32 if mended else 2, 12, (d.vx, d.vy))


def momentum_of_another_framework(mended):
    d = worlds.letters(1610, classes=8, seed=6)  # 966 rows: the last batch of 64 has six
    inputs = keras.Input((16,))
    x = inputs
    for _ in range(2):
        x = layers.Dense(48)(x)
        x = layers.BatchNormalization(momentum=0.9 if mended else 0.01)(x)
        x = layers.ReLU()(x)
    model = keras.Model(inputs, layers.Dense(8, activation="softmax")(x))
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 12, (d.vx, d.vy))


MEMBERS = (
    Program(
        "kernels_of_one_pixel", "capacity", "before", kernels_of_one_pixel, accuracy, 0.15,
        "no unit sees more than one pixel",
    ),
    Program(
        "one_unit_reads_the_sentence", "capacity", "after", one_unit_reads_the_sentence, accuracy,
        0.2, "one recurrent unit",
    ),
    Program(
        "noise_louder_than_the_data", "regularisation", "before", noise_louder_than_the_data, r2,
        0.15, "noise of three times the deviation of inputs within [0, 1]",
    ),
    Program(
        "quiet_units", "regularisation", "before", quiet_units, accuracy, 0.2,
        "a penalty on what units give that outweighs the loss",
    ),
    Program(
        "layer_norm_of_two_columns", "normalisation", "before", layer_norm_of_two_columns,
        accuracy, 0.1, "of two columns normalised together, only a sign is left",
    ),
    Program(
        "batch_norm_of_pairs", "normalisation", "before", batch_norm_of_pairs, accuracy, 0.05,
        "BatchNormalization over two examples",
    ),
    Program(
        "momentum_of_another_framework", "normalisation", "before",
        momentum_of_another_framework, accuracy, 0.05,
        "a momentum of 0.01: the statistics are those of the last, small batch",
    ),
)  # fmt: skip
