import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import d2_tweedie_score, mean_poisson_deviance
from sklearn.preprocessing import StandardScaler

from dlrecipes.baselines import fit_baselines
from dlrecipes.data import Development, Split, from_arrays
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.models import build_multitask, prior_bias
from dlrecipes.results import CountTarget, DataSpec, dump_json, parse_json
from dlrecipes.targets import kind_of, loss_and_metrics, per_example_loss, score_predictions

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(300, 3)).astype("float32")
Y = GENERATOR.poisson(np.exp(1.0 + X @ [0.5, -0.3, 0.0]))


def described(y=Y):
    return from_arrays(X[: len(y)], y, task="count").raw_spec


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.floats(0.05, 60)), min_size=2, max_size=30).filter(
        lambda rows: len({count for count, _ in rows}) > 1
    )
)
def test_the_deviance_is_that_of_scikit_learn(rows):
    y, predicted = np.array(rows).T
    spec = DataSpec("data", (1,), "float32", "table", (CountTarget(mean=1.0),), 10)
    scores = score_predictions(y, predicted, spec)
    assert scores["deviance"] == pytest.approx(mean_poisson_deviance(y, predicted), rel=1e-9)
    assert per_example_loss(y, predicted, spec).mean() == pytest.approx(scores["deviance"])


def test_its_statistics():
    target = described().target
    train = from_arrays(X, Y, task="count").train.y
    assert target.task == "count"
    assert target.mean == pytest.approx(train.mean())
    expected = mean_poisson_deviance(train, np.full(len(train), train.mean()))
    assert target.base_loss == pytest.approx(expected)
    spec = described()
    assert parse_json(DataSpec, dump_json(spec), source="it") == spec
    known = score_predictions(train, np.full(len(train), target.mean), spec)["deviance"]
    assert 1 - known / target.base_loss == pytest.approx(
        d2_tweedie_score(train, np.full(len(train), train.mean()), power=1), abs=1e-9
    )


def test_a_network_starts_at_the_mean_and_puts_out_counts_above_0():
    spec = described()
    model = build_multitask((3,), spec.targets, hidden_units=(4,))
    assert prior_bias(spec) == [spec.target.mean]
    model.compile("sgd", **loss_and_metrics(spec.targets))
    model.get_layer("head_1_outputs").kernel.assign(np.zeros((4, 1)))
    np.testing.assert_allclose(model(X[:5]), spec.target.mean, rtol=1e-5)
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    mean = spec.target.mean
    assert logs["loss"] == pytest.approx(np.mean(mean - Y * np.log(mean)), rel=1e-4)
    assert logs["rmse"] == pytest.approx(np.sqrt(np.mean((Y - mean) ** 2)), rel=1e-4)
    model.get_layer("head_1_outputs").bias.assign([-30.0])
    assert (keras.ops.convert_to_numpy(model(X)) > 0).all()


def test_poisson_regression_is_that_of_scikit_learn():
    splits = from_arrays(X, Y, task="count")
    baselines = fit_baselines(splits.development())
    assert list(baselines)[:2] == ["mean", "Poisson regression"]
    chosen = baselines["Poisson regression"]
    scaler = StandardScaler().fit(splits.train.x)
    model = PoissonRegressor(alpha=chosen.choice["penalty"], max_iter=300)
    model.fit(scaler.transform(splits.train.x), splits.train.y)
    found = model.predict(scaler.transform(splits.validation.x))
    np.testing.assert_allclose(chosen(splits.validation), found, rtol=1e-6)
    scores = {
        name: score_predictions(splits.validation.y, one(splits.validation), splits.raw_spec)
        for name, one in baselines.items()
    }
    assert scores["Poisson regression"]["deviance"] < 0.8 * scores["mean"]["deviance"]
    assert all(np.isfinite(list(found.values())).all() for found in scores.values())


def test_neighbours_without_a_count_do_not_say_never():
    y = np.zeros(60, "float32")
    y[::6] = 3
    part = Split(x=np.arange(60, dtype="float32").reshape(-1, 1), y=y)
    (target,) = (kind_of(CountTarget()).describe(y),)
    spec = DataSpec("rare", (1,), "float32", "array", (target,), 60)
    neighbour = fit_baselines(Development(part, part, spec))["nearest neighbour"]
    assert (neighbour(part) > 0).all()
    assert neighbour(part)[1] == pytest.approx(target.mean / 2)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 1, -2, 3], r"whole numbers from 0 on.*-2 in row 2"),
        ([0, 1.5, 2, 3], r"whole numbers from 0 on.*1\.5 in row 1"),
        ([2, 2, 2, 2], "must not be constant"),
        (["a", "b", "a", "b"], "must be numbers"),
    ],
)
def test_what_is_no_count(y, message):
    with pytest.raises(DataError, match=message):
        from_arrays(np.zeros((len(y) * 3, 1)), np.array(y * 3), task="count")


def test_predictions_below_0_are_refused():
    with pytest.raises(ArgumentError, match=r"not be negative.*-0\.5"):
        score_predictions([0, 1], [-0.5, 1.0], described())
