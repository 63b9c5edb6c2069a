"""Unusual but right: layers, starts, inputs, steps and schedules."""

import keras
import numpy as np
import tensorflow as tf
from keras import constraints, initializers, layers, ops, optimizers, regularizers
from sklearn import datasets

from zoo import data
from zoo.measures import accuracy, auc, r2
from zoo.program import Healthy, Setup
from zoo.third.everyday import share_of_ink


class Added(layers.Layer):
    """A branch whose share in the sum starts at zero."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.branch = layers.Dense(units, activation="relu")

    def build(self, shape):
        super().build(shape)
        self.branch.build(shape)
        self.share = self.add_weight(shape=(), initializer="zeros", name="share")

    def call(self, x):
        return x + self.share * self.branch(x)


def shares_that_grow_from_zero():
    d = data.curve(1600, seed=60)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(32, activation="relu")])
    for _ in range(4):
        model.add(Added(32))
    model.add(layers.Dense(1))
    model.compile(optimizers.Adam(0.004), "mse")
    return Setup(model, d.x, d.y[:, None], (d.hx, d.hy[:, None]), 64, 40, (d.vx, d.vy[:, None]))


class Mirrored(layers.Layer):
    """The kernel of another layer, transposed, with a bias of its own."""

    def __init__(self, other, **kwargs):
        super().__init__(**kwargs)
        self.other = other

    def build(self, shape):
        super().build(shape)
        self.bias = self.add_weight(shape=(self.other.kernel.shape[0],), initializer="zeros")

    def call(self, x):
        return ops.sigmoid(ops.matmul(x, ops.transpose(self.other.kernel)) + self.bias)


def digits_there_and_back():
    d = data.digits(seed=61)
    there = layers.Dense(24, activation="linear")
    inputs = keras.Input((64,))
    model = keras.Model(inputs, Mirrored(there)(there(inputs)))
    model.compile(optimizers.Adam(0.01), "binary_crossentropy")
    return Setup(model, d.x, d.x, (d.hx, d.hx), 64, 30, (d.vx, d.vx))


def head_on_what_is_known():
    """A base that learnt the digits below five, frozen; a head for those from five on."""
    d = data.digits(flat=False, seed=62)
    base = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(24, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Flatten(),
        ]
    )
    first = keras.Sequential([base, layers.Dense(5, activation="softmax")])
    first.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    first.fit(d.x[d.y < 5], d.y[d.y < 5], batch_size=32, epochs=5, verbose=0)
    base.trainable = False
    model = keras.Sequential([base, layers.Dense(5, activation="softmax")])
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    (x, y), (vx, vy), held_out = (
        (part[of >= 5], of[of >= 5] - 5) for part, of in ((d.x, d.y), (d.vx, d.vy), (d.hx, d.hy))
    )
    return Setup(model, x, y, held_out, 32, 25, (vx, vy))


def question_and_its_answer():
    """A row of letters holds one question mark; the letter after it is the label."""
    generator = np.random.default_rng(63)
    x = generator.integers(1, 9, size=(2500, 10))
    at = generator.integers(0, 9, size=2500)
    x[np.arange(2500), at] = 0
    d = data.parts(x.astype("int32"), x[np.arange(2500), at + 1] - 1, seed=63)
    inputs = keras.Input((10,), dtype="int32")
    words = layers.Embedding(9, 24)(inputs)
    before = layers.ZeroPadding1D((1, 0))(layers.Cropping1D((0, 1))(words))
    keys = layers.Dense(24)(layers.Concatenate()([words, before]))
    seen = layers.MultiHeadAttention(2, 12)(words, words, keys)
    x = layers.LayerNormalization()(keys + seen)
    x = layers.GlobalMaxPooling1D()(layers.Dense(48, activation="relu")(x))
    model = keras.Model(inputs, layers.Dense(8, activation="softmax")(x))
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 8, (d.vx, d.vy))


def sums_of_unequal_rows():
    """Rows of 3 to 12 digits, filled up with zeros that a mask hides; their mean is wanted."""
    generator = np.random.default_rng(65)
    long = generator.integers(3, 13, size=1800)
    x = generator.integers(1, 11, size=(1800, 12)) * (np.arange(12) < long[:, None])
    y = (x.sum(axis=1) / long - 5.5) / 2.9
    d = data.parts(x.astype("int32"), (y * 2).astype("float32")[:, None], seed=65)
    model = keras.Sequential(
        [
            keras.Input((12,), dtype="int32"),
            layers.Embedding(11, 8, mask_zero=True),
            layers.GRU(24),
            layers.Dense(1),
        ]
    )
    model.compile(optimizers.Adam(0.005), "mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 20, (d.vx, d.vy))


class OneCycle(optimizers.schedules.LearningRateSchedule):
    """Up over a third of the steps, then down to nearly nothing."""

    def __init__(self, peak, steps):
        self.peak, self.steps = peak, steps

    def __call__(self, step):
        done = ops.cast(step, "float32") / self.steps
        up, down = 0.1 + 2.7 * done, 1.5 * (1 - done)
        return self.peak * ops.clip(ops.minimum(up, down), 0.01, 1.0)

    def get_config(self):
        return {"peak": self.peak, "steps": self.steps}


def digits_in_one_cycle():
    d = data.digits(seed=66)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10),
        ]
    )
    rate = OneCycle(0.02, 25 * int(np.ceil(len(d.x) / 64)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(rate), loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 25, (d.vx, d.vy))


def stripes_along_a_cosine():
    d = data.stripes(900, seed=67)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.RandomFlip("horizontal_and_vertical"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    rate = optimizers.schedules.CosineDecay(0.02, 10 * int(np.ceil(len(d.x) / 32)))
    sgd = optimizers.SGD(rate, momentum=0.9, nesterov=True)
    # A flip turns a leaning stripe into one that leans the other way: the same class.
    model.compile(sgd, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def mean_of_the_last_weights():
    x, y = datasets.make_friedman2(1500, noise=30, random_state=68)
    y = (y - y.mean()) / y.std()
    d = data.parts(data.scale(x), y.astype("float32")[:, None], seed=68)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(32, activation="silu"),
            layers.Dense(32, activation="silu"),
            layers.Dense(1),
        ]
    )
    adam = optimizers.AdamW(0.005, weight_decay=0.02, use_ema=True, ema_momentum=0.98)
    model.compile(adam, "mse", metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 30, (d.vx, d.vy))


def every_row_in_one_step():
    d = data.moons(400, noise=0.15, seed=69)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(24, activation="tanh"),
            layers.Dense(24, activation="tanh"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.03), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), len(d.x), 80)


def ninety_rows_held_in():
    """Ninety rows of five columns; noise decides a sixth, and a penalty keeps weights small."""
    generator = np.random.default_rng(70)
    x = generator.normal(size=(540, 5)).astype("float32")
    y = x[:, :3] @ np.array([0.7, -0.5, 0.4]) + generator.normal(scale=0.4, size=540)
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(1, kernel_regularizer=regularizers.L2(0.03))]
    )
    model.compile(optimizers.Adam(0.02), "mse")
    y = y.astype("float32")[:, None]
    return Setup(model, x[:90], y[:90], (x[140:], y[140:]), 10, 25, (x[90:140], y[90:140]))


def twins_and_a_constant():
    """Columns that repeat each other up to a little noise, and one that never moves."""
    d = data.blobs(3, 1500, 6, seed=71)
    generator = np.random.default_rng(71)

    def widened(x):
        twins = x[:, :3] + generator.normal(scale=0.02, size=(len(x), 3))
        return np.concatenate([x, twins, np.ones((len(x), 1))], axis=1).astype("float32")

    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(24, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    held_out, validation = (widened(d.hx), d.hy), (widened(d.vx), d.vy)
    return Setup(model, widened(d.x), d.y, held_out, 32, 15, validation)


def answers_in_zeros_and_ones():
    """Five questions with four answers each, one-hot, and six yes-or-no columns."""
    generator = np.random.default_rng(72)
    answers = generator.integers(4, size=(2500, 5))
    yes = generator.random((2500, 6)) < 0.3
    worth = generator.normal(size=(5, 4))[np.arange(5), answers].sum(axis=1)
    worth = worth + 2.0 * (yes[:, 0] ^ (answers[:, 1] < 2)) - 1.0 + yes[:, 1]
    x = np.concatenate([np.eye(4)[answers].reshape(-1, 20), yes], axis=1)
    noise = generator.logistic(scale=0.15, size=2500)
    y = (worth + noise > np.median(worth)).astype("float32")
    d = data.parts(x.astype("float32"), y, seed=72)
    model = keras.Sequential(
        [
            keras.Input((26,)),
            layers.Dense(32, activation="relu", kernel_regularizer=regularizers.L2(1e-4)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 24, (d.vx, d.vy))


class Steadied(keras.Model):
    """A step of its own: the labels, and the same answer for a shaken copy."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(32, activation="relu")
        self.more = layers.Dense(32, activation="relu")
        self.last = layers.Dense(1)

    def call(self, x):
        return self.last(self.more(self.hidden(x)))

    def train_step(self, batch):
        x, y = batch
        shaken = x + 0.05 * keras.random.normal(ops.shape(x))
        with tf.GradientTape() as tape:
            given = self(x, training=True)
            moved = ops.mean(ops.square(given - self(shaken, training=True)))
            loss = self.compute_loss(x, y, given) + 0.1 * moved
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        for metric in self.metrics:
            metric.update_state(loss) if metric.name == "loss" else metric.update_state(y, given)
        return {metric.name: metric.result() for metric in self.metrics}


