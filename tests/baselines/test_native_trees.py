"""LightGBM and CatBoost among the baselines, against the libraries themselves."""

import os
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from dlrecipes.baselines import BaselineFit, fit_baselines, fit_gradient_boosting, tree_baselines
from dlrecipes.baselines.gradient_boosting import tree_job
from dlrecipes.baselines.grow_trees import CATBOOST, LIGHTGBM, NativeTrees, grow_trees
from dlrecipes.data import TablePreprocess, from_arrays, from_table
from dlrecipes.errors import ArgumentError
from dlrecipes.targets import score_predictions

OTHERS = (LIGHTGBM, CATBOOST)
pytestmark = pytest.mark.usefixtures("other_trees")


def _table(target):
    """A category in no order, a number and a constant; every kind of target depends on them."""
    generator = np.random.default_rng(0)
    rows = 500
    town, number = generator.integers(0, 8, rows), generator.normal(size=rows)
    effect = np.array([0.0, 2, 0.2, 1.5, -1, 0.4, -2, 1])[town] + number
    noise = generator.normal(0, 0.2, rows)
    y = {
        "two": np.where(effect + noise > 0.5, "yes", "no"),
        "three": 1 + np.digitize(effect + noise, [-0.5, 0.8]),
        "value": 100 + 30 * (effect + noise),
        "count": generator.poisson(np.exp(effect / 2)),
    }
    frame = pd.DataFrame(
        {"town": np.array(list("abcdefgh"))[town], "number": number, "same": 1.0, "y": y[target]}
    )
    splits = from_table(frame, "y", task={"count": "count", "three": "ordinal"}.get(target))
    return splits.with_preprocess(TablePreprocess(splits.raw_spec.columns)).development()


@pytest.fixture(scope="module")
def table():
    made = {}
    return lambda target: made.setdefault(target, _table(target))


def held_out(job):
    """The rows that say when to stop, as scikit-learn draws them."""
    stratify = job.y if job.settings.loss == "log_loss" else None
    parts = train_test_split(
        np.arange(len(job.y)), test_size=0.1, random_state=job.settings.seed, stratify=stratify
    )
    return [np.sort(part) for part in parts]


def fewer_rounds(monkeypatch, rounds=40):
    monkeypatch.setattr("dlrecipes.baselines.gradient_boosting.MOST_OF_LIBRARIES", rounds)


