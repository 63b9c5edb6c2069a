"""What is said of a training before its first step: of sick ones, and nothing of healthy ones."""

import random
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError, CheckWarning
from dlrecipes.training.schedules import CosLog4, FlatCos, ScheduledAdamW

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from findings import MEANT, told_after, told_before
from zoo import CI_MEMBERS, MORE_HEALTHY, ZOO

LAYERS, OPTIMIZERS = keras.layers, keras.optimizers
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(200, 6)).astype("float32")
KIND = np.digitize(X[:, 0], [-0.5, 0.5])
TWO = (X[:, 0] > 0).astype("int32")
PRICE = (X[:, :1] * 3 + 1).astype("float32")
RARE = (X[:, 0] > 1.8).astype("int32")
ONE_HOT = np.eye(3, dtype="float32")[KIND]
IMAGES = GENERATOR.uniform(size=(200, 8, 8, 1)).astype("float32")
COURSE = (np.sin(np.arange(200) / 12) + np.arange(200) / 100).astype("float32")
CODES = GENERATOR.integers(0, 40, size=(600, 1)).astype("float32")
CODED = GENERATOR.normal(size=40)[CODES[:, 0].astype(int)]


def net(
    units=3,
    last="softmax",
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    *,
    body=None,
    shape=(6,),
    metrics=("accuracy", "auc"),
    **hidden,
):
    """A healthy network, or one with a fault put in by the arguments."""
    body = [LAYERS.Dense(8, **{"activation": "relu", **hidden})] if body is None else body
    end = [LAYERS.Dense(units, last)] if isinstance(units, int) else units
    model = keras.Sequential([keras.Input(shape), *body, *end])
    model.compile(optimizer, loss, metrics=[m for m in metrics if m != "auc"] or None)
    return model


def but_biases(optimizer):
    """An optimizer for all weights but biases."""
    patterns = OPTIMIZERS.OptimizerMap(optimizer, {".*/bias": OPTIMIZERS.Adam()})
    return OPTIMIZERS.MultiOptimizer(patterns)


def binary(last="sigmoid", loss="binary_crossentropy", **changes):
    return net(1, last, loss, **changes)


def value(last=None, loss="mse", *, units=1, **changes):
    return net(units, last, loss, metrics=(), **changes)


def rising(y, p):
    return keras.ops.mean(
        p * keras.ops.cast(y, p.dtype) + (1 - p) * (1 - keras.ops.cast(y, p.dtype))
    )


def positive_part(y, p):
    return -keras.ops.mean(keras.ops.cast(y, p.dtype) * keras.ops.log(p + 1e-7))


def right_class_alone(y, p):
    return -keras.ops.mean(keras.ops.log(keras.ops.sum(y * p, axis=-1) + 1e-7))


def each_label(y, p):
    chances = y * keras.ops.log(p + 1e-7) + (1 - y) * keras.ops.log(1 - p + 1e-7)
    return -keras.ops.mean(chances)


def overlap(y, p):
    y = keras.ops.cast(y, p.dtype)
    return 1 - 2 * keras.ops.sum(y * p) / (keras.ops.sum(y) + keras.ops.sum(p) + 1e-6)


def three_quantiles(y, p):
    levels = keras.ops.convert_to_tensor([0.1, 0.5, 0.9])
    return keras.ops.mean(keras.ops.maximum(levels * (y - p), (levels - 1) * (y - p)))


def of_counts(y, p):
    mean, size = keras.ops.exp(p[:, :1]), keras.ops.exp(p[:, 1:])
    log = keras.ops.log
    return -keras.ops.mean(y * log(mean / (mean + size)) + size * log(size / (mean + size)))


class EveryPair(keras.losses.Loss):
    """A column of outputs less a row of targets."""

    def call(self, y, p):
        return keras.ops.mean(keras.ops.abs(p - y))


class EachByItself(keras.losses.Loss):
    def call(self, y, p):
        return keras.ops.mean(keras.ops.abs(p - keras.ops.reshape(y, (-1, 1))))


def graph(make, shape=(6,), loss="sparse_categorical_crossentropy"):
    """A functional network, from its input to its output."""
    inputs = keras.Input(shape)
    model = keras.Model(inputs, make(inputs))
    model.compile("adam", loss)
    return model


def heads(weights=None):
    inputs = keras.Input((6,))
    hidden = LAYERS.Dense(8, "relu")(inputs)
    kind, price = LAYERS.Dense(3, "softmax", name="kind"), LAYERS.Dense(1, name="price")
    model = keras.Model(inputs, {"kind": kind(hidden), "price": price(hidden)})
    losses = {"kind": "sparse_categorical_crossentropy", "price": "mse"}
    model.compile("adam", losses, loss_weights=weights)
    return model


def gated(x, units=8):
    """A softmax, or a sigmoid behind a narrow place, that multiplies something."""
    gate = LAYERS.Dense(8, "softmax")(x)
    weights = LAYERS.Dense(8, "sigmoid")(LAYERS.Dense(1, "relu")(x))
    x = LAYERS.Multiply()([gate, LAYERS.Dense(8, "relu")(x), weights])
    return LAYERS.Dense(units, "softmax")(x)


