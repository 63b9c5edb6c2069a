"""Healthy programs: layers, starts and inputs that look strange and are right."""

import keras
import numpy as np
from keras import initializers, layers, ops, optimizers, regularizers

from zoo import data
from zoo.data import parts
from zoo.measures import accuracy, balanced_accuracy, r2
from zoo.program import Healthy, Setup
from zoo.second import worlds
from zoo.second.scores import rebuilt


def branches_that_start_closed():
    d = worlds.friedman(2500, seed=51)
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))
    inputs = keras.Input((10,))
    x = layers.Dense(24)(inputs)
    for _ in range(6):
        branch = layers.LayerNormalization()(x)
        branch = layers.Dense(24, activation="relu")(branch)
        branch = layers.Dense(24, kernel_initializer="zeros")(branch)
        x = layers.Add()([x, branch])
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.Adam(1e-3), "mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 15, (d.vx, vy))


class Scaled(layers.Layer):
    """A convolution and a detour, whose share starts at 0."""

    def __init__(self, filters):
        super().__init__()
        self.conv = layers.Conv2D(filters, 3, padding="same", activation="relu")

    def build(self, shape):
        self.conv.build(shape)
        self.share = self.add_weight(shape=(), initializer="zeros")

    def call(self, x):
        return x + self.share * self.conv(x)


def shares_from_zero_in_pictures():
    d = worlds.shapes(1800, seed=52)
    model = keras.Sequential()
    model.add(layers.Input((14, 14, 1)))
    model.add(layers.Conv2D(12, 5, activation="relu"))
    model.add(Scaled(12))
    model.add(layers.MaxPooling2D())
    model.add(Scaled(12))
    model.add(layers.Conv2D(24, 3, activation="relu"))
    model.add(layers.GlobalMaxPooling2D())
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def selu_with_alpha_dropout():
    d = worlds.letters(2600, classes=10, seed=53)
    model = keras.Sequential([layers.Input((16,))])
    for _ in range(4):
        model.add(layers.Dense(40, activation="selu", kernel_initializer="lecun_normal"))
        model.add(layers.AlphaDropout(0.05))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


class Highway(layers.Layer):
    """Lets through what a sigmoid says, and transforms the rest."""

    def __init__(self, units):
        super().__init__()
        self.change = layers.Dense(units, activation="relu")
        self.gate = layers.Dense(
            units, activation="sigmoid", bias_initializer=initializers.Constant(-2.0)
        )

    def build(self, shape):
        self.change.build(shape)
        self.gate.build(shape)

    def call(self, x):
        gate = self.gate(x)
        return gate * self.change(x) + (1 - gate) * x


def highway_of_five():
    d = data.digits(seed=54)
    inputs = keras.Input((64,))
    x = layers.Dense(32)(inputs)
    for _ in range(5):
        x = Highway(32)(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 14, (d.vx, d.vy))


class Transposed(layers.Layer):
    """Goes back through the weights of another layer."""

    def __init__(self, other):
        super().__init__()
        self.other = other

    def build(self, shape):
        self.bias = self.add_weight(shape=(self.other.kernel.shape[0],), initializer="zeros")

    def call(self, code):
        return ops.sigmoid(ops.matmul(code, ops.transpose(self.other.kernel)) + self.bias)


def back_through_the_same_weights():
    d = data.digits(seed=55)
    inputs = keras.Input((64,))
    there = layers.Dense(20)
    code = there(inputs)
    model = keras.Model(inputs, Transposed(there)(code))
    model.compile(optimizers.Adam(3e-3), "mse")
    return Setup(model, d.x, d.x, (d.hx, d.hx), 32, 40, (d.vx, d.vx))


def tastes_and_traits():
    train, val, held = worlds.ratings(9000, users=40, items=30, seed=56)
    who, what = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    small = regularizers.L2(1e-5)
    taste = layers.Embedding(40, 4, embeddings_regularizer=small)(who)
    trait = layers.Embedding(30, 4, embeddings_regularizer=small)(what)
    model = keras.Model([who, what], layers.Dot(axes=-1)([taste, trait]))
    model.compile(optimizers.Adam(0.01), "mse")
    return Setup(
        model,
        list(train[:2]),
        train[2][:, None],
        (list(held[:2]), held[2][:, None]),
        64,
        15,
        (list(val[:2]), val[2][:, None]),
    )


class WordsAtPlaces(layers.Layer):
    """What a word means and where it stands."""

    def __init__(self):
        super().__init__()
        self.words = layers.Embedding(40, 24)
        self.places = layers.Embedding(14, 24)

    def call(self, x):
        return self.words(x) + self.places(ops.arange(14))


def words_that_look_at_each_other():
    d = worlds.tags(1500, seed=57)
    inputs = keras.Input((14,), dtype="int32")
    x = WordsAtPlaces()(inputs)
    seen = layers.MultiHeadAttention(2, 12)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, seen]))
    z = layers.Dense(48, activation="gelu")(x)
    x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(24)(z)]))
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(x))
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def strokes_of_other_digits():
    d = data.digits(flat=False, seed=58)
    low, high = d.y < 5, d.y >= 5
    base = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(24, 3, activation="relu"),
            layers.Conv2D(24, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ]
    )
    before = keras.Sequential([base, layers.Dense(5, activation="softmax")])
    before.compile("adam", "sparse_categorical_crossentropy")
    before.fit(d.x[low], d.y[low], epochs=8, verbose=0)
    base.trainable = False
    model = keras.Sequential([layers.Input((8, 8, 1)), base, layers.Dense(5, activation="softmax")])
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    v, h = d.vy >= 5, d.hy >= 5
    return Setup(
        model,
        d.x[high],
        d.y[high] - 5,
        (d.hx[h], d.hy[h] - 5),
        32,
        20,
        (d.vx[v], d.vy[v] - 5),
    )


