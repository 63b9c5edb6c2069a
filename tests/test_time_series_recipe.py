"""The recipe for time series: its made-up data, and what it refuses."""

import sys

import keras_tuner
import numpy as np
import pytest

from dlrecipes.baselines import fit_naive_forecasts
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import load_recipe
from dlrecipes.targets import score_predictions


@pytest.fixture(scope="module")
def splits():
    return load_recipe("time_series").load()


def test_training_comes_before_validation_before_test(splits):
    parts = splits.train, splits.validation, _peek(splits.test)
    for earlier, later in zip(parts, parts[1:], strict=False):
        assert earlier.time.max() < later.time.min()
    assert "expected" not in splits.train.x.names


def test_the_noise_is_what_it_says():
    recipe = load_recipe("time_series")
    visits = sys.modules["dlrecipes_recipe_time_series"].make_visits()
    noise = visits["visits"] - visits["expected"]
    assert noise.std() == pytest.approx(20, abs=1)
    assert "noise of 20" in recipe.path.read_text()


def test_the_seasons_of_days(splits):
    development = splits.development()
    forecasts = fit_naive_forecasts(development)
    assert set(forecasts) == {
        "last value",
        "last week's same weekday",
        "last year's same weekday",
    }
    validation = development.validation
    for forecast in forecasts.values():
        score = score_predictions(validation.y, forecast(validation), development.model_spec)
        # Two noises at the least, one of each day.
        assert score["rmse"] > 20 * np.sqrt(2) * 0.95


def test_it_forecasts_one_step_ahead(splits):
    lags = splits.raw_spec.lags
    assert lags.lags == ("last", "last 2", "last 3", "7D", "14D", "364D")
    for part in (splits.train, splits.validation, _peek(splits.test)):
        np.testing.assert_array_equal(part.x["visits last value"][1:], part.y[:-1])
    recipe = load_recipe("time_series")
    assert "ONE STEP" in recipe.path.read_text()
    assert recipe.load(lags="none").raw_spec.lags is None
    assert recipe.load(lags=["7D", "14D"]).raw_spec.lags.lags == ("7D", "14D")


def test_an_untrained_network_forecasts_the_last_value(splits):
    data = splits.development()
    model = load_recipe("time_series").builder(splits)(keras_tuner.HyperParameters())
    predicted = model.predict(data.validation.x, verbose=0)[:, 0]
    last = splits.validation.x["visits last value"]
    # The last value's scale is the target's, one day apart.
    np.testing.assert_allclose(predicted, last, atol=1.0)
    without = load_recipe("time_series").load(lags="none")
    model = load_recipe("time_series").builder(without)(keras_tuner.HyperParameters())
    assert model.name == "tabular"


def test_a_table_without_a_time(tmp_path):
    (tmp_path / "rows.csv").write_text("day,sold\n2024-01-01,3\n2024-01-02,4\n")
    with pytest.raises(ArgumentError, match="must have a time.*--time"):
        load_recipe("time_series").load(data=str(tmp_path / "rows.csv"), target="sold")
