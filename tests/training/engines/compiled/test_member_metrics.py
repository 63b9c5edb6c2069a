import itertools

import keras
import numpy as np
import pytest

from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.supported import Unsupported

LAYERS, LOSSES, METRICS = keras.layers, keras.losses, keras.metrics

# Labels, units, activation, loss, metrics, weighted metrics: made when Keras' float type is set
KINDS = {
    "one-hot": (
        "onehot",
        3,
        "softmax",
        lambda: "categorical_crossentropy",
        lambda: [
            "accuracy",
            METRICS.AUC(name="auc"),
            METRICS.F1Score(average="macro", name="f1"),
            METRICS.Precision(name="precision"),
            "mae",
        ],
        lambda: ["accuracy", METRICS.AUC(name="auc"), "mse"],
    ),
    "sparse": (
        "sparse",
        3,
        None,
        lambda: LOSSES.SparseCategoricalCrossentropy(from_logits=True),
        lambda: ["accuracy", "accuracy"],
        lambda: [METRICS.SparseCategoricalCrossentropy(from_logits=True, name="entropy")],
    ),
    "binary": (
        "binary",
        1,
        None,
        lambda: LOSSES.BinaryCrossentropy(from_logits=True),
        lambda: [
            METRICS.BinaryAccuracy(threshold=0.0, name="accuracy"),
            METRICS.AUC(from_logits=True, curve="PR", name="pr"),
            METRICS.Recall(thresholds=0.0, name="recall"),
        ],
        lambda: [METRICS.BinaryAccuracy(threshold=0.0, name="accuracy")],
    ),
    "real": (
        "real",
        1,
        None,
        lambda: "mse",
        lambda: ["mae", METRICS.RootMeanSquaredError(name="rmse"), METRICS.R2Score(name="r2")],
        lambda: ["mae"],
    ),
}


def _builder(kind, shape=(6,)):
    _, units, activation, loss, metrics, weighted = KINDS[kind]

    def build(factor):
        l2 = keras.regularizers.L2(factor / 16)
        hidden = (
            LAYERS.Conv1D(4, 2) if len(shape) > 1 else LAYERS.Dense(7, "relu", bias_regularizer=l2)
        )
        flat = [LAYERS.Flatten()] if len(shape) > 1 else []
        model = keras.Sequential(
            [
                keras.Input(shape),
                hidden,
                *flat,
                LAYERS.BatchNormalization(momentum=0.5),
                LAYERS.Dense(units, activation=activation, kernel_regularizer=l2),
            ]
        )
        optimizer = keras.optimizers.SGD(factor / 8)
        model.compile(
            optimizer, loss(), metrics=metrics(), weighted_metrics=weighted(), jit_compile=False
        )
        return model

    return build


def _check(kind, built, side_by_side, examples, *, weighted, shape=(6,)):
    """More rows than are evaluated at once, the last batch incomplete, moving averages."""
    stacked = len(shape) == 1
    pair = side_by_side(
        built(_builder(kind, shape), (1.0, 0.5) if stacked else (1.0,)),
        examples(KINDS[kind][0], 72, shape, weighted=weighted),
        examples(KINDS[kind][0], 1030, shape, weighted=weighted, seed=1),
        stacked=stacked,
    )
    logs = pair.check(epochs=2)
    for name, value in pair.evaluated(0, batch_size=100).items():
        np.testing.assert_allclose(logs[-1][name][0], value, rtol=1e-9, err_msg=name)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_as_in_the_logs_of_fit(built, side_by_side, examples):
    _check("one-hot", built, side_by_side, examples, weighted=True)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("kind", "weighted", "shape"),
    [
        pytest.param(kind, weighted, shape, marks=[pytest.mark.exhaustive] * bool(at % 5))
        for at, (kind, weighted, shape) in enumerate(
            itertools.product(KINDS, (False, True), ((6,), (4, 3)))
        )
    ],
)
def test_every_kind(kind, weighted, shape, built, side_by_side, examples):
    _check(kind, built, side_by_side, examples, weighted=weighted, shape=shape)


def test_the_best_few(built, side_by_side, examples):
    """Keras has no top-k accuracy in float64."""

    for labels, loss, metric in (
        ("onehot", "categorical_crossentropy", METRICS.TopKCategoricalAccuracy),
        ("sparse", "sparse_categorical_crossentropy", METRICS.SparseTopKCategoricalAccuracy),
    ):

        def build(factor, loss=loss, metric=metric):
            model = keras.Sequential([keras.Input((6,)), LAYERS.Dense(3, "softmax")])
            optimizer = keras.optimizers.SGD(factor)
            model.compile(optimizer, loss, metrics=[metric(2)], jit_compile=False)
            return model

        pair = side_by_side(
            built(build, (1.0, 0.5)), examples(labels), examples(labels, 50, seed=1)
        )
        pair.check(epochs=1, rtol=1e-5)


def _metrics(built, metrics, weighted=(), predict=lambda y: y[:, None] ** 2):
    def build(factor):
        model = keras.Sequential([keras.Input((4,)), LAYERS.Dense(1)])
        model.compile(
            "sgd", "mse", metrics=metrics(), weighted_metrics=list(weighted), run_eagerly=True
        )
        return model

    (model,) = built(build, [1])
    y = np.arange(8.0, dtype="float32")
    return model, MemberMetrics(model, y, predict(y))


def test_metrics_of_one_name_are_named_as_keras_names_them(built):
    model, metrics = _metrics(built, lambda: ["mae", "mae", "mse"], ["mae", "mae", "mse"])
    logs = model.evaluate(np.zeros((8, 4)), np.zeros(8), verbose=0, return_dict=True)
    assert metrics.names == [name for name in logs if name != "loss"]


def test_a_function_of_its_own(built, side_by_side, examples):
    """A metric that looks at its neighbours sees no other member's examples."""

    def above(y, outputs):
        return keras.ops.cast(outputs[:, 0] > 0.25, "float32")

    def share(y, outputs):
        return outputs[:, 0] / keras.ops.max(outputs)

    _, metrics = _metrics(built, lambda: [above])
    assert metrics.names == ["above"]
    with pytest.raises(Unsupported, match="the metric share depends on the batches"):
        _metrics(built, lambda: [share])


def test_a_metric_of_batches_is_refused(built):
    def root(y, outputs):
        return keras.ops.sqrt(keras.ops.mean(keras.ops.square(y - outputs[:, 0])))

    class Batches(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="batches")
            self.number = self.add_variable((), "zeros")

        def update_state(self, y, outputs, sample_weight=None):
            self.number.assign_add(1)

        def result(self):
            return self.number

    for metric in (root, Batches()):
        with pytest.raises(Unsupported, match="depends on the batches"):
            _metrics(built, lambda metric=metric: [metric])


def test_a_metric_is_tried_on_what_an_untrained_model_does_not_predict(built):
    """Of nothing that is found, each batch's share is 0."""

    def found(y, outputs):
        above = keras.ops.cast(y > 3, "float32")
        return keras.ops.sum(above * keras.ops.cast(outputs[:, 0] > 1, "float32")) / 4

    with pytest.raises(Unsupported, match="the metric found depends on the batches"):
        _metrics(built, lambda: [found], predict=lambda y: np.zeros((8, 1), "float32"))
