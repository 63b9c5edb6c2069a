"""Labels that the loss reads as something else, and targets that the output cannot reach."""

import keras
import numpy as np
import pandas as pd
from keras import layers, optimizers

from zoo import data
from zoo.measures import accuracy, balanced_accuracy, r2
from zoo.program import Program, Setup


def codes_into_categorical(mended):
    d = data.digits()
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(32, "relu"), layers.Dense(10, activation="softmax")]
    )
    loss = "sparse_categorical_crossentropy" if mended else "categorical_crossentropy"
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def one_hot_into_sparse(mended):
    d = data.iris()
    inputs = keras.layers.Input((4,))
    hidden = layers.Dense(10, activation="relu")(inputs)
    model = keras.Model(inputs=inputs, outputs=layers.Dense(3, activation="softmax")(hidden))
    loss = (
        keras.losses.CategoricalCrossentropy()
        if mended
        else keras.losses.SparseCategoricalCrossentropy()
    )
    model.compile(optimizer=optimizers.Adam(0.03), loss=loss)
    return Setup(model, d.x, keras.utils.to_categorical(d.y), (d.hx, d.hy), 16, 12)


def classes_from_one(mended):
    """The file counts its classes from 1, the loss from 0."""
    d = data.wine()
    first = 0 if mended else 1
    model = keras.Sequential()
    model.add(layers.Dense(24, activation="relu", input_shape=(13,)))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    y, vy, hy = d.y + first, d.vy + first, d.hy + first
    return Setup(model, d.x, y, (d.hx, hy), 4, 8, (d.vx, vy))


