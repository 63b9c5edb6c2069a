"""J: what networks and optimizers are made of, in many public builders."""

import keras
import numpy as np
import tensorflow as tf
from keras import constraints, layers, optimizers, regularizers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Stranger


def groups():
    return held_out(*small_data.groups())


def digits():
    return held_out(*small_data.digits())


def pictures():
    return held_out(*small_data.pictures())


def _on_groups(hp, optimizer, *inner):
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu"),
            *inner,
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# ---- optimizers


def nesterov_and_decay(hp):
    schedule = optimizers.schedules.ExponentialDecay(
        hp.Float("initial_rate", 0.02, 0.2, sampling="log"), decay_steps=20, decay_rate=0.9
    )
    momentum = hp.Choice("momentum", [0.8, 0.9])
    return _on_groups(hp, optimizers.SGD(schedule, momentum=momentum, nesterov=True))


def cosine_with_warmup(hp):
    rate = hp.Float("rate", 5e-3, 3e-2, sampling="log")
    schedule = optimizers.schedules.CosineDecay(
        1e-3, decay_steps=60, warmup_target=rate, warmup_steps=10
    )
    return _on_groups(hp, optimizers.AdamW(schedule, weight_decay=hp.Choice("decay", [1e-4, 1e-2])))


def clipped_nadam(hp):
    rate = hp.Float("lr", 5e-3, 5e-2, sampling="log")
    clip = {"norm": {"clipnorm": 1.0}, "value": {"clipvalue": 0.5}, "all": {"global_clipnorm": 2.0}}
    return _on_groups(
        hp, optimizers.Nadam(rate, **clip[hp.Choice("clip", ["norm", "value", "all"])])
    )


def optimizer_by_name(hp):
    """One dictionary for all of them."""
    makers = {
        "lion": lambda: optimizers.Lion(hp.Float("lion_rate", 1e-3, 1e-2, sampling="log")),
        "adafactor": lambda: optimizers.Adafactor(0.1),
        "adamax": lambda: optimizers.Adamax(0.03),
        "adagrad": lambda: optimizers.Adagrad(0.1),
    }
    return _on_groups(hp, makers[hp.Choice("optimizer", list(makers))]())


def averaged_weights(hp):
    optimizer = optimizers.Adam(
        0.02, use_ema=True, ema_momentum=hp.Choice("ema", [0.8, 0.9]), ema_overwrite_frequency=None
    )
    return _on_groups(hp, optimizer)


