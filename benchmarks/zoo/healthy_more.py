"""More healthy programs: what the checks alarmed for, and what stands beside a fault they look for.

They were written with the checks before one's eyes, so they are no part of the measured zoo: tests
and whoever changes a check ask them.
"""

import keras
import numpy as np
from keras import initializers, layers, optimizers, regularizers
from sklearn import datasets

from zoo import data
from zoo.measures import accuracy, auc, balanced_accuracy, predict, r2
from zoo.program import Healthy, Setup


def patient(epochs=8, **further):
    """Early stopping that keeps the best weights."""
    stop = keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True, **further)
    return {"callbacks": [stop]}


def begins_at_the_mean():
    """Targets of 25 to 346 as they are, and a last bias at their mean."""
    d = data.diabetes()
    mean = initializers.Constant(float(d.y.mean()))
    model = keras.Sequential(
        [keras.Input((10,)), layers.Dense(32, "relu"), layers.Dense(1, bias_initializer=mean)]
    )
    model.compile(optimizers.Adam(0.01), "mae")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 80, (d.vx, d.vy), patient(10))


def tenth_of_labels_drawn():
    """A tenth of the labels was clicked at random; the network is right in spite of them."""
    d = data.digits(seed=5)
    generator = np.random.default_rng(6)
    y, vy = [
        np.where(
            generator.uniform(size=len(part)) < 0.1, generator.integers(10, size=len(part)), part
        )
        for part in (d.y, d.vy)
    ]
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, "relu", kernel_regularizer=regularizers.L2(1e-3)),
            layers.Dropout(0.3),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 40, (d.vx, vy), patient(5))


def uneven(seed, share, columns=12):
    """Two classes of unequal size that can be told apart."""
    x, y = datasets.make_classification(
        3000, columns, n_informative=6, weights=[1 - share], class_sep=1.2, flip_y=0.01,
        random_state=seed,
    )  # fmt: skip
    return data.parts(x.astype("float32"), y)


def focal_beyond_the_least_loss():
    """The validation loss rises a little while the area under the curve stays."""
    d = uneven(2, 0.07)
    model = keras.Sequential([keras.Input((12,)), layers.Dense(32, "relu"), layers.Dense(1)])
    loss = keras.losses.BinaryFocalCrossentropy(
        apply_class_balancing=True, alpha=0.8, from_logits=True
    )
    measured = keras.metrics.AUC(from_logits=True, name="auc")
    model.compile(optimizers.Adam(0.005), loss, metrics=[measured])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 25, (d.vx, d.vy))


def half_of_sixteen_dropped():
    """Sixteen units, half of them dropped, and a last bias at the share of the rare class."""
    d = uneven(3, 0.05, columns=15)
    share = float(d.y.mean())
    begin = initializers.Constant(float(np.log(share / (1 - share))))
    model = keras.Sequential(
        [
            keras.Input((15,)),
            layers.Dense(16, "relu"),
            layers.Dropout(0.5),
            layers.Dense(1, "sigmoid", bias_initializer=begin),
        ]
    )
    measured = keras.metrics.AUC(name="prc", curve="PR")
    model.compile(optimizers.Adam(0.003), "binary_crossentropy", metrics=[measured])
    fit = patient(10, monitor="val_prc", mode="max")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 128, 50, (d.vx, d.vy), fit)


