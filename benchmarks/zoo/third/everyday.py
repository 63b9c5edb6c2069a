"""Plain programs: what tutorials show and what practitioners write on an ordinary day."""

import keras
import numpy as np
from keras import callbacks, layers, optimizers, regularizers
from sklearn import datasets

from zoo import data
from zoo.measures import accuracy, auc, predict, r2
from zoo.program import Healthy, Setup


def by_training_rows(d):
    """Return the parts with columns scaled by mean and deviation of the training rows."""
    mean, spread = d.x.mean(axis=0), d.x.std(axis=0) + 1e-9
    x, vx, hx = ((part - mean) / spread for part in (d.x, d.vx, d.hx))
    return data.Parts(
        x.astype("float32"), d.y, vx.astype("float32"), d.vy, hx.astype("float32"), d.hy
    )


def three_irises():
    x, y = datasets.load_iris(return_X_y=True)
    d = by_training_rows(data.parts(x, y, seed=10))
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 30, (d.vx, d.vy))


def cultivars_one_hot():
    x, y = datasets.load_wine(return_X_y=True)
    d = by_training_rows(data.parts(x, keras.utils.to_categorical(y, 3), seed=6))
    model = keras.Sequential()
    model.add(keras.Input((13,)))
    model.add(layers.Dense(12, activation="relu", kernel_regularizer=regularizers.L2(0.005)))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 60, (d.vx, d.vy))


def benign_or_malignant():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    d = by_training_rows(data.parts(x, y, seed=4))
    inputs = keras.Input((30,), name="measurements")
    hidden = layers.Dense(16, activation="relu")(inputs)
    hidden = layers.Dropout(0.3)(hidden)
    outputs = layers.Dense(1, activation="sigmoid")(hidden)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 30, (d.vx, d.vy))


def digits_in_the_first_chapter():
    d = data.digits(seed=5)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 35, (d.vx, d.vy))


def two_convolutions_and_a_head():
    d = data.digits(flat=False, seed=6)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(0.002), loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 25, (d.vx, d.vy))


def surface_with_adam():
    d = data.curve(1600, seed=7)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizers.Adam(0.003), "mse", metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 30, (d.vx, d.vy))


def moons_stopped_in_time():
    d = data.moons(1000, noise=0.2, seed=8)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(24, activation="relu"),
            layers.Dense(24, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
    stop = callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    fit = {"callbacks": [stop]}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 60, (d.vx, d.vy), fit)


def rings_with_momentum():
    d = data.rings(1000, seed=9)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(16, activation="tanh"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.SGD(0.1, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 30, (d.vx, d.vy))


def regression_of_four_groups():
    d = data.blobs(4, 1200, 10, seed=10)
    model = keras.Sequential([keras.Input((10,)), layers.Dense(4, activation="softmax")])
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 15, (d.vx, d.vy))


