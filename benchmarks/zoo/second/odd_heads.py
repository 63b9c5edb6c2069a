"""Healthy programs: outputs, losses and labels that look strange and are right."""

import keras
import numpy as np
from keras import initializers, layers, losses, ops, optimizers

from zoo import data
from zoo.measures import accuracy, auc, balanced_accuracy, label_accuracy, r2
from zoo.program import Healthy, Setup
from zoo.second import scores, worlds
from zoo.second.heads import contrastive, ninth_decile, pairs


def odds_in_the_last_bias():
    d = worlds.loans(4000, share=0.15, seed=31)
    share = d.y.mean()
    start = initializers.Constant(float(np.log(share / (1 - share))))
    inputs = keras.Input((8,))
    x = layers.Dense(24, activation="relu")(inputs)
    x = layers.Dense(12, activation="relu")(x)
    outputs = layers.Dense(1, activation="sigmoid", bias_initializer=start)(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.Adam(2e-3), "binary_crossentropy", metrics=["AUC"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 15, (d.vx, d.vy))


def focal_over_pixels():
    d = worlds.fields(500, seed=31)
    y, vy, hy = ((one > 0)[..., None].astype("float32") for one in (d.y, d.vy, d.hy))
    model = keras.Sequential()
    model.add(layers.Input((16, 16, 1)))
    model.add(layers.Conv2D(12, 3, padding="same", activation="relu"))
    model.add(layers.Conv2D(12, 3, padding="same", activation="relu"))
    model.add(layers.Conv2D(1, 1, activation="sigmoid"))
    model.compile(optimizers.Adam(5e-3), losses.BinaryFocalCrossentropy(gamma=2.0))
    return Setup(model, d.x, y, (d.hx, hy), 16, 12, (d.vx, vy))


def signs_under_squared_hinge():
    d = worlds.by_training(worlds.customers(2500, seed=32))
    y, vy = 2.0 * d.y - 1, 2.0 * d.vy - 1
    model = keras.Sequential(
        [layers.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(1)]
    )
    model.compile(optimizer=optimizers.Adam(2e-3), loss="squared_hinge")
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 12, (d.vx, vy))


def log_cosh_by_hand(y_true, y_pred):
    error = ops.abs(ops.cast(y_true, "float32") - y_pred)
    return ops.mean(error + ops.softplus(-2.0 * error) - np.log(2.0), axis=-1)


def some_targets_wildly_off():
    d = worlds.friedman(2500, seed=33)
    g = np.random.default_rng(0)
    y, vy, hy = ((one - d.y.mean()) / d.y.std() for one in (d.y, d.vy, d.hy))

    def spoil(one):
        wild = g.uniform(size=len(one)) < 0.02
        wrong = one + g.normal(scale=6, size=len(one))
        return np.where(wild, wrong, one).astype("float32")[:, None]

    inputs = keras.Input((10,))
    x = layers.Dense(32, activation="relu")(inputs)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.Adam(2e-3), log_cosh_by_hand)
    return Setup(model, d.x, spoil(y), (d.hx, hy), 32, 25, (d.vx, spoil(vy)))


def directions_by_cosine():
    g = np.random.default_rng(34)
    x = g.normal(size=(2200, 6))
    y = np.stack([x[:, 0] + x[:, 1], np.sin(2 * x[:, 2]) - x[:, 3], np.abs(x[:, 4]) - 0.5], 1)
    y = y / np.linalg.norm(y, axis=1, keepdims=True)
    d = data.parts(x.astype("float32"), y.astype("float32"))
    model = keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(3),
            layers.UnitNormalization(),
        ]
    )
    model.compile(optimizers.Adam(2e-3), losses.CosineSimilarity())
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def labels_a_little_smoothed():
    d = data.digits(seed=35)
    y, vy = keras.utils.to_categorical(d.y), keras.utils.to_categorical(d.vy)
    model = keras.Sequential()
    model.add(layers.Input((64,)))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    loss = losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizers.Adam(2e-3), loss, metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 15, (d.vx, vy))


def visitors_through_softplus():
    d = worlds.visits(2500, seed=36)
    inputs = keras.Input((4,))
    x = layers.Dense(32, activation="relu")(inputs)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="softplus")(x))
    model.compile(optimizers.Adam(2e-3), "poisson")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def upper_bound_by_pinball():
    d = data.curve(2000, seed=37)
    g = np.random.default_rng(1)
    y, vy, hy = (
        (one + g.exponential(0.4, len(one)).astype("float32"))[:, None] for one in (d.y, d.vy, d.hy)
    )
    model = keras.Sequential()
    model.add(layers.Input((3,)))
    model.add(layers.Dense(32, activation="swish"))
    model.add(layers.Dense(32, activation="swish"))
    model.add(layers.Dense(1))
    model.compile(optimizer=optimizers.Adam(2e-3), loss=ninth_decile)
    return Setup(model, d.x, y, (d.hx, hy), 32, 20, (d.vx, vy))


def signals_through_tanh():
    g = np.random.default_rng(38)
    at = np.arange(32)
    phase, pace = g.uniform(0, 6.28, (1600, 1)), g.uniform(0.15, 0.5, (1600, 1))
    clean = np.sin(at * pace + phase) * 0.95
    noisy = clean + g.normal(scale=0.4, size=clean.shape)
    d = data.parts(noisy[..., None].astype("float32"), clean[..., None].astype("float32"))
    inputs = keras.Input((32, 1))
    x = layers.Conv1D(16, 9, padding="same", activation="relu")(inputs)
    x = layers.Conv1D(16, 9, padding="same", activation="relu")(x)
    model = keras.Model(inputs, layers.Conv1D(1, 5, padding="same", activation="tanh")(x))
    model.compile("adam", "mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 15, (d.vx, d.vy))


def rents_scaled_inside():
    d = data.houses(2000, seed=39)
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(1),
            layers.Rescaling(scale=float(d.y.std()), offset=float(d.y.mean())),
        ]
    )
    model.compile(optimizer=optimizers.Adam(2e-3), loss="mse", metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 20, (d.vx, d.vy))


