"""Healthy programs whose outputs, losses or labels look wrong."""

import keras
import numpy as np
from keras import initializers, layers, ops, optimizers
from sklearn import datasets

from zoo import data
from zoo.judgement import rare
from zoo.measures import accuracy, auc, balanced_accuracy, label_accuracy, predict, r2
from zoo.program import Healthy, Setup


def bias_of_the_prior():
    d = rare(50, share=0.08, count=2000)
    odds = d.y.mean() / (1 - d.y.mean())
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(
                1,
                activation="sigmoid",
                bias_initializer=initializers.Constant(float(np.log(odds))),
            ),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def focal_loss():
    d = rare(51, share=0.1, count=2000)
    model = keras.Sequential()
    model.add(layers.Dense(16, activation="relu", input_shape=(6,)))
    model.add(layers.Dense(1, activation="sigmoid"))
    loss = keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.9, gamma=2)
    model.compile(loss=loss, optimizer=optimizers.Adam(0.005))
    return Setup(model, d.x, d.y[:, None], (d.hx, d.hy), 32, 8, (d.vx, d.vy[:, None]))


def topics_by_sigmoids():
    """Several labels at once, several units, and no softmax."""
    generator = np.random.default_rng(52)
    x = generator.normal(size=(1200, 16)).astype("float32")
    y = (x @ generator.normal(size=(16, 4)) > 1).astype("float32")
    d = data.parts(x, y)
    model = keras.Sequential(
        [keras.Input((16,)), layers.Dense(32, activation="relu"), layers.Dense(4, "sigmoid")]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["binary_accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def large_targets_standardised():
    d = data.houses(1200)
    mean, deviation = d.y.mean(), d.y.std()
    y, vy, hy = [(part - mean) / deviation for part in (d.y, d.vy, d.hy)]
    model = keras.Sequential([keras.Input((4,)), layers.Dense(32, "relu"), layers.Dense(1)])
    model.compile(optimizers.Adam(0.01), loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 10, (d.vx, vy))


def logits_told_so():
    d = data.digits()
    inputs = keras.Input((64,))
    x = layers.Dense(48, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(10)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss=loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def quantiles(y_true, y_pred):
    """Pinball loss of three quantiles."""
    levels = ops.convert_to_tensor([0.1, 0.5, 0.9])
    error = y_true - y_pred
    return ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)


def three_quantiles():
    """Three units and one column of targets, on purpose."""
    generator = np.random.default_rng(53)
    x = generator.uniform(-2, 2, size=(1200, 2)).astype("float32")
    y = np.sin(x[:, 0]) + (0.2 + 0.2 * (x[:, 1] > 0)) * generator.normal(size=1200)
    d = data.parts(x, y.astype("float32")[:, None])
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(32, activation="relu"), layers.Dense(3)]
    )
    model.compile(optimizers.Adam(0.01), loss=quantiles)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def coverage(model, x, y):
    """Return 1 less the distance of the share between the outer quantiles from 0.8."""
    given = predict(model, x)
    inside = np.mean((y[:, 0] > given[:, 0]) & (y[:, 0] < given[:, 2]))
    return float(1 - abs(inside - 0.8))


def counts(seed):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(1200, 4)).astype("float32")
    y = generator.poisson(np.exp(0.8 + 0.6 * x[:, 0] - 0.4 * x[:, 1])).astype("float32")
    return data.parts(x, y)