def constant_columns():
    x = X.copy()
    x[:, 1:] = 1.0
    return x


SERIES = GENERATOR.normal(size=(200, 10, 4)).astype("float32")
TAGS = GENERATOR.integers(0, 8, 200)
LEVELS = SERIES + np.eye(4, dtype="float32")[KIND][:, None, :] - 0.25
WAVES = np.sin(np.linspace(0, 6, 80) * GENERATOR.uniform(1, 2, (200, 3, 1)) + 6 * X[:, :3, None])
COUNTS = GENERATOR.poisson(2.0, (200, 1)).astype("float32")
SEVERAL = (X[:, :3] > -0.5).astype("float32")
LOGITS = keras.losses.BinaryCrossentropy(from_logits=True)

SICK = {
    # name of the case: (name of the finding, model, x, y, arguments)
    "softmax of one unit": ("output activation", lambda: binary("softmax"), X, TWO),
    "linear under probabilities": ("output activation", lambda: binary(None), X, TWO),
    "relu under probabilities": ("output activation", lambda: net(last="relu"), X, KIND),
    "softmax twice": (
        "output activation",
        lambda: net([LAYERS.Dense(3, "softmax"), LAYERS.Softmax()]),
        X,
        KIND,
    ),
    "three units for one column": (
        "output units",
        lambda: net(3, "sigmoid", "binary_crossentropy"),
        X,
        TWO,
    ),
    "one unit for classes": ("output units", lambda: net(1), X, KIND),
    "one-hot into indices": ("labels", net, X, ONE_HOT),
    "indices into one-hot": ("labels", lambda: net(loss="categorical_crossentropy"), X, KIND),
    "classes from one": ("labels", net, X, KIND + 1),
    "fractions of classes": ("labels", net, X, KIND / 16),
    "a row without a class": (
        "labels",
        lambda: net(loss="categorical_crossentropy"),
        X,
        ONE_HOT * (KIND > 0)[:, None],
    ),
    "signs": ("labels", binary, X, 2 * TWO - 1),
    "percentages": ("target range", binary, X, 100 * X[:, :1] ** 2),
    "out of a sigmoid's reach": ("target range", lambda: value("sigmoid"), X, PRICE),
    "below what relu reaches": ("target range", lambda: value("relu"), X, PRICE - 4),
    "p in place of -log p": ("loss", lambda: binary(loss=rising), X, TWO),
    "counts below zero": ("loss", lambda: value("exponential", "poisson"), X, PRICE - 9),
    "cosine of one number": ("loss", lambda: value(loss="cosine_similarity"), X, PRICE),
    "absolute error of classes": ("loss", lambda: binary(loss="mae"), X, RARE),
    "squares of ten classes": ("loss", lambda: net(last="sigmoid", loss="mse"), X, ONE_HOT),
    "a softmax for several labels": (
        "output activation",
        lambda: net(loss="binary_crossentropy"),
        X,
        SEVERAL,
    ),
    "a softmax for several labels, by hand": (
        "output activation",
        lambda: net(loss=each_label),
        X,
        SEVERAL,
    ),
    "only the right class is asked": (
        "output activation",
        lambda: net(last="sigmoid", loss=right_class_alone),
        X,
        ONE_HOT,
    ),
    "sigmoids under a divergence": (
        "output activation",
        lambda: net(last="sigmoid", loss="kl_divergence"),
        X,
        ONE_HOT,
    ),
    "scores above 0 only": ("output activation", lambda: binary("relu", LOGITS), X, TWO),
    "scores between signs": (
        "output activation",
        lambda: net([LAYERS.Dense(3, "tanh"), LAYERS.Softmax()]),
        X,
        KIND,
    ),
    "scores blown up": (
        "output activation",
        lambda: net([LAYERS.Dense(3), LAYERS.Rescaling(500.0), LAYERS.Softmax()]),
        X,
        KIND,
    ),
    "a hinge of a sigmoid": ("output activation", lambda: binary("sigmoid", "hinge"), X, TWO),
    "one unit for three classes": ("output units", binary, X, KIND),
    "two units for three classes": ("output units", lambda: net(2), X, KIND),
    "one unit for six targets": ("output units", value, X, X),
    "classes 1 and 2": ("labels", binary, X, TWO + 1),
    "a hinge of three classes": ("labels", lambda: binary(None, "hinge"), X, KIND),
    "every pair": ("loss", lambda: value(loss=EveryPair()), X, PRICE[:, 0]),
    "one class is not asked for": ("loss", lambda: binary(loss=positive_part), X, TWO),
    "percentages of 0": ("loss", lambda: value(loss="mape"), X, np.maximum(PRICE, 0)),
    "percentages around 0": ("loss", lambda: value(loss="mape"), X, PRICE),
    "logarithms below 0": ("loss", lambda: value(loss="msle"), X, PRICE),
    "a head that is drowned": (
        "loss",
        lambda: heads({"kind": 1e-6, "price": 1.0}),
        X,
        {"kind": KIND, "price": PRICE},
    ),
    "every step against one target": (
        "axes",
        lambda: value(body=[LAYERS.Conv1D(4, 3)], shape=(10, 4)),
        SERIES,
        PRICE[:, None],
    ),
    "channels first": (
        "axes",
        lambda: net(body=[LAYERS.Conv2D(2, 1), LAYERS.Flatten()], shape=(1, 8, 8)),
        IMAGES.reshape(-1, 1, 8, 8),
        KIND,
    ),
    "series across": (
        "axes",
        lambda: net(body=[LAYERS.Conv1D(4, 2), LAYERS.Flatten()], shape=(3, 80)),
        WAVES,
        KIND,
    ),
    "means over features": (
        "axes",
        lambda: net(
            body=[LAYERS.GlobalAveragePooling1D(data_format="channels_first")], shape=(10, 4)
        ),
        LEVELS,
        KIND,
    ),
    "pooled over filters": (
        "axes",
        lambda: net(
            body=[
                LAYERS.Conv1D(4, 3, activation="relu"),
                LAYERS.GlobalMaxPooling1D(data_format="channels_first"),
            ],
            shape=(10, 4),
        ),
        SERIES,
        KIND,
    ),
    "through one unit": (
        "axes",
        lambda: net(
            8,
            body=[
                LAYERS.Dense(8, "relu"),
                LAYERS.Dense(1, "relu", kernel_initializer="ones"),
                LAYERS.Dense(8, "relu"),
            ],
        ),
        X,
        TAGS,
    ),
    "pooled to fewer numbers than classes": (
        "axes",
        lambda: net(
            8,
            body=[LAYERS.Conv2D(4, 3, activation="relu"), LAYERS.AveragePooling2D(6)]
            + [LAYERS.Flatten()],
            shape=(8, 8, 1),
        ),
        IMAGES,
        TAGS,
    ),
    "a softmax inside": (
        "activations",
        lambda: graph(lambda x: LAYERS.Dense(3, "softmax")(LAYERS.Softmax()(LAYERS.Dense(64)(x)))),
        X,
        KIND,
    ),
    "no flatten": (
        "axes",
        lambda: net(body=[LAYERS.Dense(4, "relu")], shape=(8, 8, 1), units=3),
        IMAGES,
        KIND,
    ),
    "softmax along another axis": (
        "axes",
        lambda: net(
            [LAYERS.Dense(3), LAYERS.Softmax(axis=1)], shape=(8, 5), loss="categorical_crossentropy"
        ),
        GENERATOR.normal(size=(90, 8, 5)),
        np.eye(3)[GENERATOR.integers(0, 3, (90, 8))],
    ),
    "NaN": ("inputs", net, np.where(X > 2, np.nan, X), KIND),
    "pictures of zeros": (
        "inputs",
        lambda: net(
            body=[LAYERS.Conv2D(2, 3, activation="relu"), LAYERS.Flatten()], shape=(8, 8, 1)
        ),
        0 * IMAGES,
        KIND,
    ),
    "constant columns": ("inputs", net, constant_columns(), KIND),
    "codes of categories": (
        "inputs",
        lambda: value(shape=(1,)),
        CODES,
        CODED[:, None].astype("float32"),
    ),
    "codes of words": (
        "inputs",
        lambda: binary(shape=(12,)),
        GENERATOR.integers(0, 500, (200, 12)),
        TWO,
    ),
    "pixels": (
        "input scale",
        lambda: net(body=[LAYERS.Flatten()], shape=(8, 8, 1)),
        255 * IMAGES,
        KIND,
    ),
    "scaled twice": (
        "input scale",
        lambda: net(
            body=[
                LAYERS.Rescaling(1 / 255),
                LAYERS.Conv2D(2, 3, activation="relu"),
                LAYERS.Flatten(),
            ],
            shape=(8, 8, 1),
        ),
        IMAGES,
        KIND,
    ),
    "one column in millions": ("input scale", net, X * np.array([1, 1, 1, 1, 20, 1e-3]), KIND),
    "no activation": ("activations", lambda: net(activation=None), X, KIND),
    "dead units": (
        "activations",
        lambda: net(bias_initializer=keras.initializers.Constant(-9)),
        X,
        KIND,
    ),
    "equal weights": ("initial weights", lambda: net(kernel_initializer="zeros"), X, KIND),
    "huge weights": (
        "initial weights",
        lambda: net(kernel_initializer=keras.initializers.RandomNormal(stddev=30)),
        X,
        KIND,
    ),
    "nothing to train": ("frozen layers", lambda: frozen(net(), 2), X, KIND),
    "a frozen base": (
        "frozen layers",
        lambda: frozen(net(body=[LAYERS.Dense(64, "relu")]), 1),
        X,
        KIND,
    ),
    "dropout of everything": (
        "regularisation",
        lambda: net(body=[LAYERS.Dense(8, "relu"), LAYERS.Dropout(0.95)]),
        X,
        KIND,
    ),
    "dropout of the output": (
        "regularisation",
        lambda: net([LAYERS.Dense(1), LAYERS.Dropout(0.5)], loss="mse"),
        X,
        PRICE,
    ),
    "penalty of one": (
        "regularisation",
        lambda: net(kernel_regularizer=keras.regularizers.L2(10.0)),
        X,
        KIND,
    ),
    "a decay of fifty": (
        "regularisation",
        lambda: net(optimizer=OPTIMIZERS.AdamW(0.01, weight_decay=50.0)),
        X,
        KIND,
    ),
    "a decay of five": (
        "regularisation",
        lambda: net(optimizer=OPTIMIZERS.SGD(0.1, weight_decay=5.0)),
        X,
        KIND,
    ),
    "a decay of fifty that fades, of some weights": (
        "regularisation",
        lambda: net(optimizer=but_biases(ScheduledAdamW(0.01, FlatCos(50.0, 150)))),
        X,
        KIND,
    ),
    "a norm of a hundredth": (
        "regularisation",
        lambda: net(kernel_constraint=keras.constraints.MaxNorm(0.01)),
        X,
        KIND,
    ),
    "averages that lag": (
        "normalisation",
        lambda: net(body=[LAYERS.Dense(8, "relu"), LAYERS.BatchNormalization(momentum=0.9999)]),
        X,
        KIND,
    ),
    "one example a step": (
        "normalisation",
        lambda: net(body=[LAYERS.Dense(8), LAYERS.BatchNormalization()]),
        X,
        KIND,
        {"batch_size": 1},
    ),
    "rate of one": ("learning rate", lambda: net(optimizer=OPTIMIZERS.Adam(1.0)), X, KIND),
    "rate of one, of some weights": (
        "learning rate",
        lambda: net(optimizer=but_biases(OPTIMIZERS.Adam(1.0))),
        X,
        KIND,
    ),
    "rate of nothing": ("learning rate", lambda: net(optimizer=OPTIMIZERS.Adam(1e-9)), X, KIND),
    "Keras' Adadelta": ("learning rate", lambda: net(optimizer="adadelta"), X, KIND),
    "a schedule that dies": (
        "learning rate",
        lambda: net(optimizer=OPTIMIZERS.SGD(OPTIMIZERS.schedules.ExponentialDecay(0.1, 1, 0.5))),
        X,
        KIND,
    ),
    "epsilon": ("optimizer", lambda: net(optimizer=OPTIMIZERS.Adam(epsilon=100.0)), X, KIND),
    "betas": ("optimizer", lambda: net(optimizer=OPTIMIZERS.Adam(beta_1=0.9999)), X, KIND),
    "clipped away": (
        "optimizer",
        lambda: net(optimizer=OPTIMIZERS.SGD(0.01, clipvalue=1e-7)),
        X,
        KIND,
    ),
    "a short norm": (
        "optimizer",
        lambda: net(optimizer=OPTIMIZERS.SGD(0.05, global_clipnorm=1e-3)),
        X,
        KIND,
    ),
    "an average of the far past": (
        "optimizer",
        lambda: net(optimizer=OPTIMIZERS.Adam(use_ema=True, ema_momentum=0.99999)),
        X,
        KIND,
    ),
    "gathered for ever": (
        "optimizer",
        lambda: net(optimizer=OPTIMIZERS.SGD(gradient_accumulation_steps=900)),
        X,
        KIND,
    ),
    "sorted": ("batches", net, X[np.argsort(KIND)], np.sort(KIND), {"shuffle": False}),
    "sorted values": (
        "batches",
        value,
        X[np.argsort(X[:, 0])],
        np.sort(PRICE, axis=0),
        {"shuffle": False},
    ),
    "sorted, and the batches shuffled": (
        "batches",
        net,
        X[np.argsort(KIND)],
        np.sort(KIND),
        {"shuffle": "batch"},
    ),
    "all at once": ("batches", net, X, KIND, {"epochs": 8, "batch_size": 200}),
    "few steps": ("duration", net, X, KIND, {"epochs": 1, "batch_size": 200}),
    "stops for getting better": (
        "duration",
        net,
        X,
        KIND,
        {"callbacks": [keras.callbacks.EarlyStopping("val_loss", mode="max")]},
    ),
    "validated on training data": (
        "validation",
        net,
        X,
        KIND,
        {"validation_data": (X[:50], KIND[:50])},
    ),
    "a class held out": (
        "validation",
        net,
        X[np.argsort(KIND)],
        np.sort(KIND),
        {"validation_split": 0.4},
    ),
    "a rare class": ("imbalance", binary, X, RARE),
    "no weight for a class": (
        "imbalance",
        net,
        X,
        KIND,
        {"class_weight": {0: 1, 1: 0, 2: 1}},
    ),
    "no weight for the examples of a class": (
        "imbalance",
        net,
        X,
        KIND,
        {"sample_weight": (KIND != 1).astype(float)},
    ),
    "weights below zero": ("imbalance", net, X, KIND, {"sample_weight": X[:, 1]}),
    "weights of another order": (
        "imbalance",
        binary,
        X,
        RARE,
        {"sample_weight": np.where(RARE[::-1], 20.0, 1.0)},
    ),
    "a weight of thousands": ("imbalance", binary, X, RARE, {"class_weight": {1: 5000.0}}),
    "weights the wrong way": ("imbalance", binary, X, RARE, {"class_weight": {0: 9.0, 1: 1.0}}),
}


