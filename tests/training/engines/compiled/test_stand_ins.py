import keras
import numpy as np
import pytest

from dlrecipes.training.engines.compiled.stand_ins import few_rows, plausible_predictions

LAYERS = keras.layers


def test_all_classes_are_there_sorted():
    y = np.array([0] * 50 + [2] + [0] * 50 + [1, 3, 1] * 10)
    rows = few_rows([y], None, 8)
    assert y[rows].tolist() == [0, 0, 0, 1, 1, 2, 3, 3]
    assert len(set(rows)) == 8


def test_a_rare_class_is_in_one_half_only():
    y = np.array([0] * 30 + [1] + [0] * 30)
    assert y[few_rows([y], None, 8)].tolist() == [0] * 7 + [1]


def test_of_many_values_both_ends():
    y = np.random.default_rng(0).normal(size=1000)
    rows = few_rows([y], None, 8)
    assert len(set(rows)) == 8
    assert (y[rows[0]], y[rows[-1]]) == (y.min(), y.max())
    assert np.all(np.diff(y[rows]) > 0)


def test_the_weights_of_a_class_are_spread():
    y = np.tile([0, 1], 50)
    weight = np.ones(100)
    weight[[40, 41]] = 0.1, 9.0
    rows = few_rows([y], weight, 8)
    assert {40, 41} <= set(rows)
    assert y[rows].tolist() == [0] * 4 + [1] * 4


def test_fewer_examples():
    assert few_rows([np.array([1, 0, 1])], None, 8).tolist() == [1, 0, 2]


def test_of_one_hot_labels_the_first():
    assert few_rows([np.eye(3)[[2, 1, 0] * 10]], None, 8).tolist() == list(range(8))


def test_of_several_targets_the_known_with_the_halves_apart():
    generator = np.random.default_rng(0)
    grade = np.where(np.arange(90) % 3 == 0, np.nan, np.arange(90) % 3)[:, np.newaxis]
    age = np.where(np.arange(90) % 5 == 0, np.nan, generator.normal(size=90))
    nobody = np.full(90, np.nan)
    rows = few_rows([grade, age, nobody], None, 8)
    assert len(rows) == 24
    low, high = rows[:12], rows[12:]
    assert grade[low[:4], 0].tolist() == [1] * 4
    assert grade[high[:4], 0].tolist() == [2] * 4
    assert np.all(np.diff(age[[*low[4:8], *high[4:8]]]) > 0)


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