def poisson_through_exp():
    d = counts(54)
    model = keras.Sequential()
    model.add(layers.Dense(16, activation="relu", input_dim=4))
    model.add(layers.Dense(1, activation="exponential"))
    model.compile(loss="poisson", optimizer=optimizers.Adam(0.005))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def relu_for_counts():
    """ReLU on the output, because a count is never below zero."""
    d = counts(55)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="relu", bias_initializer="ones"),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def huber_with_outliers():
    """One target in thirty is wild."""
    d = data.curve(1200, seed=56)
    generator = np.random.default_rng(56)
    wild = generator.uniform(size=len(d.y)) < 0.03
    y = np.where(wild, d.y + generator.normal(scale=60, size=len(d.y)), d.y)
    inputs = keras.Input((3,))
    x = layers.Dense(48, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.Adam(0.01), loss=keras.losses.Huber(delta=0.5))
    return Setup(model, d.x, y.astype("float32"), (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def tanh_for_targets_within_one():
    d = data.curve(1200, seed=57)
    y, vy, hy = [np.tanh(part) for part in (d.y, d.vy, d.hy)]
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(48, activation="relu"),
            layers.Dense(1, activation="tanh"),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 12, (d.vx, vy))


def shares_under_binary_loss():
    """Targets between 0 and 1 that are no classes: the loss cannot fall to zero."""
    generator = np.random.default_rng(58)
    x = generator.normal(size=(1200, 5)).astype("float32")
    d = data.parts(x, (1 / (1 + np.exp(-x[:, 0] - x[:, 1] * x[:, 2]))).astype("float32"))
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(32, activation="relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizers.Adam(0.01), loss="binary_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def grades_as_thresholds():
    """Four ordered grades: a row of labels is `grade > 0, grade > 1, grade > 2`."""
    generator = np.random.default_rng(59)
    x = generator.normal(size=(1200, 6)).astype("float32")
    grade = np.digitize(x[:, 0] + 0.7 * x[:, 1] + 0.2 * generator.normal(size=1200), [-1, 0, 1])
    d = data.parts(x, grade)
    y, vy = [(part[:, None] > np.arange(3)).astype("float32") for part in (d.y, d.vy)]
    model = keras.Sequential()
    model.add(keras.Input((6,)))
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(3, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=optimizers.Adam(0.01))
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 10, (d.vx, vy))


def grade_accuracy(model, x, y):
    """Return the share of grades that are met."""
    return float(np.mean((predict(model, x) > 0.5).sum(axis=1) == y))


def hinge_with_signs():
    """Labels -1 and 1, and a linear output."""
    d = data.tumours()
    y, vy = [(2.0 * part - 1).astype("float32") for part in (d.y, d.vy)]
    model = keras.Sequential(
        [
            keras.Input((30,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, kernel_regularizer="l2"),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.005), loss="hinge")
    return Setup(model, d.x, y, (d.hx, d.hy), 16, 10, (d.vx, vy))


def mean_and_spread():
    """Two outputs for one target: mean and logarithmic deviation; the loss gets below 0."""
    generator = np.random.default_rng(60)
    x = generator.uniform(-2, 2, size=(1200, 2)).astype("float32")
    y = np.sin(2 * x[:, 0]) + 0.1 * np.exp(0.3 * x[:, 1]) * generator.normal(size=1200)
    d = data.parts(x, y.astype("float32")[:, None])
    inputs = keras.Input((2,))
    h = layers.Dense(48, activation="tanh")(inputs)
    h = layers.Dense(24, activation="tanh")(h)
    model = keras.Model(inputs, layers.Dense(2)(h))

    def negative_likelihood(y_true, y_pred):
        mean, spread = y_pred[:, :1], y_pred[:, 1:]
        return ops.mean(spread + 0.5 * ops.square((y_true - mean) / ops.exp(spread)))

    model.compile(optimizers.Adam(0.01), loss=negative_likelihood)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def two_heads():
    """A class and a number from one body, with weights that balance their losses."""
    d = data.digits()
    inputs = keras.Input((64,))
    shared = layers.Dense(48, activation="relu")(inputs)
    digit = layers.Dense(10, activation="softmax", name="digit")(shared)
    ink = layers.Dense(1, name="ink")(shared)
    model = keras.Model(inputs, {"digit": digit, "ink": ink})
    model.compile(
        optimizer=optimizers.Adam(0.003),
        loss={"digit": "sparse_categorical_crossentropy", "ink": "mse"},
        loss_weights={"digit": 1.0, "ink": 10.0},
    )
    y = {"digit": d.y, "ink": d.x.mean(axis=1)}
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 10)


def digit_accuracy(model, x, y):
    """Return the share of right classes of the head called digit."""
    return float(np.mean(ops.convert_to_numpy(model(x)["digit"]).argmax(axis=1) == y))


def same_or_not():
    """Two pictures, one network for both, and whether they show the same digit."""
    x, y = datasets.load_digits(return_X_y=True)
    x, y = (x[y < 5] / 16).astype("float32"), y[y < 5]
    generator = np.random.default_rng(61)
    left, right = generator.integers(len(x), size=(2, 4000))
    same = y[left] == y[right]
    keep = same | (generator.uniform(size=4000) < 0.25)
    left, right, same = left[keep], right[keep], same[keep].astype("float32")
    cut = int(0.8 * len(same))
    tower = keras.Sequential([layers.Dense(48, activation="relu"), layers.Dense(16)])
    one, two = keras.Input((64,)), keras.Input((64,))
    apart = layers.Subtract()([tower(one), tower(two)])
    squared = layers.Lambda(lambda given: ops.square(given), output_shape=(16,))(apart)
    model = keras.Model([one, two], layers.Dense(1, activation="sigmoid")(squared))
    model.compile(optimizer=optimizers.Adam(0.005), loss="binary_crossentropy")
    held_out = ([x[left[cut:]], x[right[cut:]]], same[cut:])
    return Setup(model, [x[left[:cut]], x[right[:cut]]], same[:cut], held_out, 32, 8)


def spectrum_as_distribution():
    """Targets that are distributions themselves, under a divergence."""
    generator = np.random.default_rng(62)
    x = generator.normal(size=(1000, 6)).astype("float32")
    scores = x @ generator.normal(size=(6, 5))
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    d = data.parts(x, y.astype("float32"))
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(32, activation="relu"), layers.Dense(5, "softmax")]
    )
    model.compile(optimizers.Adam(0.01), loss="kl_divergence")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