@pytest.mark.parametrize("target", ["two", "three", "value", "count"])
def test_lightgbm_is_the_library_itself(table, target, monkeypatch):
    import lightgbm

    fewer_rounds(monkeypatch)
    development = table(target)
    found = fit_gradient_boosting(development, name=LIGHTGBM, seed=3)
    job = tree_job(development, name=LIGHTGBM, seed=3, seconds=60.0)
    objective = {"two": "binary", "three": "multiclass", "value": "regression"}
    classes = target in ("two", "three")
    parameters = {
        "objective": objective.get(target, "poisson"),
        "num_class": 3 if target == "three" else 1,
        "learning_rate": 0.04 if classes else 0.05,
        "num_leaves": 50 if classes else 100,
        "subsample": 0.75 if classes else 0.7,
        "subsample_freq": 1,
        "min_child_samples": len(held_out(job)[0]) // 10 if classes else 3,
        "min_data_per_group": len(held_out(job)[0]) // 20,
        "min_sum_hessian_in_leaf": 1e-7,
        "seed": 3,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    grown_on, stops = held_out(job)
    town = [feature.name for feature in development.model_spec.features].index("town")
    data = lightgbm.Dataset(job.x[grown_on], job.y[grown_on], categorical_feature=[town])
    kept = data.create_valid(job.x[stops], job.y[stops])
    losses = {}
    lightgbm.train(parameters, data, 40, [kept], callbacks=[lightgbm.record_evaluation(losses)])
    ((_, curve),) = losses["valid_0"].items()
    rounds = 1 + int(np.argmin(curve))
    assert found.choice["rounds"] == rounds
    whole = lightgbm.Dataset(job.x[grown_on], job.y[grown_on], categorical_feature=[town])
    expected = lightgbm.train(parameters, whole, rounds).predict(development.validation.array)
    predicted = found(development.validation.array)
    predicted = predicted[:, 1] if target == "two" else predicted
    np.testing.assert_allclose(predicted, expected, rtol=1e-9)


@pytest.mark.parametrize("target", ["two", "three", "value", "count"])
def test_catboost_is_the_library_itself(table, target, monkeypatch):
    import catboost

    fewer_rounds(monkeypatch)
    development = table(target)
    found = fit_gradient_boosting(development, name=CATBOOST, seed=3)
    job = tree_job(development, name=CATBOOST, seed=3, seconds=60.0)
    grown_on, stops = held_out(job)
    town = [feature.name for feature in development.model_spec.features].index("town")

    def frame(x):
        return pd.DataFrame(
            [[int(v) if at == town else v for at, v in enumerate(row)] for row in x.tolist()]
        )

    classes = target in ("two", "three")
    losses = {"two": "Logloss", "three": "MultiClass", "value": "RMSE", "count": "Poisson"}
    kind = catboost.CatBoostClassifier if classes else catboost.CatBoostRegressor
    expected = kind(
        loss_function=losses[target],
        iterations=40,
        learning_rate=0.08 if classes else 0.09,
        max_depth=7 if classes else 9,
        l2_leaf_reg=1e-5,
        boosting_type="Plain",
        bootstrap_type="Bernoulli",
        subsample=0.9,
        random_strength=0.8 if classes else 0,
        one_hot_max_size=15 if classes else 20,
        leaf_estimation_iterations=1 if classes else 20,
        max_bin=254,
        random_state=3,
        thread_count=found.choice["threads"],
        cat_features=[town],
        allow_writing_files=False,
        verbose=False,
    )
    expected.fit(
        frame(job.x[grown_on]),
        job.y[grown_on],
        eval_set=(frame(job.x[stops]), job.y[stops]),
        use_best_model=True,
    )
    assert found.choice["rounds"] == expected.tree_count_
    rows = frame(development.validation.array)
    wanted = expected.predict_proba(rows) if classes else expected.predict(rows)
    np.testing.assert_allclose(found(development.validation.array), wanted, rtol=1e-6)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("target", ["two", "three", "value", "count"])
def test_what_was_chosen_is_grown_again(table, target, name, monkeypatch):
    fewer_rounds(monkeypatch)
    development = table(target)
    first = fit_gradient_boosting(development, name=name, seed=1)
    again = fit_gradient_boosting(development, name=name, seed=1, choice=first.choice)
    assert again.choice == first.choice
    x = development.validation.array
    np.testing.assert_array_equal(again(x), first(x))


def test_it_is_grown_again_with_as_many_threads(table, monkeypatch):
    """CatBoost's trees of values are others with another number of threads."""
    fewer_rounds(monkeypatch, 5)
    for free in (1, 4):
        monkeypatch.setattr(
            "dlrecipes.baselines.gradient_boosting.free_cores", lambda free=free: free
        )
        found = fit_gradient_boosting(table("value"), name=CATBOOST)
        assert found.choice["threads"] == max(1, free - 1)
    monkeypatch.setattr("dlrecipes.baselines.gradient_boosting.free_cores", lambda: 1)
    again = fit_gradient_boosting(table("value"), name=CATBOOST, choice=found.choice)
    assert again.choice == found.choice
    x = table("value").validation.array
    np.testing.assert_array_equal(again(x), found(x))


@pytest.mark.parametrize("name", OTHERS)
def test_learns_from_categories(table, name, monkeypatch):
    fewer_rounds(monkeypatch, 150)
    development = table("value")
    predicted = fit_gradient_boosting(development, name=name)(development.validation.array)
    assert (
        score_predictions(development.validation.y, predicted, development.model_spec)["r2"] > 0.8
    )


def test_they_are_among_the_baselines_beside_the_search(monkeypatch):
    fewer_rounds(monkeypatch, 15)
    x = np.random.default_rng(0).normal(size=(300, 3))
    data = from_arrays(x, {"price": x[:, 0], "sold": x[:, 1] > 0}).development()
    with BaselineFit(data) as fit:
        assert not set(OTHERS) & set(fit.ready)
        fitted = fit.finish()
        assert (fit.left_out, fit.failed) == ({}, {})
    assert list(fitted)[-3:] == ["boosted trees", LIGHTGBM, CATBOOST]
    for name in OTHERS:
        assert set(fitted[name].estimators) == {"price", "sold"}


@pytest.mark.slow
def test_a_run_fits_again_what_it_had(table, monkeypatch):
    fewer_rounds(monkeypatch, 15)
    data = table("three")
    fitted = fit_baselines(data)
    choices = {name: baseline.choice for name, baseline in fitted.items()}
    again = fit_baselines(data, choices=choices)
    for name in OTHERS:
        np.testing.assert_array_equal(again[name](data.validation), fitted[name](data.validation))
    # ---- a run that had none of them gets none
    del choices[LIGHTGBM], choices[CATBOOST]
    assert not set(OTHERS) & set(fit_baselines(data, choices=choices))


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("rounds", [1, 5])
def test_what_has_grown_when_the_time_is_up_counts(table, name, rounds):
    job = tree_job(table("two"), name=name, seed=0, seconds=60.0)
    looked = []

    def left():
        looked.append(1)
        return 0.0 if len(looked) >= rounds else 1e6

    (grown,) = grow_trees(job.x, job.y, job.settings, left)
    assert not grown.ended
    assert 1 <= grown.rounds <= rounds
    assert isinstance(grown.model, NativeTrees)


@pytest.mark.parametrize("name", OTHERS)
def test_few_rows_and_classes_that_training_lacks(name, monkeypatch):
    monkeypatch.setattr("dlrecipes.baselines.gradient_boosting.MOST_TREES", 10)
    x = np.random.default_rng(0).normal(size=(40, 2))
    data = from_arrays(x, np.arange(40) % 3).development()
    rows = data.train.y != 1
    data = replace(data, train=data.train.pick(np.flatnonzero(rows)))
    found = fit_gradient_boosting(data, name=name)(data.validation.array)
    assert found.shape == (len(data.validation), 3)
    np.testing.assert_array_equal(found[:, 1], 0.0)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_a_library_that_fails_costs_only_its_baseline(table, monkeypatch, tmp_path):
    """A package that is installed and cannot be imported."""
    fewer_rounds(monkeypatch, 5)
    (tmp_path / "catboost.py").write_text("raise OSError('libsomething.so: not found')")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    with BaselineFit(table("two")) as fit:
        fitted = fit.finish()
    assert LIGHTGBM in fitted
    assert CATBOOST not in fitted
    assert fit.failed == {CATBOOST: "OSError: libsomething.so: not found"}
    assert fit.left_out == {}


def test_without_the_packages_there_is_none(table, monkeypatch):
    monkeypatch.setattr("dlrecipes.baselines.gradient_boosting.find_spec", lambda package: None)
    assert tree_baselines() == ("boosted trees",)
    assert not set(OTHERS) & set(fit_baselines(table("two")))
    with pytest.raises(ArgumentError, match=r"installed\..*Received: name='LightGBM'.*\[trees\]"):
        fit_gradient_boosting(table("two"), name=LIGHTGBM)
    with pytest.raises(ArgumentError, match="`name`"):
        fit_gradient_boosting(table("two"), name="XGBoost")
