"""Sick programs: learnt by heart, learnt from wrong labels, judged wrongly, or one class lost."""

import keras
import numpy as np
from keras import callbacks, layers, ops, optimizers, regularizers
from sklearn import datasets

from zoo import data
from zoo.data import parts, scale
from zoo.measures import accuracy, balanced_accuracy, label_accuracy, r2
from zoo.program import Program, Setup
from zoo.second import worlds

# ---- by heart


def more_columns_than_patients(mended):
    d = worlds.genes(1200, columns=200, seed=1)
    model = keras.Sequential()
    model.add(layers.Input((200,)))
    if not mended:
        model.add(layers.Dense(256, activation="relu"))
        model.add(layers.Dense(256, activation="relu"))
    model.add(
        layers.Dense(
            1,
            activation="sigmoid",
            kernel_regularizer=regularizers.L1(0.02) if mended else None,
        )
    )
    model.compile(optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 40, (d.vx, d.vy))


def progression_learnt_by_heart(mended):
    x, y = datasets.load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    d = parts(scale(x), y.astype("float32"), 3, shares=(0.4, 0.2))
    inputs = keras.Input((10,))
    hidden = layers.Dense(64, activation="relu")(inputs)
    hidden = layers.Dense(64, activation="relu")(hidden)
    model = keras.Model(inputs, layers.Dense(1)(hidden))
    model.compile(optimizer="adam", loss="mse")
    stop = callbacks.EarlyStopping(patience=5, restore_best_weights=True)
    return Setup(
        model,
        d.x,
        d.y,
        (d.hx, d.hy),
        16,
        150,
        (d.vx, d.vy),
        fit={"callbacks": [stop]} if mended else {},
    )


# ---- wrong labels


def files_in_the_order_of_their_names(mended):
    d = worlds.shapes(1500, seed=12)
    names = [f"shape_{number}.png" for number in range(len(d.x))]
    order = np.argsort(names)  # shape_1, shape_10, shape_100, shape_1000, shape_1001 ...
    y = d.y[order] if mended else d.y
    model = keras.Sequential(
        [
            layers.Input((14, 14, 1)),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x[order], y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def tiled_where_it_should_be_repeated(mended):
    d = data.digits(flat=False, seed=14)
    g = np.random.default_rng(0)
    x = np.repeat(d.x, 3, axis=0)
    x = np.clip(x + g.normal(scale=0.08, size=x.shape), 0, 1).astype("float32")
    y = np.repeat(d.y, 3) if mended else np.tile(d.y, 3)
    inputs = keras.Input((8, 8, 1))
    z = layers.Conv2D(12, 3, activation="relu")(inputs)
    z = layers.Flatten()(z)
    z = layers.Dropout(0.3)(z)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(z))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


# ---- judged wrongly


def classes_numbered_as_they_appear(mended):
    d = worlds.letters(2000, classes=7, seed=15, spread=0.7)

    def number(y):
        seen = list(dict.fromkeys(y.tolist()))
        return np.array([seen.index(one) for one in y])

    y, vy = (d.y, d.vy) if mended else (number(d.y), number(d.vy))
    first = list(dict.fromkeys(d.y.tolist()))
    hy = d.hy if mended else np.array([first.index(one) for one in d.hy])
    inputs = keras.Input((16,))
    x = layers.Dense(48, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(7, activation="softmax")(x))
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, hy), 32, 15, (d.vx, vy))


def recordings(people, each, seed):
    """Return measurements, diagnoses and people; everybody has a manner of their own."""
    g = np.random.default_rng(seed)
    ill = g.integers(2, size=people)
    manner = g.normal(size=(people, 12)) + 0.45 * np.where(ill, 1, -1)[:, None] * (
        np.arange(12) < 3
    )
    who = np.repeat(np.arange(people), each)
    x = manner[who] + g.normal(scale=0.25, size=(len(who), 12))
    return x.astype("float32"), ill[who], who


