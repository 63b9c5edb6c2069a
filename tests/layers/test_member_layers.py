"""Members of one network: against loops over the members in NumPy."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import logsumexp, softmax

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import MemberDense, MemberMean, MemberScaling

LAYERS = {
    "scaling": (lambda: MemberScaling(3), (5, 4)),
    "chunks": (lambda: MemberScaling(3, [1, 3], scale_initializer="random_uniform"), (5, 4)),
    "dense": (lambda: MemberDense(2, kernel_regularizer="l2"), (5, 3, 4)),
    "logits": (MemberMean, (5, 3, 4)),
    "one logit": (MemberMean, (5, 3, 1)),
    "values": (lambda: MemberMean("values"), (5, 3, 2)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_keeps_the_contract_of_layers(check_layer, name):
    check_layer(*LAYERS[name])


def test_each_member_has_weights_of_its_own():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(7, 5))
    scaling, dense = MemberScaling(4, [2, 3], dtype="float64"), MemberDense(3, dtype="float64")
    found = np.asarray(dense(scaling(x)))
    scale, kernel, bias = (np.asarray(w) for w in (scaling.scale, dense.kernel, dense.bias))
    for member in range(4):
        wanted = (x * scale[member]) @ kernel[member] + bias[member]
        np.testing.assert_allclose(found[:, member], wanted, rtol=1e-12)


def test_members_begin_apart_and_chunks_together():
    scaling = MemberScaling(64, [3, 1, 60])
    scaling.build((None, 64))
    scale = np.asarray(scaling.scale)
    assert [len(np.unique(row)) for row in scale] == [3] * 64
    np.testing.assert_array_equal(scale[:, 0], scale[:, 2])
    assert 0.7 < scale[:, [0, 3, 4]].std() < 1.3
    dense = MemberDense(16)
    dense.build((None, 64, 100))
    kernel = np.asarray(dense.kernel)
    assert not np.isclose(kernel[0], kernel[1]).any()
    assert 0.095 < np.abs(kernel).max(axis=(1, 2)).min() <= np.abs(kernel).max() <= 0.1


NUMBERS = arrays("float64", (3, 5, 4), elements=st.floats(-500, 500))


@settings(max_examples=50, deadline=None)
@given(NUMBERS)
def test_the_logits_of_the_mean_probability(members):
    """However sure a member is: nothing becomes infinite."""
    mean = np.asarray(MemberMean(dtype="float64")(members))
    np.testing.assert_allclose(
        softmax(mean, axis=-1), softmax(members, axis=-1).mean(axis=1), atol=1e-12
    )
    one = np.asarray(MemberMean(dtype="float64")(members[..., :1]))[:, 0]
    # log(1 / (1 + exp(-z))), which NumPy has as a sum of exponentials
    likely, unlikely = (
        logsumexp(-np.logaddexp(0, -sign * members[..., 0]), axis=1) for sign in (1, -1)
    )
    np.testing.assert_allclose(one, likely - unlikely, rtol=1e-9, atol=1e-9)
    values = np.asarray(MemberMean("values", dtype="float64")(members))
    np.testing.assert_allclose(values, members.mean(axis=1), atol=1e-12)


def test_in_training_members_are_handed_on():
    x = np.ones((2, 3, 4), "float32")
    np.testing.assert_array_equal(MemberMean()(x, training=True), x)


def _built(layer, shape):
    layer.build(shape)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: MemberScaling(0), "members"),
        (lambda: MemberScaling(2, [1, 0]), r"chunks\[1\]"),
        (lambda: _built(MemberScaling(2, [1, 2]), (None, 4)), "as many features .* 3 in 2 chunks"),
        (lambda: _built(MemberScaling(2), (None, 3, 4)), r"\(batch, features\)"),
        (lambda: _built(MemberDense(2), (None, 4)), r"\(batch, members, features\)"),
        (lambda: MemberDense(1.5), "units"),
        (lambda: MemberMean("shares"), "outputs"),
        (lambda: _built(MemberMean(), (None, 4)), r"\(batch, members, units\)"),
    ],
)
def test_says_what_is_wrong(wrong, text):
    with pytest.raises(ArgumentError, match=text):
        wrong()


def test_initializers_that_users_give():
    layer = MemberScaling(2, scale_initializer=keras.initializers.Constant(3.0))
    np.testing.assert_array_equal(layer(np.ones((1, 2)))[0], 3 * np.ones((2, 2)))
    biased = MemberDense(2, bias_initializer=keras.initializers.Constant([1.0, -2.0]))
    np.testing.assert_array_equal(
        biased(np.zeros((1, 3, 5)))[0], np.tile([1.0, -2.0], (3, 1)).astype("float32")
    )