def stripes_with_batch_normalisation():
    d = data.stripes(900, seed=11)
    inputs = keras.Input((12, 12, 3))
    x = inputs
    for filters in (8, 16):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def opinions_by_embedding():
    d = data.sentences(4000, seed=12)
    model = keras.Sequential(
        [
            keras.Input((12,), dtype="int32"),
            layers.Embedding(200, 8),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 15, (d.vx, d.vy))


def waves_by_gru():
    d = data.waves(900, seed=13)
    model = keras.Sequential(
        [keras.Input((24, 2)), layers.GRU(16), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def waves_by_filters():
    d = data.waves(1200, seed=14)
    model = keras.Sequential(
        [
            keras.Input((24, 2)),
            layers.Conv1D(16, 5, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(16, 5, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def prices_in_deviations():
    d = data.houses(1500, seed=15)
    mean, spread = d.y.mean(), d.y.std()
    y, vy, hy = ((part - mean) / spread for part in (d.y, d.vy, d.hy))
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(32, activation="relu"), layers.Dense(1)]
    )
    model.compile(optimizers.Adam(0.005), "mean_squared_error", metrics=["mae"])
    return Setup(model, d.x, y, (d.hx, hy), 32, 25, (d.vx, vy))


def friedman_with_decay():
    x, y = datasets.make_friedman1(1500, noise=0.5, random_state=16)
    x, y = (x - 0.5) * 3.4, (y - y.mean()) / y.std()
    d = data.parts(x.astype("float32"), y.astype("float32"), seed=16)
    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(32, activation="gelu"),
            layers.Dense(16, activation="gelu"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizers.AdamW(0.003, weight_decay=0.01), "mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def even_or_odd_digit():
    d = data.digits(seed=17)
    y, vy, hy = ((part % 2).astype("float32") for part in (d.y, d.vy, d.hy))
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(48, activation="relu"),
            layers.Dropout(0.4),
            layers.Dense(24, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.002), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, hy), 64, 24, (d.vx, vy))


def noise_taken_off_digits():
    d = data.digits(seed=18)
    generator = np.random.default_rng(18)
    noisy = [
        (part + generator.normal(scale=0.2, size=part.shape)).astype("float32")
        for part in (d.x, d.vx, d.hx)
    ]
    inputs = keras.Input((64,))
    code = layers.Dense(32, activation="relu")(layers.Dense(64, activation="relu")(inputs))
    back = layers.Dense(64, activation="sigmoid")(layers.Dense(64, activation="relu")(code))
    model = keras.Model(inputs, back)
    model.compile(optimizers.Adam(0.002), "mse")
    return Setup(model, noisy[0], d.x, (noisy[2], d.hx), 64, 40, (noisy[1], d.vx))


def share_of_ink(model, x, y):
    """Return the share of the variance of all pixels together that is found again."""
    return float(1 - np.mean((predict(model, x) - y) ** 2) / np.mean((y - y.mean(axis=0)) ** 2))


def part_of_the_rows_for_validation():
    x, y = datasets.make_classification(
        1500, 12, n_informative=6, n_redundant=0, n_classes=3, class_sep=1.5, random_state=19
    )
    d = by_training_rows(data.parts(x, y, seed=19, shares=(0.8, 0)))
    model = keras.Sequential(
        [
            keras.Input((12,)),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 30, fit={"validation_split": 0.2})


def tomorrow_from_a_window():
    generator = np.random.default_rng(20)
    at = np.arange(1800)
    series = np.sin(at / 6) + 0.6 * np.sin(at / 2.3) + generator.normal(scale=0.1, size=1800)
    series = (series / series.std()).astype("float32")
    x = np.lib.stride_tricks.sliding_window_view(series, 16)[:-1, :, None]
    y = series[16:]
    model = keras.Sequential([keras.Input((16, 1)), layers.LSTM(16), layers.Dense(1)])
    model.compile(optimizers.Adam(0.01), "mse", metrics=["mae"])
    held_out, validation = (x[1500:], y[1500:]), (x[1200:1480], y[1200:1480])
    return Setup(model, x[:1180], y[:1180], held_out, 32, 15, validation)


def kind_of_every_token():
    """Tag every letter: a vowel, a consonant before a vowel, or another consonant."""
    generator = np.random.default_rng(21)
    x = generator.integers(20, size=(1200, 14)).astype("int32")
    vowel = x < 7
    before = np.concatenate([vowel[:, 1:], np.zeros((1200, 1), bool)], axis=1)
    d = data.parts(x, np.where(vowel, 0, np.where(before, 1, 2)), seed=21)
    model = keras.Sequential(
        [
            keras.Input((14,), dtype="int32"),
            layers.Embedding(20, 8),
            layers.Bidirectional(layers.GRU(12, return_sequences=True)),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 5, (d.vx, d.vy))


def tag_accuracy(model, x, y):
    """Return the share of tokens whose tag is right."""
    return float(np.mean(predict(model, x).argmax(axis=-1) == y))


def plateau_lowers_the_rate():
    d = data.digits(seed=22)
    model = keras.Sequential([keras.Input((64,))])
    for units in (64, 32):
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.Activation("relu"))
        model.add(layers.Dropout(0.2))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    lower = callbacks.ReduceLROnPlateau(factor=0.3, patience=4)
    fit = {"callbacks": [lower]}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 20, (d.vx, d.vy), fit)


def progression_by_a_line():
    x, y = datasets.load_diabetes(return_X_y=True)
    y = ((y - y.mean()) / y.std()).astype("float32")
    d = by_training_rows(data.parts(x, y, seed=3, shares=(0.75, 0)))
    model = keras.Sequential(
        [keras.Input((10,)), layers.Dense(1, kernel_regularizer=regularizers.L2(0.01))]
    )
    model.compile(optimizers.Adam(0.01), "mse", metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 40)


PLAIN = "nothing: an everyday program"
MEMBERS = tuple(
    Healthy(make.__name__, PLAIN, make, measure, right)
    for make, measure, right in (
        (three_irises, accuracy, 0.9),
        (cultivars_one_hot, accuracy, 0.93),
        (benign_or_malignant, auc, 0.98),
        (digits_in_the_first_chapter, accuracy, 0.94),
        (two_convolutions_and_a_head, accuracy, 0.96),
        (surface_with_adam, r2, 0.96),
        (moons_stopped_in_time, accuracy, 0.94),
        (rings_with_momentum, accuracy, 0.96),
        (regression_of_four_groups, accuracy, 0.9),
        (stripes_with_batch_normalisation, accuracy, 0.97),
        (opinions_by_embedding, accuracy, 0.96),
        (waves_by_gru, accuracy, 0.97),
        (waves_by_filters, accuracy, 0.97),
        (prices_in_deviations, r2, 0.95),
        (friedman_with_decay, r2, 0.96),
        (even_or_odd_digit, accuracy, 0.93),
        (noise_taken_off_digits, share_of_ink, 0.7),
        (part_of_the_rows_for_validation, accuracy, 0.88),
        (tomorrow_from_a_window, r2, 0.95),
        (kind_of_every_token, tag_accuracy, 0.97),
        (plateau_lowers_the_rate, accuracy, 0.96),
        (progression_by_a_line, r2, 0.35),
    )
)
