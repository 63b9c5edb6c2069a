"""What is said of a run once its refits are done."""

import keras
import numpy as np
import pandas as pd
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.diagnose import RUN_CHECKS
from dlrecipes.results import PlanChange
from dlrecipes.run.look_after import comparable_rows
from dlrecipes.run.look_at_predictions import look_at_predictions
from dlrecipes.search import Listener


def test_comparable_rows_have_the_classes_of_the_validation_part():
    rows = np.arange(400.0).reshape(-1, 1)
    spec = from_arrays(rows, ["no"] * 300 + ["yes"] * 100).raw_spec
    train, validation = np.array([0] * 200 + [1] * 200), np.array([0] * 90 + [1] * 10)
    chosen = comparable_rows(train, validation, spec, 1000)
    assert np.bincount(train[chosen]).tolist() == [200, 22]
    assert comparable_rows(validation, validation, spec, 1000).tolist() == list(range(100))
    few = comparable_rows(train, validation, spec, 50)
    assert len(few) == 50
    assert (np.diff(few) > 0).all()
    # A class that training lacks cannot be had.
    assert len(comparable_rows(train[:200], validation, spec, 1000)) == 200


def test_numbers_of_a_run_are_those_of_its_export(tuned, build):
    run = dlr.Run(tuned)
    fit = run.result.fit
    assert (fit.metric, fit.rows) == ("accuracy", run.result.data.train)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 4))
    y = np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")
    splits = from_arrays(x, y, name="rows")
    predicted = run.predict(splits.train.x)
    right = predicted.argmax(axis=1) == splits.train.y
    assert fit.train["accuracy"] == pytest.approx(right.mean())
    assert fit.errors.train == pytest.approx(1 - right.mean())
    assert fit.errors.validation == pytest.approx(
        1 - np.mean([refit.validation["accuracy"] for refit in run.result.refits])
    )
    entropy = -np.log(predicted[np.arange(len(right)), splits.train.y]).mean()
    assert fit.train_loss.data == pytest.approx(entropy, rel=1e-3)
    assert fit.train_loss.penalty == 0
    (finding,) = (one for one in run.result.findings if one.name == "bias and variance")
    assert finding.evidence["training error"] == fit.errors.train


def _overfitting(hp):
    model = keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(hp.Int("units", 150, 200), activation="relu"),
            keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(1e-3)),
        ]
    )
    model.compile(keras.optimizers.Adam(0.03), "mse", metrics=["mae"])
    return model


def test_several_kinds_of_errors(tmp_path, plan):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(150, 20))
    splits = from_arrays(x, x[:, 0] + generator.normal(size=150), task="regression")
    settings = dlr.RunSettings(out=tmp_path / "run", baseline_seconds=1.0, human_error=0.9)
    stage = dlr.Stage("only", 1, 30, "random", "none")
    run = dlr.tune(
        _overfitting, splits, dlr.Objective("loss", "min"), dlr.Plan((stage,), refit_seeds=1),
        settings, listener=Listener(),
    )  # fmt: skip
    fit = run.result.fit
    assert (fit.metric, fit.errors.scale) == ("rmse", pytest.approx(np.std(x[:, 0]) * 1.4, rel=0.3))
    assert fit.errors.verdict == "high variance"
    assert (fit.errors.reference, fit.errors.reference_name) == (0.9, "a person")
    with pytest.raises(dlr.errors.ArgumentError, match="human_error=-1"):
        dlr.RunSettings(human_error=-1)
    assert fit.errors.train == pytest.approx(fit.train["rmse"])
    assert fit.train_loss.penalty > 0
    assert fit.train_loss.data == pytest.approx(fit.train["rmse"] ** 2, rel=1e-3)
    (finding,) = (one for one in run.result.findings if one.name == "bias and variance")
    assert finding.severity == "warning"
    assert "RMSE" in finding.verdict