def steady_under_a_shake():
    d = data.curve(1500, seed=73)
    model = Steadied()
    model.compile(optimizers.Adam(0.004), "mse")
    return Setup(model, d.x, d.y[:, None], (d.hx, d.hy[:, None]), 64, 35, (d.vx, d.vy[:, None]))


def fixed_waves_first():
    """A fast function of one number: fixed sines and cosines, then a small network."""
    generator = np.random.default_rng(74)
    x = generator.uniform(-1, 1, size=(1500, 1))
    y = np.sin(14 * x) + 0.5 * np.cos(25 * x) + generator.normal(scale=0.1, size=x.shape)
    d = data.parts(x.astype("float32"), y.astype("float32"), seed=74)
    pace = np.linspace(2, 30, 15, dtype="float32")[None]
    inputs = keras.Input((1,))
    waves = layers.Lambda(lambda x: ops.concatenate([ops.sin(x * pace), ops.cos(x * pace)], -1))
    hidden = layers.Dense(24, activation="relu")(waves(inputs))
    model = keras.Model(inputs, layers.Dense(1)(hidden))
    model.compile(optimizers.Adam(0.003), "mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 30, (d.vx, d.vy))


def members_in_any_order():
    """Sets of eight points: whether the widest distance from the middle passes a bound."""
    generator = np.random.default_rng(75)
    x = generator.normal(size=(4000, 8, 2)).astype("float32")
    far = np.sqrt((x**2).sum(axis=-1)).max(axis=1)
    d = data.parts(x, (far > np.median(far)).astype("float32"), seed=75)
    inputs = keras.Input((8, 2))
    each = layers.Dense(24, activation="relu")(layers.Dense(24, activation="relu")(inputs))
    all_of_them = layers.Dense(16, activation="relu")(layers.GlobalMaxPooling1D()(each))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(all_of_them))
    model.compile(optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 25, (d.vx, d.vy))


