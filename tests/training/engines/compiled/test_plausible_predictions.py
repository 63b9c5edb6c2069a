import keras
import numpy as np
import pytest

from dlrecipes.training.engines.compiled.plausible_predictions import plausible_predictions

LAYERS = keras.layers


def _plausible(*layers):
    model = keras.Sequential([keras.Input((4,)), *layers])
    predictions = np.asarray(model(np.random.default_rng(0).normal(size=(8, 4))))
    first, *others = plausible_predictions(model, predictions)
    np.testing.assert_array_equal(first, predictions)
    assert all(one.shape == predictions.shape for one in others)
    for one, again in zip(others, plausible_predictions(model, predictions)[1:], strict=True):
        np.testing.assert_array_equal(one, again)
    return predictions, np.stack(others)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [LAYERS.Dense(3, "softmax")],
        lambda: [LAYERS.Dense(3), LAYERS.Softmax()],
        lambda: [LAYERS.Dense(3), keras.Sequential([LAYERS.Activation("softmax")])],
    ],
)
def test_probabilities_of_classes(layers):
    _, others = _plausible(*layers())
    np.testing.assert_allclose(others.sum(axis=-1), 1, rtol=1e-5)
    assert set(others.argmax(axis=-1).ravel()) == {0, 1, 2}
    assert others.min() >= 0


@pytest.mark.parametrize(("activation", "low", "high"), [("sigmoid", 0, 1), (None, -99, 99)])
def test_numbers_on_both_sides(activation, low, high):
    _, others = _plausible(LAYERS.Dense(1, activation, kernel_initializer="zeros"))
    assert low <= others.min() < 0.2
    assert 0.8 < others.max() <= high


def test_of_a_layer_without_activation_in_another_order():
    predictions, others = _plausible(LAYERS.Dense(3, "tanh"), LAYERS.Lambda(keras.ops.abs))
    for one in others:
        assert not np.array_equal(one, predictions)
        np.testing.assert_array_equal(np.sort(one, axis=0), np.sort(predictions, axis=0))
