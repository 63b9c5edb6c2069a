import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.special import expit

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import OrdinalHead


def _probabilities(x, kernel, thresholds):
    """The cumulative logit model as McCullagh writes it, in float64."""
    above = expit(x @ kernel - thresholds)
    ends = np.ones((len(x), 1)), np.zeros((len(x), 1))
    return -np.diff(np.concatenate([ends[0], above, ends[1]], axis=1), axis=1)


def _thresholds(head):
    first = np.asarray(head.first_threshold, dtype=float)
    if head.gaps is None:
        return first
    gaps = np.log1p(np.exp(np.asarray(head.gaps, dtype=float))) + 1e-6
    return np.concatenate([first, first + np.cumsum(gaps)])


@pytest.mark.parametrize("classes", [2, 3])
def test_keeps_the_contract_of_layers(check_layer, classes):
    check_layer(lambda: OrdinalHead(classes), (5, 4))
    check_layer(lambda: OrdinalHead(classes), (5, 3, 1))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_the_cumulative_logit_model(classes):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(30, 4)).astype("float32")
    head = OrdinalHead(classes)
    head.build(x.shape)
    head.kernel.assign(generator.normal(size=(4, 1)))
    log_p = np.asarray(head(x), dtype=float)
    expected = _probabilities(
        x.astype(float), np.asarray(head.kernel, dtype=float), _thresholds(head)
    )
    np.testing.assert_allclose(np.exp(log_p), expected, rtol=1e-4, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-50, 50, width=32), min_size=3, max_size=3),
    st.floats(-100, 100, width=32),
    st.floats(-300, 300, width=32),
)
def test_probabilities_for_any_weights(gaps, first, score):
    head = OrdinalHead(5)
    head.build((None, 1))
    head.kernel.assign([[1.0]])
    head.first_threshold.assign([first])
    head.gaps.assign(gaps)
    log_p = np.asarray(head(np.array([[score]], dtype="float32")), dtype=float)
    assert np.isfinite(log_p).all()
    assert np.exp(log_p).sum() == pytest.approx(1.0, abs=1e-4)
    # So a softmax leaves them as they are, and cross-entropy is the likelihood.
    np.testing.assert_allclose(keras.ops.softmax(log_p), np.exp(log_p), atol=1e-4)


def test_a_higher_score_never_means_a_lower_class():
    head = OrdinalHead(4)
    head.build((None, 1))
    head.kernel.assign([[1.0]])
    head.gaps.assign([3.0, 3.0])
    p = np.exp(np.asarray(head(np.linspace(-9, 9, 200, dtype="float32")[:, None])))
    tails = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]
    assert (np.diff(tails, axis=0) >= -1e-6).all()
    assert (np.diff(p.argmax(axis=1)) >= 0).all()
    assert set(p.argmax(axis=1)) == {0, 1, 2, 3}


def test_starts_at_the_priors():
    priors = [0.7, 0.05, 0.2, 0.05]
    found = np.exp(OrdinalHead(4, priors)(np.zeros((1, 3), dtype="float32")))
    np.testing.assert_allclose(found, [priors], rtol=1e-4)


def test_finite_gradients_far_from_the_truth():
    import tensorflow as tf

    head = OrdinalHead(4)
    x = tf.constant([[500.0], [-500.0], [0.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        log_p = head(x)
    gradients = tape.gradient(log_p, [x, *[one.value for one in head.trainable_variables]])
    assert np.isfinite(np.asarray(log_p)).all()
    assert all(np.isfinite(one).all() for one in gradients)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1,), r"`classes` must be an integer, at least 2"),
        ((3, [0.5, 0.5]), r"`priors` must be 3 shares that add up to 1"),
        ((2, [0.5, 0.2]), r"`priors` must be 2 shares that add up to 1"),
        ((2, [1.0, 0.0]), r"`priors\[0\]` must be a finite number in \(0, 1\)"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        OrdinalHead(*arguments)


def test_wrong_inputs():
    with pytest.raises(ArgumentError, match=r"shape \(batch, features\).*members, 1.*Flatten"):
        OrdinalHead(3)(np.zeros((2, 4, 4), dtype="float32"))