def never_falls_with_income():
    """Kernels at or above zero: the output rises with every column, as the world does."""
    generator = np.random.default_rng(76)
    x = generator.normal(size=(2000, 3))
    y = np.tanh(2 * x[:, 0]) + 0.5 * np.log1p(np.exp(3 * x[:, 1])) + 0.2 * x[:, 2]
    y = (y - y.mean()) / y.std() + generator.normal(scale=0.15, size=2000)
    d = data.parts(x.astype("float32"), y.astype("float32")[:, None], seed=76)
    model = keras.Sequential([keras.Input((3,))])
    for units, activation, top in ((24, "tanh", 1.0), (24, "tanh", 0.1), (1, None, 0.1)):
        layer = layers.Dense(
            units,
            activation,
            kernel_initializer=initializers.RandomUniform(0, top),
            bias_initializer=initializers.RandomNormal(stddev=1.0 if units > 1 else 0.0),
            kernel_constraint=constraints.NonNeg(),
        )
        model.add(layer)
    model.compile(optimizers.Adam(0.01), "mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 40, (d.vx, d.vy))


MEMBERS = tuple(
    Healthy(make.__name__, why, make, measure, right)
    for make, why, measure, right in (
        (shares_that_grow_from_zero, "four weights at zero cut their branches off", r2, 0.96),
        (
            digits_there_and_back,
            "one kernel in two places, a loss that stays high",
            share_of_ink,
            0.8,
        ),
        (head_on_what_is_known, "most weights are frozen", accuracy, 0.94),
        (question_and_its_answer, "no validation gain for some epochs", accuracy, 0.97),
        (sums_of_unequal_rows, "many zeros among the codes", r2, 0.98),
        (digits_in_one_cycle, "a rate that rises to 0.02", accuracy, 0.95),
        (stripes_along_a_cosine, "a rate of 0.02 that ends at zero", accuracy, 0.97),
        (mean_of_the_last_weights, "validated with other weights than it ends with", r2, 0.97),
        (every_row_in_one_step, "80 epochs of one step each", accuracy, 0.95),
        (ninety_rows_held_in, "ninety rows", r2, 0.81),
        (twins_and_a_constant, "columns of no use", accuracy, 0.95),
        (answers_in_zeros_and_ones, "columns of zeros and ones", auc, 0.97),
        (steady_under_a_shake, "a training step of its own", r2, 0.96),
        (fixed_waves_first, "one input column", r2, 0.96),
        (members_in_any_order, "points without an order", accuracy, 0.96),
        (never_falls_with_income, "no weight below zero", r2, 0.95),
    )
)
