"""The ensemble of a run: trained, averaged, tested, exported, resumed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.diagnose import choose_threshold
from dlrecipes.diagnose.probabilities import at_temperature
from dlrecipes.errors import ArgumentError, RunError
from dlrecipes.export import predict_saved_model
from dlrecipes.recipe import load_recipe
from dlrecipes.results import Plan, RunSettings, Stage
from dlrecipes.run import procedure
from dlrecipes.run.ensemble import which_is_exported
from dlrecipes.search import Listener, with_budget
from dlrecipes.targets import per_example_loss, proper_losses, score_predictions

PLAN = "Plan((Stage('only', 3, 20, 'random', 'none'),), refit_seeds=2)"
# Each network takes other columns of noise for a signal, and their mean is better than any.
LOAD = {
    "binary": "np.where(x[:, 0] * x[:, 1] + generator.normal(size=600) / 2 > 0, 'yes', 'no')",
    "regression": "100 + 10 * x[:, 0] * x[:, 1] + generator.normal(size=600)",
}
BEGIN = "generator = np.random.default_rng(0); x = generator.normal(size=(600, 20)); "
COMPILE = {
    "binary": "keras.optimizers.Adam(0.03), keras.losses.BinaryCrossentropy(from_logits=True), "
    "metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name='accuracy')]",
    "regression": "keras.optimizers.Adam(0.3), 'mse', "
    "metrics=[keras.metrics.RootMeanSquaredError(name='rmse')]",
}


def _text(recipe_text, task, plan=PLAN):
    load = f"{BEGIN}return from_arrays(x, {LOAD[task]}, name='tiny')"
    return recipe_text(task, plan=plan, load=load, compile=COMPILE[task])


def _recipe(folder, recipe_text, task):
    (folder / "tiny.py").write_text(_text(recipe_text, task))
    return load_recipe(folder / "tiny.py")


@pytest.fixture(scope="module")
def ended(tmp_path_factory, recipe_text):
    """`ended(task)`: a finished run with an ensemble of two, one a module."""
    runs = {}

    def run(task):
        if task not in runs:
            folder = tmp_path_factory.mktemp(task)
            recipe = _recipe(folder, recipe_text, task)
            runs[task] = recipe.tune(settings=RunSettings(out=folder / "run", ensemble=2))
        return runs[task]

    return run


TASKS = ["binary", pytest.param("regression", marks=pytest.mark.slow)]


def _tested(run):
    with np.load(run.directory / "test_predictions.npz") as saved:
        return dict(saved)


def _candidates(run):
    """What each of the refits and of the trials trained again predicts, by its file."""
    for pattern in ("refit-only-*", "refit-ensemble-*"):
        for file in sorted(run.directory.glob(f"checkpoints/{pattern}/*.validation.npz")):
            with np.load(file) as saved:
                own = saved["predictions"].astype(float)
            kept = file.with_name(file.name.replace(".validation.npz", ".calibration.json"))
            known = kept.is_file()
            yield (
                file,
                at_temperature(own, json.loads(kept.read_text())["temperature"]) if known else own,
            )


@pytest.mark.parametrize("task", TASKS)
def test_it_is_the_weighted_mean_of_refits_and_best_trials(ended, task):
    run = ended(task)
    ensemble, spec = run.result.ensemble, run.info.spec
    trials = json.loads((run.directory / "study.json").read_text())["trials"]
    ranked = sorted(trials, key=lambda one: one["score"], reverse=task == "binary")
    assert {one.trial for one in ensemble.members} <= {one["number"] for one in ranked[:2]}
    assert len({one.seed for one in ensemble.members}) == len(ensemble.members)
    weights = [one.weight for one in ensemble.members]
    assert sum(weights) == pytest.approx(1)
    assert min(weights) > 0
    with np.load(run.directory / "validation_predictions.npz") as saved:
        y, together, x = saved["y"], saved["ensemble"], saved["x"]
    found = dict(_candidates(run))
    assert len(found) == 4
    files = [str(run.directory / one.checkpoint) for one in ensemble.members]
    members = [found[Path(file.replace(".weights", ".validation"))] for file in files]
    expected = np.average(members, axis=0, weights=weights)
    if task == "binary":
        expected = at_temperature(expected, ensemble.calibration.temperature)
    np.testing.assert_allclose(together, expected, rtol=1e-4, atol=1e-6)
    alone = [proper_losses(y, one, spec).mean() for one in found.values()]
    mean = np.average(members, axis=0, weights=weights)
    assert proper_losses(y, mean, spec).mean() <= min(alone) + 1e-9
    average = predict_saved_model(run.directory / ensemble.checkpoint, x)
    np.testing.assert_allclose(average, together[: len(x)], rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def averaged(tmp_path_factory, recipe_text):
    """A finished run whose ensemble is what is exported, as if it were better beyond the noise."""
    folder = tmp_path_factory.mktemp("averaged")
    text = _text(recipe_text, "binary", f"{PLAN}, threshold='cost=3:1'")
    (folder / "tiny.py").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(procedure, "which_is_exported", lambda ensemble: "ensemble")
        settings = RunSettings(out=folder / "run", ensemble=2)
        return load_recipe(folder / "tiny.py").tune(settings=settings)


def test_where_the_ensemble_is_exported_all_is_about_it(averaged):
    run, result = averaged, averaged.result
    saved = _tested(run)
    with np.load(run.directory / "validation_predictions.npz") as kept:
        ensemble, y = kept["ensemble"], kept["y"]
    assert result.exported == "ensemble"
    assert {"saved_model", "keras"} <= set(result.artifacts)
    assert "ensemble_saved_model" not in result.artifacts
    np.testing.assert_allclose(run.predict(saved["x"]), saved["ensemble"], rtol=1e-5, atol=1e-6)
    served = predict_saved_model(run.directory / "saved_model", saved["x"])
    np.testing.assert_allclose(served, saved["ensemble"], rtol=1e-5, atol=1e-6)
    loaded = dlr.load_model(run.directory / "model.keras").predict(saved["x"], verbose=0)
    np.testing.assert_allclose(loaded, saved["ensemble"], rtol=1e-5, atol=1e-6)
    # ---- its threshold, its decisions, its advantage
    chosen = choose_threshold(y, ensemble[:, 1], "cost=3:1")
    assert result.threshold.threshold == chosen.threshold == result.ensemble.threshold
    decided = saved["ensemble"][:, 1] >= chosen.threshold
    assert result.test.at_threshold["accuracy"] == np.mean(decided == saved["y"])
    cost = np.mean(3 * (decided & (saved["y"] == 0)) + (~decided & (saved["y"] == 1)))
    assert result.ensemble.test["cost"] == pytest.approx(cost)
    strongest = result.baselines[result.verdict.baseline].test["cost"]
    assert result.verdict.difference == pytest.approx(strongest - cost)
    count = len(result.ensemble.members)
    assert result.verdict.sentence.startswith(f"The ensemble of {count} networks")
    page = (run.directory / "report.html").read_text()
    assert f"test cost of the ensemble of {count} networks" in page
    assert "the ensemble that is exported" in page
    assert "the network that is exported" not in page


def test_which_is_exported(ended):
    ensemble = ended("binary").result.ensemble
    better = replace(ensemble, validation_gain=replace(ensemble.validation_gain, outcome="better"))
    assert which_is_exported(None) == "refit"
    assert which_is_exported(ensemble) == "refit"
    assert which_is_exported(better) == "ensemble"
    older = tuple(replace(member, weight=None) for member in better.members)
    assert which_is_exported(replace(better, members=older)) == "refit"


@pytest.mark.parametrize("task", TASKS)
def test_scores_and_gain_are_those_of_the_saved_predictions(ended, task):
    run = ended(task)
    ensemble, saved, spec = run.result.ensemble, _tested(run), run.info.spec
    assert ensemble.test == pytest.approx(score_predictions(saved["y"], saved["ensemble"], spec))
    root = np.sqrt if task == "regression" else float
    losses = [root(per_example_loss(saved["y"], one, spec).mean()) for one in saved["predictions"]]
    own = root(per_example_loss(saved["y"], saved["ensemble"], spec).mean())
    assert ensemble.test_gain.value == pytest.approx(np.mean(losses) - own, abs=1e-9)
    assert ensemble.test_gain.interval > 0
    assert ensemble.test_gain.metric == run.result.verdict.metric
    assert set(ensemble.validation) == set(ensemble.test)
    if task == "binary":
        single = np.mean([one.validation["accuracy"] for one in run.result.refits])
        gain = ensemble.validation["accuracy"] - single
        assert ensemble.validation_gain.value == pytest.approx(gain)
    assert run.result.seconds["ensemble"] > 0


@pytest.mark.parametrize("task", TASKS)
def test_exports_are_what_was_tested_and_the_winner_stays_what_it_was(ended, task):
    run = ended(task)
    saved, artifacts = _tested(run), run.result.artifacts
    assert artifacts["ensemble_saved_model"] == "ensemble"
    assert artifacts["ensemble_keras"] == "ensemble.keras"
    loaded = dlr.load_model(run.directory / "ensemble.keras")
    found = loaded.predict(saved["x"], verbose=0)
    np.testing.assert_allclose(found, saved["ensemble"], rtol=1e-5, atol=1e-6)
    served = dlr.export.predict_saved_model(run.directory / "ensemble", saved["x"])
    np.testing.assert_allclose(served, saved["ensemble"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        run.predict(saved["x"]), saved["predictions"][0], rtol=1e-5, atol=1e-6
    )


def test_the_report_says_it(ended):
    run = ended("binary")
    text = (run.directory / "report.html").read_text()
    assert '<section id="ensemble">' in text
    count = len(run.result.ensemble.members)
    assert f"The ensemble of {count} networks is" in text
    assert f"mean of {count} networks" in text


def test_an_export_that_differs_is_not_kept(ended, monkeypatch):
    from dlrecipes.errors import ExportError
    from dlrecipes.run import exports

    run = ended("binary")
    before = run.result
    honest = exports.predict_saved_model
    monkeypatch.setattr(exports, "predict_saved_model", lambda path, x: honest(path, x) + 1e-3)
    with pytest.raises(ExportError, match=r"reproduce the saved predictions.*off by 0\.001"):
        run.export("ensemble_saved_model")
    assert run.result == before
    assert (run.directory / "ensemble").is_dir()


class Interrupt(Listener):
    """Presses Ctrl-C when the first member is stored."""

    def on_trial(self, record):
        if record.stage.startswith("refit-ensemble"):
            raise KeyboardInterrupt


@pytest.mark.slow
def test_interrupted_among_the_members(ended, tmp_path, recipe_text):
    whole = ended("binary")
    recipe = _recipe(tmp_path, recipe_text, "binary")
    settings = RunSettings(out=tmp_path / "run", ensemble=2)
    with pytest.raises(KeyboardInterrupt):
        recipe.tune(settings=settings, listener=Interrupt())
    files = list((tmp_path / "run").glob("checkpoints/refit-ensemble-*/refit-*.weights.npz"))
    before = {file: file.stat().st_mtime_ns for file in files}
    assert before
    run = recipe.resume(tmp_path / "run")
    assert {file: file.stat().st_mtime_ns for file in files} == before
    assert run.result.ensemble == whole.result.ensemble
    np.testing.assert_array_equal(_tested(run)["ensemble"], _tested(whole)["ensemble"])


@pytest.mark.slow
def test_a_finished_run_is_not_tested_again_unless_the_members_change(tmp_path, recipe_text):
    recipe = _recipe(tmp_path, recipe_text, "binary")
    run = recipe.tune(settings=RunSettings(out=tmp_path / "run", ensemble=4))
    said = {one.name: one for one in run.result.findings}["ensemble"]
    assert "3 of 4 trials that were asked for could be trained again" in said.verdict
    before = run.result
    assert recipe.resume(run.directory).result == before
    more = recipe.resume(run.directory, plan=with_budget(recipe.plan, 4), sealed=False).result
    assert more.ensemble != before.ensemble
    assert more.test.opened == 2  # another ensemble cannot be tested without another look
    assert more.ensemble.test_gain is not None
    assert {"ensemble_saved_model", "ensemble_keras"} <= set(more.artifacts)


@pytest.mark.slow
def test_one_trial_makes_no_ensemble(splits, build, plan, settings):
    result = dlr.tune(build, splits, plan=plan(), settings=settings(ensemble=3)).result
    assert result.ensemble is None
    said = {one.name: one for one in result.findings}
    assert said["ensemble"].severity == "warning"
    assert "None of 3 trials that were asked for" in said["ensemble"].verdict
    assert "best of 1 network alone" in said["no ensemble"].verdict


def test_a_run_without_one(finished):
    run = dlr.Run(finished("binary"))
    assert run.result.ensemble is None
    assert 'id="ensemble"' not in (run.directory / "report.html").read_text()
    with pytest.raises(RunError, match=r"Only a run with an ensemble.*--ensemble 4"):
        run.export("ensemble_keras")


@pytest.mark.parametrize("ensemble", [-1, 2.5, True])
def test_wrong_numbers(ensemble):
    with pytest.raises(ArgumentError, match=r"`ensemble` must be an integer, at least 0"):
        RunSettings(ensemble=ensemble)


@pytest.mark.slow
def test_a_table(tmp_path, monkeypatch):
    import pandas as pd

    # Networks of two epochs are too different for a mean to be better than the best of them.
    weights = lambda predictions, losses: np.array([0.5, 0.25, 0.25, 0.0, 0.0])  # noqa: E731
    monkeypatch.setattr("dlrecipes.run.ensemble.select_members", weights)
    generator = np.random.default_rng(0)
    age = generator.normal(40, 10, 240)
    town = generator.choice(["Oslo", "Rome"], 240)
    table = pd.DataFrame({"age": age, "town": town, "income": age * 900 + 1e4 * (town == "Oslo")})
    table.to_csv(tmp_path / "people.csv", index=False)
    run = load_recipe("tabular").tune(
        plan=Plan((Stage("only", 3, 2, "random", "none"),), batch_size=32, refit_seeds=2),
        settings=RunSettings(out=tmp_path / "run", ensemble=3),
        data=str(tmp_path / "people.csv"),
        target="income",
    )
    ensemble = run.result.ensemble
    assert [member.weight for member in ensemble.members] == [0.5, 0.25, 0.25]
    assert ensemble.test_gain.metric == "RMSE"
    served = dlr.export.predict_saved_model(
        run.directory / ensemble.checkpoint, dlr.data.unpack_inputs(_tested(run))
    )
    np.testing.assert_allclose(served, _tested(run)["ensemble"], rtol=1e-5)


@pytest.mark.slow
def test_digits(tmp_path):
    run = load_recipe("digits_mlp").tune(
        trials=12, epochs=10, settings=RunSettings(out=tmp_path / "run", ensemble=4)
    )
    ensemble = run.result.ensemble
    alone = [member.validation["log_loss"] for member in ensemble.members]
    assert ensemble.validation["log_loss"] < np.mean(alone)  # by Jensen's inequality
    assert ensemble.test["accuracy"] > 0.8
