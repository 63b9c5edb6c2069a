"""Healthy programs as they stand in good tutorials."""

import keras
from keras import layers, optimizers, regularizers
from sklearn import datasets

from zoo import data
from zoo.data import parts, scale
from zoo.measures import accuracy, balanced_accuracy, label_accuracy, r2
from zoo.program import Healthy, Setup
from zoo.second import worlds


def tumours_by_a_small_network():
    d = data.tumours()
    model = keras.Sequential()
    model.add(layers.Input((30,)))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 15, (d.vx, d.vy))


def digits_by_convolutions():
    d = data.digits(flat=False, seed=91)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def raw_pixels_rescaled_and_normed():
    x, y = datasets.load_digits(return_X_y=True)
    d = parts(x.reshape(-1, 8, 8, 1).astype("float32"), y, 92)
    inputs = keras.Input((8, 8, 1))
    z = layers.Rescaling(1 / 16)(inputs)
    for filters in (16, 32):
        z = layers.Conv2D(filters, 3, padding="same", use_bias=False)(z)
        z = layers.BatchNormalization(momentum=0.9)(z)
        z = layers.ReLU()(z)
        z = layers.MaxPooling2D()(z)
    z = layers.GlobalAveragePooling2D()(z)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(z))
    model.compile(optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def progression_of_diabetes():
    x, y = datasets.load_diabetes(return_X_y=True)
    d = parts(scale(x), ((y - y.mean()) / y.std()).astype("float32"), 93)
    model = keras.Sequential()
    model.add(layers.Input((10,)))
    model.add(layers.Dense(8, activation="relu", kernel_regularizer=regularizers.L2(0.01)))
    model.add(layers.Dense(1))
    model.compile(optimizer=optimizers.Adam(3e-3), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 25, (d.vx, d.vy))


def moons_in_a_minute():
    d = worlds.by_training(data.moons(1500, noise=0.15, seed=95))
    model = keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def twenty_six_letters():
    d = worlds.letters(5000, seed=96, spread=0.7)
    y, vy = keras.utils.to_categorical(d.y, 26), keras.utils.to_categorical(d.vy, 26)
    model = keras.Sequential()
    model.add(layers.Input((16,)))
    model.add(layers.Dense(96, activation="relu"))
    model.add(layers.Dropout(0.1))
    model.add(layers.Dense(26, activation="softmax"))
    model.compile(optimizers.Adam(2e-3), "categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy), 64, 20, (d.vx, vy))


def motions_by_convolutions():
    d = worlds.motions(2000, seed=97)
    model = keras.Sequential(
        [
            layers.Input((40, 3)),
            layers.Conv1D(24, 7, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(24, 5, activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def kind_reviews():
    texts, kind = worlds.reviews(3000, words=200, seed=100, loud=0.4)
    d = parts(worlds.pad(texts, 24), kind, 100)
    model = keras.Sequential(
        [
            layers.Input((24,), dtype="int32"),
            layers.Embedding(201, 8, mask_zero=True),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def three_kinds_of_pixel():
    d = worlds.fields(600, seed=102)
    inputs = keras.Input((16, 16, 1))
    one = layers.Conv2D(12, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D()(one)
    x = layers.Conv2D(24, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D()(x)
    x = layers.Concatenate()([one, x])
    x = layers.Conv2D(12, 3, padding="same", activation="relu")(x)
    model = keras.Model(inputs, layers.Conv2D(3, 1, activation="softmax")(x))
    model.compile(optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 12, (d.vx, d.vy))


def where_the_light_is():
    d = worlds.spots(1500, seed=103)
    y, vy, hy = (one / 15 for one in (d.y, d.vy, d.hy))
    model = keras.Sequential()
    model.add(layers.Input((16, 16, 1)))
    model.add(layers.Conv2D(8, 3, activation="relu"))
    model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(2, activation="sigmoid"))
    model.compile(optimizer="adam", loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 12, (d.vx, vy))


def five_topics():
    d = worlds.topics(3000, seed=104, share=0.4)
    model = keras.Sequential(
        [
            layers.Input((60,)),
            layers.Dense(20, activation="relu"),
            layers.Dense(5, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(2e-3), "binary_crossentropy", metrics=["binary_accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def who_leaves():
    d = worlds.by_training(worlds.customers(3000, seed=105))
    inputs = keras.Input((8,))
    x = layers.Dense(16, activation="relu")(inputs)
    x = layers.Dense(8, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


class Regressor(keras.Model):
    """Two hidden layers with normalised batches."""

    def __init__(self):
        super().__init__()
        self.hidden = [layers.Dense(units, use_bias=False) for units in (32, 16)]
        self.norms = [layers.BatchNormalization(momentum=0.9) for _ in range(2)]
        self.out = layers.Dense(1)

    def call(self, x, training=False):
        for hidden, norm in zip(self.hidden, self.norms, strict=True):
            x = keras.ops.relu(norm(hidden(x), training=training))
        return self.out(x)


def years_of_songs():
    d = worlds.songs(3500, seed=106)
    y, vy, hy = (((one - d.y.mean()) / d.y.std())[:, None] for one in (d.y, d.vy, d.hy))
    model = Regressor()
    model.compile(optimizer=optimizers.Adam(3e-3), loss="mse")
    model.build((None, 12))
    return Setup(model, d.x, y, (d.hx, hy), 64, 15, (d.vx, vy))


MEMBERS = (
    Healthy(
        "tumours_by_a_small_network", "nothing", tumours_by_a_small_network, balanced_accuracy,
        0.94,
    ),
    Healthy("digits_by_convolutions", "nothing", digits_by_convolutions, accuracy, 0.94),
    Healthy(
        "raw_pixels_rescaled_and_normed", "inputs up to 16", raw_pixels_rescaled_and_normed,
        accuracy, 0.96,
    ),
    Healthy(
        "progression_of_diabetes", "half of the variance stays", progression_of_diabetes, r2, 0.49,
    ),
    Healthy("moons_in_a_minute", "nothing", moons_in_a_minute, accuracy, 0.96),
    Healthy("twenty_six_letters", "many classes", twenty_six_letters, accuracy, 0.91),
    Healthy("motions_by_convolutions", "nothing", motions_by_convolutions, accuracy, 0.98),
    Healthy("kind_reviews", "padding of zeros", kind_reviews, accuracy, 0.97),
    Healthy(
        "three_kinds_of_pixel", "most pixels are of one class", three_kinds_of_pixel,
        balanced_accuracy, 0.93,
    ),
    Healthy("where_the_light_is", "a sigmoid under squared error", where_the_light_is, r2, 0.96),
    Healthy("five_topics", "five sigmoids", five_topics, label_accuracy, 0.89),
    Healthy("who_leaves", "columns of zeros and ones among others", who_leaves,
            balanced_accuracy, 0.83),
    Healthy("years_of_songs", "a model written as a class", years_of_songs, r2, 0.81),
)  # fmt: skip