def frozen(model, layers):
    for layer in model.layers[:layers]:
        layer.trainable = False
    model.compile(model.optimizer, model.loss)
    return model


TOLD_BY_STEPS = (
    "initial loss",
    "batch leak",
    "gradients",
    "unused weights",
    "learned by heart",
    "first steps",
    "zero-input baseline",
)
"""In `test_first_steps.py`."""


def faults(model, x, y, **arguments):
    """What is wrong before the first step."""
    every = dlr.check(model, x, y, **{"epochs": 20, "train": False, **arguments})
    return [one for one in every if one.severity != "info"]


@pytest.mark.parametrize("case", SICK)
def test_sick(case):
    name, make, x, y, *arguments = SICK[case]
    names = [one.name for one in faults(make(), x, y, **(arguments[0] if arguments else {}))]
    assert name in names
    assert len(set(names)) <= 2, names  # what follows from the fault may be told, too


def test_every_check_is_listed():
    told = {name for name, *_ in SICK.values()} | {"unused inputs"}
    assert told | set(TOLD_BY_STEPS) == set(dlr.diagnose.CHECKS)


def residual():
    inputs = keras.Input((6,))
    x = LAYERS.Dense(8, "relu")(inputs)
    for _ in range(3):
        branch = LAYERS.Dense(8, "relu")(x)
        branch = LAYERS.Dense(8, kernel_initializer="zeros")(branch)
        x = LAYERS.Add()([x, LAYERS.Dropout(0.1)(branch)])
        x = x + LAYERS.BatchNormalization()(LAYERS.Dense(8, kernel_initializer="zeros")(x))
    model = keras.Model(inputs, LAYERS.Dense(3, "softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def distance():
    """How far two halves of an example lie apart, which is to be little where the label is 1."""
    inputs = keras.Input((6,))
    hidden = LAYERS.Dense(8, "relu")(inputs)
    apart = keras.ops.square(hidden[:, :4] - hidden[:, 4:])
    model = keras.Model(inputs, keras.ops.sqrt(keras.ops.sum(apart, axis=1, keepdims=True) + 1e-6))
    model.compile("adam", contrast)
    return model


def contrast(y, apart):
    y = keras.ops.cast(y, apart.dtype)
    far = keras.ops.square(keras.ops.maximum(1 - apart, 0.0))
    return keras.ops.mean(y * keras.ops.square(apart) + (1 - y) * far, axis=-1)


HEALTHY = {
    "a distance": (distance, X, TWO[:, None]),
    "branches that begin with zeros": (residual, X, KIND),
    "a rare class whose share is the first answer": (
        lambda: net(
            [LAYERS.Dense(1, "sigmoid", bias_initializer=keras.initializers.Constant(-3))],
            loss="binary_crossentropy",
        ),
        X,
        RARE,
    ),
    "half of sixteen units dropped": (
        lambda: net(body=[LAYERS.Dense(16, "relu"), LAYERS.Dropout(0.5)]),
        X,
        KIND,
    ),
    "classes": (net, X, KIND),
    "one-hot": (lambda: net(loss="categorical_crossentropy"), X, ONE_HOT),
    "logits": (
        lambda: net(last=None, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        X,
        KIND,
    ),
    "softmax from logits": (
        lambda: net(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        X,
        KIND,
    ),
    "hinge": (lambda: binary("tanh", "hinge"), X, 2 * TWO - 1),
    "hinge of 0 and 1": (lambda: binary(None, "hinge"), X, TWO),
    "several labels": (lambda: net(last="sigmoid", loss=each_label), X, SEVERAL),
    "one of several will do": (
        lambda: net(loss=right_class_alone),
        X,
        np.maximum(ONE_HOT, SEVERAL),
    ),
    "overlap": (lambda: binary(loss=overlap), X, TWO),
    "squares of two classes": (lambda: value(), X, TWO),
    "each by itself": (lambda: value(loss=EachByItself()), X, PRICE[:, 0]),
    "quantiles": (lambda: value(None, three_quantiles, units=3), X, np.minimum(COUNTS, 2)),
    "two numbers of counts": (lambda: net(2, None, of_counts), X, COUNTS),
    "percentages": (lambda: value(loss="mape"), X, np.exp(PRICE)),
    "a class left out": (
        lambda: net(
            last=None,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1),
        ),
        X,
        np.where(X[:, 1] > 1, -1, KIND),
    ),
    "a target a step": (
        lambda: value(body=[LAYERS.Conv1D(4, 3, padding="same")], shape=(10, 4)),
        SERIES,
        SERIES[..., 0],
    ),
    "scores turned up a little": (
        lambda: net([LAYERS.Dense(3), LAYERS.Rescaling(3.0), LAYERS.Softmax()]),
        X,
        KIND,
    ),
    "heads": (lambda: heads({"kind": 1.0, "price": 0.1}), X, {"kind": KIND, "price": PRICE}),
    "a head switched off": (
        lambda: heads({"kind": 0.0, "price": 1.0}),
        X,
        {"kind": KIND, "price": PRICE},
    ),
    "gates": (lambda: graph(gated), X, TAGS),
    "channels last": (
        lambda: net(body=[LAYERS.Conv2D(2, 3), LAYERS.Flatten()], shape=(8, 8, 1)),
        IMAGES,
        KIND,
    ),
    "series along": (
        lambda: net(body=[LAYERS.Conv1D(4, 2), LAYERS.Flatten()], shape=(80, 3)),
        np.moveaxis(WAVES, 1, 2),
        KIND,
    ),
    "means over steps": (
        lambda: net(body=[LAYERS.GlobalAveragePooling1D()], shape=(10, 4)),
        LEVELS,
        KIND,
    ),
    "values": (value, X, PRICE),
    "spare units": (lambda: net(10), X, KIND),
    "a bottleneck": (lambda: net(body=[LAYERS.Dense(2), LAYERS.Dense(6, "relu")]), X, KIND),
    "normalised inside": (
        lambda: net(body=[LAYERS.BatchNormalization(), LAYERS.Dense(8, "relu")]),
        X * 1e4,
        KIND,
    ),
    "rescaled inside": (
        lambda: net(body=[LAYERS.Rescaling(1 / 255), LAYERS.Flatten()], shape=(8, 8, 1)),
        255 * IMAGES,
        KIND,
    ),
    "embedding": (
        lambda: net(body=[LAYERS.Embedding(500, 4), LAYERS.Flatten()], shape=(12,)),
        GENERATOR.integers(0, 500, (200, 12)),
        KIND,
    ),
    "last layer of zeros": (
        lambda: net([LAYERS.Dense(3, "softmax", kernel_initializer="zeros")]),
        X,
        KIND,
    ),
    "warm-up": (
        lambda: net(
            optimizer=OPTIMIZERS.Adam(
                OPTIMIZERS.schedules.CosineDecay(0.0, 100, warmup_target=1e-2, warmup_steps=20)
            )
        ),
        X,
        KIND,
    ),
    "shuffled and kept": (net, X, KIND, {"shuffle": False}),
    "sorted, and one batch of all": (
        net,
        X[np.argsort(KIND)],
        np.sort(KIND),
        {"shuffle": False, "batch_size": 200},
    ),
    "a series in its order": (
        lambda: value(shape=(5,)),
        np.stack([COURSE[at : at + 195] for at in range(5)], axis=1),
        COURSE[5:, None],
        {"shuffle": False},
    ),
    "a little decay, a wide norm, an average": (
        lambda: net(
            optimizer=OPTIMIZERS.AdamW(weight_decay=0.1, use_ema=True, ema_momentum=0.95),
            kernel_constraint=keras.constraints.MaxNorm(2.0),
        ),
        X,
        KIND,
    ),
    "all by schedules, biases apart": (
        lambda: net(
            body=[LAYERS.Dense(8, "relu"), dlr.layers.ScheduledDropout(FlatCos(0.2, 150))],
            optimizer=but_biases(ScheduledAdamW(CosLog4(0.04, 150), FlatCos(0.02, 150))),
        ),
        X,
        KIND,
    ),
    "weights of examples": (binary, X, RARE, {"sample_weight": np.where(RARE, 20.0, 1.0)}),
    "weights that have nothing to do with classes": (
        binary,
        X,
        RARE,
        {"sample_weight": np.where(X[:, 1] > 0.5, 0.1, 1.0)},
    ),
    "rare with weights": (binary, X, RARE, {"class_weight": {0: 1.0, 1: 9.0}}),
    "held out": (net, X[:150], KIND[:150], {"validation_data": (X[150:], KIND[150:])}),
}


@pytest.mark.parametrize("case", HEALTHY)
def test_healthy(case):
    make, x, y, *arguments = HEALTHY[case]
    assert [
        one.verdict for one in faults(make(), x, y, **(arguments[0] if arguments else {}))
    ] == []


@pytest.mark.parametrize("scale", [0.0, 1e3])
def test_what_follows_from_a_fault_is_information(scale):
    every = dlr.check(net(kernel_initializer="zeros"), X * scale, KIND, epochs=20, train=False)
    causes = {"inputs"} if scale == 0 else {"input scale", "initial weights"}
    assert {one.name for one in every if one.severity != "info"} == causes


def test_several_inputs_and_outputs():
    one, other = keras.Input((6,), name="one"), keras.Input((6,), name="other")
    hidden = LAYERS.Dense(8, "relu")(LAYERS.Concatenate()([one, 0.0 * other]))
    heads = {
        "kind": LAYERS.Dense(3, "softmax", name="kind")(hidden),
        "price": LAYERS.Dense(1, "sigmoid", name="price")(hidden),
    }
    model = keras.Model({"one": one, "other": other}, heads)
    model.compile("adam", {"kind": "sparse_categorical_crossentropy", "price": "mse"})
    given = {"one": X, "other": X[::-1].copy()}, {"kind": KIND, "price": PRICE}
    said = {one.name: one.verdict for one in faults(model, *given)}
    assert set(said) == {"unused inputs", "target range"}
    assert "'other'" in said["unused inputs"]
    assert "of 'price'" in said["target range"]


def test_a_layer_that_fills_gaps():
    gaps = np.where(X > 2, np.nan, X)
    filled = dlr.layers.Imputation()
    filled.adapt(gaps)
    model = net(body=[filled, LAYERS.Dense(8, "relu")])
    assert faults(model, gaps, KIND) == []


def test_heads_are_those_of_their_names():
    inputs = keras.Input((6,))
    heads = {"z": LAYERS.Dense(3, name="z")(inputs), "a": LAYERS.Dense(1, name="a")(inputs)}
    of_classes = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = {"a": "mse", "z": dlr.losses.MaskedLoss(of_classes)}
    some = np.where(X[:, 1] > 0, KIND, np.nan)
    for outputs in (heads, list(heads.values()), [heads["a"], heads["z"]]):
        model = keras.Model(inputs, outputs)
        model.compile("adam", losses)
        assert faults(model, X, {"a": PRICE, "z": some}) == []
        (one,) = faults(model, X, {"a": PRICE, "z": some + 1})
        assert "of 'z'" in one.verdict


@pytest.mark.slow
@pytest.mark.parametrize("make", [OPTIMIZERS.Adam, lambda: but_biases(OPTIMIZERS.SGD(0.01))])
def test_everything_is_left_as_it_was(make):
    body = [LAYERS.Dense(8, "relu"), LAYERS.BatchNormalization(), LAYERS.Dropout(0.5)]
    model = net(body=body, optimizer=make())
    model.fit(X, KIND, verbose=0)
    before = [one.numpy() for one in (*model.variables, *model.optimizer.variables)]
    states = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    dlr.check(model, X, KIND, epochs=5)
    for one, value in zip((*model.variables, *model.optimizer.variables), before, strict=True):
        np.testing.assert_array_equal(one.numpy(), value)
    assert random.getstate() == states[0]
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


def test_a_network_without_weights_yet_gets_none():
    model = keras.Sequential([LAYERS.Dense(8, "relu"), LAYERS.Dense(1)])
    model.compile("adam", "binary_crossentropy")
    before = random.getstate()
    (one,) = faults(model, X, TWO)
    assert one.name == "output activation"
    assert not model.built
    assert random.getstate() == before


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = LAYERS.Dense(3)

    def call(self, x):
        return self.dense(x)


def test_a_subclassed_model():
    model = Subclassed()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = random.getstate()
    assert faults(model, X, KIND, train=True) == []
    assert [one.name for one in faults(model, X, KIND + 1)] == ["labels"]
    assert not model.built  # it has no weights yet, as before
    assert not model.weights
    assert not model.optimizer.built
    assert random.getstate() == before
    model.fit(X, KIND, verbose=0)
    assert faults(model, X, KIND) == []
    assert [one.name for one in faults(model, X, KIND + 1)] == ["labels"]


@pytest.mark.parametrize(
    ("model", "x", "y", "message"),
    [
        (3, X, KIND, "must be a compiled keras.Model.*int"),
        (keras.Sequential([keras.Input((6,)), LAYERS.Dense(1)]), X, KIND, "compile"),
        (net(), X, KIND[:9], "same number of examples"),
        (net(), X[:0], KIND[:0], "at least one"),
        (net(), X, {"a": KIND, "b": KIND}, "called as the outputs are.*a, b"),
        (net(), X, 3, "must be an array"),
        (net(), X[:, :4], KIND, "data must fit the model.*200, 4.*Keras says"),
        (net(), X, {"nope": KIND}, "called as the outputs are.*nope"),
    ],
)
def test_what_cannot_be_checked(model, x, y, message):
    with pytest.raises(ArgumentError, match=message):
        dlr.check(model, x, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"epochs": 0}, "epochs=0"),
        ({"class_weigth": {0: 9.0}}, "class_weigth.*Did you mean 'class_weight'"),
        ({"sample_weight": np.ones(3)}, "one weight for each example.*3 for 200"),
    ],
)
def test_arguments_that_fit_would_refuse(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        dlr.check(net(), X, KIND, **arguments)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.array(["no", "yes"])[TWO], "of the type <U3, not numbers"),
        (np.where(np.arange(200) == 3, np.nan, PRICE[:, 0]), "1 target is missing"),
    ],
    ids=["text", "missing"],
)
def test_targets_that_no_loss_can_read(y, said):
    (one,) = faults(value(), X, y)
    assert one.name == "labels"
    assert said in one.verdict


