"""The range test: what it reads off, when it says none, and that nothing of it is left."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.datasets import load_digits

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError
from dlrecipes.training.range_test import RangeTest, _read

DIGITS = load_digits()
X, Y = (DIGITS.data / 16).astype("float32")[:800], DIGITS.target[:800]
RATES = np.geomspace(1e-6, 10, 120)


def network(optimizer="adam", *, built=True):
    layers = [
        keras.layers.Dense(32, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input((64,)), *layers] if built else layers)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def states(model):
    return [
        np.asarray(keras.ops.convert_to_numpy(one))
        for one in [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    ]


def test_digits_and_shuffled_labels_and_nothing_is_left():
    keras.utils.set_random_seed(0)
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, 100)
    model = network(keras.optimizers.Adam(schedule))
    model.fit(X[:64], Y[:64], verbose=0)
    before, trained = states(model), model.train_function
    found = dlr.lr_range_test(model, X, Y)
    assert 1e-3 < found.suggestion < 5e-2
    assert found.suggestion in found.suggestions.values()
    assert {"steepest", "valley", "minimum / 4", "minimum / 10"} <= found.suggestions.keys()
    assert found.sentence.startswith("Begin with 0.0")
    assert len(found.rates) == len(found.losses) == len(found.smoothed)
    shuffled = dlr.lr_range_test(model, X, np.random.default_rng(0).permutation(Y))
    assert shuffled.suggestion is None
    assert shuffled.suggestions == {}
    assert shuffled.sentence.startswith("No rate can be told: the loss falls no more than")
    after = states(model)
    assert len(before) == len(after)
    assert all(map(np.array_equal, before, after))
    assert model.optimizer._learning_rate is schedule
    assert model.train_function is trained
    again = dlr.lr_range_test(model, X, Y)
    np.testing.assert_array_equal(found.losses, again.losses)


def test_a_network_that_was_never_called_begins_as_it_would_have():
    keras.utils.set_random_seed(1)
    model = network("sgd", built=False)
    found = dlr.lr_range_test(model, X, Y)
    assert found.suggestion > 1e-3
    assert not model.optimizer.built
    keras.utils.set_random_seed(1)
    plain = network("sgd", built=False)
    histories = [one.fit(X, Y, shuffle=False, verbose=0).history for one in (model, plain)]
    assert histories[0] == histories[1]


def test_several_inputs_and_outputs_and_weights_of_examples():
    inputs = {"image": keras.Input((64,), name="image"), "one": keras.Input((1,), name="one")}
    joined = keras.layers.Concatenate()([inputs["image"], inputs["one"]])
    hidden = keras.layers.Dense(16, activation="relu")(joined)
    outputs = {
        "digit": keras.layers.Dense(10, activation="softmax", name="digit")(hidden),
        "even": keras.layers.Dense(1, activation="sigmoid", name="even")(hidden),
    }
    model = keras.Model(inputs, outputs)
    losses = {"digit": "sparse_categorical_crossentropy", "even": "binary_crossentropy"}
    model.compile(keras.optimizers.RMSprop(), losses, steps_per_execution=4)
    x = {"image": X, "one": np.ones((len(X), 1))}
    y = {"digit": Y, "even": (Y % 2 == 0).astype(int)}
    assert dlr.lr_range_test(model, x, y).suggestion < 0.1
    assert model.steps_per_execution == 4
    assert dlr.lr_range_test(network(), X, Y, sample_weight=(Y < 5).astype(float)).suggestion


def test_a_step_that_fails_leaves_nothing_either():
    model = network()
    before = states(model)
    with pytest.raises(ArgumentError, match=r"must fit the model.*\(32, 3\).*Keras says"):
        dlr.lr_range_test(model, X, np.zeros((800, 3)))
    assert not model.optimizer.built
    assert all(map(np.array_equal, before, states(model)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": keras.Sequential([keras.layers.Dense(1)])}, "compiled with an optimizer"),
        ({"model": "adam"}, "compiled with an optimizer.*str"),
        ({"x": X[:5]}, r"same number of examples.*\(5, 64\)"),
        ({"x": X[:0], "y": Y[:0]}, "at least one"),
        ({"x": "text"}, "same number of examples"),
        ({"bounds": (0.1, 0.01)}, r"`bounds\[1\]`"),
        ({"bounds": (0, 1)}, r"`bounds\[0\]`"),
        ({"bounds": 0.1}, "two rates"),
        ({"steps": 5}, "`steps`.*at least 60"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"seed": -1}, "`seed`"),
    ],
)
def test_what_cannot_be_tested(changed, message):
    with pytest.raises(ArgumentError, match=message):
        dlr.lr_range_test(**{"model": network(), "x": X, "y": Y, **changed})


# ---- reading curves that were made


def curve(least=0.03, *, fall=2.0, start=2.3, noise=0.1, seed=0):
    """Losses that fall around a tenth of `least` and explode beyond it."""
    generator = np.random.default_rng(seed)
    decades = np.log10(RATES / least)
    losses = start - fall / (1 + np.exp(-6 * (decades + 1))) + np.exp(np.minimum(5 * decades, 9))
    return losses + generator.normal(0, noise, len(RATES))


@settings(deadline=None, max_examples=40)
@given(st.floats(1e-3, 0.3), st.integers(0, 1000), st.floats(0.5, 20))
def test_a_unit_of_the_loss_and_noise_do_not_move_it_far(least, seed, unit):
    losses = unit * curve(least, seed=seed)
    control = unit * curve(least, fall=0.05, seed=seed + 1)
    found = _read(RATES, losses, control)
    assert least / 30 < found.suggestion < 1.5 * least
    assert least / 30 < found.suggestions["steepest"] < least


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.floats(0.01, 1))
def test_noise_alone_has_no_rate(seed, noise):
    curves = [curve(fall=0.4, noise=noise, seed=seed + one) for one in (0, 20_000)]
    assert _read(RATES, *curves).suggestion is None


def test_a_network_that_begins_better_or_worse_by_chance():
    for start, control in ((1.9, 2.3), (2.7, 2.3)):
        flat = curve(start=start, fall=start - min(start, 2.3))
        assert _read(RATES, flat, curve(start=control, fall=0.0, seed=1)).suggestion is None
    begun = curve(start=1.0, fall=0.5)
    assert _read(RATES, begun, curve(start=2.9, fall=0.6, seed=1)).suggestion


@pytest.mark.parametrize("losses", [[np.nan], [2.3, 2.2, np.inf], list(np.arange(2.0, 14.0))])
def test_a_loss_that_is_no_number_at_once(losses):
    found = _read(RATES, np.asarray(losses), np.asarray(losses))
    assert found.suggestion is None
    assert found.diverged is not None
    assert found.sentence.startswith("The loss is no number, or explodes")


def test_numbers_after_the_explosion_do_not_count():
    losses = np.append(curve()[:95], np.nan)
    found = _read(RATES, losses, curve(fall=0.0))
    assert isinstance(found, RangeTest)
    assert np.isfinite(list(found.suggestions.values())).all()
    assert found.diverged == RATES[95]
    assert found.suggestions["divergence / 10"] == RATES[95] / 10


def test_without_targets_the_fall_is_held_against_noise():
    assert _read(RATES, curve(), np.empty(0)).suggestion
    flat = _read(RATES, curve(fall=0.0), np.empty(0))
    assert flat.sentence == "No rate can be told: the loss falls no more than noise."


@settings(deadline=None, max_examples=40)
@given(st.floats(1e-4, 1.0), st.integers(0, 60), st.integers(60, 120), st.integers(0, 1000))
def test_nothing_is_suggested_outside_of_the_bounds(least, begin, length, seed):
    cut = slice(begin, min(begin + length, len(RATES)))
    rates, losses = RATES[cut], curve(least, noise=0.02, seed=seed)[cut]
    found = _read(rates, losses, np.empty(0))
    inside = [rates[0] <= rate <= rates[-1] for rate in found.suggestions.values()]
    assert all(inside)
    assert (found.suggestion is None) == (not inside)


def test_a_loss_that_still_falls_where_the_sweep_ends():
    found = dlr.lr_range_test(network(), X, Y, bounds=(1e-3, 2e-3))
    assert 1e-3 <= found.suggestion <= 2e-3
    assert all(1e-3 <= rate <= 2e-3 for rate in found.suggestions.values())
    assert "still falls where the sweep ends, at 0.002: raise the upper bound" in found.sentence
    assert "raise" not in _read(RATES, curve(), np.empty(0)).sentence
    assert "raise" in _read(RATES[:75], curve()[:75], np.empty(0)).sentence