def _slow(hp):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(hp.Int("n", 1, 1), activation="sigmoid")]
    )
    model.compile(keras.optimizers.SGD(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


def test_high_bias_while_it_was_still_improving(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, size=(400, 2))
    splits = from_arrays(x, np.where(x[:, 0] > x[:, 1], "yes", "no"))
    settings = dlr.RunSettings(out=tmp_path / "run", baseline_seconds=1.0)
    plan = dlr.Plan((dlr.Stage("only", 1, 2, "random", "none"),), refit_seeds=1)
    run = dlr.tune(_slow, splits, "val_loss", plan, settings, listener=Listener())
    found = {finding.name: finding for finding in run.result.findings}
    assert run.result.fit.errors.high_bias
    assert found["bias and variance"].severity == "warning"
    step = found["next step"]
    assert step.action == PlanChange(epochs=4)
    assert step.evidence["line"] == (
        'dlr.tune(build, splits, "val_loss", plan=dlr.search.with_budget(plan, epochs=4), '
        "settings=settings)"
    )
    assert step.advice == f"Train longer: {step.evidence['line']}"


def _dead(hp):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(8, "relu", bias_initializer=_minus_ten)]
    )
    model.add(keras.layers.Dense(hp.Int("n", 1, 1), "sigmoid"))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def _minus_ten(shape, dtype=None):
    return keras.ops.full(shape, -10.0, dtype)


def test_one_answer_is_said_before_all(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, size=(300, 2))
    splits = from_arrays(x, np.where(x[:, 0] > 0, "yes", "no"))
    settings = dlr.RunSettings(out=tmp_path / "run", baseline_seconds=1.0)
    plan = dlr.Plan((dlr.Stage("only", 1, 2, "random", "none"),), refit_seeds=1)
    run = dlr.tune(_dead, splits, "val_accuracy", plan, settings, listener=Listener())
    found = {finding.name: finding for finding in run.result.findings}
    assert found["one answer"].severity == "error"
    assert found["next step"].advice == "See what is wrong: dlr.check(model, x, y)"


def test_rows_labels_and_probabilities_of_the_validation_part(tuned):
    found = {finding.name: finding for finding in dlr.Run(tuned).result.findings}
    assert set(RUN_CHECKS) - set(found) <= {"moving averages", "one answer"}
    assert "24 examples are too few" in found["failing slice"].verdict


def test_predictions_of_a_table_are_looked_at():
    generator = np.random.default_rng(0)
    rows = 4000
    town = generator.choice(["Oslo", "Rome", "Narvik"], rows, p=[0.6, 0.35, 0.05]).astype(object)
    x = generator.normal(size=rows)
    y = np.where((x > 0) ^ ((town == "Narvik") & (generator.random(rows) < 0.5)), "yes", "no")
    table = pd.DataFrame({"x": x, "town": town, "day": "2024-05-31", "note": "", "y": y})
    table.loc[::2, "day"] = "2024-06-30"
    splits = dlr.data.from_table(table, "y", split_rule=dlr.data.SplitRule(validation_fraction=0.5))
    part, spec = splits.validation, splits.raw_spec
    positive = np.clip(1 / (1 + np.exp(-40 * part.x["x"])), 0.03, 0.97)
    predictions = np.stack([1 - positive, positive], axis=1)[np.newaxis].astype(np.float32)
    found = {one.name: one for one in look_at_predictions(part, predictions, spec)}
    assert found["failing slice"].evidence["slices"] == ["town = 'Narvik'"]
    assert found["failing slice"].severity == "warning"
    assert set(found) == {"failing slice", "suspicious labels", "calibration"}
    named = dlr.data.ColumnRules(subgroup=["town"])  # which has a finding of its own
    part = dlr.data.from_table(
        table, "y", column_rules=named, split_rule=dlr.data.SplitRule(validation_fraction=0.5)
    ).validation
    (slices, *_) = look_at_predictions(part, predictions, spec)
    assert slices.severity == "info"


def test_noise_of_values_that_differs_is_information():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(3000, 2))
    noise = generator.normal(size=3000) * np.where(x[:, 1] > 1, 4, 1)
    splits = from_arrays(x, x[:, 0] + noise, task="regression")
    predictions = splits.validation.x[np.newaxis, :, 0].astype(np.float32)
    slices, labels = look_at_predictions(splits.validation, predictions, splits.raw_spec)
    assert (slices.name, slices.severity, labels.severity) == ("failing slice", "info", "info")
    assert "feature 1 ≥" in slices.evidence["slices"][0]