def gamma_deviance(y_true, y_pred):
    return ops.mean(y_true / y_pred - 1 + ops.log(y_pred / y_true), axis=-1)


def claims_under_gamma():
    g = np.random.default_rng(40)
    x = g.normal(size=(2500, 6))
    size = np.exp(0.8 * x[:, 0] - 0.5 * x[:, 1] + 0.4 * np.abs(x[:, 2]))
    y = np.maximum(1e-3, g.gamma(4, size / 4))
    d = data.parts(x.astype("float32"), y.astype("float32")[:, None])
    inputs = keras.Input((6,))
    z = layers.Dense(24, activation="tanh")(inputs)
    model = keras.Model(inputs, layers.Dense(1, activation="exponential")(z))
    model.compile(optimizers.Adam(3e-3), gamma_deviance)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 30, (d.vx, d.vy))


def digits_by_distance():
    d = data.digits(seed=41)
    x, same = pairs(d.x, d.y, 5000, 0)
    vx, vsame = pairs(d.vx, d.vy, 1000, 1)
    hx, hsame = pairs(d.hx, d.hy, 1000, 2)
    tower = keras.Sequential(
        [keras.Input((64,)), layers.Dense(48, activation="relu"), layers.Dense(16)]
    )
    left, right = keras.Input((64,)), keras.Input((64,))
    between = layers.Subtract()([tower(left), tower(right)])
    distance = layers.Lambda(
        lambda z: ops.sqrt(ops.sum(ops.square(z), -1, keepdims=True) + 1e-6), output_shape=(1,)
    )(between)
    model = keras.Model([left, right], distance)
    model.compile(optimizers.Adam(1e-3), contrastive)
    return Setup(model, x, 1 - same, (hx, hsame), 32, 6, (vx, 1 - vsame))


def shape_and_brightness():
    d = worlds.shapes(2000, seed=42)
    light = d.x.mean(axis=(1, 2, 3))
    usual, spread = light.mean(), light.std()

    def both(x, y):
        return {"shape": y, "light": (x.mean(axis=(1, 2, 3)) - usual) / spread}

    inputs = keras.Input((14, 14, 1))
    x = layers.Conv2D(16, 5, activation="relu")(inputs)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(32, activation="relu")(x)
    model = keras.Model(
        inputs,
        {
            "shape": layers.Dense(3, activation="softmax", name="shape")(x),
            "light": layers.Dense(1, name="light")(x),
        },
    )
    model.compile(
        optimizer=optimizers.Adam(1e-3),
        loss={"shape": "sparse_categorical_crossentropy", "light": "mse"},
        loss_weights={"shape": 1.0, "light": 0.3},
        metrics={"shape": "accuracy"},
    )
    y, vy, hy = both(d.x, d.y), both(d.vx, d.vy), both(d.hx, d.hy)
    return Setup(model, d.x, y, (d.hx, hy), 32, 12, (d.vx, vy))


def topics_as_logits():
    d = worlds.topics(2500, seed=43)
    model = keras.Sequential()
    model.add(layers.Input((60,)))
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(5))
    model.compile(optimizers.Adam(3e-3), losses.BinaryCrossentropy(from_logits=True))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


MEMBERS = (
    Healthy(
        "odds_in_the_last_bias", "the last bias starts far below 0", odds_in_the_last_bias, auc,
        0.96,
    ),
    Healthy(
        "focal_over_pixels", "a loss that starts near 0.17 and ends near 0.01", focal_over_pixels,
        scores.overlap, 0.95,
    ),
    Healthy(
        "signs_under_squared_hinge", "labels -1 and 1, a linear output",
        signs_under_squared_hinge, balanced_accuracy, 0.8,
    ),
    Healthy(
        "some_targets_wildly_off", "a loss of one's own, targets ten deviations away",
        some_targets_wildly_off, r2, 0.89,
    ),
    Healthy(
        "directions_by_cosine", "a loss below zero", directions_by_cosine, r2, 0.9,
    ),
    Healthy(
        "labels_a_little_smoothed", "a loss that ends near 0.5", labels_a_little_smoothed,
        accuracy, 0.94,
    ),
    Healthy(
        "visitors_through_softplus", "a loss below zero", visitors_through_softplus, r2, 0.8,
    ),
    Healthy(
        "upper_bound_by_pinball", "predictions above nine targets of ten",
        upper_bound_by_pinball, scores.ninety_percent_below, 0.96,
    ),
    Healthy("signals_through_tanh", "tanh on the output", signals_through_tanh, r2, 0.93),
    Healthy("rents_scaled_inside", "a loss of billions", rents_scaled_inside, r2, 0.94),
    Healthy(
        "claims_under_gamma", "skewed targets that are not scaled", claims_under_gamma,
        scores.same_order, 0.83,
    ),
    Healthy(
        "digits_by_distance", "a distance for an output", digits_by_distance,
        scores.nearer_if_alike, 0.97,
    ),
    Healthy(
        "shape_and_brightness", "two losses in a dictionary", shape_and_brightness,
        scores.first_of_several, 0.97,
    ),
    Healthy("topics_as_logits", "no activation at the end", topics_as_logits, label_accuracy, 0.89),
)  # fmt: skip
