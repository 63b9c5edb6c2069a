"""The ensemble of a run: chosen among kept trials and refits, tested, exported, resumed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.diagnose import Selection, choose_threshold, select_members
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
    "binary": "np.where(x[:, 0] + x[:, 1] + generator.normal(size=600) > 0, 'yes', 'no')",
    "regression": "100 + 10 * (x[:, 0] + x[:, 1]) + generator.normal(size=600)",
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
    """`ended(task)`: a finished run with an ensemble of three at most, one a module."""
    runs = {}

    def run(task):
        if task not in runs:
            folder = tmp_path_factory.mktemp(task)
            recipe = _recipe(folder, recipe_text, task)
            runs[task] = recipe.tune(settings=RunSettings(out=folder / "run", ensemble=3))
        return runs[task]

    return run


TASKS = ["binary", pytest.param("regression", marks=pytest.mark.slow)]


def _tested(run):
    with np.load(run.directory / "test_predictions.npz") as saved:
        return dict(saved)


def _candidates(run):
    """What each of the refits and of the trials predicts, by its file."""
    for file in sorted(run.directory.glob("checkpoints/*only*/*.validation.npz")):
        with np.load(file) as saved:
            own = saved["predictions"].astype(float)
        kept = file.with_name(file.name.replace(".validation.npz", ".calibration.json"))
        known = kept.is_file()
        yield (
            file,
            at_temperature(own, json.loads(kept.read_text())["temperature"]) if known else own,
        )


@pytest.mark.parametrize("task", TASKS)
def test_it_is_the_weighted_mean_of_refits_and_kept_trials(ended, task):
    run = ended(task)
    ensemble, spec = run.result.ensemble, run.info.spec
    seeds = {
        one["seed"] for one in json.loads((run.directory / "study.json").read_text())["trials"]
    }
    seeds |= {refit.seed for refit in run.result.refits}
    assert {one.seed for one in ensemble.members} <= seeds
    assert len({one.seed for one in ensemble.members}) == len(ensemble.members) <= ensemble.asked
    weights = [one.weight for one in ensemble.members]
    assert sum(weights) == pytest.approx(1)
    assert min(weights) > 0
    with np.load(run.directory / "validation_predictions.npz") as saved:
        y, together, x = saved["y"], saved["ensemble"], saved["x"]
    found = dict(_candidates(run))
    assert len(found) == 5  # three trials and two refits, none of which was trained for it
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
        settings = RunSettings(out=folder / "run", ensemble=3)
        return load_recipe(folder / "tiny.py").tune(settings=settings)


@pytest.mark.slow
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
    gain = ended("binary").result.ensemble.validation_gain
    ensemble = replace(
        ended("binary").result.ensemble, validation_gain=replace(gain, outcome="equal")
    )
    better = replace(ensemble, validation_gain=replace(gain, outcome="better"))
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
    # ---- on the validation part it is that of means whose members were chosen on other rows over
    # the refit that would be exported
    members = [np.float32(predictions) for _, predictions in _candidates(run)]
    with np.load(run.directory / "validation_predictions.npz") as kept:
        y, refits = kept["y"], kept["predictions"]
    held_out = select_members(members, lambda mean: proper_losses(y, mean, spec), most=3).held_out
    own = root(per_example_loss(y, held_out, spec).mean())
    single = root(per_example_loss(y, refits[0], spec).mean())
    assert ensemble.validation_gain.value == pytest.approx(single - own, abs=1e-6)
    assert "with members chosen on other examples" in ensemble.validation_gain.sentence
    assert run.result.seconds["ensemble"] > 0


@pytest.mark.parametrize("task", TASKS)
def test_exports_are_what_was_tested_and_one_of_them_is_what_predicts(ended, task):
    run = ended(task)
    saved, artifacts = _tested(run), run.result.artifacts
    averaged = run.result.exported == "ensemble"
    both = {"ensemble": saved["ensemble"], "refit": saved["predictions"][0]}
    # Where the ensemble is what is exported, it is exported once.
    names = {"": both[run.result.exported]} | ({} if averaged else {"ensemble_": both["ensemble"]})
    for name, expected in names.items():
        loaded = dlr.load_model(run.directory / artifacts[f"{name}keras"])
        found = loaded.predict(saved["x"], verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        file = run.directory / artifacts[f"{name}saved_model"]
        served = dlr.export.predict_saved_model(file, saved["x"])
        np.testing.assert_allclose(served, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        run.predict(saved["x"]), both[run.result.exported], rtol=1e-5, atol=1e-6
    )


def test_the_report_says_it(ended):
    run = ended("binary")
    text = (run.directory / "report.html").read_text()
    assert '<section id="ensemble">' in text
    count = len(run.result.ensemble.members)
    assert f"The ensemble of {count} networks is" in text
    assert "trained again" not in text[text.index('id="ensemble"') :][:900]
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
    """Presses Ctrl-C when the second trial is stored."""

    def on_trial(self, record):
        if record.number == 1:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_interrupted_in_the_search(ended, tmp_path, recipe_text):
    whole = ended("binary")
    recipe = _recipe(tmp_path, recipe_text, "binary")
    settings = RunSettings(out=tmp_path / "run", ensemble=3)
    with pytest.raises(KeyboardInterrupt):
        recipe.tune(settings=settings, listener=Interrupt())
    files = list((tmp_path / "run").glob("checkpoints/only/trial-*.weights.npz"))
    before = {file: file.stat().st_mtime_ns for file in files}
    assert len(before) >= 2
    run = recipe.resume(tmp_path / "run")
    assert {file: file.stat().st_mtime_ns for file in files} == before
    assert run.result.ensemble == whole.result.ensemble
    np.testing.assert_array_equal(_tested(run)["ensemble"], _tested(whole)["ensemble"])


@pytest.fixture
def copied_run(ended, tmp_path):
    """A copy of the finished run of two classes, and its recipe."""
    source = ended("binary").directory.parent
    for name in ("tiny.py", "test_sets.jsonl"):
        shutil.copy(source / name, tmp_path / name)
    return load_recipe(tmp_path / "tiny.py"), shutil.copytree(source / "run", tmp_path / "run")


@pytest.mark.slow
def test_a_run_that_has_ended_keeps_its_ensemble_as_an_earlier_version_made_it(copied_run):
    recipe, folder = copied_run
    known = json.loads((folder / "result.json").read_text())
    for member in known["ensemble"]["members"]:
        member["weight"] = None
        member["checkpoint"] = "checkpoints/refit-ensemble-0/refit-0.weights.npz"
    (folder / "result.json").write_text(json.dumps(known))
    with np.load(folder / "validation_predictions.npz") as saved:
        before = dict(saved)
    shutil.rmtree(folder / "checkpoints" / "only")  # which kept no weights of trials
    recipe.resume(folder)
    assert json.loads((folder / "result.json").read_text()) == known
    with np.load(folder / "validation_predictions.npz") as saved:
        np.testing.assert_allclose(saved["ensemble"], before["ensemble"], rtol=1e-5, atol=1e-6)
    # ---- cut off before its end, it has the refits to average
    (folder / "result.json").unlink()
    result = recipe.resume(folder, sealed=True).result
    said = {one.name: one for one in result.findings}
    assert "Only refits could be averaged" in said["ensemble"].verdict
    if result.ensemble is not None:
        assert all("/refit-" in one.checkpoint for one in result.ensemble.members)


class Notes(Listener):
    """Remembers notes."""

    def __init__(self):
        self.notes = []

    def on_note(self, line):
        self.notes.append(line)


@pytest.mark.slow
@pytest.mark.parametrize("predicted", [True, False], ids=["predicted", "not yet"])
def test_trials_whose_weights_are_damaged_or_gone_are_left_out(copied_run, predicted):
    recipe, folder = copied_run
    (folder / "result.json").unlink()
    kept = folder / "checkpoints" / "only"
    for number in range(3):
        (kept / f"trial-{number}.weights.npz").write_bytes(b"damaged")
        if not predicted:
            (kept / f"trial-{number}.validation.npz").unlink()
    (kept / "trial-2.weights.npz").unlink()
    heard = Notes()
    result = recipe.resume(folder, sealed=True, listener=heard).result
    members = () if result.ensemble is None else result.ensemble.members
    assert not [one for one in members if "/only/" in one.checkpoint]
    said = [line for line in heard.notes if "is no member of the ensemble" in line]
    assert all("weights of a network must be whole" in line for line in said)
    assert len(said) == 2 or predicted  # of those with predictions, only a chosen one is read


@pytest.mark.slow
def test_a_finished_run_is_not_tested_again_unless_the_members_change(copied_run, monkeypatch):
    recipe, folder = copied_run
    before = dlr.Run(folder).result
    assert recipe.resume(folder).result == before

    def all_alike(predictions, losses, most):
        return Selection(np.full(len(predictions), 1 / len(predictions)), predictions[0])

    monkeypatch.setattr("dlrecipes.run.ensemble.select_members", all_alike)
    more = recipe.resume(folder, plan=with_budget(recipe.plan, 5), sealed=False).result
    assert more.ensemble != before.ensemble
    assert more.test.opened == 2  # another ensemble cannot be tested without another look
    assert more.ensemble.test_gain is not None
    assert {"ensemble_saved_model", "ensemble_keras"} <= set(more.artifacts)


@pytest.mark.slow
def test_with_folds_the_refits_are_averaged(splits, build, plan, settings):
    result = dlr.tune(build, splits, plan=plan(), settings=settings(ensemble=3, folds=2)).result
    assert result.ensemble is None
    said = {one.name: one for one in result.findings}
    assert "no network is kept, since with folds it is several" in said["ensemble"].verdict
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

    def weights(predictions, losses, most):
        """Networks of two epochs are too different for a mean to be better than the best."""
        return Selection(np.array([0.5, 0.25, 0.25, 0.0, 0.0]), predictions[0])

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