def wide_with_ftrl(hp):
    model = keras.Sequential(
        [
            keras.Input((30,)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    optimizer = optimizers.Ftrl(
        hp.Float("rate", 0.05, 0.5, sampling="log"),
        l1_regularization_strength=hp.Float("l1", 1e-5, 1e-2, sampling="log"),
    )
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def scaled_loss(hp):
    inner = optimizers.Adam(hp.Float("lr", 5e-3, 5e-2, sampling="log"))
    return _on_groups(hp, optimizers.LossScaleOptimizer(inner))


# ---- layers


def noisy_and_normalised(hp):
    x = inputs = keras.Input((64,))
    x = layers.GaussianNoise(hp.Float("noise", 0.01, 0.3, sampling="log"))(x)
    for _ in range(hp.Int("blocks", 1, 2)):
        x = layers.Dense(hp.Choice("units", [32, 64]), use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.8)(x)
        x = layers.LeakyReLU(negative_slope=0.1)(x)
        x = layers.AlphaDropout(0.05)(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def spectral(hp):
    inner = layers.Dense(hp.Int("hidden", 16, 48, step=16), activation="relu")
    return _on_groups(hp, optimizers.Adam(0.02), layers.SpectralNormalization(inner))


def constrained(hp):
    x = inputs = keras.Input((30,))
    x = layers.Dense(
        hp.Int("units", 8, 32, step=8),
        activation="relu",
        kernel_constraint=constraints.MaxNorm(hp.Choice("norm", [1, 2, 3])),
        kernel_regularizer=regularizers.L1L2(
            hp.Float("l1", 1e-6, 1e-3, sampling="log"), hp.Float("l2", 1e-6, 1e-3, sampling="log")
        ),
        activity_regularizer=regularizers.L2(1e-5),
    )(x)
    outputs = layers.Dense(1, activation="sigmoid", kernel_constraint="unit_norm")(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def augmented(hp):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.RandomTranslation(0.1, 0.1),
            layers.RandomRotation(hp.Float("turn", 0.0, 0.05, step=0.01)),
            layers.RandomContrast(0.1),
            layers.Conv2D(hp.Int("filters", 8, 24, step=8), 3, activation="relu"),
            layers.SeparableConv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _base():
    """Stand for a network that was trained elsewhere: fixed filters, fixed statistics."""
    base = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(12, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
        ],
        name="base",
    )
    generator = np.random.default_rng(0)
    filters = base.layers[0]
    kernel, bias = filters.get_weights()
    filters.set_weights([generator.normal(scale=0.4, size=kernel.shape), bias + 0.1])
    return base


def frozen_base(hp):
    base = _base()
    base.trainable = False
    inputs = keras.Input((8, 8, 1))
    x = base(inputs, training=False)
    x = layers.Flatten()(x) if hp.Boolean("flatten", default=True) else layers.Reshape((192,))(x)
    x = layers.Dropout(hp.Float("dropout", 0.0, 0.4, step=0.2))(x)
    x = layers.Dense(hp.Int("head", 32, 64, step=32), activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def ends_masked():
    """Curves of different lengths: what follows the end is -1."""
    x, y = small_data.level()
    ends = np.random.default_rng(3).integers(6, 13, len(x))
    x[np.arange(12)[None, :] >= ends[:, None]] = -1.0
    return held_out(x, y)


def masked(hp):
    model = keras.Sequential(
        [
            keras.Input((12, 3)),
            layers.Masking(mask_value=-1.0),
            layers.GRU(hp.Int("units", 8, 16, step=4), dropout=hp.Choice("dropout", [0.0, 0.1])),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.03), "binary_crossentropy", metrics=["accuracy"])
    return model


# ---- patterns


def monte_carlo_dropout(hp):
    """Dropout stays on when it predicts."""
    x = inputs = keras.Input((8,))
    x = layers.Dense(hp.Int("units", 32, 96, step=32), activation="relu")(x)
    x = layers.Dropout(hp.Float("rate", 0.05, 0.2, step=0.05))(x, training=True)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def smoothed(hp):
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(hp.Int("units", 32, 96, 32), "gelu")]
    )
    model.add(layers.Dense(10))
    model.compile(
        optimizer=optimizers.Adam(0.01),
        loss=tf.keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=hp.Float("smoothing", 0.0, 0.2, step=0.05)
        ),
        metrics=["accuracy"],
    )
    return model


def one_hot_digits():
    x, y = small_data.digits()
    return held_out(x, keras.utils.to_categorical(y, 10))


def residual(hp):
    x = inputs = keras.Input((10,))
    x = layers.Dense(24)(x)
    for _ in range(hp.Int("blocks", 1, 3)):
        inner = layers.LayerNormalization()(x)
        inner = layers.Dense(hp.Int("inner", 16, 48, step=16), activation="swish")(inner)
        inner = layers.Dropout(hp.Float("dropout", 0.0, 0.2, step=0.1))(inner)
        x = layers.Add()([x, layers.Dense(24)(inner)])
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.AdamW(5e-3, weight_decay=1e-3), loss="huber", metrics=["mae"])
    return model


MEMBERS = (
    Stranger("nesterov_and_decay", "J", nesterov_and_decay, groups, 0.75),
    Stranger("cosine_with_warmup", "J", cosine_with_warmup, groups, 0.7),
    Stranger("clipped_nadam", "J", clipped_nadam, groups, 0.75),
    Stranger("optimizer_by_name", "J", optimizer_by_name, groups, 0.6),
    Stranger("averaged_weights", "J", averaged_weights, groups, 0.7),
    Stranger("wide_with_ftrl", "J", wide_with_ftrl, lambda: held_out(*small_data.tumours()), 0.85),
    Stranger("scaled_loss", "J", scaled_loss, groups, 0.75),
    Stranger("noisy_and_normalised", "J", noisy_and_normalised, digits, 0.6),
    Stranger("spectral", "J", spectral, groups, 0.7),
    Stranger("constrained", "J", constrained, lambda: held_out(*small_data.tumours()), 0.85),
    Stranger("augmented", "J", augmented, pictures, 0.4),
    Stranger("frozen_base", "J", frozen_base, pictures, 0.6),
    Stranger("masked", "J", masked, lambda: ends_masked(), 0.65),
    Stranger("monte_carlo_dropout", "J", monte_carlo_dropout, groups, 0.7),
    Stranger("smoothed", "J", smoothed, one_hot_digits, 0.75),
    Stranger("residual", "J", residual, lambda: held_out(*small_data.diabetes()), 0.8, "val_mae"),
)