def test_a_missing_input_is_the_cause_and_not_the_last_activation():
    x = X.copy()
    x[3, 0] = np.nan
    assert [one.name for one in faults(net(), x, KIND)] == ["inputs"]


def test_lists_are_arrays_and_untrained_outputs_are_left_out():
    assert faults(net(), X.tolist(), KIND.tolist()) == []
    inputs = keras.Input((6,))
    hidden = LAYERS.Dense(8, "relu")(inputs)
    model = keras.Model(inputs, [LAYERS.Dense(1, "sigmoid")(hidden), LAYERS.Dense(1)(hidden)])
    model.compile("adam", ["binary_crossentropy", None])
    assert faults(model, X, [TWO, PRICE], train=True) == []


def test_a_network_of_a_fixed_batch():
    inputs = keras.Input(batch_shape=(20, 5, 3))
    model = keras.Model(inputs, LAYERS.Dense(1, "sigmoid")(LAYERS.LSTM(4, stateful=True)(inputs)))
    model.compile("adam", "binary_crossentropy")
    x = GENERATOR.normal(size=(200, 5, 3))
    assert faults(model, x, TWO, batch_size=20, train=True) == []
    assert [one.name for one in faults(model, x, TWO * 9, batch_size=20)] == ["labels"]


@pytest.mark.parametrize("name", CI_MEMBERS)
def test_a_few_of_the_zoo(name):
    program = next(one for one in ZOO if one.name == name)
    if not hasattr(program, "moment"):
        assert told_before(program.make)[0] == []
        return
    said = {one["name"] for one in told_before(program.sick)[0]}
    if program.moment == "before":
        assert said & MEANT[program.kind]
    assert not said - MEANT.get(program.kind, set())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(one.name, marks=[pytest.mark.exhaustive] * bool(at % 3))
        for at, one in enumerate(MORE_HEALTHY)
    ],
)
def test_nothing_is_wrong_with_what_is_healthy(name):
    program = next(one for one in MORE_HEALTHY if one.name == name)
    assert told_before(program.make)[0] == []
    assert told_after(program.make) == []


