import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, softmax

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import OrdinalHead
from dlrecipes.losses import OrdinalLoss


def _questions(y, p):
    """Cross-entropies of "is it more than k?", as Cao et al. write them, in float64."""
    more = np.cumsum(p[:, ::-1], axis=1)[:, ::-1][:, 1:]
    truth = y[:, None] > np.arange(p.shape[1] - 1)
    return -np.where(truth, np.log(more), np.log(1 - more)).sum(axis=1)


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    return generator.integers(0, 5, 40), 2 * generator.normal(size=(40, 5)).astype("float32")


def test_questions_of_any_logits(batch):
    y, logits = batch
    expected = _questions(y, softmax(logits.astype(float), axis=1))
    for labels in (y, y[:, None]):
        np.testing.assert_allclose(OrdinalLoss(reduction=None)(labels, logits), expected, rtol=1e-4)
    assert float(OrdinalLoss()(y, logits)) == pytest.approx(expected.mean(), rel=1e-4)


def test_coral_behind_an_ordinal_head(batch):
    y, x = batch
    head = OrdinalHead(5)
    head.build(x.shape)
    head.gaps.assign([-1.0, 0.5, 2.0])
    loss = OrdinalLoss(reduction=None)(y, head(x))
    first = np.asarray(head.first_threshold, dtype=float)
    gaps = np.log1p(np.exp([-1.0, 0.5, 2.0])) + 1e-6
    logits = x.astype(float) @ np.asarray(head.kernel, dtype=float) - np.concatenate(
        [first, first + np.cumsum(gaps)]
    )
    truth = y[:, None] > np.arange(4)
    expected = -np.log(expit(np.where(truth, logits, -logits))).sum(axis=1)
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_two_classes_are_the_cross_entropy(batch):
    _, logits = batch
    y = np.arange(40) % 2
    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert float(OrdinalLoss()(y, logits[:, :2])) == pytest.approx(
        float(plain(y, logits[:, :2])), rel=1e-5
    )


def test_far_off_costs_more():
    logits = 5 * np.eye(4, dtype="float32")
    losses = np.asarray(OrdinalLoss(reduction=None)(np.zeros(4), logits))
    assert (np.diff(losses) > 1).all()


def test_extreme_logits_have_finite_gradients():
    logits = tf.constant([[300.0, -300.0, 0.0], [-1e4, 0.0, 1e4]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = OrdinalLoss()(np.array([2, 0]), logits)
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, logits)).all()


def test_config_and_dtype(batch):
    y, logits = batch
    loss = keras.losses.deserialize(keras.losses.serialize(OrdinalLoss(reduction="sum")))
    assert isinstance(loss, OrdinalLoss)
    assert loss.get_config() == OrdinalLoss(reduction="sum").get_config()
    assert OrdinalLoss(dtype="bfloat16").dtype == "float32"
    assert OrdinalLoss(dtype="float64")(y, logits).dtype == "float64"


@pytest.mark.parametrize("shape", [(4, 1), (4,), (4, 2, 3)])
def test_wrong_shapes(shape):
    with pytest.raises(ArgumentError, match=r"at least two classes.*y_pred\.shape"):
        OrdinalLoss()(np.zeros(4), np.zeros(shape, dtype="float32"))
