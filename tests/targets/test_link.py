from dataclasses import replace

import keras
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_poisson_deviance

from dlrecipes.data import from_arrays
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.models import build_multitask, build_tabm, prior_bias
from dlrecipes.results import (
    ClassTarget,
    CountTarget,
    DataSpec,
    Feature,
    ValueTarget,
    dump_json,
    parse_json,
)
from dlrecipes.targets import kind_of, loss_and_metrics, usual_link, with_link
from dlrecipes.targets.link import inverse_softplus

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(300, 3)).astype("float32")
PRICES = np.exp(1 + X @ [0.8, -0.5, 0.0] + 0.3 * GENERATOR.normal(size=300))
AMOUNT = ValueTarget(mean=4.0, std=8.0, known=300, least=0.0, skewness=2.0)


def spec(*targets):
    return DataSpec("data", (3,), "float32", "table", targets or (AMOUNT,), 300)


def head(described, *, bias=None):
    inputs = keras.Input((1,))
    kind = kind_of(described.target)
    outputs = kind.head(inputs, penalty=None, bias=bias, name="outputs")
    return keras.Model(inputs, outputs)


def learns(model, kernel, bias=None):
    """Give the one layer that learns a kernel and, if told, a bias."""
    layer = model.get_layer("outputs")
    layer.kernel.assign(np.full((1, 1), kernel))
    if bias is not None:
        layer.bias.assign([bias])
    return model


def test_the_statistics_are_those_of_scipy():
    target = from_arrays(X, PRICES, task="regression").raw_spec.target
    train = from_arrays(X, PRICES, task="regression").train.y
    assert target.least == train.min()
    assert target.skewness == pytest.approx(stats.skew(train.astype(np.float64)), rel=1e-9)
    assert target.link == "identity"
    huge = kind_of(ValueTarget()).describe(np.array([0, 1e38, 3e38], np.float32))
    assert huge.skewness == pytest.approx(stats.skew([0.0, 1e38, 3e38]), rel=1e-6)
    assert kind_of(ValueTarget()).describe(np.ones(3, np.float32)).skewness == 0


@pytest.mark.parametrize(
    ("target", "link"),
    [
        (AMOUNT, "root"),
        (replace(AMOUNT, skewness=1.0), "identity"),
        (replace(AMOUNT, skewness=-3.0), "identity"),
        (replace(AMOUNT, least=-0.01), "identity"),
        (replace(AMOUNT, least=None), "identity"),
        (CountTarget(mean=4.0), "identity"),
        (ClassTarget(class_names=("a", "b"), priors=(0.5, 0.5)), "identity"),
    ],
)
def test_what_is_usual(target, link):
    assert usual_link(spec(target)) == link


@pytest.mark.parametrize("values", [PRICES, 1e6 * PRICES, 1e-6 * PRICES, np.floor(PRICES)])
def test_it_is_the_formula(values):
    described = with_link(from_arrays(X, values, task="regression").raw_spec, "root")
    mean, std = described.target.mean, described.target.std
    model = learns(head(described), 1.0)
    z = np.linspace(-20, 20, 9)
    scale = std / (2 * np.sqrt(mean))
    start = np.log(np.expm1(np.sqrt(mean) / scale))
    expected = (scale * np.log1p(np.exp(z + start))) ** 2
    np.testing.assert_allclose(model(z[:, None])[:, 0], expected, rtol=5e-5)
    assert float(model(np.zeros((1, 1)))[0, 0]) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("mean", [1e-3, 0.5, 4.0, 4000.0, 1e30])
