import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from dlrecipes.baselines import fit_baselines, predictor
from dlrecipes.data import (
    Development,
    Split,
    SplitRule,
    TablePreprocess,
    from_arrays,
    from_table,
    load,
    target_development,
)
from dlrecipes.errors import ArgumentError
from dlrecipes.targets import score_predictions, split_predictions


def validation_scores(development):
    return {
        name: score_predictions(
            development.validation.y, predict(development.validation), development.model_spec
        )
        for name, predict in fit_baselines(development).items()
    }


def test_anchors_digits(recwarn):
    scores = validation_scores(load("digits").development())
    assert set(scores) == {
        "majority class",
        "logistic regression",
        "nearest neighbour",
        "nearest neighbours",
    }
    assert scores["majority class"]["accuracy"] == pytest.approx(0.102, abs=0.005)
    assert scores["logistic regression"]["accuracy"] == pytest.approx(0.97, abs=0.02)
    assert scores["nearest neighbours"]["accuracy"] == pytest.approx(0.986, abs=0.012)
    assert not recwarn.list


def test_anchors_breast_cancer():
    scores = validation_scores(load("breast_cancer").development())
    assert scores["majority class"]["accuracy"] == pytest.approx(0.626, abs=0.01)
    assert scores["majority class"]["roc_auc"] == 0.5
    assert scores["logistic regression"]["accuracy"] == pytest.approx(0.967, abs=0.02)


def test_anchors_diabetes():
    scores = validation_scores(load("diabetes").development())
    assert set(scores) == {
        "mean",
        "ridge regression",
        "nearest neighbour",
        "nearest neighbours",
        "boosted trees",
    }
    assert scores["mean"]["r2"] == pytest.approx(0, abs=0.1)
    assert scores["ridge regression"]["r2"] > 0.4
    assert scores["nearest neighbours"]["r2"] > 0.3


def test_same_seed_same_predictions():
    development = load("wine").development()
    first, second = (fit_baselines(development, seed=3) for _ in range(2))
    for name, predict in first.items():
        part = development.validation
        np.testing.assert_array_equal(predict(part), second[name](part))


def test_a_class_that_is_not_in_the_training_part():
    x = np.random.default_rng(0).normal(size=(30, 2))
    whole = from_arrays(x, np.arange(30) % 3).development()
    rows = whole.train.y != 1
    train = Split(whole.train.x[rows], whole.train.y[rows])
    development = Development(train, whole.validation, whole.model_spec)
    for predict in fit_baselines(development).values():
        table = predict(whole.validation)
        assert table.shape == (6, 3)
        np.testing.assert_array_equal(table[:, 1], 0)
        np.testing.assert_allclose(table.sum(axis=1), 1)


def targets_of_two_kinds():
    x = np.random.default_rng(0).normal(size=(300, 3))
    return from_arrays(x, {"price": x[:, 0], "sold": x[:, 1] > 0}).development()


@pytest.mark.parametrize("data", ["wine", "diabetes", "two kinds"])
def test_what_was_chosen_is_fitted_again_without_a_search(data, monkeypatch):
    development = targets_of_two_kinds() if data == "two kinds" else load(data).development()
    first = fit_baselines(development)
    choices = {name: dict(baseline.choice) for name, baseline in first.items()}
    costs = []
    inner = predictor.validation_cost

    def counted(*arguments):
        costs.append(arguments)
        return inner(*arguments)

    monkeypatch.setattr(predictor, "validation_cost", counted)
    again = fit_baselines(development, choices=choices)
    assert not costs
    assert list(again) == list(first)
    for name, baseline in again.items():
        assert baseline.choice == first[name].choice
        part = development.validation
        np.testing.assert_array_equal(baseline(part), first[name](part))


def test_one_search_for_all_neighbours(monkeypatch):
    development = load("digits").development()
    asked = []
    inner = NearestNeighbors.kneighbors

    def counted(self, inputs, **named):
        asked.append(len(inputs))
        return inner(self, inputs, **named)

    monkeypatch.setattr(NearestNeighbors, "kneighbors", counted)
    fitted = fit_baselines(development)
    validation_scores = [fitted[name](development.validation) for name in fitted]
    assert len(validation_scores) == 4
    assert asked == [len(development.validation)]


def test_the_nearest_neighbour_alone_has_its_row():
    development = load("breast_cancer").development()
    predicted = fit_baselines(development)["nearest neighbour"](development.validation)
    assert set(np.unique(predicted)) == {0.0, 1.0}


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), "60", True])
def test_malformed_seconds(seconds):
    with pytest.raises(ArgumentError, match="`seconds` must be a finite number"):
        fit_baselines(load("iris").development(), seconds=seconds)


def test_hardly_any_time_still_gives_every_cheap_baseline():
    fitted = fit_baselines(load("digits").development(), seconds=1e-9)
    assert len(fitted) == 4
    assert "1 of 5 values of inverse penalty tried" in fitted["logistic regression"].note


def test_malformed_seed():
    with pytest.raises(ArgumentError, match="`seed` must be an integer"):
        fit_baselines(load("iris").development(), seed=-1)


def test_many_classes_of_few_rows_are_no_warning(recwarn):
    x = np.arange(60.0) % 20
    models = fit_baselines(from_arrays(x[:, None], x.astype(str)).development())
    assert "logistic regression" in models
    assert not recwarn.list


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
