import os
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dlrecipes.baselines import fit_baselines
from dlrecipes.baselines.fit_baselines import TREES, BaselineFit
from dlrecipes.baselines.gradient_boosting import TreesBeside, fit_gradient_boosting, tree_job
from dlrecipes.baselines.predictor import encode
from dlrecipes.data import ColumnRules, TablePreprocess, from_arrays, from_table, load
from dlrecipes.results import Feature
from dlrecipes.targets import score_predictions


@pytest.fixture(scope="module")
def towns():
    """The label depends on which of eight towns it is, in no order."""
    generator = np.random.default_rng(0)
    rows = 600
    town = generator.integers(0, 8, rows)
    frame = pd.DataFrame(
        {
            "town": np.array(list("abcdefgh"))[town],
            "noise": generator.normal(size=rows),
            "label": np.where(np.isin(town, [0, 3, 4, 6]), "yes", "no"),
            "pay": np.array([5.0, 1, 9, 2, 8, 3, 7, 4])[town] + generator.normal(0, 0.1, rows),
        }
    )

    def make(target):
        splits = from_table(frame.drop(columns={"label", "pay"} - {target}), target)
        return splits.with_preprocess(TablePreprocess(splits.raw_spec.columns)).development()

    return make


@pytest.mark.parametrize("target", ["label", "pay"])
def test_learns_from_categories(towns, target):
    development = towns(target)
    predict = fit_gradient_boosting(development, seed=0)
    validation = development.validation
    scores = score_predictions(validation.y, predict(validation.array), development.model_spec)
    if target == "label":
        assert scores["accuracy"] == 1.0
    else:
        assert scores["rmse"] < 0.3


def test_learns_from_words():
    generator = np.random.default_rng(0)
    good, rest = ["lovely", "great"], ["the", "film", "was", "long", "and", "loud"]
    texts = [" ".join(generator.choice(rest, 6)) for _ in range(300)]
    label = generator.integers(0, 2, 300)
    texts = [f"{text} {good[at % 2]}" if label[at] else text for at, text in enumerate(texts)]
    frame = pd.DataFrame({"text": texts, "noise": generator.normal(size=300), "label": label})
    splits = from_table(frame, "label", column_rules=ColumnRules(kinds={"text": "text"}))
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    development = splits.development()
    baselines = fit_baselines(development)
    validation = development.validation
    for name in ("logistic regression", "boosted trees"):
        predicted = baselines[name](validation)
        scores = score_predictions(validation.y, predicted, development.model_spec)
        assert scores["accuracy"] == 1.0


def test_linear_models_see_a_column_a_category(towns):
    development = towns("label")
    matrix = encode(development.train.array, development.model_spec)
    assert matrix.shape[1] == 1 + 9
    assert set(matrix[:, 1:].sum(axis=1)) == {1.0}
    baselines = fit_baselines(development)
    assert "boosted trees" in baselines
    validation = development.validation
    for name in ("logistic regression", "boosted trees"):
        predicted = baselines[name](validation)
        assert score_predictions(validation.y, predicted, development.model_spec)["accuracy"] == 1.0


def test_many_categories_share_a_column(towns):
    spec = replace(
        towns("label").model_spec,
        features=(Feature("town", "category", size=1000),),
        input_shape=(1,),
    )
    matrix = encode(np.array([[0.0], [3], [49], [999]]), spec)
    assert matrix.shape == (4, 50)
    assert matrix.argmax(axis=1).tolist() == [0, 3, 49, 49]


def test_a_class_with_a_single_training_example():
    generator = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [3, 200, 197])
    splits = from_arrays(generator.normal(size=(400, 2)), y)
    data = splits.development()
    assert np.bincount(data.train.y).min() == 1
    assert fit_gradient_boosting(data)(data.validation.array).shape == (len(data.validation), 3)


@pytest.mark.parametrize("classes", [20, 40])
def test_many_classes_of_few_examples(classes):
    """A tenth of the rows, for early stopping, would be fewer rows than there are classes."""
    labels = np.repeat(np.arange(classes), 300 // classes)
    centres = np.random.default_rng(0).normal(size=(classes, 2))
    development = from_arrays(
        centres[labels].astype(np.float32), labels, task="classification"
    ).development()
    assert len(development.train) >= 100  # where trees would be stopped early
    trees = fit_gradient_boosting(development, choice={"learning rate": 0.2, "rounds": 2})
    probabilities = trees(development.validation.array)
    assert probabilities.shape == (len(development.validation), classes)
    assert (probabilities.argmax(axis=1) == development.validation.y).mean() > 0.5


@pytest.fixture(scope="module")
def wide():
    """480 training rows of 576 columns in ten classes: not for the time before a search."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 10, 800)
    x = generator.normal(size=(800, 576))
    x[:, :10] += 3 * np.eye(10)[y]
    return from_arrays(x.astype("float32"), y).development()


def test_what_is_dear_does_not_hold_up_the_search(wide):
    steps = []
    with BaselineFit(wide, seconds=600.0, on_step=steps.append) as fit:
        process, folder = fit._beside._process, fit._beside._folder
        assert TREES not in fit.ready
        assert next(iter(fit.ready)) == "majority class"
        assert fit.growing
        assert folder.is_dir()
    assert {"logistic regression", "nearest neighbours"} <= set(steps)
    assert not folder.exists()
    assert process.poll() is not None


def test_beside_or_not_makes_no_difference():
    development = load("breast_cancer").development()
    job = tree_job(development, seed=0, seconds=60.0)
    beside = TreesBeside([job], 300.0)
    try:
        ((grown, why),) = beside.collect()
    finally:
        beside.close()
    assert why == ""
    here = fit_gradient_boosting(development)
    x = development.validation.array
    best = grown[here.choice["learning rate"]]
    np.testing.assert_array_equal(best.model.predict_proba(x), here(x))


def test_a_killed_process_costs_only_its_trees(wide):
    with BaselineFit(wide, seconds=600.0) as fit:
        os.kill(fit._beside._process.pid, signal.SIGKILL)
        fitted = fit.finish()
    assert TREES not in fitted
    assert "signal 9" in fit.left_out[TREES]
    assert {"majority class", "logistic regression", "nearest neighbour"} <= set(fitted)


def test_no_time_is_said(wide):
    with BaselineFit(wide, seconds=600.0) as fit:
        fitted = fit.finish(more=0.0)
    assert TREES not in fitted
    assert fit.left_out == {TREES: "no round of them ended in time"}


def test_python_inside_of_another_program_has_no_trees_beside(wide, monkeypatch):
    monkeypatch.setattr("dlrecipes.baselines.gradient_boosting.sys.executable", None)
    with BaselineFit(wide) as fit:
        assert "no program of its own" in fit.left_out[TREES]


def test_no_place_is_said(wide, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dlrecipes.baselines.gradient_boosting.np.save", full)
    fitted = fit_baselines(wide)
    assert TREES not in fitted
    with BaselineFit(wide) as fit:
        assert "No space left" in fit.left_out[TREES]


def test_dies_with_its_parent(wide):
    job = tree_job(wide, seed=0, seconds=600.0)
    beside = TreesBeside([job], 600.0)
    try:
        beside._process.stdin.close()  # which the end of this process would do
        beside._process.wait(30)
        assert not beside._folder.exists()
    finally:
        beside.close()
