"""Sick programs: what is inside the network stands in its way."""

import keras
import numpy as np
from keras import initializers, layers, ops

from zoo import data
from zoo.measures import accuracy, r2
from zoo.program import Program, Setup
from zoo.second import worlds

# ---- activations


def convolutions_without_activation(mended):
    d = worlds.shapes(1400)
    activation = "relu" if mended else None
    model = keras.Sequential()
    model.add(layers.Input((14, 14, 1)))
    model.add(layers.Conv2D(24, 5, activation=activation))
    model.add(layers.Conv2D(24, 3, activation=activation))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(
        keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 14, (d.vx, d.vy))


def leaky_slope_of_one(mended):
    d = worlds.friedman(1800, seed=7)
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))
    slope = 0.1 if mended else 1.0
    inputs = keras.Input((10,))
    x = inputs
    for units in (48, 24):
        x = layers.Dense(units)(x)
        x = layers.LeakyReLU(negative_slope=slope)(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="mse", metrics=["mae"])
    return Setup(model, d.x, y, (d.hx, hy), 32, 20, (d.vx, vy))


# ---- weights at the start


class Factors(keras.Model):
    """Ratings as products of what users like and what items have."""

    def __init__(self, start):
        super().__init__()
        self.users = layers.Embedding(60, 6, embeddings_initializer=start)
        self.items = layers.Embedding(40, 6, embeddings_initializer=start)
        self.dot = layers.Dot(axes=-1)

    def call(self, both):
        return self.dot([self.users(both[:, 0]), self.items(both[:, 1])])


def factors_that_start_at_zero(mended):
    train, val, held = worlds.ratings(6000)
    (x, y), validation, held = ((np.stack(one[:2], 1), one[2]) for one in (train, val, held))
    model = Factors(initializers.RandomNormal(stddev=0.1) if mended else "zeros")
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    return Setup(model, x, y, held, 64, 15, validation)


def weights_between_zero_and_one(mended):
    d = data.digits(seed=5)
    start = "he_uniform" if mended else initializers.RandomUniform(0, 1)
    model = keras.Sequential()
    model.add(keras.Input((64,)))
    for units in (128, 128, 64):
        model.add(layers.Dense(units, activation="relu", kernel_initializer=start))
    model.add(layers.Dense(10, activation="softmax", kernel_initializer=start))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 10, (d.vx, d.vy))


# ---- no way through


class Feature(layers.Layer):
    """A dense layer written by hand."""

    def __init__(self, units, registered):
        super().__init__()
        self.units = units
        self.registered = registered

    def build(self, shape):
        scale = (2 / shape[-1]) ** 0.5
        if self.registered:
            self.w = self.add_weight(
                shape=(shape[-1], self.units), initializer=initializers.RandomNormal(stddev=scale)
            )
            self.b = self.add_weight(shape=(self.units,), initializer="zeros")
        else:
            generator = np.random.default_rng(0)
            self.w = ops.convert_to_tensor(
                generator.normal(scale=scale, size=(shape[-1], self.units)).astype("float32")
            )
            self.b = ops.zeros((self.units,))

    def call(self, x):
        return ops.relu(ops.matmul(x, self.w) + self.b)


def weights_that_nobody_registered(mended):
    d = worlds.letters(3000, classes=12, seed=3)
    model = keras.Sequential(
        [
            layers.Input((16,)),
            Feature(24, mended),
            Feature(24, mended),
            layers.Dense(12, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


class Encoder(layers.Layer):
    """What a picture shows, in a few numbers."""

    def __init__(self, detach):
        super().__init__()
        self.detach = detach
        self.one = layers.Conv2D(8, 3, activation="relu")
        self.pool = layers.MaxPooling2D()
        self.two = layers.Conv2D(8, 3, activation="relu")
        self.flat = layers.GlobalMaxPooling2D()

    def call(self, x):
        code = self.flat(self.two(self.pool(self.one(x))))
        return ops.stop_gradient(code) if self.detach else code


def code_detached_from_its_encoder(mended):
    d = worlds.shapes(1600, seed=6)
    inputs = keras.Input((14, 14, 1))
    x = Encoder(detach=not mended)(inputs)
    x = layers.Dense(32, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(
        keras.optimizers.Adam(4e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


class Gate(layers.Layer):
    """How much of a branch is let in."""

    def __init__(self, start):
        super().__init__()
        self.start = start

    def build(self, shape):
        self.openness = self.add_weight(
            shape=(shape[-1],), initializer=initializers.Constant(self.start)
        )

    def call(self, x):
        return ops.relu(self.openness) * x


def gate_that_cannot_open(mended):
    g = np.random.default_rng(4)
    table, series = g.normal(size=(2000, 5)), g.normal(size=(2000, 12))
    y = table[:, 0] - np.abs(table[:, 1]) + 1.6 * np.tanh(series[:, :6].mean(axis=1) * 3)
    y = (y - y.mean()) / y.std() + g.normal(scale=0.2, size=2000)
    train, val, held = worlds.cut(
        0, *(one.astype("float32") for one in (table, series, y[:, None]))
    )
    one, two = keras.Input((5,)), keras.Input((12,))
    x = layers.Dense(24, activation="relu")(one)
    z = layers.Dense(24, activation="relu")(two)
    z = Gate(0.5 if mended else -0.5)(z)
    x = layers.Dense(24, activation="relu")(layers.Concatenate()([x, z]))
    model = keras.Model([one, two], layers.Dense(1)(x))
    model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="mse")
    return Setup(
        model,
        list(train[:2]),
        train[2],
        (list(held[:2]), held[2]),
        32,
        15,
        (list(val[:2]), val[2]),
    )


MEMBERS = (
    Program(
        "convolutions_without_activation", "activation", "before",
        convolutions_without_activation, accuracy, 0.2, "linear convolutions, then a mean",
    ),
    Program(
        "leaky_slope_of_one", "activation", "before", leaky_slope_of_one, r2, 0.08,
        "a LeakyReLU of slope 1 is linear",
    ),
    Program(
        "factors_that_start_at_zero", "initial_weights", "before", factors_that_start_at_zero, r2,
        0.5, "two factors that start at zero have no gradient",
    ),
    Program(
        "weights_between_zero_and_one", "initial_weights", "before",
        weights_between_zero_and_one, accuracy, 0.1, "positive, far too large weights",
    ),
    Program(
        "weights_that_nobody_registered", "disconnected", "before",
        weights_that_nobody_registered, accuracy, 0.1,
        "layers whose weights are constants",
    ),
    Program(
        "code_detached_from_its_encoder", "disconnected", "before",
        code_detached_from_its_encoder, accuracy, 0.1, "stop_gradient behind the encoder",
    ),
    Program(
        "gate_that_cannot_open", "disconnected", "before", gate_that_cannot_open, r2, 0.15,
        "a gate that is closed and has no gradient",
    ),
)  # fmt: skip
