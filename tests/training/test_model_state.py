"""A network is left as it was, whatever happens to it inside."""

import random

import keras
import numpy as np
import pytest

from dlrecipes.training.model_state import drawn_from, left_as_they_were

X = np.random.default_rng(0).normal(size=(48, 4)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


def network(optimizer="adam", *, built=True, graph=False):
    """Without a graph, which takes much longer to trace than two steps to take."""
    layers = [
        keras.layers.Dense(8, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
    model = keras.Sequential([keras.Input((4,)), *layers] if built else layers)
    metrics = ["accuracy", keras.metrics.F1Score(name="f1")]
    model.compile(
        optimizer,
        "binary_crossentropy",
        metrics=metrics,
        run_eagerly=not graph,
        jit_compile=False,
    )
    return model


def scheduled():
    return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100), momentum=0.9)


def of(variables):
    return [np.asarray(keras.ops.convert_to_numpy(one)) for one in variables]


def everything(model):
    """All that can be seen of a network's state."""
    optimizer = model.optimizer
    return {
        "variables": of(model.variables),
        "optimizer": of(optimizer.variables),
        "metrics": of(model.metrics_variables),
        "built": (model.built, optimizer.built, len(model.metrics)),
        "random": (random.getstate(), np.random.get_state()[1].tolist()),  # noqa: NPY002
        "rate": optimizer._learning_rate,
        "functions": (model.train_function, model.stop_training),
    }


def same(one, other):
    for name, value in one.items():
        if name in ("variables", "optimizer", "metrics"):
            assert len(value) == len(other[name]), name
            assert all(map(np.array_equal, value, other[name])), name
        else:
            assert value == other[name], name


@pytest.mark.parametrize("trained", [False, True], ids=["new", "trained"])
@pytest.mark.parametrize("make", [lambda: "adam", scheduled], ids=["number", "schedule"])
def test_training_inside_leaves_no_trace(make, trained):
    pair, graph = [], trained and make is scheduled
    for _ in range(2):
        keras.utils.set_random_seed(0)
        pair.append(network(make(), graph=graph))
        if trained:
            pair[-1].fit(X, Y, verbose=0, shuffle=False)
    model, control = pair
    before = everything(model)
    with left_as_they_were(model):
        keras.utils.set_random_seed(7)
        model.optimizer._learning_rate = keras.Variable(0.5)
        model.fit(X, 1 - Y, verbose=0)
        model.stop_training = True
        assert not np.array_equal(model.get_weights()[0], control.get_weights()[0])
    same(before, everything(model))
    # It goes on as if nothing had been: with the rate, the moments and the masks of before.
    runs = [one.fit(X, Y, verbose=0, shuffle=False).history for one in pair]
    assert runs[0] == runs[1]
    assert all(map(np.array_equal, of(model.variables), of(control.variables)))
    assert all(map(np.array_equal, of(model.optimizer.variables), of(control.optimizer.variables)))


def test_what_fails_or_compiles_inside_is_put_back_too():
    model = network(graph=True)
    before = everything(model)

    def compile_train_fail():
        with left_as_they_were(model):
            model.fit(X, Y, verbose=0)
            model.compile("sgd", "mse", jit_compile=False)
            model.fit(X, Y, verbose=0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        compile_train_fail()
    same(before, everything(model))
    assert model.loss == "binary_crossentropy"
    assert model.evaluate(X, Y, verbose=0, return_dict=True).keys() == {"loss", "accuracy", "f1"}


def test_a_network_without_weights_has_none_again():
    keras.utils.set_random_seed(3)
    model = network(built=False)
    with left_as_they_were(model):
        model.fit(X, Y, verbose=0)
    assert not model.built
    assert model.weights == []
    first = model.fit(X, Y, verbose=0, shuffle=False).history["loss"]
    keras.utils.set_random_seed(3)
    assert network(built=False).fit(X, Y, verbose=0, shuffle=False).history["loss"] == first


def test_numbers_that_keras_draws_for_no_layer():
    keras.utils.set_random_seed(1)
    model = network()
    keras.random.uniform((2,))
    with left_as_they_were(model):
        inside = np.asarray(keras.random.uniform((2,)))
    np.testing.assert_array_equal(keras.random.uniform((2,)), inside)


def test_a_scaled_loss_and_moving_averages_of_weights():
    inner = keras.optimizers.Adam(0.01, use_ema=True)
    model = network(keras.optimizers.LossScaleOptimizer(inner))
    model.fit(X, Y, verbose=0)
    before = of([*model.optimizer.variables, *inner.variables])
    with left_as_they_were(model):
        model.fit(X, Y, verbose=0)
        assert any(
            not np.array_equal(*pair) for pair in zip(before, of(inner.variables), strict=False)
        )
    after = of([*model.optimizer.variables, *inner.variables])
    assert all(map(np.array_equal, before, after))
    assert len(before) == len(after)


def test_an_optimizer_that_holds_itself():
    model = network("sgd")
    model.optimizer.outer = [model.optimizer]
    with left_as_they_were(model):
        model.fit(X, Y, verbose=0)
    assert not model.optimizer.built
    assert model.optimizer.outer[0] is model.optimizer


def test_what_is_drawn_from_a_seed_is_not_drawn_outside():
    states = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    drawn = []
    for _ in range(2):
        with drawn_from(7):
            layer = keras.layers.Dense(3)
            layer.build((1, 2))
            numbers = [random.random(), np.random.rand()]  # noqa: NPY002
            drawn.append([*layer.get_weights()[0].ravel(), *numbers])
    assert drawn[0] == drawn[1]
    assert random.getstate() == states[0]
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
