import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from sklearn.metrics import mean_poisson_deviance

from dlrecipes.errors import ArgumentError
from dlrecipes.losses import PoissonDeviance

NUMBERS = st.floats(0, 1e4, width=32)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20),
    st.floats(0.01, 10),
    st.floats(0.1, 100),
)
def test_it_is_that_of_scikit_learn_behind_the_shift(rows, shift, scale):
    y, predicted = np.array(rows).T
    expected = scale * mean_poisson_deviance(y + shift, predicted + shift)
    loss = PoissonDeviance(shift, scale, dtype="float64")
    assert float(loss(y, predicted)) == pytest.approx(expected, rel=1e-6, abs=1e-6 * scale)
    single = float(PoissonDeviance(shift, scale)(y.astype("float32"), predicted.astype("float32")))
    assert single == pytest.approx(expected, rel=1e-3, abs=1e-3 * scale * (shift + y.max()))


def test_shapes_of_one_output():
    y, predicted = np.array([1.0, 2.0, 9.0]), np.array([2.0, 2.0, 3.0])
    loss = PoissonDeviance(0.5, reduction=None)
    expected = np.asarray(loss(y, predicted))
    assert expected.shape == (3,)
    assert expected[1] == 0
    for true, guess in ((y, predicted[:, None]), (y[:, None], predicted[:, None])):
        np.testing.assert_allclose(loss(true, guess), expected, rtol=1e-6)


def test_near_the_truth_it_is_a_squared_error_by_size():
    y, predicted = np.array([100.0]), np.array([101.0])
    found = float(PoissonDeviance(1.0, 50.0, dtype="float64")(y, predicted))
    assert found == pytest.approx(50 * 1.0**2 / 102, rel=0.01)


def test_its_gradient_is_finite_at_0_and_that_of_the_formula():
    y, predicted = np.array([5.0, 0.0, 3.0]), tf.Variable([1e-9, 1e-9, 2.0], dtype="float64")
    loss = PoissonDeviance(0.1, 3.0, reduction="sum", dtype="float64")
    with tf.GradientTape() as tape:
        value = loss(y, predicted)
    expected = 2 * 3.0 * (predicted - y) / (predicted + 0.1)
    np.testing.assert_allclose(tape.gradient(value, predicted), expected, rtol=1e-6)


def test_below_0_is_0():
    loss = PoissonDeviance(0.5)
    assert float(loss(np.array([-3.0]), np.array([2.0]))) == float(
        loss(np.array([0.0]), np.array([2.0]))
    )
    assert float(loss(np.array([2.0]), np.array([-3.0]))) == float(
        loss(np.array([2.0]), np.array([0.0]))
    )


def test_it_is_wide_in_half_precision_and_saved():
    y, predicted = np.array([1.0, 2.0]), np.array([[0.5], [2.5]])
    loss = PoissonDeviance(0.5, 2.0)
    half = loss(y, keras.ops.cast(predicted, "float16"))
    assert half.dtype == "float32"
    assert float(half) == pytest.approx(float(loss(y, predicted)), rel=1e-3)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert float(again(y, predicted)) == float(loss(y, predicted))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shift": 0}, r"`shift` .* Received: shift=0"),
        ({"shift": 1.0, "scale": -1.0}, r"`scale` .* Received: scale=-1\.0"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        PoissonDeviance(**arguments)
