"""Too strong a regularisation, or too weak a one."""

import keras
import numpy as np
from keras import constraints, layers, optimizers, regularizers

from zoo import data
from zoo.measures import accuracy, r2
from zoo.program import Program, Setup


def nearly_everything_dropped(mended):
    d = data.digits()
    rate = 0.2 if mended else 0.97
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(32, activation="relu"),
            layers.Dropout(rate),
            layers.Dense(32, activation="relu"),
            layers.Dropout(rate),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def inputs_dropped(mended):
    """Dropout of nine in ten inputs; the author read the rate as what is kept."""
    d = data.iris()
    model = keras.Sequential()
    model.add(keras.Input((4,)))
    model.add(layers.Dropout(0.1 if mended else 0.9))
    model.add(layers.Dense(12, activation="relu"))
    model.add(layers.Dropout(0.1 if mended else 0.9))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizers.Adam(0.02))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 8, 10, (d.vx, d.vy))


def outputs_dropped(mended):
    """Dropout behind the last layer: half of the answers of a regression are replaced by 0."""
    d = data.houses(1000)
    y, vy, hy = [part / 100_000 for part in (d.y, d.vy, d.hy)]
    inputs = keras.Input((4,))
    x = layers.Dense(24, activation="relu")(inputs)
    x = layers.Dense(1)(x)
    outputs = x if mended else layers.Dropout(0.5)(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.Adam(0.01), loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 12, (d.vx, vy))


def squares_of_weights_times_one(mended):
    d = data.digits()
    penalty = regularizers.L2(1e-4 if mended else 1.0)
    model = keras.Sequential(
        [
            layers.Dense(48, activation="relu", kernel_regularizer=penalty, input_dim=64),
            layers.Dense(10, activation="softmax", kernel_regularizer=penalty),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def lasso_for_everything(mended):
    d = data.diabetes()
    y, vy, hy = [(part - d.y.mean()) / d.y.std() for part in (d.y, d.vy, d.hy)]
    strength = regularizers.L1(1e-4 if mended else 1.0)
    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(16, activation="tanh", kernel_regularizer=strength),
            layers.Dense(16, activation="tanh", kernel_regularizer=strength),
            layers.Dense(1, kernel_regularizer=strength),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.005), loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 16, 10, (d.vx, vy))


def decay_of_fifty(mended):
    d = data.houses(1000, seed=8)
    y, vy, hy = [(part - d.y.mean()) / d.y.std() for part in (d.y, d.vy, d.hy)]
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(16, activation="relu"), layers.Dense(1)]
    )
    optimizer = optimizers.AdamW(0.01, weight_decay=0.01 if mended else 50.0)
    model.compile(optimizer, loss="mse", metrics=["mae"])
    return Setup(model, d.x, y, (d.hx, hy), 16, 8, (d.vx, vy))


def weights_held_small(mended):
    """A largest norm of a hundredth for the weights of every unit."""
    d = data.blobs(classes=5, count=1000, features=8, seed=14)
    most = constraints.MaxNorm(3.0 if mended else 0.01)
    inputs = keras.Input((8,))
    x = layers.Dense(24, activation="relu", kernel_constraint=most)(inputs)
    x = layers.Dense(24, activation="relu", kernel_constraint=most)(x)
    outputs = layers.Dense(5, activation="softmax", kernel_constraint=most)(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


# ---- learnt by heart


def sixty_patients_by_heart(mended):
    """A wide network, sixty rows, and epochs without end."""
    d = data.diabetes()
    x, y = d.x[:60], (d.y[:60] - d.y.mean()) / d.y.std()
    vy, hy = (d.vy - d.y.mean()) / d.y.std(), (d.hy - d.y.mean()) / d.y.std()
    penalty = regularizers.L2(0.02) if mended else None
    width = 256 if not mended else 16
    model = keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(width, activation="relu", kernel_regularizer=penalty),
            layers.Dense(width, activation="relu", kernel_regularizer=penalty),
            layers.Dense(1, kernel_regularizer=penalty),
        ]
    )
    model.compile(optimizer=optimizers.Adam(0.003), loss="mse", metrics=["mae"])
    return Setup(model, x, y, (d.hx, hy), 10, 25, (d.vx, vy))


def noise_learnt_by_heart(mended):
    """A target that is mostly noise, and nothing that stops the training."""
    generator = np.random.default_rng(27)
    x = generator.normal(size=(500, 20)).astype("float32")
    y = (0.6 * x[:, 0] - 0.6 * x[:, 1] + generator.normal(size=500)).astype("float32")
    d = data.parts(x, y, shares=(0.4, 0.2))
    stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    fit = {"callbacks": [stop]} if mended else {}
    model = keras.Sequential()
    model.add(keras.Input((20,)))
    model.add(layers.Dense(256, activation="relu"))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(1))
    model.compile(loss="mse", optimizer=optimizers.Adam(0.005))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 20, 25, (d.vx, d.vy), fit)


def wrong_labels_learnt_by_heart(mended):
    """A quarter of the labels is wrong, and the network is large enough to learn them all."""
    d = data.blobs(classes=2, count=900, features=16, seed=15)
    generator = np.random.default_rng(28)
    y, vy = [np.where(generator.uniform(size=len(p)) < 0.25, 1 - p, p) for p in (d.y, d.vy)]
    x = inputs = keras.Input((16,))
    for _ in range(2):
        x = layers.Dense(128, activation="relu")(x)
        x = layers.Dropout(0.6)(x) if mended else x
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    epochs = 16 if not mended else 8
    return Setup(model, d.x, y, (d.hx, d.hy), 32, epochs, (d.vx, vy))


MEMBERS = (
    Program(
        "nearly_everything_dropped", "regularisation", "before", nearly_everything_dropped,
        accuracy, 0.2, "dropout of 0.97",
    ),
    Program(
        "inputs_dropped", "regularisation", "before", inputs_dropped, accuracy, 0.1,
        "dropout of 0.9 on four inputs",
    ),
    Program(
        "outputs_dropped", "regularisation", "before", outputs_dropped, r2, 0.2,
        "dropout behind the output of a regression",
    ),
    Program(
        "squares_of_weights_times_one", "regularisation", "before", squares_of_weights_times_one,
        accuracy, 0.2, "an L2 penalty of 1",
    ),
    Program(
        "lasso_for_everything", "regularisation", "before", lasso_for_everything, r2, 0.2,
        "an L1 penalty of 1 that outweighs the loss",
    ),
    Program(
        "decay_of_fifty", "regularisation", "before", decay_of_fifty, r2, 0.4,
        "a weight decay of 50",
    ),
    Program(
        "weights_held_small", "regularisation", "before", weights_held_small, accuracy, 0.2,
        "weights with a norm of at most 0.01",
    ),
    Program(
        "sixty_patients_by_heart", "overfitting", "after", sixty_patients_by_heart, r2, 0.15,
        "a wide network on sixty rows",
    ),
    Program(
        "noise_learnt_by_heart", "overfitting", "after", noise_learnt_by_heart, r2, 0.15,
        "noise learnt epoch after epoch",
    ),
    Program(
        "wrong_labels_learnt_by_heart", "overfitting", "after", wrong_labels_learnt_by_heart,
        accuracy, 0.06, "wrong labels learnt by a large network",
    ),
)  # fmt: skip
