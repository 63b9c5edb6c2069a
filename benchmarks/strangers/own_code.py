"""A: networks that a `.keras` file does not bring back by itself."""

import keras
import keras_tuner as kt
import numpy as np
import tensorflow as tf
from keras import layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Given, Stranger

# ---- a layer of one's own, never registered, without a configuration


class Gate(layers.Layer):
    def __init__(self, units, sharpness):
        super().__init__()
        self.value = layers.Dense(units)
        self.door = layers.Dense(units)
        self.sharpness = sharpness

    def call(self, inputs):
        return self.value(inputs) * tf.nn.sigmoid(self.sharpness * self.door(inputs))


def own_layer(hp):
    inputs = keras.Input(shape=(8,))
    hidden = Gate(hp.Int("units", 16, 64, step=16), hp.Float("sharpness", 0.5, 2.0))(inputs)
    outputs = layers.Dense(3, activation="softmax")(hidden)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 3e-2])),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


# ---- a subclassed model with neither configuration nor input shape


class TwoPaths(keras.Model):
    def __init__(self, width, dropout):
        super().__init__()
        self.left = layers.Dense(width, activation="relu")
        self.right = layers.Dense(width, activation="tanh")
        self.drop = layers.Dropout(dropout)
        self.head = layers.Dense(10)

    def call(self, inputs, training=False):
        both = tf.concat([self.left(inputs), self.right(inputs)], axis=-1)
        return self.head(self.drop(both, training=training))


def subclassed(hp):
    model = TwoPaths(hp.Int("width", 32, 96, 32), hp.Float("dropout", 0.0, 0.4, step=0.1))
    model.compile(
        optimizer=tf.keras.optimizers.Adam(hp.Float("lr", 3e-3, 3e-2, sampling="log")),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


# ---- a subclassed model that does say its configuration


class Stack(keras.Model):
    def __init__(self, sizes, classes, **kwargs):
        super().__init__(**kwargs)
        self.sizes = list(sizes)
        self.classes = classes
        self.blocks = [layers.Dense(size, activation="gelu") for size in sizes]
        self.norms = [layers.LayerNormalization() for _ in sizes]
        self.out = layers.Dense(classes, activation="softmax")

    def call(self, x):
        for dense, norm in zip(self.blocks, self.norms, strict=True):
            x = norm(dense(x))
        return self.out(x)

    def get_config(self):
        return {**super().get_config(), "sizes": self.sizes, "classes": self.classes}


def subclassed_with_config(hp):
    sizes = [hp.Int(f"size_{i}", 16, 48, step=16) for i in range(hp.Int("depth", 1, 2))]
    model = Stack(sizes, classes=3)
    model.compile("adamw", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = hp.Float("learning_rate", 5e-3, 5e-2, sampling="log")
    return model


# ---- anonymous functions


def lambdas(hp):
    power = hp.Choice("power", [1.0, 2.0])
    model = keras.Sequential(
        [
            layers.Input((30,)),
            layers.Lambda(lambda x: tf.clip_by_value(x, -3.0, 3.0)),
            layers.Dense(
                hp.Int("units", 8, 32, step=8), activation=lambda x: tf.nn.relu(x) ** power
            ),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


# ---- functions as activation, initializer, regularizer, loss and metric


def soft_step(x):
    return x * keras.ops.tanh(keras.ops.softplus(x))


def small_orthogonal(shape, dtype=None):
    values = np.linalg.qr(np.random.default_rng(0).normal(size=(max(shape), max(shape))))[0]
    return tf.constant(0.7 * values[: shape[0], : shape[1]], dtype=dtype)


def shrink(weights):
    return 1e-4 * tf.reduce_sum(tf.abs(weights))


def focal(gamma):
    def loss(y_true, y_pred):
        y_true = tf.cast(tf.reshape(y_true, [-1, 1]), y_pred.dtype)
        p = tf.clip_by_value(y_pred, 1e-6, 1 - 1e-6)
        right = tf.where(y_true > 0.5, p, 1 - p)
        return tf.reduce_mean(-((1 - right) ** gamma) * tf.math.log(right), axis=-1)

    return loss


def caught(y_true, y_pred):
    y_true = tf.cast(tf.reshape(y_true, [-1]), tf.float32)
    y_pred = tf.round(tf.reshape(y_pred, [-1]))
    return tf.reduce_sum(y_true * y_pred) / (tf.reduce_sum(y_true) + 1e-7)


def functions_everywhere(hp):
    model = keras.Sequential()
    model.add(keras.Input(shape=(6,)))
    model.add(
        layers.Dense(
            hp.Int("units", 8, 32, step=8),
            activation=soft_step,
            kernel_initializer=small_orthogonal,
            kernel_regularizer=shrink,
        )
    )
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 1e-2, 5e-2, sampling="log")),
        loss=focal(hp.Float("gamma", 0.0, 2.0, step=0.5)),
        metrics=["accuracy", caught],
    )
    return model


# ---- TensorFlow's own operations between the layers


class Spectrum(layers.Layer):
    """Size of each frequency, in the logarithm."""

    def call(self, curves):
        moved = tf.transpose(curves, [0, 2, 1])
        size = tf.math.log1p(tf.abs(tf.signal.rfft(moved)))
        return tf.reshape(size, [-1, 2 * 13])

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 2 * 13)


