"""Networks trained side by side, each as Keras trains it alone."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

lesson = dlr.lesson
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(24, 3))


@pytest.mark.parametrize(
    ("activation", "loss", "batch_size", "outputs"),
    [("relu", "squared", None, 2), ("tanh", "logistic", 24, 1), ("abs", "squared", None, 1)],
)
def test_as_in_keras(activation, loss, batch_size, outputs):
    y = GENERATOR.integers(0, 2, size=(24, outputs)).astype(float)
    rates, layers = [0.25, 0.0625], lesson.draw_networks(2, (3, 5, 4, outputs), scale=1.3, seed=3)
    shape = {"activation": activation, "loss": loss, "batch_size": batch_size}
    trained, losses = lesson.train_networks(layers, X, y, rates=rates, steps=6, **shape)
    for at, rate in enumerate(rates):
        model = dlr.models.build_mlp((3,), outputs, hidden_units=(5, 4), activation=activation)
        model.set_weights([one for kernel, bias in layers for one in (kernel[at], bias[at, 0])])
        kind = keras.losses.MeanSquaredError()
        if loss == "logistic":
            kind = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(rate), kind, jit_compile=False)
        history = model.fit(X, y, batch_size=24, epochs=6, shuffle=False, verbose=0)
        np.testing.assert_allclose(losses[:, at], history.history["loss"], rtol=1e-4)
        found = lesson.outputs_of(trained, X, activation=activation)[at]
        np.testing.assert_allclose(found, model(X), rtol=1e-3, atol=1e-4)


def test_each_may_have_inputs_and_targets_of_its_own():
    layers = lesson.draw_networks(2, (3, 4, 1))
    x, y = GENERATOR.normal(size=(2, 10, 3)), GENERATOR.normal(size=(2, 10, 1))
    _, both = lesson.train_networks(layers, x, y, rates=0.1, steps=4)
    for at in (0, 1):
        own = [(kernel[at : at + 1], bias[at : at + 1]) for kernel, bias in layers]
        _, alone = lesson.train_networks(own, x[at], y[at], rates=0.1, steps=4)
        np.testing.assert_allclose(both[:, at], alone[:, 0])


@pytest.mark.parametrize("rule", ["momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"])
def test_other_rules_as_in_keras(rule):
    """Two networks with numbers of their own; the penalty is on the kernels."""
    rates, momenta, penalties = [0.03, 0.01], [0.9, 0.5], [0.0, 0.1]
    layers, y = lesson.draw_networks(2, (3, 5, 1), scale=1.3, seed=3), X[:, :1] ** 2
    numbers = {"rates": rates, "momentum": momenta, "penalty": penalties, "decay": 0.99}
    trained, losses = lesson.train_networks(layers, X, y, rule=rule, steps=5, **numbers)
    assert losses[-1, 1] < losses[0, 1]
    for at, (rate, momentum, penalty) in enumerate(zip(rates, momenta, penalties, strict=True)):
        adam = {"beta_1": momentum, "beta_2": 0.99}
        optimizer = {
            "momentum": keras.optimizers.SGD(rate, momentum),
            "nesterov": keras.optimizers.SGD(rate, momentum, nesterov=True),
            "adagrad": keras.optimizers.Adagrad(rate, initial_accumulator_value=0.0),
            "rmsprop": keras.optimizers.RMSprop(rate, 0.99),
            "adam": keras.optimizers.Adam(rate, **adam),
            "adamw": keras.optimizers.AdamW(rate, penalty, **adam),
        }[rule]
        if rule == "adamw":
            optimizer.exclude_from_weight_decay(var_names=["bias"])
        l2 = None if rule == "adamw" else penalty / 2  # Keras' is not halved
        model = dlr.models.build_mlp((3,), 1, hidden_units=(5,), l2=l2)
        model.set_weights([one for kernel, bias in layers for one in (kernel[at], bias[at, 0])])
        model.compile(optimizer, "mse", run_eagerly=True)
        model.fit(X, y, batch_size=24, epochs=5, shuffle=False, verbose=0)
        found = [one for kernel, bias in trained for one in (kernel[at], bias[at, 0])]
        for one, other in zip(found, model.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_an_epoch_sees_each_example_once():
    layers = lesson.draw_networks(1, (1, 1))
    x = np.arange(6.0)[:, None]
    _, losses = lesson.train_networks(layers, x, 0 * x, rates=0.0, steps=6, batch_size=2)
    whole = lesson.train_networks(layers, x, 0 * x, rates=0.0, steps=1)[1]
    np.testing.assert_allclose(losses.reshape(2, 3).mean(axis=1), whole[0, 0])
    assert len(np.unique(losses)) > 3


def test_one_that_diverges_leaves_the_others_alone():
    layers = lesson.draw_networks(2, (3, 8, 8, 1), scale=[1.0, 1.0])
    y = X[:, :1]
    _, losses = lesson.train_networks(layers, X, y, rates=[0.05, 1e3], steps=60)
    assert losses[-1, 0] < losses[0, 0]
    assert not losses[-1, 1] < losses[0, 1]


def test_the_scale_is_that_of_the_first_weights():
    layers = lesson.draw_networks(2, (400, 300, 1), scale=[1.0, 3.0])
    assert layers[0][0].std(axis=(1, 2)) == pytest.approx([1 / 20, 3 / 20], rel=0.02)
    again = lesson.draw_networks(5, (400, 300, 1))
    np.testing.assert_array_equal(again[0][0][0], layers[0][0][0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activation": "selu"}, "`activation` must be one of"),
        ({"rule": "newton"}, "`rule` must be one of"),
        ({"loss": "hinge"}, "`loss` must be one of"),
        ({"steps": 0}, "`steps`"),
        ({"y": [1.0, 2.0]}, "`x` and `y` must have the shapes"),
    ],
)
def test_mistakes(change, message):
    given = {"x": X, "y": X[:, :1], "rates": 0.1, "steps": 1} | change
    with pytest.raises(ArgumentError, match=message):
        lesson.train_networks(lesson.draw_networks(1, (3, 1)), **given)
