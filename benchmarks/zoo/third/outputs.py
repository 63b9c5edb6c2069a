"""Unusual but right: losses, heads, targets and labels."""

import keras
import numpy as np
from keras import initializers, layers, ops, optimizers
from sklearn import datasets, ensemble

from zoo import data
from zoo.measures import accuracy, balanced_accuracy, label_accuracy, predict, r2
from zoo.program import Healthy, Setup


def hidden_stack(features, outputs, units=(32, 32), activation="relu", **last):
    """Return a stack of hidden layers and a last one."""
    hidden = [layers.Dense(one, activation=activation) for one in units]
    return keras.Sequential([keras.Input((features,)), *hidden, layers.Dense(outputs, **last)])


def deciles_that_cannot_cross():
    """Lowest decile, median and highest: the first free, the others by positive steps."""
    generator = np.random.default_rng(30)
    x = generator.uniform(-1.7, 1.7, size=(1800, 2))
    noise = generator.normal(size=1800) * (0.15 + 0.15 * (x[:, 1] > 0))
    y = np.sin(2 * x[:, 0]) + 0.4 * x[:, 1] + noise
    d = data.parts(x.astype("float32"), y.astype("float32")[:, None], seed=30)
    levels = np.array([0.1, 0.5, 0.9], "float32")

    def pinball(true, given):
        over = true - given
        return ops.mean(ops.maximum(levels * over, (levels - 1) * over), axis=-1)

    inputs = keras.Input((2,))
    hidden = layers.Dense(32, activation="relu")(layers.Dense(32, activation="relu")(inputs))
    steps = layers.Dense(2, activation="softplus")(hidden)
    parts = layers.Concatenate()([layers.Dense(1)(hidden), steps])
    model = keras.Model(inputs, ops.cumsum(parts, axis=-1))
    model.compile(optimizers.Adam(0.003), pinball)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 25, (d.vx, d.vy))


def share_between_deciles(model, x, y):
    """Return 1 less five times the distance of the share between the deciles from 0.8."""
    given = predict(model, x)
    inside = (y[:, 0] > given[:, 0]) & (y[:, 0] < given[:, 2])
    return float(1 - 5 * abs(inside.mean() - 0.8))


def cauchy_against_wild_targets():
    d = data.curve(1600, seed=31)
    generator = np.random.default_rng(31)
    y, vy = d.y.copy(), d.vy.copy()
    for part in (y, vy):
        wild = generator.random(len(part)) < 0.06
        part[wild] += generator.normal(scale=15, size=wild.sum())

    def cauchy(true, given):
        return ops.mean(ops.log1p(ops.square((true - given) / 0.5)), axis=-1)

    model = hidden_stack(3, 1)
    rate = optimizers.schedules.CosineDecay(0.005, 35 * 15)
    model.compile(optimizers.Adam(rate), cauchy, metrics=["mae"])
    return Setup(model, d.x, y[:, None], (d.hx, d.hy[:, None]), 64, 35, (d.vx, vy[:, None]))


def genres_as_logits():
    x, y = datasets.make_multilabel_classification(
        2000, 20, n_classes=5, n_labels=2, allow_unlabeled=True, random_state=32
    )
    d = data.parts(data.scale(x), y.astype("float32"), seed=32)
    model = hidden_stack(20, 5, (32,))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(0.002), loss, metrics=[keras.metrics.BinaryAccuracy(threshold=0)])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def defects_that_weigh_more():
    x, y = datasets.make_classification(
        3000, 8, n_informative=5, n_redundant=0, weights=[0.93], class_sep=1.3, random_state=33
    )
    d = data.parts(data.scale(x), y, seed=33)
    share = d.y.mean()
    model = hidden_stack(8, 1, (24,), activation="relu")
    model.add(layers.Activation("sigmoid"))
    model.compile(
        optimizers.Adam(0.003), "binary_crossentropy", weighted_metrics=[keras.metrics.AUC()]
    )
    fit = {"class_weight": {0: 0.5 / (1 - share), 1: 0.5 / share}}
    own = np.where(d.vy == 1, 0.5 / share, 0.5 / (1 - share))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 25, (d.vx, d.vy, own), fit)