def of_two_tensors():
    class WeightedPooling(LAYERS.Layer):
        def call(self, both):
            values, weights = both
            return keras.ops.sum(values * keras.ops.softmax(weights, axis=1), axis=1)

    inputs = keras.Input((5, 6))
    both = [inputs, LAYERS.Dense(1)(inputs)]
    hidden = WeightedPooling()(LAYERS.Identity()(both))
    hidden = LAYERS.Dense(16, "relu")(hidden)
    model = keras.Model(inputs, LAYERS.Dense(3, "softmax")(LAYERS.Dropout(0.2)([hidden])[0]))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_layers_that_take_several_tensors_are_looked_at():
    x = np.stack([X] * 5, axis=1)
    found = dlr.check(of_two_tensors(), x, KIND, epochs=20)
    assert [one for one in found if one.severity != "info"] == []


def test_a_check_that_fails_takes_nothing_else_with_it(monkeypatch):
    def check_broken(program):
        yield dlr.Finding("axes", "Seen before it failed.", severity="warning")
        raise IndexError("too deep")

    monkeypatch.setattr("dlrecipes.diagnose.program.check_program._AT_ONCE", (check_broken,))
    with pytest.warns(CheckWarning, match="`check_broken` could not look at .*IndexError"):
        found = dlr.check(net(last=None), X, KIND, train=False)
    assert {"output activation", "axes"} <= {one.name for one in found}