def test_it_begins_where_it_is_told_to(mean):
    target = replace(AMOUNT, mean=mean, std=1e30 if mean == 1e30 else 8.0)
    described = with_link(spec(target), "root")
    told = learns(head(described, bias=prior_bias(described)), 0.0)
    assert float(told(np.zeros((1, 1)))[0, 0]) == pytest.approx(mean, rel=1e-5)
    other = learns(head(described, bias=[3 * mean]), 0.0)
    assert float(other(np.zeros((1, 1)))[0, 0]) == pytest.approx(3 * mean, rel=1e-4)
    below = learns(head(described, bias=[-1.0]), 0.0)
    assert 0 <= float(below(np.zeros((1, 1)))[0, 0]) < 1e-6 * target.std**2


def test_the_first_loss_is_that_of_the_mean():
    splits = from_arrays(X, PRICES, task="regression")
    described = with_link(splits.raw_spec, "root")
    model = learns(head(described, bias=prior_bias(described)), 0.0)
    model.compile("sgd", **loss_and_metrics(described.targets), jit_compile=False)
    y = splits.train.y
    logs = model.evaluate(np.zeros((len(y), 1)), y, verbose=0, return_dict=True)
    mean = described.target.mean
    by_scikit_learn = mean_poisson_deviance(y + 0.01 * mean, np.full(len(y), 1.01 * mean))
    assert logs["loss"] == pytest.approx(1.01 * mean * by_scikit_learn, rel=1e-4)
    assert kind_of(described.target).start_loss("") == pytest.approx(logs["loss"], rel=1e-4)
    assert logs["rmse"] == pytest.approx(y.std(), rel=1e-4)


def test_it_never_falls_below_0_and_its_root_rises_as_a_line():
    described = with_link(spec(), "root")
    model = learns(head(described), 1.0)
    far = np.array([[-1e4], [-50.0], [100.0], [101.0]])
    low, lower, high, higher = model(far)[:, 0]
    assert 0 <= float(low) <= float(lower) < 1e-15
    assert float(higher**0.5 - high**0.5) == pytest.approx(8.0 / (2 * 2.0), rel=1e-4)


def test_it_learns_what_multiplies_and_is_saved(tmp_path):
    keras.utils.set_random_seed(0)
    described = with_link(from_arrays(X, PRICES, task="regression").raw_spec, "root")
    model = build_multitask((3,), described.targets, hidden_units=(16,))
    model.compile(
        keras.optimizers.Adam(0.05), **loss_and_metrics(described.targets), jit_compile=False
    )
    model.fit(X, PRICES, epochs=60, batch_size=300, verbose=0)
    predicted = keras.ops.convert_to_numpy(model(X))[:, 0]
    assert (predicted >= 0).all()
    assert np.square(predicted - PRICES).mean() < 0.2 * PRICES.var()
    model.save(tmp_path / "prices.keras")
    loaded = keras.saving.load_model(tmp_path / "prices.keras")
    np.testing.assert_array_equal(loaded(X), model(X))


def test_members_are_positive_one_by_one_and_their_mean_is_in_units():
    described = with_link(spec(), "root")
    features = tuple(Feature(name, "number", edges=(-1.0, 1.0)) for name in "abc")
    model = build_tabm(
        replace(described, features=features), members=3, hidden_units=(4,), encoding="plain"
    )
    apart = keras.ops.convert_to_numpy(model(X[:5], training=True))
    assert apart.shape == (5, 3, 1)
    assert (apart > 0).all()


def test_of_several_targets_each_has_its_own():
    targets = (replace(AMOUNT, name="price", link="root"), replace(AMOUNT, name="change"))
    model = build_multitask((3,), targets, hidden_units=(4,))
    for name in ("head_1_outputs", "head_2_outputs"):
        layer = model.get_layer(name)
        layer.kernel.assign(np.zeros((4, 1)))
        layer.bias.assign([-30.0])
    found = model(X[:2])
    assert (keras.ops.convert_to_numpy(found["price"]) >= 0).all()
    np.testing.assert_allclose(found["change"], np.full((2, 1), 4 - 30 * 8.0))


