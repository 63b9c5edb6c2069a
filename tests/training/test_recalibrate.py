"""Moving averages measured again, against NumPy."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

LAYERS = keras.layers
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(400, 6)).astype("float32") * [1, 2, 3, 4, 5, 6]
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def value(variable):
    return keras.ops.convert_to_numpy(variable).copy()


def network(*between):
    keras.utils.set_random_seed(0)
    body = [LAYERS.Dense(32), LAYERS.BatchNormalization(name="norm"), LAYERS.Activation("relu")]
    model = keras.Sequential([keras.Input((6,)), *body, *between, LAYERS.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_after_forty_steps_the_same_data_is_answered_as_in_training():
    model = network()
    for _ in range(60):
        model.train_on_batch(X, Y)
    trained = float((model(X, training=True).numpy().argmax(axis=1) == Y).mean())
    before = model.evaluate(X, Y, verbose=0)[1]
    weights = [value(one) for one in model.trainable_variables]
    assert dlr.recalibrate(model, X, batch_size=400) == 1
    after = model.evaluate(X, Y, verbose=0)[1]
    assert before < trained - 0.02
    assert after == pytest.approx(trained, abs=0.01)
    for old, new in zip(weights, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, value(new))
    assert model.get_layer("norm").momentum == 0.99


@pytest.mark.parametrize("batch_size", [100, 150, 400])
def test_the_averages_are_those_of_the_batches(batch_size):
    model = network(LAYERS.Dropout(0.5), LAYERS.GaussianNoise(0.5))
    dlr.recalibrate(model, X, batch_size=batch_size)
    norm = model.get_layer("norm")
    hidden = model.layers[0](X).numpy()
    cut = [hidden[at : at + batch_size] for at in range(0, len(X), batch_size)]
    mean = np.mean([one.mean(axis=0) for one in cut], axis=0)
    variance = np.mean([one.var(axis=0) for one in cut], axis=0)
    np.testing.assert_allclose(value(norm.moving_mean), mean, atol=1e-4)
    np.testing.assert_allclose(value(norm.moving_variance), variance, rtol=1e-3)


def test_dropout_before_it_is_off():
    model = network()
    dropped = network()
    dropped = keras.Sequential([keras.Input((6,)), LAYERS.Dropout(0.5), *dropped.layers])
    for one in (model, dropped):
        dlr.recalibrate(one, X)
    means = [value(one.get_layer("norm").moving_mean) for one in (model, dropped)]
    np.testing.assert_allclose(*means, atol=1e-5)


def test_what_cannot_be_leaves_the_network_as_it_was():
    model = network()
    before = [value(one) for one in model.weights]
    with pytest.raises(ArgumentError, match="must be numbers"):
        dlr.recalibrate(model, np.full((10, 6), np.nan, "float32"))
    with pytest.raises(ArgumentError, match="two examples"):
        dlr.recalibrate(model, X[:1])
    for old, new in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, value(new))
    plain = keras.Sequential([keras.Input((6,)), LAYERS.Dense(2)])
    with pytest.raises(ArgumentError, match="BatchNormalization"):
        dlr.recalibrate(plain, X)
    model.get_layer("norm").trainable = False
    with pytest.raises(ArgumentError, match="trainable"):
        dlr.recalibrate(model, X)
