"""Baselines of several targets."""

import numpy as np
import pandas as pd
import pytest

from dlrecipes.baselines import fit_baselines
from dlrecipes.data import SplitRule, TablePreprocess, from_arrays, from_table, target_development
from dlrecipes.targets import score_predictions, split_predictions


@pytest.fixture(scope="module")
def development():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 3))
    price = x[:, 0] + generator.normal(size=300) / 10
    price[generator.random(300) < 0.4] = np.nan
    return from_arrays(x, {"price": price, "sold": x[:, 1] > 0}).development()


@pytest.fixture(scope="module")
def baselines(development):
    return fit_baselines(development)


def test_classes_and_values_go_together(baselines):
    assert list(baselines) == [
        "majority class or mean",
        "logistic or ridge regression",
        "nearest neighbour",
        "nearest neighbours",
        "boosted trees",
    ]


def test_each_is_what_it_is_for_one_target(development, baselines):
    predictions = split_predictions(
        baselines["logistic or ridge regression"](development.validation), development.model_spec
    )
    for target, name in zip(
        development.model_spec.targets, ("ridge regression", "logistic regression"), strict=True
    ):
        alone = fit_baselines(target_development(development, target))[name]
        np.testing.assert_allclose(predictions[target.name], alone(development.validation))


def test_knowing_nothing_has_no_skill(development, baselines):
    scores = {
        name: score_predictions(
            development.validation.y, baseline(development.validation), development.model_spec
        )["skill"]
        for name, baseline in baselines.items()
    }
    assert scores["majority class or mean"] == pytest.approx(0.0, abs=0.15)
    assert scores["logistic or ridge regression"] > 0.8


def test_targets_of_one_kind_keep_the_names():
    x = np.random.default_rng(0).normal(size=(120, 2))
    data = from_arrays(x, {"a": x[:, 0], "b": x[:, 1]}).development()
    assert {"mean", "ridge regression"} <= set(fit_baselines(data))


def test_naive_forecasts_where_all_targets_are_values():
    generator = np.random.default_rng(0)
    times = pd.date_range("2020-01-01", periods=24 * 40, freq="h")
    table = pd.DataFrame(
        {
            "time": times,
            "x": generator.normal(size=len(times)),
            "a": times.hour + generator.normal(size=len(times)) / 10,
            "b": times.day_of_week + generator.normal(size=len(times)) / 10,
        }
    )
    table.loc[generator.random(len(table)) < 0.05, "a"] = np.nan
    splits = from_table(table, ["a", "b"], split_rule=SplitRule(time="time"))
    data = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns)).development()
    baselines = fit_baselines(data)
    last_week = baselines["last week's same hour"](data.validation)
    assert np.isfinite(last_week).all()
    assert score_predictions(data.validation.y, last_week, data.model_spec)["skill"] > 0.9
    table["late"] = np.where(generator.random(len(table)) < 0.5, "yes", "no")
    mixed = from_table(table, ["a", "late"], split_rule=SplitRule(time="time"))
    mixed = mixed.with_preprocess(TablePreprocess(mixed.raw_spec.columns))
    assert not any("week" in name for name in fit_baselines(mixed.development()))