@pytest.mark.parametrize(
    "values",
    [
        np.where(PRICES < 4, 0.0, PRICES),
        1e-6 * PRICES,
        1e12 * PRICES,
        np.r_[np.zeros(299), 5.0],
        np.r_[np.ones(150), np.full(150, 1e6)],
    ],
    ids=["zeros", "small", "huge", "one above 0", "far apart"],
)
def test_odd_targets_are_learned_without_nan(values):
    keras.utils.set_random_seed(0)
    target = replace(kind_of(ValueTarget()).describe(values.astype(np.float32)), link="root")
    model = build_multitask((3,), [replace(target, name="y")], hidden_units=(8,))
    objective = loss_and_metrics([replace(target, name="y")])
    model.compile(keras.optimizers.Adam(0.1), **objective, jit_compile=False)
    y = {"y": np.where(np.arange(300) % 7 == 0, np.nan, values)}
    history = model.fit(X, y, epochs=3, batch_size=150, verbose=0).history
    assert history["loss"][0] < 3  # 1 is what knowing the mean costs
    assert np.isfinite(history["loss"]).all()
    assert (keras.ops.convert_to_numpy(model(X)["y"]) >= 0).all()


def test_a_negative_value_in_validation_data_is_no_nan():
    described = with_link(spec(), "root")
    model = head(described)
    model.compile("sgd", **loss_and_metrics(described.targets), jit_compile=False)
    logs = model.evaluate(np.zeros((2, 1)), np.array([-3.0, 4.0]), verbose=0, return_dict=True)
    assert logs["rmse"] == pytest.approx(np.sqrt(49 / 2), rel=1e-5)
    assert np.isfinite(logs["loss"])


def test_it_learns_the_mean():
    """Not less, as the squared error of roots would: `E[sqrt(y)]² < E[y]`."""
    keras.utils.set_random_seed(0)
    y = np.random.default_rng(1).gamma(0.5, 8.0, 4000).astype("float32")
    described = with_link(from_arrays(y[:, None], y, task="regression").raw_spec, "root")
    model = head(described)
    model.compile(
        keras.optimizers.SGD(0.002), **loss_and_metrics(described.targets), jit_compile=False
    )
    model.fit(np.zeros((4000, 1)), y, epochs=5, batch_size=250, verbose=0)
    assert float(model(np.zeros((1, 1)))[0, 0]) == pytest.approx(y.mean(), rel=0.05)


def test_it_is_kept_as_json_and_older_descriptions_have_none():
    described = with_link(spec(), "root")
    assert parse_json(DataSpec, dump_json(described), source="it") == described
    text = dump_json(spec()).replace('"link": "identity",', "").replace('"least": 0.0,', "")
    older = parse_json(DataSpec, text, source="it").target
    assert (older.link, older.least) == ("identity", None)


@pytest.mark.parametrize(
    ("target", "link", "message"),
    [
        (AMOUNT, "log", r"must be one of 'identity', 'root'.*link='log'"),
        (replace(AMOUNT, least=-2.5), "root", r"must not be negative.*down to -2\.5 in the"),
        (replace(AMOUNT, least=None), "root", r"must not be negative.*not known"),
        (CountTarget(mean=4.0), "root", r"regression's numbers.*the task 'count'"),
    ],
)
def test_errors(target, link, message):
    with pytest.raises(ArgumentError, match=message):
        with_link(spec(target), link)


def test_of_several_targets_none_is_meant():
    several = spec(replace(AMOUNT, name="a"), replace(AMOUNT, name="b"))
    with pytest.raises(DataError, match="single target"):
        with_link(several, "root")


def test_what_has_a_link_already_keeps_identity():
    counts = spec(CountTarget(mean=4.0))
    assert with_link(counts, "identity") is counts


@pytest.mark.parametrize("value", [1e-30, 1e-6, 0.3, 1.0, 30.0, 1e6, 1e30])
def test_the_inverse(value):
    assert np.logaddexp(0, inverse_softplus(value)) == pytest.approx(value, rel=1e-9)