def arrivals_from_the_log_of_a_rate():
    generator = np.random.default_rng(34)
    x = generator.normal(size=(2500, 4)).astype("float32")
    rate = np.exp(1.2 + 0.5 * x[:, 0] - 0.4 * np.abs(x[:, 1]) + 0.3 * x[:, 2])
    d = data.parts(x, generator.poisson(rate).astype("float32")[:, None], seed=34)

    def unexplained(true, log_rate):
        return ops.mean(ops.exp(log_rate) - true * log_rate, axis=-1)

    start = initializers.Constant(float(np.log(d.y.mean())))
    model = hidden_stack(4, 1, (24,), bias_initializer=start)
    model.compile(optimizers.Adam(0.003), unexplained)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 20, (d.vx, d.vy))


def rate_r2(model, x, y):
    """Return how much of the square root of the counts the rate explains, in full variance."""
    given = np.exp(predict(model, x) / 2)
    return float(1 - np.mean((np.sqrt(y) - given) ** 2) / np.var(np.sqrt(y)))


def lifetimes_cut_off():
    """Time and whether the end was seen; exponential with a log hazard."""
    generator = np.random.default_rng(35)
    x = generator.normal(size=(2500, 5)).astype("float32")
    life = generator.exponential(np.exp(-(x[:, 0] - 0.8 * x[:, 1] * (x[:, 2] > 0))))
    end = generator.exponential(2.5, size=2500)
    y = np.stack([np.minimum(life, end), life < end], axis=1).astype("float32")
    d = data.parts(x, y, seed=35)

    def censored(true, log_hazard):
        time, seen = true[:, :1], true[:, 1:]
        return ops.mean(ops.exp(log_hazard) * time - seen * log_hazard, axis=-1)

    model = hidden_stack(5, 1, (24,), activation="tanh")
    model.compile(optimizers.Adam(0.003), censored)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 20, (d.vx, d.vy))


def concordance(model, x, y):
    """Return the share of comparable pairs whose hazards are in the right order."""
    hazard = predict(model, x)[:, 0]
    earlier = (y[:, None, 0] < y[None, :, 0]) & (y[:, None, 1] == 1)
    return float(np.mean((hazard[:, None] > hazard[None])[earlier]))


class Steps(layers.Layer):
    """Cumulative logits: one score against thresholds in order."""

    def build(self, shape):
        super().build(shape)
        self.first = self.add_weight(shape=(1,), initializer=initializers.Constant(-1.5))
        self.gaps = self.add_weight(shape=(3,), initializer=initializers.Constant(0.5))

    def call(self, score):
        at = ops.concatenate([self.first, self.first + ops.cumsum(ops.softplus(self.gaps))])
        return score - at


def stars_in_order():
    generator = np.random.default_rng(36)
    x = generator.normal(size=(4000, 5)).astype("float32")
    worth = x[:, 0] + np.sin(2 * x[:, 1]) + 0.5 * x[:, 2] + generator.normal(scale=0.2, size=4000)
    stars = np.digitize(worth, [-1.4, -0.4, 0.4, 1.4])
    y = (stars[:, None] > np.arange(4)).astype("float32")
    d = data.parts(x, y, seed=36)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, use_bias=False),
            Steps(),
        ]
    )
    model.compile(optimizers.Adam(0.005), keras.losses.BinaryCrossentropy(from_logits=True))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 20, (d.vx, d.vy))


def star_accuracy(model, x, y):
    """Return the share of rows with the right number of steps."""
    return float(np.mean((predict(model, x) > 0).sum(axis=1) == y.sum(axis=1)))


def digits_smoothed():
    d = data.digits(seed=38)
    y, vy, hy = (keras.utils.to_categorical(part, 10) for part in (d.y, d.vy, d.hy))
    model = hidden_stack(64, 10, (96,), activation="silu")
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(optimizers.AdamW(0.003, weight_decay=0.01), loss, metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, hy), 64, 25, (d.vx, vy))