class Bumps(layers.Layer):
    """One where an input is at a centre, less with the distance."""

    def __init__(self, count):
        super().__init__()
        self.count = count

    def build(self, shape):
        self.centres = self.add_weight(
            shape=(self.count, shape[-1]), initializer=initializers.RandomUniform(-1.5, 1.5)
        )
        self.log_width = self.add_weight(shape=(self.count,), initializer="zeros")

    def call(self, x):
        far = ops.sum(ops.square(x[:, None, :] - self.centres[None]), axis=-1)
        return ops.exp(-far * ops.exp(self.log_width))


def rings_by_bumps():
    d = data.rings(1500, seed=59)
    model = keras.Sequential([layers.Input((2,)), Bumps(30), layers.Dense(1, activation="sigmoid")])
    model.compile(optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def wide_beside_deep():
    d = worlds.songs(3000, seed=60)
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))
    inputs = keras.Input((12,))
    deep = layers.Dense(32, activation="relu")(inputs)
    deep = layers.Dense(16, activation="relu")(deep)
    model = keras.Model(inputs, layers.Dense(1)(layers.Concatenate()([inputs, deep])))
    model.compile(optimizers.Adam(3e-3), "mse", metrics=["mae"])
    return Setup(model, d.x, y, (d.hx, hy), 32, 15, (d.vx, vy))


def town_and_size():
    g = np.random.default_rng(61)
    worth = g.normal(size=20)
    town, size = g.integers(20, size=3000), g.normal(size=(3000, 3))
    y = worth[town] + 0.7 * size[:, 0] - 0.4 * np.abs(size[:, 1])
    y = (y - y.mean()) / y.std() + g.normal(scale=0.2, size=3000)
    train, val, held = worlds.cut(
        61, town.astype("int32"), size.astype("float32"), y.astype("float32")[:, None]
    )
    inputs = {
        "town": keras.Input((1,), dtype="int32", name="town"),
        "size": keras.Input((3,), name="size"),
    }
    where = layers.Flatten()(layers.Embedding(20, 4)(inputs["town"]))
    x = layers.Concatenate()([where, inputs["size"]])
    x = layers.Dense(32, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.Adam(3e-3), "mse")

    def named(one):
        return {"town": one[0][:, None], "size": one[1]}

    return Setup(
        model, named(train), train[2], (named(held), held[2]), 32, 15, (named(val), val[2])
    )


def mostly_zeros():
    texts, kind = worlds.reviews(2600, words=150, seed=62, loud=0.4)
    counts = np.stack([np.bincount(text, minlength=151) for text in texts])
    d = parts(counts.astype("float32"), kind, 62)
    model = keras.Sequential(
        [
            layers.Input((151,)),
            layers.Dense(8, activation="relu", kernel_regularizer=regularizers.L2(1e-3)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def one_layer_for_a_line():
    x, y = np.random.default_rng(63).normal(size=(1500, 8)), np.zeros(1500)
    y = x @ np.linspace(-1, 1, 8) / 1.85 + np.random.default_rng(1).normal(scale=0.3, size=1500)
    d = parts(x.astype("float32"), y.astype("float32"))
    model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
    model.compile(optimizer=optimizers.SGD(0.02), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def columns_as_they_come_normalised_inside():
    d = worlds.customers(2600, seed=64)
    normalise = layers.Normalization()
    normalise.adapt(d.x)
    model = keras.Sequential(
        [
            layers.Input((8,)),
            normalise,
            layers.Dense(16, activation="relu"),
            layers.Dense(8, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


MEMBERS = (
    Healthy(
        "branches_that_start_closed", "six layers whose weights start at zero",
        branches_that_start_closed, r2, 0.89,
    ),
    Healthy(
        "shares_from_zero_in_pictures", "convolutions without a gradient at the first step",
        shares_from_zero_in_pictures, accuracy, 0.98,
    ),
    Healthy(
        "selu_with_alpha_dropout", "four layers that look unnormalised", selu_with_alpha_dropout,
        accuracy, 0.96,
    ),
    Healthy("highway_of_five", "sigmoids deep inside", highway_of_five, accuracy, 0.95),
    Healthy(
        "back_through_the_same_weights", "one kernel in two layers",
        back_through_the_same_weights, rebuilt, 0.87,
    ),
    Healthy("tastes_and_traits", "numbers of users as inputs", tastes_and_traits, r2, 0.91),
    Healthy(
        "words_that_look_at_each_other", "softmax inside, codes up to 39",
        words_that_look_at_each_other, accuracy, 0.98,
    ),
    Healthy(
        "strokes_of_other_digits", "frozen layers", strokes_of_other_digits, accuracy, 0.96,
    ),
    Healthy("rings_by_bumps", "units that are near zero mostly", rings_by_bumps, accuracy, 0.98),
    Healthy("wide_beside_deep", "inputs that bypass all layers", wide_beside_deep, r2, 0.84),
    Healthy("town_and_size", "a dictionary of inputs, one of them codes", town_and_size, r2, 0.94),
    Healthy("mostly_zeros", "nine inputs of ten are zero", mostly_zeros, accuracy, 0.98),
    Healthy("one_layer_for_a_line", "no hidden layer", one_layer_for_a_line, r2, 0.88),
    Healthy(
        "columns_as_they_come_normalised_inside", "raw columns go in",
        columns_as_they_come_normalised_inside, balanced_accuracy, 0.82,
    ),
)  # fmt: skip
