"""E: several inputs, several outputs, and the ways in which they are handed over."""

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from keras import layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Given, Stranger

# ---- several inputs


def wide_and_deep(hp):
    numbers = keras.Input(shape=(5,), name="numbers")
    zone = keras.Input(shape=(), dtype="int32", name="zone")
    wide = layers.CategoryEncoding(num_tokens=6, output_mode="one_hot")(zone)
    deep = layers.Concatenate()([numbers, layers.Embedding(6, hp.Choice("dim", [2, 4]))(zone)])
    for i in range(hp.Int("layers", 1, 2)):
        deep = layers.Dense(hp.Int(f"deep_{i}", 8, 32, step=8), activation="relu")(deep)
    both = layers.Concatenate()([wide, deep])
    sold = layers.Dense(1, activation="sigmoid")(both)
    model = keras.Model({"numbers": numbers, "zone": zone}, sold)
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


def homes_as_dict():
    x, y = small_data.homes()
    return held_out({"numbers": x["numbers"], "zone": x["zone"]}, y["sold"])


def picture_and_table(hp):
    picture = keras.Input((8, 8, 1))
    table = keras.Input((3,))
    seen = layers.Conv2D(hp.Int("filters", 8, 16, step=4), 3, activation="relu")(picture)
    seen = layers.Flatten()(seen)
    known = layers.Dense(hp.Int("units", 4, 12, step=4), activation="relu")(table)
    merged = layers.concatenate([seen, known])
    model = keras.Model([picture, table], layers.Dense(10, activation="softmax")(merged))
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def pictures_with_table():
    x, y = small_data.pictures()
    table = np.stack([x.mean((1, 2, 3)), x[:, :4].mean((1, 2, 3)), x[:, :, :4].mean((1, 2, 3))], 1)
    return held_out([x, table], y)


def siamese(hp):
    """Two pictures go through one tower; the distance says whether they are alike."""
    tower = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(hp.Int("units", 32, 64, step=16), activation="relu"),
            layers.Dense(hp.Int("embedding", 8, 16, step=8)),
        ]
    )
    left, right = keras.Input((64,)), keras.Input((64,))
    apart = keras.ops.abs(tower(left) - tower(right))
    outputs = layers.Dense(1, activation="sigmoid")(apart)
    model = keras.Model(inputs=(left, right), outputs=outputs)
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


def pairs_as_tuple():
    x, y = small_data.pairs()
    return held_out(tuple(x), y)


def words_looked_up(hp):
    """Text in one input, numbers in another; the vocabulary is written down in the builder."""
    town = keras.Input(shape=(1,), dtype=tf.string, name="town")
    numbers = keras.Input(shape=(5,), name="numbers")
    lookup = layers.StringLookup(vocabulary=["Aa", "Bo", "Cam", "Dor"], output_mode="one_hot")
    x = layers.concatenate([lookup(town), numbers])
    x = layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu")(x)
    price = layers.Dense(1)(x)
    model = keras.Model([town, numbers], price)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("lr", 5e-3, 5e-2, sampling="log")),
        loss="mse",
        metrics=["mae"],
    )
    return model


def towns():
    x, y = small_data.homes()
    given = held_out({"town": x["town"][:, None], "numbers": x["numbers"]}, y["price"])

    def as_tensors(part):
        features, price = part
        return {**features, "town": tf.constant(features["town"])}, price

    return Given(as_tensors(given.train), as_tensors(given.validation))


VECTORIZE = layers.TextVectorization(max_tokens=60, output_mode="tf_idf")
VECTORIZE.adapt(small_data.sentences()[0])


