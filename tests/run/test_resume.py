"""Going on: nothing is lost, nothing is done twice, and the outcome is an unbroken run's."""

import json

import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import RunError
from dlrecipes.recipe import load_recipe
from dlrecipes.results import RunSettings
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener, with_budget

TIMELESS = ("recipe", "objective", "data", "best", "verdict", "importances", "comparisons")


class Interrupt(Listener):
    """Presses Ctrl-C when so many trials are finished."""

    def __init__(self, trials):
        self.left = trials

    def on_trial(self, record):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def _study(run):
    trials = json.loads((run / "study.json").read_text())["trials"]
    for trial in trials:
        trial.pop("seconds")
    return trials


def _predictions(run):
    with np.load(run / "test_predictions.npz") as saved:
        return saved["predictions"]


def _resume(run, **changes):
    return load_recipe(run.parent / "tiny.py").resume(run, **changes)


@pytest.mark.parametrize(
    "trials",
    [
        2,
        pytest.param(4, marks=pytest.mark.slow),
        *(pytest.param(one, marks=[pytest.mark.slow, pytest.mark.exhaustive]) for one in (1, 3)),
    ],
)
def test_interrupted_run_ends_like_an_unbroken_one(tmp_path, recipe, finished, trials):
    with pytest.raises(KeyboardInterrupt):
        recipe().tune(settings=RunSettings(out=tmp_path / "run"), listener=Interrupt(trials))
    assert not (tmp_path / "run" / "result.json").exists()
    assert "ended by KeyboardInterrupt" in (tmp_path / "run" / "log.txt").read_text()
    run = _resume(tmp_path / "run")
    whole = dlr.Run(finished("binary"))
    assert _study(run.directory) == _study(whole.directory)
    np.testing.assert_array_equal(_predictions(run.directory), _predictions(whole.directory))
    for name in TIMELESS:
        assert getattr(run.result, name) == getattr(whole.result, name)
    assert run.result.test == whole.result.test


def test_finished_run_stays_as_it_is(copied):
    run = copied()
    names = ("result.json", "run.json", "study.json", "test_predictions.npz", "trials.csv")
    before = {name: (run / name).read_bytes() for name in names}
    ledger = (run.parent / "test_sets.jsonl").read_bytes()
    _resume(run)
    for name in names[:-2]:
        assert (run / name).read_text() == before[name].decode(), name
    assert (run / "test_predictions.npz").read_bytes() == before["test_predictions.npz"]
    assert (run.parent / "test_sets.jsonl").read_bytes() == ledger


@pytest.mark.slow
def test_result_deleted(copied):
    run = copied()
    before = dlr.Run(run).result
    (run / "result.json").unlink()
    after = _resume(run).result
    for name in TIMELESS:
        assert getattr(after, name) == getattr(before, name)
    assert after.stages == before.stages
    assert after.test.mean == before.test.mean
    # It was opened once more, and the ledger says so.
    assert (after.test.opened, after.test.studies) == (2, 1)


@pytest.mark.slow
def test_more_trials(copied):
    run = copied()
    before = _study(run)
    plan = with_budget(dlr.Run(run).info.plan, 6)
    after = _resume(run, plan=plan, sealed=False)  # whoever wins now is another look
    trials = _study(run)
    assert len(trials) == 6
    assert [one for one in trials if one["stage"] == "coarse"][:2] == before[:2]
    assert after.info.plan.trials == 6
    assert after.result.verdict is not None
    assert _predictions(run).shape[0] == 2


@pytest.mark.slow
def test_trials_0_ends_a_search_early(tmp_path, recipe):
    tiny = recipe()
    with pytest.raises(KeyboardInterrupt):
        tiny.tune(settings=RunSettings(out=tmp_path / "run"), listener=Interrupt(1))
    run = _resume(tmp_path / "run", plan=with_budget(tiny.plan, 0))
    assert len(_study(run.directory)) == 1
    assert len(run.result.refits) == 2
    assert run.result.verdict is not None
    assert run.info.plan == tiny.plan  # not forgotten: it may go on another day
    run = _resume(tmp_path / "run")
    assert len(_study(run.directory)) == 3