def digits_mixed_in_pairs():
    """Every row is the mean, by a drawn share, of two rows, and so is its label."""
    d = data.digits(seed=39)
    generator = np.random.default_rng(39)
    y = keras.utils.to_categorical(d.y, 10)
    rows = [generator.permutation(len(y)) for _ in range(4)]
    one, two = np.concatenate(rows[:2]), np.concatenate(rows[2:])
    share = generator.beta(0.3, 0.3, size=(len(one), 1)).astype("float32")
    x, y = share * d.x[one] + (1 - share) * d.x[two], share * y[one] + (1 - share) * y[two]
    model = hidden_stack(64, 10, (64,), activation="relu")
    model.add(layers.Softmax())
    model.compile(optimizers.Adam(0.003), "categorical_crossentropy", metrics=["accuracy"])
    vy = keras.utils.to_categorical(d.vy, 10)
    return Setup(model, x, y, (d.hx, d.hy), 64, 16, (d.vx, vy))


def where_the_needle_points():
    """An angle as a point on the unit circle, from twelve noisy sensors around it."""
    generator = np.random.default_rng(41)
    angle = generator.uniform(0, 2 * np.pi, size=1800)
    sensors = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x = np.exp(2 * (np.cos(angle[:, None] - sensors) - 1))
    x = x + generator.normal(scale=0.1, size=x.shape)
    y = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    d = data.parts(x.astype("float32"), y.astype("float32"), seed=41)
    model = hidden_stack(12, 2, (32,))
    model.add(layers.UnitNormalization())
    model.compile(optimizers.Adam(0.003), keras.losses.CosineSimilarity())
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def taught_by_a_forest():
    """Shares of votes as labels; the labels themselves for judging."""
    d = data.moons(1500, noise=0.25, seed=42)
    forest = ensemble.RandomForestClassifier(100, min_samples_leaf=10, random_state=0)
    forest.fit(d.x, d.y)
    votes, other = forest.predict_proba(d.x), forest.predict_proba(d.vx)
    model = hidden_stack(2, 2, (24, 24), activation="relu")
    model.add(layers.Softmax())
    model.compile(optimizers.Adam(0.005), "kl_divergence")
    return Setup(
        model, d.x, votes.astype("float32"), (d.hx, d.hy), 32, 25, (d.vx, other.astype("float32"))
    )


def labels_of_careless_hands():
    """A sixth of the labels is drawn anew; a loss that forgives, and an honest validation."""
    d = data.blobs(3, 2000, 8, spread=1.1, seed=43)
    generator = np.random.default_rng(43)
    y = np.where(generator.random(len(d.y)) < 0.17, generator.integers(3, size=len(d.y)), d.y)

    def generalised(true, given):
        right = ops.sum(true * ops.softmax(given), axis=-1)
        return (1 - ops.power(right + 1e-7, 0.5)) / 0.5

    y, vy, hy = (keras.utils.to_categorical(part, 3) for part in (y, d.vy, d.hy))
    model = hidden_stack(8, 3, (24,))
    model.compile(optimizers.Adam(0.003), generalised, metrics=["categorical_accuracy"])
    return Setup(model, d.x, y, (d.hx, hy), 32, 15, (d.vx, vy))


def better_of_two_offers():
    """One network scores both; the label says which was taken."""
    generator = np.random.default_rng(44)
    x = generator.normal(size=(2500, 2, 4)).astype("float32")
    worth = x[..., 0] - 0.7 * np.abs(x[..., 1]) + 0.5 * x[..., 2] * x[..., 3]
    gap = worth[:, 0] - worth[:, 1] + generator.logistic(scale=0.15, size=2500)
    d = data.parts(x, (gap > 0).astype("float32"), seed=44)
    score = hidden_stack(4, 1, (32, 16), activation="relu")
    one, two = keras.Input((4,)), keras.Input((4,))
    gap = layers.Subtract()([score(one), score(two)])
    model = keras.Model([one, two], layers.Activation("sigmoid")(gap))
    model.compile(optimizers.Adam(0.004), "binary_crossentropy", metrics=["accuracy"])
    x, vx, hx = ([part[:, 0], part[:, 1]] for part in (d.x, d.vx, d.hx))
    return Setup(model, x, d.y, (hx, d.hy), 32, 20, (vx, d.vy))