MEMBERS = (
    Healthy(
        "bias_of_the_prior", "the last bias starts at -2.4", bias_of_the_prior, auc, 0.75,
    ),
    Healthy(
        "focal_loss", "a loss whose first value is far below log 2", focal_loss,
        balanced_accuracy, 0.65,
    ),
    Healthy(
        "topics_by_sigmoids", "four units without a softmax", topics_by_sigmoids, label_accuracy,
        0.8,
    ),
    Healthy(
        "large_targets_standardised", "a linear output for prices", large_targets_standardised,
        r2, 0.85,
    ),
    Healthy("logits_told_so", "no activation on the last layer", logits_told_so, accuracy, 0.85),
    Healthy(
        "three_quantiles", "three units against one column", three_quantiles, coverage, 0.85,
    ),
    Healthy(
        "poisson_through_exp", "an exponential output, a loss below zero", poisson_through_exp,
        r2, 0.25,
    ),
    Healthy("relu_for_counts", "ReLU on the output", relu_for_counts, r2, 0.25),
    Healthy("huber_with_outliers", "wild targets", huber_with_outliers, r2, 0.7),
    Healthy(
        "tanh_for_targets_within_one", "tanh on the output", tanh_for_targets_within_one, r2, 0.7,
    ),
    Healthy(
        "shares_under_binary_loss", "labels that are neither 0 nor 1, a loss that stays high",
        shares_under_binary_loss, r2, 0.7,
    ),
    Healthy(
        "grades_as_thresholds", "sigmoids for classes that exclude each other",
        grades_as_thresholds, grade_accuracy, 0.6,
    ),
    Healthy("hinge_with_signs", "labels -1 and 1", hinge_with_signs, accuracy, 0.9),
    Healthy(
        "mean_and_spread", "two units against one column, a loss below zero", mean_and_spread, r2,
        0.6,
    ),
    Healthy("two_heads", "losses of different sizes", two_heads, digit_accuracy, 0.85),
    Healthy("same_or_not", "two inputs into one network", same_or_not, accuracy, 0.85),
    Healthy(
        "spectrum_as_distribution", "soft labels, a divergence", spectrum_as_distribution, r2, 0.8,
    ),
)  # fmt: skip