def test_newest_unfinished(tmp_path, recipe, monkeypatch, copied):
    import os

    from dlrecipes.rundir import newest_unfinished

    folder = tmp_path / "runs"
    run = copied()
    for age, name in enumerate(["newest", "damaged", "finished", "second"]):
        (folder / name).mkdir(parents=True)
        text = "{" if name == "damaged" else (run / "run.json").read_text()
        (folder / name / "run.json").write_text(text)
        os.utime(folder / name / "run.json", (1e9 - age, 1e9 - age))
    assert newest_unfinished(folder, "tiny").path == folder / "newest"
    for name in ("newest", "finished"):
        for file in ("result.json", "report.html"):
            (folder / name / file).write_bytes((run / file).read_bytes())
    assert newest_unfinished(folder, "tiny").path == folder / "second"
    with pytest.raises(dlr.errors.RunError, match=r"unfinished run.*none of 'digits' in"):
        newest_unfinished(folder, "digits")


@pytest.mark.slow
def test_run_that_lacks_only_its_report_is_unfinished(copied):
    run = copied()
    assert RunDirectory(run).finished
    (run / "report.html").unlink()
    assert not RunDirectory(run).finished
    _resume(run)
    assert RunDirectory(run).finished


# ---- networks are made again from their weights


def _loaded(run):
    return [dlr.load_model(file) for file in sorted(run.rglob("refit-*.keras"))]


def test_what_is_missing_of_a_refit_is_made_from_its_weights(copied):
    run = copied()
    x = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
    before = [model.predict(x, verbose=0) for model in _loaded(run)]
    kept = RunDirectory(run).read_predictions("validation")[0]["predictions"]
    for file in [*run.rglob("refit-*.keras"), *run.rglob("*.validation.npz")]:
        file.unlink()
    next(run.rglob("summary.txt")).unlink()
    _resume(run)
    for model, expected in zip(_loaded(run), before, strict=True):
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    again = RunDirectory(run).read_predictions("validation")[0]["predictions"]
    np.testing.assert_array_equal(again, kept)
    assert "Total params" in next(run.rglob("summary.txt")).read_text()


def test_what_is_kept_is_neither_built_nor_predicted_again(copied, monkeypatch):
    def never(*arguments, **named):
        raise AssertionError("a finished refit is read back")

    run = copied()
    before = dlr.Run(run).result
    monkeypatch.setattr("dlrecipes.run.keep_network.restore_trial", never)
    monkeypatch.setattr("dlrecipes.run.calibrate.predict", never)
    assert _resume(run).result.refits == before.refits


def test_a_run_of_an_earlier_version(copied):
    run = copied()
    info = json.loads((run / "run.json").read_text())
    settings, origin = info.pop("settings"), info.pop("origin")
    info |= {"recipe": origin["recipe"], "source": origin["source"]}
    info |= {"recipe_path": origin["path"], "recipe_text": origin["text"]}
    settings |= dict.fromkeys(("storage", "threshold", "gap_penalty"), "")
    names = settings.keys() - {"out", "minutes"}
    info.pop("schema_version")
    (run / "run.json").write_text(json.dumps(info | {name: settings[name] for name in names}))
    for file in [*run.rglob("*.weights.npz"), *run.rglob("*.validation.npz")]:
        file.unlink()
    opened = dlr.Run(run)
    assert opened.predict(np.zeros((2, 4))).shape == (2, 2)
    assert opened.report().is_file()
    (run / "model.keras").unlink()
    assert opened.export("keras").is_file()
    with pytest.raises(RunError, match=r"needs the weights.*refit-\d\.keras of an earlier version"):
        _resume(run)
