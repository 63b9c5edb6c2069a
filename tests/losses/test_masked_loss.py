"""Missing targets count neither in losses nor in metrics nor in gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.errors import ArgumentError
from dlrecipes.losses import FocalLoss, MaskedLoss, MaskedMetric, OrdinalLoss

NAN = float("nan")
GENERATOR = np.random.default_rng(0)
KNOWN = np.array([True, False, True, True, False, True])
CASES = {
    "squared error": (keras.losses.MeanSquaredError(), GENERATOR.normal(size=6), 1),
    "binary": (keras.losses.BinaryCrossentropy(from_logits=True), np.arange(6) % 2, 1),
    "classes": (
        keras.losses.SparseCategoricalCrossentropy(from_logits=True), np.arange(6) % 3, 3,
    ),
    "ordinal": (OrdinalLoss(), np.arange(6) % 3, 3),
    "focal": (FocalLoss("sparse"), np.arange(6) % 3, 3),
}  # fmt: skip


def _batch(case):
    loss, y, width = CASES[case]
    predictions = np.random.default_rng(1).normal(size=(6, width)).astype("float32")
    return loss, y.astype("float32"), predictions


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize("missing", [None, -7.0])
def test_the_mean_over_the_known(case, column, missing):
    inner, y, predictions = _batch(case)
    given = np.where(KNOWN, y, NAN if missing is None else missing).astype("float32")
    given = given[:, None] if column else given
    expected = float(inner(y[KNOWN][:, None], predictions[KNOWN]))
    assert float(MaskedLoss(inner, missing)(given, predictions)) == pytest.approx(
        expected, rel=1e-5
    )
    summed = MaskedLoss(inner, missing, reduction="sum")(given, predictions)
    assert float(summed) == pytest.approx(expected * KNOWN.sum(), rel=1e-5)
    each = np.asarray(MaskedLoss(inner, missing, reduction=None)(given, predictions))
    assert (each[~KNOWN] == 0).all()


def test_integers_and_flat_predictions():
    y, predictions = np.array([1, -1, 0]), np.array([0.5, 3.0, -1.0], dtype="float32")
    inner = keras.losses.BinaryCrossentropy(from_logits=True)
    expected = np.mean(np.log1p(np.exp([-0.5, -1.0])))
    assert float(MaskedLoss(inner, -1)(y, predictions)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_nothing_known(case):
    inner, _, predictions = _batch(case)
    z = tf.constant(predictions)
    with tf.GradientTape() as tape:
        tape.watch(z)
        loss = MaskedLoss(inner)(np.full(6, NAN, dtype="float32"), z)
    assert float(loss) == 0.0
    np.testing.assert_array_equal(tape.gradient(loss, z), 0.0)


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_the_known(case):
    inner, y, predictions = _batch(case)
    gradients = []
    for rows, loss in ((np.arange(6), MaskedLoss(inner)), (np.flatnonzero(KNOWN), inner)):
        z = tf.constant(predictions[rows])
        targets = np.where(KNOWN, y, NAN)[rows][:, None].astype("float32")
        with tf.GradientTape() as tape:
            tape.watch(z)
            value = loss(targets, z)
        gradients.append(np.asarray(tape.gradient(value, z)))
    np.testing.assert_allclose(gradients[0][KNOWN], gradients[1], rtol=1e-4, atol=1e-7)
    assert (gradients[0][~KNOWN] == 0).all()


def test_weights_of_examples():
    inner, y, predictions = _batch("squared error")
    weight = np.arange(6, dtype="float32")
    loss = MaskedLoss(inner)(np.where(KNOWN, y, NAN), predictions, sample_weight=weight)
    errors = np.square(y - predictions[:, 0])
    assert float(loss) == pytest.approx((errors * weight)[KNOWN].sum() / KNOWN.sum(), rel=1e-5)


def test_loss_config():
    loss = MaskedLoss(FocalLoss("sparse", gamma=1.0), -1, reduction="sum")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert again.loss.gamma == 1.0
    assert loss.name == "focal_loss"


@pytest.mark.parametrize("wrong", ["mse", None, keras.losses.mean_squared_error])
def test_wrong_loss(wrong):
    with pytest.raises(ArgumentError, match=r"`loss` must be a `keras\.losses\.Loss`"):
        MaskedLoss(wrong)


def test_metric_over_two_batches():
    y = np.array([1.0, NAN, 3.0, NAN, 5.0, 0.0])
    predictions = np.array([2.0, 9.0, 1.0, 9.0, 5.0, 3.0])[:, None]
    metric = MaskedMetric(keras.metrics.RootMeanSquaredError(name="rmse"))
    for rows in (slice(0, 2), slice(2, 6)):
        metric.update_state(y[rows], predictions[rows])
    assert float(metric.result()) == pytest.approx(np.sqrt(np.mean([1.0, 4.0, 0.0, 9.0])))
    metric.reset_state()
    metric.update_state(y[:1], predictions[:1], sample_weight=np.array([2.0]))
    assert float(metric.result()) == pytest.approx(1.0)
    assert metric.name == "rmse"


def test_metric_of_classes_and_its_config():
    metric = MaskedMetric(keras.metrics.SparseCategoricalAccuracy(name="accuracy"), missing=-1)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    for one in (metric, again):
        one.update_state(np.array([0, -1, 2, 1]), np.eye(4, 3)[[0, 1, 2, 0]])
        assert float(one.result()) == pytest.approx(2 / 3)
    with pytest.raises(ArgumentError, match=r"`metric` must be a `keras\.metrics\.Metric`"):
        MaskedMetric("accuracy")