def spectrum(hp):
    curves = keras.Input((24, 2))
    hidden = layers.Dense(hp.Int("units", 8, 32, 8), hp.Choice("act", ["relu", "elu"]))(
        Spectrum()(curves)
    )
    model = keras.Model(curves, layers.Dense(3, activation="softmax")(hidden))
    model.compile(
        tf.keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


# ---- layers that look at the data inside the builder


def normalised_inside(hp):
    x, _ = small_data.wine()
    normalizer = layers.Normalization()
    normalizer.adapt(x)
    model = keras.Sequential([keras.Input((13,)), normalizer])
    for i in range(hp.Int("n_layers", 1, 2)):
        model.add(layers.Dense(hp.Int(f"units_{i}", 8, 32, step=8), activation="relu"))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(
        keras.optimizers.Adam(hp.Choice("lr", [0.01, 0.02])),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


class Texts(kt.HyperModel):
    def __init__(self, corpus):
        super().__init__()
        self.corpus = corpus

    def build(self, hp):
        vectorize = layers.TextVectorization(
            max_tokens=hp.Int("vocabulary", 20, 60, step=20), output_sequence_length=12
        )
        vectorize.adapt(self.corpus)
        text = keras.Input(shape=(1,), dtype="string")
        hidden = layers.Embedding(vectorize.vocabulary_size(), hp.Choice("dim", [8, 16]))(
            vectorize(text)
        )
        hidden = layers.GlobalAveragePooling1D()(hidden)
        model = keras.Model(text, layers.Dense(1, activation="sigmoid")(hidden))
        model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
        return model


def text_column():
    x, y = small_data.sentences()
    given = held_out(x[:, None], y)
    (texts, labels), (held_texts, held_labels) = given.train, given.validation
    return Given((tf.constant(texts), labels), (tf.constant(held_texts), held_labels))


MEMBERS = (
    Stranger("own_layer", "A", own_layer, lambda: held_out(*small_data.groups()), 0.8),
    Stranger("subclassed", "A", subclassed, lambda: held_out(*small_data.digits()), 0.8),
    Stranger(
        "subclassed_with_config",
        "A",
        subclassed_with_config,
        lambda: held_out(*small_data.iris()),
        0.8,
    ),
    Stranger("lambdas", "A", lambdas, lambda: held_out(*small_data.tumours()), 0.85),
    Stranger(
        "functions_everywhere",
        "A",
        functions_everywhere,
        lambda: held_out(*small_data.rare()),
        0.85,
        objective=kt.Objective("val_accuracy", "max"),
    ),
    Stranger("spectrum", "A", spectrum, lambda: held_out(*small_data.waves()), 0.9),
    Stranger(
        "normalised_inside", "A", normalised_inside, lambda: held_out(*small_data.wine()), 0.85
    ),
    Stranger("text_adapted_inside", "A", Texts(small_data.sentences()[0]), text_column, 0.8),
)
