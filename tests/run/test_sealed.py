"""Runs that end with their test set closed: what works on them, and how it is opened later."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from dlrecipes.errors import ArgumentError, ExportError, RecipeError, RunError, SealError
from dlrecipes.recipe import load_recipe, load_recipe_of
from dlrecipes.results import Origin, RunSettings
from dlrecipes.run import Run
from dlrecipes.rundir import RunDirectory, newest_unfinished
from dlrecipes.search import Listener


@pytest.fixture
def tiny(copied, tmp_path):
    """A recipe in a folder of runs where one run has opened the test set."""
    copied("binary")
    return load_recipe(tmp_path / "tiny.py")


def test_a_test_set_that_was_opened_stays_sealed_until_it_is_opened_by_name(tiny, tmp_path):
    run = tiny.tune(settings=RunSettings(out=tmp_path / "second", seed=1), listener=Listener())
    result = run.result
    assert (result.sealed, result.opened_before) == ("opened before", 1)
    assert result.test is None
    assert result.verdict is None
    assert not (run.directory / "test_predictions.npz").exists()
    assert len((tmp_path / "test_sets.jsonl").read_text().splitlines()) == 1
    said = (run.directory / "report.html").read_text()
    assert "it has been opened once before" in said
    assert "dlrecipes open" in said
    # ---- it has ended: a bare --resume does not take it
    with pytest.raises(RunError, match="unfinished run to resume"):
        newest_unfinished(tmp_path, "tiny")
    # ---- its model is there, compared with the validation predictions
    assert {"saved_model", "keras", "report"} == set(result.artifacts)
    with np.load(run.directory / "validation_predictions.npz") as saved:
        x, predicted = saved["x"], saved["predictions"][0]
    np.testing.assert_allclose(run.predict(x), predicted, atol=1e-6)
    assert run.export("saved_model").is_dir()
    # ---- the exported refit is the best of them on the validation part
    scores = [max(refit.history["val_accuracy"]) for refit in result.refits]
    assert scores[0] == max(scores)
    # ---- opened later, in another process for all that it knows
    again = load_recipe_of(run.info).open(run.directory, "a closer look").result
    assert (again.test.opened, again.test.studies, again.sealed) == (2, 2, "")
    assert [refit.seed for refit in again.refits] == [refit.seed for refit in result.refits]
    openings = (tmp_path / "test_sets.jsonl").read_text().splitlines()
    assert json.loads(openings[-1])["reason"] == "a closer look"
    assert load_recipe_of(run.info).open(run.directory).result.test.opened == 2  # once only


def test_sealed_is_remembered_and_open_overrules(tiny, tmp_path):
    directory, ledger = RunDirectory(tmp_path / "run"), tmp_path / "test_sets.jsonl"
    info = directory.read_info()  # as `RunSettings(sealed=True)` leaves it
    directory.write(replace(info, settings=replace(info.settings, sealed=True)))
    directory.write(replace(directory.read_result(), test=None, verdict=None, sealed="asked"))
    ledger.unlink()
    kept = tiny.resume(directory.path, listener=Listener()).result
    assert (kept.sealed, kept.opened_before, kept.test) == ("asked", 0, None)
    assert not ledger.exists()
    opened = tiny.resume(directory.path, listener=Listener(), sealed=False).result
    assert opened.sealed == ""
    assert opened.test.opened == 1


def test_other_networks_of_a_run_that_was_opened_are_a_second_look(tiny, tmp_path):
    directory = RunDirectory(tmp_path / "run")
    kept = directory.read_result()
    # As a search that goes on finds it: the winner that was tested is not the winner any more.
    directory.write(replace(kept, best=replace(kept.best, trial=99)))
    result = tiny.resume(directory.path, listener=Listener()).result
    assert (result.sealed, result.opened_before) == ("opened before", 1)
    assert result.test is None
    assert not directory.predictions.exists()


def test_export_is_compared_again_when_the_test_set_is_opened(copied, tmp_path):
    copied("binary")
    tiny = load_recipe(tmp_path / "tiny.py")
    directory = RunDirectory(tmp_path / "run")
    # As if it had been sealed so far, with an export that answers otherwise for test rows only.
    directory.write(replace(directory.read_result(), test=None, verdict=None))
    shutil.copy(copied_model(tmp_path), directory.path / "model.keras")
    with pytest.raises(ExportError, match=r"must reproduce the saved predictions.*model.keras"):
        tiny.open(directory.path)
    result = directory.read_result()
    assert result.test.opened == 2
    assert result.verdict is not None
    assert set(result.artifacts) == {"saved_model", "report"}
    assert directory.report.is_file()


def copied_model(folder):
    """Return a model whose answers are not the run's."""
    import keras

    from dlrecipes.export import load_model

    model = load_model(folder / "run/model.keras")
    model.set_weights([weight * 0.0 for weight in model.get_weights()])
    path = folder / "other.keras"
    keras.saving.save_model(model, path)
    return path


def test_a_run_without_a_test_part_opens_none(recipe, tmp_path, end_untried):
    load = """
    import pandas as pd
    from dlrecipes.data import from_table
    x, y = rows()
    return from_table(pd.DataFrame(x[:, :2], columns=list("ab")).assign(y=y), "y",
                      split_rule=SplitRule(test_fraction=test_fraction))"""
    preprocess = """
from dlrecipes.data import SplitRule, TablePreprocess


def preprocess(spec):
    return TablePreprocess(spec.columns)"""
    tiny = recipe(
        arguments="test_fraction: float = 0.0",
        load=load,
        extra=preprocess,
        plan="CoarseToFine(trials=2, epochs=1, refit_seeds=1)",
    )
    out = tmp_path / "run"
    with pytest.raises(ArgumentError, match="Only a test part can be opened.*sealed=False"):
        tiny.tune(settings=RunSettings(out=out, sealed=False), listener=Listener())
    run = tiny.tune(settings=RunSettings(out=out), listener=Listener())
    result = run.result
    assert (result.sealed, result.data.test, result.test) == ("no test part", 0, None)
    assert RunDirectory(out).finished
    assert "no test part" in repr(run)
    said = (out / "report.html").read_text()
    assert "There is no test part: all rows are for training and validation." in said
    assert "has not been opened" not in said
    for opens in (
        lambda: run.open_test_set("a look"),
        lambda: run.finish(sealed=False),
        lambda: Run(out).open_test_set("a look"),
        lambda: tiny.open(out),
    ):
        with pytest.raises(SealError, match="Only a run with a test part can open one"):
            opens()
    assert not (tmp_path / "test_sets.jsonl").exists()
    assert tiny.resume(out, listener=Listener()).result.sealed == "no test part"


def test_open_needs_the_recipe(copied, tmp_path):
    run = Run(copied("binary"))
    (tmp_path / "tiny.py").unlink()
    info = run.info
    with pytest.raises(RecipeError, match=r"recipe must be there.*dlr\.Run\(directory, splits\)"):
        load_recipe_of(replace(info, origin=replace(info.origin, path=str(tmp_path / "tiny.py"))))
    with pytest.raises(RecipeError, match="a run from Python"):
        load_recipe_of(replace(info, origin=Origin("digits")))
    moved = replace(info, origin=Origin("digits", "/elsewhere/recipes/digits.py"))
    assert load_recipe_of(moved).name == "digits"
