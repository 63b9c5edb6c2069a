"""Counts, from a file to the served model."""

import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.metrics import mean_poisson_deviance

import dlrecipes as dlr
from dlrecipes.search import Listener

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counts")
    generator = np.random.default_rng(0)
    rows = 1200
    hour, warm = generator.integers(0, 24, rows), generator.normal(15, 8, rows)
    day = generator.choice(["working day", "holiday"], rows)
    rush = (day == "working day") & np.isin(hour, [7, 8, 17, 18])
    expected = np.exp(2 + 1.2 * np.sin((hour - 6) / 12 * np.pi) + 0.04 * warm + 0.8 * rush)
    table = pd.DataFrame({"hour": hour, "warm": warm, "day": day})
    table["bikes"] = generator.poisson(expected)
    table.to_csv(folder / "bikes.csv", index=False)
    run = dlr.load_recipe("tabular").tune(
        data=str(folder / "bikes.csv"),
        target="bikes",
        task="count",
        trials=16,
        epochs=30,
        settings=dlr.RunSettings(out=folder / "run", engine="population"),
        listener=Listener(),
    )
    run.open_test_set("a test")
    return run, table


def test_what_a_run_of_counts_says(finished):
    run, table = finished
    target = run.info.spec.target
    assert (target.task, target.title) == ("count", "bikes")
    verdict, test = run.result.verdict, run.result.test
    assert test.metric == "deviance"
    assert "Poisson deviance" in verdict.sentence
    assert list(run.result.baselines)[:2] == ["mean", "Poisson regression"]
    own, linear = test.mean["deviance"], run.result.baselines["Poisson regression"]
    assert 0.8 < own < 0.5 * linear.test["deviance"]
    saved = np.load(run.directory / "test_predictions.npz")
    expected = np.mean([mean_poisson_deviance(saved["y"], row) for row in saved["predictions"]])
    assert own == pytest.approx(expected, rel=1e-5)
    assert json.loads((run.directory / "result.json").read_text())["data"]["task"] == "count"


def test_it_predicts_and_serves_counts(finished):
    run, table = finished
    rows = table.drop(columns="bikes").head(40)
    found = run.predict(rows)
    assert found.shape == (40,)
    assert (found > 0).all()
    assert np.corrcoef(found, table["bikes"].head(40))[0, 1] > 0.8
    serve = tf.saved_model.load(str(run.directory / "saved_model")).signatures["serving_default"]
    given = {
        name: tf.constant(values.astype("float32") if name != "day" else values)
        for name, values in rows.items()
    }
    np.testing.assert_allclose(serve(**given)["value"], found, rtol=1e-5)


def test_its_report_has_the_largest_errors(finished):
    run, _ = finished
    run.report()
    text = (run.directory / "report.html").read_text()
    assert "The largest errors" in text
    assert "Poisson deviance" in text
    assert "count, " in text