def classes_below_zero(mended):
    """One is subtracted from classes that already counted from 0."""
    d = data.blobs(classes=3, features=5, count=900)
    off = 0 if mended else 1
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(16, activation="tanh"), layers.Dense(3)]
    )
    model.compile(
        optimizer=optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return Setup(model, d.x, d.y - off, (d.hx, d.hy), 32, 10)


def first_class_dropped(mended):
    """`drop_first` is meant for linear models: the dropped class has a row of zeros."""
    d = data.blobs(classes=3, count=1000, features=6, seed=2)
    y = pd.get_dummies(d.y, drop_first=not mended).to_numpy("float32")
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(20, activation="relu"),
            layers.Dense(y.shape[1], activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["categorical_accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy - (0 if mended else 1)), 16, 10)


def plus_and_minus_one(mended):
    """Classes -1 and 1, as for a support vector machine, under a loss of probabilities."""
    generator = np.random.default_rng(2)
    x = generator.normal(size=(2000, 4)).astype("float32")
    chance = np.where(x[:, 0] + x[:, 1] > 0, 0.68, 0.15)
    y = (generator.uniform(size=2000) < chance).astype("float32")
    d = data.parts(x, y)
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(16, "relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["accuracy"])
    coded = [y if mended else 2 * y - 1 for y in (d.y, d.vy)]
    return Setup(model, d.x, coded[0], (d.hx, d.hy), 32, 12, (d.vx, coded[1]))


def two_classes_coded_one_and_two(mended):
    d = data.tumours()
    y = d.y + (0 if mended else 1)
    vy = d.vy + (0 if mended else 1)
    model = keras.Sequential()
    model.add(keras.layers.Input(shape=(30,)))
    model.add(layers.Dense(10, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy), 8, 8, (d.vx, vy))


def labels_divided_with_the_pixels(mended):
    """Everything in the file is divided by 16, the digits, too."""
    d = data.digits()
    table = np.concatenate([d.x * 16, d.y[:, None]], axis=1)
    scaled = table / 16
    x = scaled[:, :-1].astype("float32")
    y = (table if mended else scaled)[:, -1]
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(50, activation="relu"), layers.Dense(10, "softmax")]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return Setup(model, x, y, (d.hx, d.hy), 32, 8)


def outputs_in_another_order(mended):
    """Two heads, and their labels in a list the other way round."""
    generator = np.random.default_rng(9)
    x = generator.normal(size=(1200, 8)).astype("float32")
    warm = 20 + 6 * x[:, 2] + 3 * x[:, 3]
    loud = x[:, 0] * x[:, 1] > 0
    d = data.parts(x, np.stack([warm / 10, loud], axis=1).astype("float32"))
    inputs = keras.Input((8,))
    shared = layers.Dense(48, activation="relu")(inputs)
    warm = layers.Dense(1, name="warm")(shared)
    loud = layers.Dense(1, activation="sigmoid", name="loud")(shared)
    model = keras.Model(inputs, [warm, loud])
    model.compile(optimizers.Adam(0.005), loss=["mse", "binary_crossentropy"])
    order = (0, 1) if mended else (1, 0)
    y = [d.y[:, one] for one in order]
    return Setup(model, d.x, y, (d.hx, d.hy), 16, 8)


def loud_accuracy(model, x, y):
    """Return the share of right sides of the head that is called loud."""
    given = keras.ops.convert_to_numpy(model(x, training=False)[1]).ravel()
    return float(np.mean((given > 0.5) == (y[:, 1] > 0.5)))


# ---- targets that the output cannot reach


def temperatures_through_a_sigmoid(mended):
    generator = np.random.default_rng(0)
    x = generator.uniform(size=(1000, 3)).astype("float32")
    y = (100 * (0.5 * x[:, 0] + 0.3 * x[:, 1] * x[:, 2] + 0.1)).astype("float32")
    d = data.parts(x, y)
    model = keras.Sequential(
        [
            layers.Dense(32, activation="relu", input_shape=(3,)),
            layers.Dense(1, activation="linear" if mended else "sigmoid"),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 8, 10, (d.vx, d.vy))


def progression_through_tanh(mended):
    d = data.diabetes()
    inputs = keras.Input((10,))
    x = layers.Dense(20, activation="relu")(inputs)
    outputs = layers.Dense(1, activation="tanh" if not mended else None)(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=optimizers.RMSprop(0.1), loss="mean_absolute_error")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 8, 10, (d.vx, d.vy))


def percentages_as_probabilities(mended):
    """Shares from 0 to 100 under a loss for shares from 0 to 1."""
    generator = np.random.default_rng(4)
    x = generator.normal(size=(1200, 5)).astype("float32")
    share = 1 / (1 + np.exp(-x[:, 0] - 0.7 * np.sin(2 * x[:, 1])))
    d = data.parts(x, share.astype("float32"))
    times = 1 if mended else 100
    model = keras.Sequential()
    model.add(keras.Input((5,)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer=optimizers.Adam(0.005), loss="binary_crossentropy")
    return Setup(model, d.x, d.y * times, (d.hx, d.hy * times), 32, 12)


def prices_in_full(mended):
    """Targets in the hundred thousands, and steps of a thousandth."""
    d = data.houses()
    middle, width = (d.y.mean(), d.y.std()) if mended else (0.0, 1.0)
    y, vy, hy = [(y - middle) / width for y in (d.y, d.vy, d.hy)]
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 12, (d.vx, vy))


def populations_with_sgd(mended):
    """Plain SGD on targets in the thousands: the first steps already overflow."""
    generator = np.random.default_rng(6)
    x = generator.normal(size=(600, 6)).astype("float32")
    y = (8000 + 3000 * x[:, 0] - 1500 * np.abs(x[:, 1])).astype("float32")
    d = data.parts(x, y)
    by = 3000.0 if mended else 1.0
    off = 7000.0 if mended else 0.0
    model = keras.Sequential(
        [layers.Dense(64, activation="relu", input_shape=(6,)), layers.Dense(1)]
    )
    model.compile(loss="mean_squared_error", optimizer="sgd")
    return Setup(model, d.x, (d.y - off) / by, (d.hx, (d.hy - off) / by), 16, 10)


MEMBERS = (
    Program(
        "codes_into_categorical", "label_form", "before", codes_into_categorical, accuracy, 0.8,
        "class indices for a loss that takes one-hot labels", raises=True,
    ),
    Program(
        "one_hot_into_sparse", "label_form", "before", one_hot_into_sparse, accuracy, 0.8,
        "one-hot labels for a loss that takes class indices", raises=True,
    ),
    Program(
        "classes_from_one", "label_form", "before", classes_from_one, accuracy, 0.7,
        "classes 1 to 3 for three units", raises=True,
    ),
    Program(
        "classes_below_zero", "label_form", "before", classes_below_zero, accuracy, 0.7,
        "classes -1 to 1 for three units", raises=True,
    ),
    Program(
        "first_class_dropped", "label_form", "before", first_class_dropped, balanced_accuracy, 0.2,
        "one class has a row of zeros for its label",
    ),
    Program(
        "plus_and_minus_one", "label_form", "before", plus_and_minus_one, balanced_accuracy, 0.1,
        "labels -1 and 1 under a loss of probabilities",
    ),
    Program(
        "two_classes_coded_one_and_two", "label_form", "before", two_classes_coded_one_and_two,
        balanced_accuracy, 0.3, "labels 1 and 2 under a loss of probabilities",
    ),
    Program(
        "labels_divided_with_the_pixels", "label_form", "before", labels_divided_with_the_pixels,
        accuracy, 0.5, "classes divided by 16 are all class 0",
    ),
    Program(
        "outputs_in_another_order", "label_form", "before", outputs_in_another_order,
        loud_accuracy, 0.2, "the labels of two heads are swapped",
    ),
    Program(
        "temperatures_through_a_sigmoid", "target_range", "before", temperatures_through_a_sigmoid,
        r2, 0.5, "targets to 100 through a sigmoid",
    ),
    Program(
        "progression_through_tanh", "target_range", "before", progression_through_tanh, r2, 0.5,
        "targets to 346 through tanh",
    ),
    Program(
        "percentages_as_probabilities", "target_range", "before", percentages_as_probabilities, r2,
        0.5, "targets from 0 to 100 under a loss of probabilities",
    ),
    Program(
        "prices_in_full", "target_range", "before", prices_in_full, r2, 0.5,
        "targets in the hundred thousands",
    ),
    Program(
        "populations_with_sgd", "target_range", "before", populations_with_sgd, r2, 0.5,
        "targets in the thousands under plain SGD",
    ),
)  # fmt: skip