def raw_texts(hp):
    """Text goes in as it is; the layer was adapted once, before the search."""
    model = keras.Sequential(
        [
            keras.Input(shape=(), dtype="string"),
            VECTORIZE,
            layers.Dense(hp.Int("units", 8, 32, step=8), activation="relu"),
            layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.25)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.02
    return model


def texts_in_batches():
    given = held_out(*small_data.sentences())
    train, validation = given.train, given.validation
    return Given(
        tf.data.Dataset.from_tensor_slices(train).shuffle(450, seed=2).batch(16),
        tf.data.Dataset.from_tensor_slices(validation).batch(64),
    )


# ---- several outputs


def losses_by_position(hp):
    inputs = keras.Input((5,))
    shared = layers.Dense(hp.Int("shared", 16, 48, step=16), activation="relu")(inputs)
    sold = layers.Dense(1, activation="sigmoid")(shared)
    price = layers.Dense(1)(shared)
    model = keras.Model(inputs, [sold, price])
    model.compile(
        keras.optimizers.Adam(0.02),
        loss=["binary_crossentropy", "mse"],
        loss_weights=[1.0, hp.Float("price_weight", 0.1, 2.0, sampling="log")],
        metrics=[["accuracy"], ["mae"]],
    )
    return model


def sold_and_price():
    x, y = small_data.homes()
    return held_out(x["numbers"], [y["sold"], y["price"]])


def losses_by_name(hp):
    inputs = keras.Input((5,), name="numbers")
    x = layers.Dense(hp.Int("units", 16, 48, step=16), activation="relu")(inputs)
    outputs = {
        "price": layers.Dense(1, name="price")(x),
        "grade": layers.Dense(3, activation="softmax", name="grade")(x),
        "sold": layers.Dense(1, activation="sigmoid", name="sold")(x),
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("lr", [1e-2, 2e-2])),
        loss={
            "price": keras.losses.Huber(),
            "grade": "sparse_categorical_crossentropy",
            "sold": "binary_crossentropy",
        },
        loss_weights={"price": hp.Choice("weight", [0.5, 1.0, 2.0]), "grade": 1.0, "sold": 1.0},
        metrics={"grade": "accuracy", "sold": [keras.metrics.AUC(name="auc")]},
    )
    return model


def three_targets():
    x, y = small_data.homes()
    return held_out(x["numbers"], y)


def one_loss_for_all(hp):
    inputs = keras.Input((8,))
    x = layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu")(inputs)
    model = keras.Model(inputs, [layers.Dense(1, name=name)(x) for name in ("low", "mid", "high")])
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse")
    return model


def three_values():
    x, y = small_data.plane(values=3)
    return held_out(x, [y[:, 0], y[:, 1], y[:, 2]])


def autoencoder(hp):
    """A bottleneck that has to give the picture back, and to name the digit."""
    inputs = keras.Input((64,))
    code = layers.Dense(hp.Int("code", 8, 24, step=8), activation="relu")(
        layers.Dense(48, activation="relu")(inputs)
    )
    back = layers.Dense(64, activation="sigmoid", name="picture")(
        layers.Dense(48, activation="relu")(code)
    )
    named = layers.Dense(10, activation="softmax", name="digit")(code)
    model = keras.Model(inputs, [back, named])
    model.compile(
        keras.optimizers.Adam(0.01),
        loss={"picture": "mse", "digit": "sparse_categorical_crossentropy"},
        loss_weights={"picture": hp.Float("alpha", 0.5, 5.0, sampling="log"), "digit": 1.0},
        metrics={"digit": "accuracy"},
    )
    return model


def pictures_and_digits():
    x, y = small_data.digits()
    return held_out(x, {"picture": x, "digit": y})


# ---- pipelines


def from_pipeline(hp):
    inputs = {"numbers": keras.Input((5,), name="numbers"), "zone": keras.Input((1,), name="zone")}
    x = layers.Concatenate()([inputs["numbers"], layers.Rescaling(1 / 5)(inputs["zone"])])
    for i in range(hp.Int("depth", 1, 2)):
        x = layers.Dense(hp.Int(f"width_{i}", 16, 48, step=16), activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = hp.Float("lr", 5e-3, 2e-2, sampling="log")
    return model


def pipeline():
    x, y = small_data.homes()
    x = {"numbers": x["numbers"], "zone": x["zone"][:, None]}
    given = held_out(x, y["grade"])

    def flow(part, shuffled):
        data = tf.data.Dataset.from_tensor_slices(part)
        data = data.shuffle(600, seed=1) if shuffled else data
        return data.batch(32).prefetch(tf.data.AUTOTUNE)

    return Given(flow(given.train, True), flow(given.validation, False))


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y, size=32, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.size = x, y, size

    def __len__(self):
        return -(-len(self.x) // self.size)

    def __getitem__(self, place):
        rows = slice(place * self.size, (place + 1) * self.size)
        return self.x[rows], self.y[rows]


def small_dense(hp):
    model = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(
                hp.Int("units", 16, 64, step=16), hp.Choice("activation", ["relu", "selu"])
            ),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def sequence_of_batches():
    given = held_out(*small_data.groups())
    return Given(Batches(*given.train), Batches(*given.validation), source=given)


def endless_batches():
    given = held_out(*small_data.groups())
    x, y = given.train

    def draw():
        generator = np.random.default_rng(0)
        while True:
            rows = generator.integers(0, len(x), 32)
            yield x[rows], y[rows]

    return Given(draw(), given.validation, source=given)


# ---- sequences and pictures


def lstm(hp):
    model = keras.Sequential([keras.Input((12,), dtype="int32")])
    model.add(layers.Embedding(29, hp.Int("embedding", 8, 16, step=8), mask_zero=True))
    recurrent = layers.LSTM(hp.Int("units", 8, 16, step=8))
    model.add(layers.Bidirectional(recurrent) if hp.Boolean("both_ways") else recurrent)
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def attention(hp):
    inputs = keras.Input((12, 3))
    x = layers.Dense(16)(inputs)
    for _ in range(hp.Int("blocks", 1, 2)):
        seen = layers.MultiHeadAttention(hp.Choice("heads", [1, 2]), key_dim=8, dropout=0.1)(x, x)
        x = layers.LayerNormalization(epsilon=1e-6)(x + seen)
        fed = layers.Conv1D(hp.Choice("feed", [16, 32]), 1, activation="relu")(x)
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.Conv1D(16, 1)(fed))
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
    model.compile(
        keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def forecast(hp):
    """Windows of the past, the next value."""
    model = keras.Sequential()
    model.add(layers.Input(shape=(16, 1)))
    if hp.Choice("kind", ["gru", "conv"]) == "gru":
        model.add(layers.GRU(hp.Int("gru_units", 8, 24, step=8)))
    else:
        model.add(layers.Conv1D(hp.Int("filters", 8, 24, step=8), 3, padding="causal"))
        model.add(layers.Activation("relu"))
        model.add(layers.Flatten())
    model.add(layers.Dense(1))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("lr", 3e-3, 3e-2, sampling="log")),
        loss=keras.losses.MeanSquaredError(),
        metrics=[keras.metrics.MeanAbsoluteError()],
    )
    return model


