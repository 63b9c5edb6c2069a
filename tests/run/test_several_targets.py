"""A whole run with several targets."""

import io

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import dlrecipes as dlr
from dlrecipes.data import TablePreprocess, from_table
from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_multitask, build_table_encoder
from dlrecipes.results import RunSettings
from dlrecipes.search import CoarseToFine, Listener, SpecBuilder
from dlrecipes.targets import loss_and_metrics


def table(examples=240):
    generator = np.random.default_rng(0)
    size = generator.normal(size=examples)
    frame = pd.DataFrame(
        {
            "size": size,
            "town": generator.choice(["Ulm", "Jena", "Bonn"], examples),
            "price": 1000 + 100 * size + generator.normal(size=examples),
            "sold": np.where(size + generator.normal(size=examples) / 4 > 0, "yes", "no"),
        }
    )
    frame.loc[generator.random(examples) < 0.2, "price"] = np.nan
    return frame


def build(hp, spec):
    model = build_multitask(
        spec.input_shape, spec.targets, trunk=build_table_encoder(spec), hidden_units=(8,)
    )
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), **loss_and_metrics(spec.targets))
    return model


@pytest.fixture(scope="module")
def splits():
    raw = from_table(table(), ["price", "sold"])
    return raw.with_preprocess(TablePreprocess(raw.raw_spec.columns))


def tune(splits, folder, **settings):
    return dlr.tune(
        SpecBuilder(build, splits.model_spec, "build"),
        splits,
        "val_loss",
        CoarseToFine(trials=3, epochs=3, refit_seeds=2),
        RunSettings(out=folder, **settings),
        listener=Listener(),
    )


@pytest.fixture(scope="module")
def run(splits, tmp_path_factory):
    run = tune(splits, tmp_path_factory.mktemp("runs") / "run", ensemble=2)
    run.finish()
    return run


@pytest.mark.slow
def test_scores_baselines_and_verdict_are_of_all_targets(run):
    result = run.result
    assert result.data.task == "multitask"
    assert result.test.metric == "skill"
    assert {"skill", "price_rmse", "sold_accuracy", "sold_pr_auc"} <= set(result.test.mean)
    assert result.verdict.baseline in result.baselines
    assert "skill" in result.verdict.sentence
    said = [finding.name for finding in result.findings]
    assert (result.ensemble is None) == ("no ensemble" in said)
    if result.ensemble is not None:
        assert result.ensemble.test.keys() == result.test.mean.keys()


@pytest.mark.slow
def test_saved_model_takes_raw_columns(run):
    rows = table().head(5)
    rows.loc[0, "town"] = "Rom"
    rows.loc[1, "size"] = np.nan
    rows = rows[["size", "town"]]
    by_target = run.predict(dlr.data.table_columns(rows, run.info.raw_spec.columns))
    assert by_target["price"].shape == (5,)
    assert by_target["sold"].shape == (5, 2)
    serve = tf.saved_model.load(str(run.directory / "saved_model")).signatures["serving_default"]
    answer = serve(
        size=tf.constant(rows["size"], tf.float32), town=tf.constant(rows["town"].tolist())
    )
    np.testing.assert_allclose(answer["price_value"], by_target["price"], rtol=1e-5)
    np.testing.assert_allclose(answer["sold_probabilities"], by_target["sold"], atol=1e-5)


@pytest.mark.slow
def test_predictions_as_a_table(run, tmp_path):
    table().drop(columns=["price", "sold"]).head(4).to_csv(tmp_path / "new.csv", index=False)
    found = pd.read_csv(io.StringIO(run.predict_table(tmp_path / "new.csv")))
    assert list(found) == [
        "price value",
        "sold label",
        "sold probability no",
        "sold probability yes",
    ]
    assert len(found) == 4


@pytest.mark.slow
def test_report_has_each_target(run):
    text = (run.directory / "report.html").read_text(encoding="utf-8")
    for words in (
        "The largest errors: price",
        "The most confident mistakes: sold",
        "target price",
        "Skill is the mean",
    ):
        assert words in text


@pytest.mark.slow
@pytest.mark.exhaustive
def test_score_of_a_trial_may_be_a_mean_over_folds(splits, tmp_path):
    run = tune(splits, tmp_path / "run", folds=2)
    assert len(run.result.best.fold_scores) == 2


@pytest.mark.slow
def test_two_values_are_trained_side_by_side(tmp_path):
    frame = table().assign(rent=lambda known: known["size"] ** 2)
    raw = from_table(frame[["size", "town", "price", "rent"]], ["price", "rent"])
    splits = raw.with_preprocess(TablePreprocess(raw.raw_spec.columns))
    run = tune(splits, tmp_path / "run", engine="population")
    assert {choice.engine for choice in run.info.engines} == {"population"}
    assert run.result.engine.name == "population"
    assert {"price_rmse", "rent_rmse"} <= set(run.result.refits[0].validation)


@pytest.mark.parametrize("settings", [{"threshold": "f1"}])
def test_what_asks_for_a_single_target(splits, tmp_path, settings):
    with pytest.raises(ArgumentError, match="multitask"):
        tune(splits, tmp_path / "run", **settings)
