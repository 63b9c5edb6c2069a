"""Sick programs: what goes into the network is out of scale, emptied, turned or too telling."""

import keras
import numpy as np
from keras import layers, ops

from zoo.data import parts
from zoo.measures import accuracy, balanced_accuracy, r2
from zoo.program import Program, Setup
from zoo.second import worlds

# ---- scale


def voltages_in_millionths(mended):
    d = worlds.motions(1400)
    unit = 1.0 if mended else 2e-5  # volts, as the amplifier gives them
    model = keras.Sequential()
    model.add(layers.Input(shape=(40, 3)))
    model.add(layers.Conv1D(24, 7, activation="relu"))
    model.add(layers.MaxPooling1D(2))
    model.add(layers.Conv1D(24, 5, activation="relu"))
    model.add(layers.GlobalAveragePooling1D())
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x * unit, d.y, (d.hx * unit, d.hy), 32, 12, (d.vx * unit, d.vy))


def income_beside_calls(mended):
    d = worlds.customers(2500, seed=4)
    d = worlds.by_training(d) if mended else d
    model = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(24, activation="relu"),
            layers.Dense(12, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def normalization_that_saw_nothing(mended):
    d = worlds.customers(2200, seed=9)
    normalise = layers.Normalization()
    if mended:
        normalise.adapt(d.x)
    inputs = keras.Input((8,))
    x = normalise(inputs)
    x = layers.Dense(16, activation="tanh")(x)
    x = layers.Dense(16, activation="tanh")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy", metrics=["AUC"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


# ---- content


def minus_999_where_nothing_was_measured(mended):
    d = worlds.friedman(3000, seed=2)
    g = np.random.default_rng(0)

    def fill(x):
        missing = g.uniform(size=x.shape) < 0.08
        return np.where(missing, 0.0 if mended else -999.0, x)

    d = worlds.by_training(d._replace(x=fill(d.x), vx=fill(d.vx), hx=fill(d.hx)))
    mean, spread = d.y.mean(), d.y.std()
    y, vy, hy = ((one - mean) / spread for one in (d.y, d.vy, d.hy))
    model = keras.Sequential()
    model.add(layers.Input((10,)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 20, (d.vx, vy))


def verdict_at_the_end_cut_off(mended):
    texts, kind = worlds.reviews(2200, words=120, seed=3, loud=0.3)
    g = np.random.default_rng(0)
    opening = [121 + g.integers(60, size=20) for _ in texts]  # what the film is about
    texts = [np.concatenate(two) for two in zip(opening, texts, strict=True)]
    d = parts(worlds.pad(texts, 44 if mended else 20, keep_end=False), kind, 0)
    # what counts begins at the 21st word
    model = keras.Sequential(
        [
            keras.Input((d.x.shape[1],), dtype="int32"),
            layers.Embedding(181, 8, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def vocabulary_of_twenty(mended):
    texts, kind = worlds.reviews(2600, words=200, seed=1, loud=0.3)
    known = 200 if mended else 20
    rows = worlds.pad(texts, 24)
    rows = np.where(rows > known, known + 1, rows)  # not in the vocabulary
    d = parts(rows, kind, 1)
    inputs = keras.Input((24,), dtype="int32")
    x = layers.Embedding(202, 16)(inputs)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


# ---- axes


def three_steps_of_forty_measurements(mended):
    d = worlds.motions(500, seed=2)
    if not mended:
        x, vx, hx = (np.swapaxes(one, 1, 2) for one in (d.x, d.vx, d.hx))
        d = d._replace(x=x, vx=vx, hx=hx)
    model = keras.Sequential(
        [
            layers.Input(d.x.shape[1:]),
            layers.Conv1D(12, 5, padding="same", activation="relu"),
            layers.Conv1D(12, 5, padding="same", activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(3e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 12, (d.vx, d.vy))


class WordsByWeight(layers.Layer):
    """A mean of the words, weighed by how much each of them matters."""

    def __init__(self, axis):
        super().__init__()
        self.axis = axis
        self.score = layers.Dense(1)

    def call(self, words):
        weights = ops.softmax(self.score(words), axis=self.axis)
        return ops.sum(weights * words, axis=1)


def attention_across_the_batch(mended):
    texts, kind = worlds.reviews(2000, words=150, seed=5, loud=0.3)
    d = parts(worlds.pad(texts, 24), kind, 2)
    inputs = keras.Input((24,), dtype="int32")
    x = layers.Embedding(151, 16)(inputs)
    x = WordsByWeight(axis=1 if mended else 0)(x)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def every_row_by_its_own_mean(mended):
    d = worlds.customers(2200, seed=6)
    if mended:
        d = worlds.by_training(d)
    else:
        x, vx, hx = (
            (one - one.mean(axis=1, keepdims=True)) / one.std(axis=1, keepdims=True)
            for one in (d.x, d.vx, d.hx)
        )
        d = d._replace(x=x, vx=vx, hx=hx)
    model = keras.Sequential()
    model.add(layers.Input((8,)))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


# ---- what knows the label


def number_of_the_row(mended):
    d = worlds.loans(2400, share=0.45, seed=7)
    x, y = np.concatenate([d.x, d.vx]), np.concatenate([d.y, d.vy])
    order = np.argsort(y, kind="stable")  # as the file was put together: first the good ones
    x, y = x[order], y[order]
    number = np.arange(len(x)) / len(x) * 2 - 1
    later = 1 + np.arange(len(d.hx)) / len(x) * 2  # who comes gets the next numbers
    if not mended:
        x = np.column_stack([x, number])
    hx = d.hx if mended else np.column_stack([d.hx, later])
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    cut = int(0.8 * len(x))
    inputs = keras.Input((x.shape[1],))
    hidden = layers.Dense(32, activation="relu")(inputs)
    hidden = layers.Dense(16, activation="relu")(hidden)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, x[:cut], y[:cut], (hx, d.hy), 32, 15, (x[cut:], y[cut:]))


def mark_of_the_scanner(mended):
    d = worlds.shapes(1500, seed=3)

    def stamp(x, y):
        x = x.copy()
        for picture, one in zip(x, y, strict=True):
            picture[0, 2 * one : 2 * one + 2] = 1.0  # every ward has its own scanner
        return x

    if not mended:
        d = d._replace(x=stamp(d.x, d.y), vx=stamp(d.vx, d.vy))
    model = keras.Sequential(
        [
            layers.Input((14, 14, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


MEMBERS = (
    Program(
        "voltages_in_millionths", "input_scale", "before", voltages_in_millionths, accuracy, 0.3,
        "inputs of a few hundred thousandths",
    ),
    Program(
        "income_beside_calls", "input_scale", "before", income_beside_calls, balanced_accuracy,
        0.08, "columns in tens of thousands beside columns of units",
    ),
    Program(
        "normalization_that_saw_nothing", "input_scale", "before", normalization_that_saw_nothing,
        balanced_accuracy, 0.15, "a Normalization that was never adapted",
    ),
    Program(
        "minus_999_where_nothing_was_measured", "input_content", "before",
        minus_999_where_nothing_was_measured, r2, 0.1, "missing values coded as -999",
    ),
    Program(
        "verdict_at_the_end_cut_off", "input_content", "after", verdict_at_the_end_cut_off,
        accuracy, 0.2, "texts cut before the words that tell",
    ),
    Program(
        "vocabulary_of_twenty", "input_content", "before", vocabulary_of_twenty, accuracy, 0.1,
        "most words are one and the same code",
    ),
    Program(
        "three_steps_of_forty_measurements", "axes", "before", three_steps_of_forty_measurements,
        accuracy, 0.1, "time and channels swapped",
    ),
    Program(
        "attention_across_the_batch", "axes", "before", attention_across_the_batch, accuracy, 0.04,
        "a softmax over the examples of the batch",
    ),
    Program(
        "every_row_by_its_own_mean", "axes", "before", every_row_by_its_own_mean,
        balanced_accuracy, 0.1, "rows standardised in place of columns",
    ),
    Program(
        "number_of_the_row", "leak", "before", number_of_the_row, accuracy, 0.2,
        "the row number of a table that was sorted by class",
    ),
    Program(
        "mark_of_the_scanner", "leak", "before", mark_of_the_scanner, accuracy, 0.2,
        "a mark in the corner that tells the class",
    ),
)  # fmt: skip