def of_two_sides(y, p):
    return keras.ops.mean(keras.ops.maximum(0.9 * (y - p), -0.1 * (y - p)))


def logits_of_labels(y, p):
    return keras.ops.mean(keras.ops.softplus(p) - y * p)


@pytest.mark.parametrize("own", [False, True])
def test_scores_of_several_labels_are_learned_by_heart(own):
    labels = np.stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] > 0.3], axis=1).astype("float32")
    loss = logits_of_labels if own else keras.losses.BinaryCrossentropy(from_logits=True)
    found = dlr.check(net(last=None, loss=loss, metrics=()), X, labels, epochs=20)
    assert [one for one in found if one.severity != "info"] == []


@pytest.mark.parametrize(
    ("model", "y", "batch_size", "name"),
    [
        (lambda: net(body=[LAYERS.Dense(8), LAYERS.LeakyReLU(1.0)]), KIND, 32, "activations"),
        (lambda: net(body=[LAYERS.Dense(8), LAYERS.LeakyReLU(0.1)]), KIND, 32, ""),
        (lambda: net(body=[LAYERS.Dense(8), LAYERS.BatchNormalization(momentum=0.01)]),
         KIND, 32, "normalisation"),
        (lambda: net(body=[LAYERS.Dense(8, "relu"), LAYERS.BatchNormalization(momentum=0.9)]),
         KIND, 32, ""),
        (lambda: net(body=[LAYERS.Dense(8, "relu"), LAYERS.BatchNormalization(momentum=0.9)]),
         KIND, 2, "normalisation"),
        (lambda: binary(loss=logits_of_labels), np.eye(2, dtype="float32")[TWO], 32, "labels"),
    ],
)  # fmt: skip
def test_what_a_second_zoo_has_taught(model, y, batch_size, name):
    found = dlr.check(model(), X, y, epochs=20, batch_size=batch_size, train=False)
    said = {one.name for one in found if one.severity != "info"}
    assert name in said if name else not said