def discs_pixel_by_pixel():
    """Bright discs in noise; one mask a picture, most of it empty."""
    generator = np.random.default_rng(45)
    rows, columns = np.mgrid[:12, :12]
    at = generator.uniform(2, 10, size=(2, 500, 1, 1))
    mask = (rows - at[0]) ** 2 + (columns - at[1]) ** 2 < generator.uniform(2, 9, (500, 1, 1))
    x = mask * 1.0 + generator.normal(scale=0.5, size=mask.shape)
    d = data.parts(x[..., None].astype("float32"), mask[..., None].astype("float32"), seed=45)
    model = keras.Sequential([keras.Input((12, 12, 1))])
    for _ in range(3):
        model.add(layers.Conv2D(8, 3, padding="same", activation="relu"))
    model.add(layers.Conv2D(1, 1, activation="sigmoid"))
    model.compile(optimizers.Adam(0.005), "binary_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 15, (d.vx, d.vy))


def overlap_of_discs(model, x, y):
    """Return the share that masks and predictions cut at a half have in common."""
    given = predict(model, x) > 0.5
    return float((given & (y > 0)).sum() / (given | (y > 0)).sum())


def stripe_and_its_strength():
    """Which way it runs, and the mean strength; the second loss weighs more."""
    d = data.stripes(900, seed=46)
    y, vy, hy = (
        {"way": y, "strength": x.std(axis=(1, 2, 3))[:, None]}
        for x, y in ((d.x, d.y), (d.vx, d.vy), (d.hx, d.hy))
    )
    mean, spread = y["strength"].mean(), y["strength"].std()
    for part in (y, vy, hy):
        part["strength"] = (part["strength"] - mean) / spread
    inputs = keras.Input((12, 12, 3))
    x = layers.Conv2D(16, 3, activation="relu")(inputs)
    x = layers.Conv2D(16, 3, strides=2, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    way = layers.Dense(3, activation="softmax", name="way")(x)
    model = keras.Model(inputs, {"way": way, "strength": layers.Dense(1, name="strength")(x)})
    model.compile(
        optimizers.Adam(0.005),
        {"way": "sparse_categorical_crossentropy", "strength": "mse"},
        loss_weights={"way": 1.0, "strength": 2.0},
    )
    return Setup(model, d.x, y, (d.hx, hy), 32, 22, (d.vx, vy))


def way_accuracy(model, x, y):
    """Return the share of stripes whose way is right."""
    return float(np.mean(np.argmax(model(x, training=False)["way"], axis=-1) == y["way"]))


MEMBERS = tuple(
    Healthy(make.__name__, why, make, measure, right)
    for make, why, measure, right in (
        (deciles_that_cannot_cross, "three outputs, one target", share_between_deciles, 0.7),
        (cauchy_against_wild_targets, "targets fifty deviations off", r2, 0.95),
        (genres_as_logits, "linear outputs for labels that hold together", label_accuracy, 0.75),
        (defects_that_weigh_more, "one class in fourteen", balanced_accuracy, 0.86),
        (arrivals_from_the_log_of_a_rate, "linear output, loss below zero", rate_r2, 0.4),
        (lifetimes_cut_off, "two columns of labels for one unit", concordance, 0.71),
        (stars_in_order, "logits that share one score", star_accuracy, 0.75),
        (digits_smoothed, "a loss that stays at 0.6", accuracy, 0.96),
        (digits_mixed_in_pairs, "validation far better than training", accuracy, 0.95),
        (where_the_needle_points, "a loss of -1", r2, 0.97),
        (taught_by_a_forest, "a divergence, labels between 0 and 1", accuracy, 0.9),
        (labels_of_careless_hands, "training accuracy below validation", accuracy, 0.86),
        (better_of_two_offers, "two inputs, no bias of its own", accuracy, 0.88),
        (discs_pixel_by_pixel, "nine pixels of ten are empty", overlap_of_discs, 0.77),
        (stripe_and_its_strength, "losses with unequal weights", way_accuracy, 0.97),
    )
)
