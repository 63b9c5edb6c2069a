"""C: what is searched for."""

import keras
import keras_tuner
import tensorflow as tf
from keras import layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Stranger


def _binary(hp, metrics, units=(8, 32)):
    model = keras.Sequential()
    model.add(layers.Dense(hp.Int("units", units[0], units[1], step=8), activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Float("learning_rate", 5e-3, 5e-2, sampling="log")),
        loss="binary_crossentropy",
        metrics=metrics,
    )
    return model


def auc_without_name(hp):
    return _binary(hp, [keras.metrics.AUC()])


def precision_and_recall(hp):
    return _binary(hp, ["accuracy", keras.metrics.Precision(), keras.metrics.Recall()])


def two_areas(hp):
    return _binary(hp, [tf.keras.metrics.AUC(), tf.keras.metrics.AUC(curve="PR")])


def binary_f1(hp):
    return _binary(hp, [keras.metrics.F1Score(threshold=0.5)])


def rare_rows():
    x, y = small_data.rare()
    return held_out(x, y.astype("float32")[:, None])


def least_loss(hp):
    inputs = keras.Input((10,))
    x = inputs
    for i in range(hp.Int("num_layers", 1, 3)):
        x = layers.Dense(units=hp.Int("units_" + str(i), 8, 32, step=8), activation="relu")(x)
    outputs = layers.Dense(1, activation="linear")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 3e-3])),
        loss="mean_squared_error",
    )
    return model


def one_of_two_outputs(hp):
    features = keras.Input((5,), name="numbers")
    hidden = layers.Dense(hp.Int("units", 16, 48, 16), activation="relu")(features)
    grade = layers.Dense(3, activation="softmax", name="grade")(hidden)
    price = layers.Dense(1, name="price")(hidden)
    model = keras.Model(inputs=features, outputs={"grade": grade, "price": price})
    model.compile(
        optimizer=keras.optimizers.Adam(0.02),
        loss={"grade": "sparse_categorical_crossentropy", "price": "mse"},
        metrics={"grade": ["accuracy"], "price": ["mae"]},
    )
    return model


def graded_homes():
    x, y = small_data.homes()
    return held_out(x["numbers"], {"grade": y["grade"], "price": y["price"]})


def in_first_two(y_true, y_pred):
    return keras.metrics.sparse_top_k_categorical_accuracy(y_true, y_pred, k=2)


def function_as_metric(hp):
    model = keras.Sequential([layers.Flatten(), layers.Dense(hp.Int("units", 16, 64, 16), "relu")])
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(
        keras.optimizers.Adam(hp.Float("lr", 3e-3, 3e-2, sampling="log")),
        "sparse_categorical_crossentropy",
        metrics=["accuracy", in_first_two],
    )
    return model


class BalancedAccuracy(keras.metrics.Metric):
    """The mean share of each class that is found."""

    def __init__(self, classes, name="balanced", **kwargs):
        super().__init__(name=name, **kwargs)
        self.found = self.add_weight(shape=(classes,), initializer="zeros", name="found")
        self.seen = self.add_weight(shape=(classes,), initializer="zeros", name="seen")
        self.classes = classes

    def update_state(self, y_true, y_pred, sample_weight=None):
        label = tf.cast(tf.reshape(y_true, [-1]), tf.int32)
        rows = tf.one_hot(label, self.classes)
        right = tf.cast(tf.equal(label, tf.argmax(y_pred, -1, tf.int32)), tf.float32)
        self.seen.assign_add(tf.reduce_sum(rows, axis=0))
        self.found.assign_add(tf.reduce_sum(rows * right[:, None], axis=0))

    def result(self):
        return tf.reduce_mean(tf.math.divide_no_nan(self.found + 0.0, self.seen + 0.0))

    def reset_state(self):
        self.found.assign(tf.zeros(self.classes))
        self.seen.assign(tf.zeros(self.classes))


def own_metric(hp):
    model = keras.Sequential(
        [layers.Dense(hp.Int("units", 8, 32, 8), "relu"), layers.Dense(3, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.02),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[BalancedAccuracy(3)],
    )
    return model


MEMBERS = (
    Stranger(
        "auc_without_name",
        "C",
        auc_without_name,
        lambda: held_out(*small_data.tumours()),
        0.95,
        keras_tuner.Objective("val_auc", direction="max"),
    ),
    Stranger(
        "precision_and_recall",
        "C",
        precision_and_recall,
        lambda: held_out(*small_data.two_groups()),
        0.8,
        keras_tuner.Objective("val_recall", "max"),
    ),
    Stranger(
        "two_areas",
        "C",
        two_areas,
        lambda: held_out(*small_data.rare()),
        0.5,
        keras_tuner.Objective("val_auc_1", "max"),
    ),
    Stranger(
        "binary_f1", "C", binary_f1, rare_rows, 0.3, keras_tuner.Objective("val_f1_score", "max")
    ),
    Stranger(
        "least_loss", "C", least_loss, lambda: held_out(*small_data.diabetes()), 1.0, "val_loss"
    ),
    Stranger(
        "one_of_two_outputs",
        "C",
        one_of_two_outputs,
        graded_homes,
        0.5,
        keras_tuner.Objective("val_grade_accuracy", "max"),
    ),
    Stranger(
        "function_as_metric",
        "C",
        function_as_metric,
        lambda: held_out(*small_data.pictures()),
        0.85,
        keras_tuner.Objective("val_in_first_two", "max"),
    ),
    Stranger(
        "own_metric",
        "C",
        own_metric,
        lambda: held_out(*small_data.groups()),
        0.8,
        keras_tuner.Objective("val_balanced", "max"),
    ),
)