def three_hundred_patients():
    """A weak signal, eight units with a penalty, half of them dropped."""
    generator = np.random.default_rng(21)
    x = generator.normal(size=(500, 12)).astype("float32")
    y = (x[:, 0] + 0.7 * x[:, 1] + 1.2 * generator.normal(size=500) > 0).astype(int)
    d = data.parts(x, y)
    model = keras.Sequential(
        [
            keras.Input((12,)),
            layers.Dense(8, "relu", kernel_regularizer=regularizers.L2(0.01)),
            layers.Dropout(0.5),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 100, (d.vx, d.vy), patient())


def best_weights_kept():
    """It learns the rows by heart in the end, and the weights of the best epoch are kept."""
    d = data.diabetes()
    mean, spread = d.y.mean(), d.y.std()
    y, vy, hy = [(part - mean) / spread for part in (d.y, d.vy, d.hy)]
    model = keras.Sequential(
        [keras.Input((10,)), layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(1)]
    )
    model.compile(optimizers.Adam(0.003), "mse")
    return Setup(model, d.x, y, (d.hx, hy), 16, 200, (d.vx, vy), patient(20))


def rows_of_few_values():
    """Four codes of three values as one-hot columns: rows are alike by themselves."""
    generator = np.random.default_rng(16)
    codes = generator.integers(0, 3, size=(2000, 4))
    weights = generator.normal(size=(4, 3))
    score = sum(weights[at][codes[:, at]] for at in range(4))
    y = (score + 0.5 * generator.logistic(size=2000) > np.median(score)).astype(int)
    d = data.parts(np.eye(3)[codes].reshape(2000, 12).astype("float32"), y)
    model = keras.Sequential(
        [keras.Input((12,)), layers.Dense(16, "relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 30, (d.vx, d.vy))


def one_column_decides():
    """A threshold on one sensor is the rule, and the others are noise."""
    generator = np.random.default_rng(17)
    x = generator.normal(size=(1500, 5)).astype("float32")
    d = data.parts(x, (x[:, 2] + 0.1 * generator.normal(size=1500) > 0.3).astype(int))
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def rare_rows_repeated():
    """The rare class is repeated, in the training part alone."""
    d = uneven(5, 0.1)
    rare = np.flatnonzero(d.y == 1)
    rows = np.concatenate([np.arange(len(d.y)), np.resize(rare, len(d.y) - 2 * len(rare))])
    rows = np.random.default_rng(0).permutation(rows)
    model = keras.Sequential(
        [keras.Input((12,)), layers.Dense(32, "relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x[rows], d.y[rows], (d.hx, d.hy), 64, 12, (d.vx, d.vy))


def validated_later_in_time():
    """Lags of a series that rises, and the time itself; validation comes later."""
    generator = np.random.default_rng(10)
    time = np.arange(1600)
    series = 0.002 * time + np.sin(time / 7) + 0.3 * generator.normal(size=1600)
    lags = np.lib.stride_tricks.sliding_window_view(series, 8)[:-1]
    week = 2 * np.pi * time[8:, None] / 7
    x = np.hstack([lags, time[8:, None] / 1000, np.sin(week), np.cos(week)]).astype("float32")
    y = series[8:].astype("float32")
    model = keras.Sequential([keras.Input((11,)), layers.Dense(32, "relu"), layers.Dense(1)])
    model.compile(optimizers.Adam(0.002), "mse")
    held_out, validation = (x[1300:], y[1300:]), (x[1000:1300], y[1000:1300])
    return Setup(model, x[:1000], y[:1000], held_out, 32, 30, validation)


def pairs_of_digits():
    """A distance between two digits, and a loss of pairs of one's own."""
    d = data.digits(seed=26)
    generator = np.random.default_rng(14)

    def pairs(x, y, count):
        one = generator.integers(len(x), size=count)
        alike = generator.integers(2, size=count)
        other = [
            generator.choice(np.flatnonzero((y == y[at]) == bool(same)))
            for at, same in zip(one, alike, strict=True)
        ]
        return [x[one], x[other]], alike.reshape(-1, 1).astype("float32")

    def contrast(y, distance):
        far = keras.ops.square(keras.ops.maximum(1.0 - distance, 0.0))
        return keras.ops.mean((1 - y) * far + y * keras.ops.square(distance), axis=-1)

    embed = keras.Sequential([keras.Input((64,)), layers.Dense(64, "relu"), layers.Dense(16)])
    one, other = keras.Input((64,)), keras.Input((64,))
    apart = keras.ops.square(embed(one) - embed(other))
    distance = keras.ops.sqrt(keras.ops.sum(apart, axis=-1, keepdims=True) + 1e-6)
    model = keras.Model([one, other], distance)
    model.compile(optimizers.Adam(0.003), contrast)
    (x, y), validation, held_out = (
        pairs(*part) for part in ((d.x, d.y, 2000), (d.vx, d.vy, 500), (d.hx, d.hy, 500))
    )
    return Setup(model, x, y, held_out, 64, 15, validation)


def pairs_told(model, x, y):
    """Return the share of pairs that lie on the right side of a half."""
    return float(np.mean((predict(model, x) < 0.5) == (y > 0.5)))


MORE_HEALTHY = (
    Healthy("begins_at_the_mean", "a bias of 150", begins_at_the_mean, r2, 0.3),
    Healthy("tenth_of_labels_drawn", "wrong labels", tenth_of_labels_drawn, accuracy, 0.9),
    Healthy(
        "focal_beyond_the_least_loss", "a validation loss that rises",
        focal_beyond_the_least_loss, auc, 0.85,
    ),
    Healthy("half_of_sixteen_dropped", "eight units left", half_of_sixteen_dropped, auc, 0.85),
    Healthy("three_hundred_patients", "four units left", three_hundred_patients, accuracy, 0.65),
    Healthy("best_weights_kept", "a validation loss that rises", best_weights_kept, r2, 0.3),
    Healthy(
        "rows_of_few_values", "validation rows that are training rows", rows_of_few_values,
        accuracy, 0.8,
    ),
    Healthy("one_column_decides", "a column that is enough", one_column_decides, accuracy, 0.95),
    Healthy(
        "rare_rows_repeated", "training rows that are repeated", rare_rows_repeated,
        balanced_accuracy, 0.75,
    ),
    Healthy(
        "validated_later_in_time", "validation rows of another mean", validated_later_in_time, r2,
        0.5,
    ),
    Healthy("pairs_of_digits", "a loss of one's own", pairs_of_digits, pairs_told, 0.75),
)  # fmt: skip
