import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import softmax

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import TemperatureScaling


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("classes", [2, 5])
def test_divides_logits(temperature, classes):
    logits = 3 * np.random.default_rng(0).normal(size=(4, 7, classes))
    layer = TemperatureScaling(temperature, dtype="float64")
    found = keras.ops.convert_to_numpy(layer(softmax(logits, axis=-1)))
    np.testing.assert_allclose(found, softmax(logits / temperature, axis=-1), rtol=1e-12)
    np.testing.assert_array_equal(found.argmax(axis=-1), logits.argmax(axis=-1))


def test_keeps_the_contract_of_layers(check_layer):
    check_layer(lambda: TemperatureScaling(2.0), (6, 4))


def test_sure_probabilities_and_what_is_no_number():
    p = np.array([[1.0, 0.0, 0.0], [1.0 - 1e-7, 1e-30, 1e-7], [np.nan, 0.5, 0.5]], "float32")
    found = keras.ops.convert_to_numpy(TemperatureScaling(2.0)(p)).astype(float)
    least = float(np.finfo("float32").tiny)
    expected = np.sqrt(np.maximum(p[:2].astype(float), least))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found[:2], expected, rtol=2e-5)
    assert np.isnan(found[2]).all()


def test_in_half_precision_nothing_is_lost_but_the_rounding_of_inputs_and_outputs():
    p = np.array([[0.998046875, 0.001953125]])  # numbers of float16
    layer = TemperatureScaling(0.5, dtype="mixed_float16")
    odds = (p[0, 1] / p[0, 0]) ** 2
    assert float(layer(p.astype("float16"))[0, 1]) == pytest.approx(odds / (1 + odds), rel=2e-2)


def test_survives_saving_and_export(tmp_path):
    p = np.random.default_rng(0).dirichlet(np.ones(3), 9).astype("float32")
    inputs = keras.Input((3,))
    model = keras.Model(inputs, TemperatureScaling(1.7)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(p), model(p))
    model.export(tmp_path / "saved", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "saved")).serve
    for rows in (9, 1):
        np.testing.assert_allclose(served(p[:rows]), model(p[:rows]), rtol=1e-6)


@pytest.mark.parametrize("temperature", [0, -1.0, np.nan, np.inf, True, "2", None])
def test_wrong_temperatures(temperature):
    with pytest.raises(ArgumentError, match=r"`temperature` must be a finite number in \(0, inf"):
        TemperatureScaling(temperature)


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 3, 1)])
def test_one_class(shape):
    with pytest.raises(ArgumentError, match="with two classes or more"):
        TemperatureScaling(2.0)(np.ones(shape))