def the_same_people_on_both_sides(mended):
    x, y, who = recordings(160, 12, 3)
    new = who >= 120
    hx, hy = x[new], y[new]
    x, y, who = x[~new], y[~new], who[~new]
    chosen = np.random.default_rng(0)
    if mended:
        aside = np.isin(who, chosen.permutation(120)[:36])
    else:
        aside = chosen.uniform(size=len(who)) < 0.3
    model = keras.Sequential(
        [
            layers.Input((12,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, x[~aside], y[~aside], (hx, hy), 32, 12, (x[aside], y[aside]))


# ---- one class lost


def defaults_that_nobody_finds(mended):
    d = worlds.loans(5000, share=0.04, seed=3)
    model = keras.Sequential(
        [
            layers.Input((8,)),
            layers.Dense(12, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(4e-3), "binary_crossentropy", metrics=["accuracy"])
    weights = {0: 0.52, 1: 12.5}
    return Setup(
        model,
        d.x,
        d.y,
        (d.hx, d.hy),
        64,
        15,
        (d.vx, d.vy),
        fit={"class_weight": weights} if mended else {},
    )


def weights_by_how_often(mended):
    d = worlds.letters(2600, classes=6, seed=18, spread=0.9)
    g = np.random.default_rng(0)
    keep = g.uniform(size=len(d.y)) < np.array([1, 1, 0.5, 0.3, 0.15, 0.15])[d.y]
    x, y = d.x[keep], d.y[keep]
    share = np.bincount(y) / len(y)
    weights = (1 / share / 6 if mended else share * 6)[y]
    inputs = keras.Input((16,))
    z = layers.Dense(32, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(6, activation="softmax")(z))
    model.compile(optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, y, (d.hx, d.hy), 32, 15, (d.vx, d.vy), fit={"sample_weight": weights})


def balanced_twice(mended):
    d = worlds.loans(6000, share=0.05, seed=6)
    rare = np.flatnonzero(d.y == 1)
    often = np.flatnonzero(d.y == 0)
    rows = np.concatenate([often, np.random.default_rng(0).choice(rare, len(often))])
    model = keras.Sequential()
    model.add(layers.Input((8,)))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
    weights = {} if mended else {"class_weight": {0: 1.0, 1: 19.0}}
    return Setup(model, d.x[rows], d.y[rows], (d.hx, d.hy), 64, 8, (d.vx, d.vy), fit=weights)


def weighted_labels(y_true, y_pred):
    y_true = ops.cast(y_true, "float32")
    p = ops.clip(y_pred, 1e-6, 1 - 1e-6)
    found = 12.0 * y_true * ops.log(p)
    return -ops.mean(found + (1 - y_true) * ops.log(1 - p), axis=-1)


def topics_too_rare_to_count(mended):
    d = worlds.topics(3000, labels=5, share=0.06, seed=4)
    model = keras.Sequential(
        [
            layers.Input((60,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(5, activation="sigmoid"),
        ]
    )
    loss = weighted_labels if mended else "binary_crossentropy"
    model.compile(optimizer=optimizers.Adam(2e-3), loss=loss)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


MEMBERS = (
    Program(
        "more_columns_than_patients", "overfitting", "after", more_columns_than_patients,
        accuracy, 0.06, "120 000 weights for 480 rows of 200 columns",
    ),
    Program(
        "progression_learnt_by_heart", "overfitting", "after", progression_learnt_by_heart, r2,
        0.2, "150 epochs on 176 noisy rows",
    ),
    Program(
        "files_in_the_order_of_their_names", "wrong_labels", "after",
        files_in_the_order_of_their_names, accuracy, 0.3,
        "pictures in the order of their names, labels in that of their numbers",
    ),
    Program(
        "tiled_where_it_should_be_repeated", "wrong_labels", "after",
        tiled_where_it_should_be_repeated, accuracy, 0.3, "inputs repeated, labels tiled",
    ),
    Program(
        "classes_numbered_as_they_appear", "validation", "after",
        classes_numbered_as_they_appear, accuracy, 0.3,
        "training and validation classes numbered apart", judged="honesty",
    ),
    Program(
        "the_same_people_on_both_sides", "validation", "before", the_same_people_on_both_sides,
        accuracy, 0.1, "recordings of the same people in training and validation",
        judged="honesty",
    ),
    Program(
        "defaults_that_nobody_finds", "imbalance", "after", defaults_that_nobody_finds,
        balanced_accuracy, 0.1, "one row in 25 is of the class that counts",
    ),
    Program(
        "weights_by_how_often", "imbalance", "before", weights_by_how_often, balanced_accuracy,
        0.06, "the more frequent a class, the larger its weight",
    ),
    Program(
        "balanced_twice", "imbalance", "before", balanced_twice, balanced_accuracy, 0.03,
        "rare rows drawn as often as others, and weighted besides",
    ),
    Program(
        "topics_too_rare_to_count", "imbalance", "after", topics_too_rare_to_count,
        label_accuracy, 0.1, "labels that hold for one text in sixteen",
    ),
)  # fmt: skip
