"""Last layers that do not fit the loss or the labels: their activation, their number of units."""

import keras
import numpy as np
from keras import layers, models, optimizers

from zoo import data
from zoo.measures import accuracy, auc, balanced_accuracy, label_accuracy, r2
from zoo.program import Program, Setup


def softmax_over_one_unit(mended):
    d = data.tumours()
    model = keras.Sequential()
    model.add(layers.Input(shape=(30,)))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid" if mended else "softmax"))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 8, 6, (d.vx, d.vy))


def softmax_over_one_unit_squared(mended):
    d = data.moons(800)
    inputs = keras.Input((2,))
    x = layers.Dense(20, activation="tanh")(inputs)
    x = layers.Dense(10, activation="tanh")(x)
    outputs = layers.Dense(1)(x)
    outputs = layers.Activation("sigmoid")(outputs) if mended else layers.Softmax()(outputs)
    model = models.Model(inputs, outputs)
    model.compile(optimizers.Adam(learning_rate=0.01), loss="mse")
    return Setup(model, d.x, d.y.astype("float32"), (d.hx, d.hy), 8, 10)


def relu_under_binary_loss(mended):
    """Above 1 and below 0 the loss has no slope, and there the outputs stay."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(1200, 6)).astype("float32")
    chance = 1 / (1 + np.exp(-4 * x[:, 0] * x[:, 1]))
    d = data.parts(x, (generator.uniform(size=1200) < chance).astype(int))
    model = keras.Sequential(
        [
            layers.Dense(64, activation="relu", kernel_initializer="he_normal", input_dim=6),
            layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(1, activation="sigmoid" if mended else "relu"),
        ]
    )
    model.compile(optimizers.SGD(0.2), "binary_crossentropy", metrics=["acc"])
    return Setup(model, d.x, d.y.reshape(-1, 1), (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def linear_under_binary_loss(mended):
    """The author forgot that the loss wants to be told about logits."""
    d = data.rings()
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(16, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1),
        ]
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=mended)
    model.compile(optimizer=optimizers.SGD(0.1), loss=loss)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 10, (d.vx, d.vy))


def linear_under_sparse_loss(mended):
    d = data.digits(flat=False)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(12, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax" if mended else None),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def mean_of_softmaxes_taken_for_logits(mended):
    """Two heads are averaged, and the loss puts a softmax over their mean probabilities."""
    d = data.digits()
    inputs = keras.Input((64,))
    one = layers.Dense(10, activation="softmax")(layers.Dense(32, activation="relu")(inputs))
    two = layers.Dense(10, activation="softmax")(layers.Dense(32, activation="tanh")(inputs))
    model = keras.Model(inputs, layers.Average()([one, two]))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not mended)
    model.compile(optimizers.SGD(learning_rate=0.05), loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def softmax_twice(mended):
    d = data.blobs(classes=8, count=1500, features=12)
    inputs = keras.Input(shape=(12,), name="measurements")
    x = layers.Dense(24, activation="relu")(inputs)
    x = layers.Dense(8, activation="softmax")(x)
    if not mended:
        x = layers.Softmax(name="probabilities")(x)
    model = keras.Model(inputs, x)
    model.compile(optimizers.SGD(0.02, momentum=0.5), "categorical_crossentropy")
    y = keras.utils.to_categorical(d.y, 8)
    vy = keras.utils.to_categorical(d.vy, 8)
    return Setup(model, d.x, y, (d.hx, d.hy), 16, 8, (d.vx, vy))


def softmax_for_several_labels(mended):
    """Five topics that may hold together, and a softmax that lets them compete."""
    generator = np.random.default_rng(5)
    x = generator.normal(size=(1500, 20)).astype("float32")
    weights = generator.normal(size=(20, 5))
    y = (x @ weights + 1.5 > 0).astype("float32")
    d = data.parts(x, y)
    model = keras.Sequential()
    model.add(keras.Input((20,)))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(5, activation="sigmoid" if mended else "softmax"))
    model.compile(loss="binary_crossentropy", optimizer=optimizers.Adam(0.005))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 8, (d.vx, d.vy))


def softmax_of_three_with_squares(mended):
    """Three properties at once, squared error, and a softmax over them."""
    d = data.wine()
    flags = [np.stack([y != 0, y != 1, y != 2], axis=1).astype("float32") for y in d[1::2]]
    model = keras.Sequential(
        [
            layers.Dense(16, activation="relu", input_dim=13),
            layers.Dense(3, activation="sigmoid" if mended else "softmax"),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.01), loss="mean_squared_error")
    return Setup(model, d.x, flags[0], (d.hx, flags[2]), 4, 10, (d.vx, flags[1]))


def relu_under_categorical_loss(mended):
    """Where both units are 0, the loss divides by their sum."""
    d = data.moons(900, noise=0.15, seed=6)
    model = keras.Sequential(
        [
            keras.Input(shape=(2,)),
            layers.Dense(30, activation="relu"),
            layers.Dense(30, activation="relu"),
            layers.Dense(2, activation="softmax" if mended else "relu"),
        ]
    )
    model.compile(
        optimizer=optimizers.Adam(0.003), loss="categorical_crossentropy", metrics=["accuracy"]
    )
    y = np.eye(2, dtype="float32")[d.y]
    return Setup(model, d.x, y, (d.hx, d.hy), 20, 10)


def negative_log(y_true, y_pred):
    """Minus the logarithm of what the right class got."""
    of_right = keras.ops.sum(y_true * y_pred, axis=-1)
    return -keras.ops.mean(keras.ops.log(of_right + 1e-7))


def sigmoids_where_a_distribution_is_needed(mended):
    """The loss only asks that the right unit goes up, and nothing holds the others down."""
    d = data.blobs(classes=5, features=8, seed=4)
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(5, activation="softmax" if mended else "sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.01), loss=negative_log)
    y = keras.utils.to_categorical(d.y, 5)
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 12)


def outputs_scaled_up(mended):
    """Somebody multiplies the scores so that the softmax is decided."""
    d = data.digits(seed=3)
    x = inputs = keras.Input((64,))
    x = layers.Dense(48, activation="relu")(x)
    x = layers.Dense(10)(x)
    if not mended:
        x = layers.Rescaling(300.0)(x)
    model = keras.Model(inputs, layers.Softmax()(x))
    model.compile(
        optimizer="sgd", loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"]
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 10, (d.vx, d.vy))


def relu_for_targets_below_zero(mended):
    d = data.curve()
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation=None if mended else "relu"),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def cross_entropy_written_out(y_true, y_pred):
    """Cross-entropy of one unit, as it stands in the book."""
    log = keras.ops.log
    return -keras.ops.mean(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))


def tanh_for_probabilities(mended):
    """Outputs below zero under a loss of probabilities, and their logarithm."""
    generator = np.random.default_rng(8)
    x = generator.normal(size=(1600, 6)).astype("float32")
    chance = 1 / (1 + np.exp(-3 * x[:, 0] * x[:, 1] - x[:, 2]))
    d = data.parts(x, (generator.uniform(size=1600) < chance).astype("float32"))
    model = keras.Sequential()
    model.add(keras.Input((6,)))
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid" if mended else "tanh"))
    model.compile(loss=cross_entropy_written_out, optimizer=optimizers.Adam(0.005))
    return Setup(model, d.x, d.y[:, None], (d.hx, d.hy), 32, 8, (d.vx, d.vy[:, None]))


# ---- the number of units


def one_sigmoid_for_three_classes(mended):
    d = data.iris()
    last = layers.Dense(3, activation="softmax") if mended else layers.Dense(1, "sigmoid")
    model = keras.Sequential([layers.Dense(12, activation="relu", input_shape=(4,)), last])
    loss = "sparse_categorical_crossentropy" if mended else "binary_crossentropy"
    model.compile(optimizer=optimizers.Adam(0.02), loss=loss, metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 5, 12)


def ten_units_for_one_column(mended):
    """Squared error takes the digit itself as the target of every unit."""
    d = data.digits()
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    y, vy = d.y.reshape(-1, 1).astype("float32"), d.vy.reshape(-1, 1).astype("float32")
    if mended:
        y, vy = keras.utils.to_categorical(d.y, 10), keras.utils.to_categorical(d.vy, 10)
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 12, (d.vx, vy))


def two_sigmoids_for_one_column(mended):
    """Both units learn the same column, so that the larger of them says nothing."""
    d = data.moons(900, noise=0.15, seed=2)
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(32, activation="relu"), layers.Dense(2, "sigmoid")]
    )
    model.compile(optimizer=optimizers.Adam(0.02), loss="mse")
    y = keras.utils.to_categorical(d.y, 2) if mended else d.y.reshape(-1, 1)
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 12)


def categorical_over_one_unit(mended):
    """One unit is always all of its own sum: the loss is 0 from the start."""
    d = data.rings(900, seed=9)
    inputs = keras.Input((2,))
    x = layers.Dense(32, activation="relu")(inputs)
    x = layers.Dropout(0.1)(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    loss = "binary_crossentropy" if mended else "categorical_crossentropy"
    model.compile(optimizer=optimizers.Adam(0.02), loss=loss, metrics=["binary_accuracy"])
    y, vy = d.y.reshape(-1, 1), d.vy.reshape(-1, 1)
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 12, (d.vx, vy))


def fewer_units_than_classes(mended):
    """The author counted the digits wrongly."""
    d = data.digits()
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(40, activation="relu"),
            layers.Dense(10 if mended else 7, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10)


MEMBERS = (
    Program(
        "softmax_over_one_unit", "output_activation", "before", softmax_over_one_unit,
        balanced_accuracy, 0.3, "a softmax over one unit is always 1",
    ),
    Program(
        "softmax_over_one_unit_squared", "output_activation", "before",
        softmax_over_one_unit_squared, accuracy, 0.3,
        "a softmax over one unit is always 1, under squared error",
    ),
    Program(
        "relu_under_binary_loss", "output_activation", "before", relu_under_binary_loss, accuracy,
        0.1, "ReLU gives no probability",
    ),
    Program(
        "linear_under_binary_loss", "output_activation", "before", linear_under_binary_loss,
        accuracy, 0.1, "a linear output under a loss of probabilities",
    ),
    Program(
        "linear_under_sparse_loss", "output_activation", "before", linear_under_sparse_loss,
        accuracy, 0.2, "ten linear outputs under a loss of probabilities",
    ),
    Program(
        "mean_of_softmaxes_taken_for_logits", "output_activation", "before",
        mean_of_softmaxes_taken_for_logits,
        accuracy, 0.08, "from_logits=True after softmaxes",
    ),
    Program(
        "softmax_twice", "output_activation", "before", softmax_twice, accuracy, 0.1,
        "a softmax after a softmax",
    ),
    Program(
        "softmax_for_several_labels", "output_activation", "before", softmax_for_several_labels,
        label_accuracy, 0.15, "a softmax over labels that hold together",
    ),
    Program(
        "softmax_of_three_with_squares", "output_activation", "before",
        softmax_of_three_with_squares, label_accuracy, 0.15,
        "a softmax over three labels that hold together, under squared error",
    ),
    Program(
        "relu_under_categorical_loss", "output_activation", "before", relu_under_categorical_loss,
        accuracy, 0.2, "ReLU gives no distribution",
    ),
    Program(
        "sigmoids_where_a_distribution_is_needed", "output_activation", "before",
        sigmoids_where_a_distribution_is_needed, accuracy, 0.15,
        "sigmoids under a loss that looks at the right class alone",
    ),
    Program(
        "outputs_scaled_up", "output_activation", "before", outputs_scaled_up, accuracy, 0.1,
        "scores times 300 before the softmax",
    ),
    Program(
        "relu_for_targets_below_zero", "output_activation", "before", relu_for_targets_below_zero,
        r2, 0.15, "half of the targets are below what ReLU reaches",
    ),
    Program(
        "tanh_for_probabilities", "output_activation", "before", tanh_for_probabilities, auc, 0.15,
        "tanh under a loss of probabilities",
    ),
    Program(
        "one_sigmoid_for_three_classes", "output_units", "before", one_sigmoid_for_three_classes,
        accuracy, 0.2, "one sigmoid for three classes",
    ),
    Program(
        "ten_units_for_one_column", "output_units", "before", ten_units_for_one_column, accuracy,
        0.4, "ten units are compared with one column",
    ),
    Program(
        "two_sigmoids_for_one_column", "output_units", "before", two_sigmoids_for_one_column,
        accuracy, 0.2, "two units are compared with one column",
    ),
    Program(
        "categorical_over_one_unit", "output_units", "before", categorical_over_one_unit, accuracy,
        0.2, "a loss of several classes over one unit",
    ),
    Program(
        "fewer_units_than_classes", "output_units", "before", fewer_units_than_classes, accuracy,
        0.7, "seven units for ten classes", raises=True,
    ),
)  # fmt: skip