def conv_net(hp):
    inputs = keras.Input(shape=(8, 8, 1))
    x = inputs
    for i in range(hp.Int("conv_blocks", 1, 2)):
        filters = hp.Int(f"filters_{i}", 8, 24, step=8)
        x = layers.Conv2D(filters, kernel_size=3, padding="same", activation="relu")(x)
        if hp.Choice(f"pooling_{i}", ["avg", "max"]) == "max":
            x = layers.MaxPooling2D()(x)
        else:
            x = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(x)
    if hp.Boolean("dense"):
        with hp.conditional_scope("dense", [True]):
            x = layers.Dense(hp.Int("dense_units", 16, 48, step=16), activation="relu")(x)
    x = layers.Dropout(hp.Float("dropout", 0, 0.4, step=0.1, default=0.2))(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 3e-3, 2e-2, sampling="log")),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


MEMBERS = (
    Stranger("wide_and_deep", "E", wide_and_deep, homes_as_dict, 0.7),
    Stranger("picture_and_table", "E", picture_and_table, pictures_with_table, 0.75),
    Stranger("siamese", "E", siamese, pairs_as_tuple, 0.85),
    Stranger("words_looked_up", "E", words_looked_up, towns, 0.7, "val_mae"),
    Stranger(
        "raw_texts",
        "E",
        raw_texts,
        texts_in_batches,
        0.85,
    ),
    Stranger("losses_by_position", "E", losses_by_position, sold_and_price, 3.0, "val_loss"),
    Stranger(
        "losses_by_name",
        "E",
        losses_by_name,
        three_targets,
        0.7,
        keras_tuner.Objective("val_sold_auc", direction="max"),
    ),
    Stranger("one_loss_for_all", "E", one_loss_for_all, three_values, 1.5, "val_loss"),
    Stranger(
        "autoencoder",
        "E",
        autoencoder,
        pictures_and_digits,
        0.7,
        keras_tuner.Objective("val_digit_accuracy", "max"),
    ),
    Stranger("from_pipeline", "E", from_pipeline, pipeline, 0.5),
    Stranger("sequence_of_batches", "E", small_dense, sequence_of_batches, 0.8),
    Stranger(
        "endless_batches",
        "E",
        small_dense,
        endless_batches,
        0.8,
        search=lambda: {"steps_per_epoch": 15},
    ),
    Stranger("lstm", "E", lstm, lambda: held_out(*small_data.tokens()), 0.8),
    Stranger("attention", "E", attention, lambda: held_out(*small_data.level()), 0.75),
    Stranger(
        "forecast",
        "E",
        forecast,
        lambda: held_out(*small_data.forecast()),
        0.3,
        "val_mean_absolute_error",
    ),
    Stranger("conv_net", "E", conv_net, lambda: held_out(*small_data.pictures()), 0.7),
)
