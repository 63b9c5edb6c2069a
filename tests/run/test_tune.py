"""`dlr.tune` from Python: builders, samplers, objectives, storage, time, seeds."""

import json
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import keras
import keras_tuner
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError, BuilderError, DataError, RunError, StorageError
from dlrecipes.results import Plan, Stage
from dlrecipes.search import Listener


def test_builder_and_objective_from_python(splits, build, plan, settings, capsys):
    objective = keras_tuner.Objective("val_loss", "min")
    run = dlr.tune(build, splits, objective, plan(), settings())
    result = run.result
    assert (result.recipe, result.run) == ("_build", "run")
    assert (result.objective, result.direction) == ("val_loss", "min")
    assert set(result.best.validation) == {"loss"}
    assert set(result.best.values) == {"units", "learning_rate"}
    assert "def _build(hp)" in run.info.origin.text
    assert run.info.origin.path == ""
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "check …",
        "audit …",
        f"run directory: {run.directory}",
        "baselines …",
        "search …",
        "stage only: 1 trial, scored by val_loss, lower is better",
        "refits …",
        "stage refit-only-0: 1 trial, scored by val_loss, lower is better",
        *lines[-7:],
    ]
    # ---- the first words are on the data, in the log, too; the last on what comes next
    assert lines[0].startswith("  rows: 120 examples, 72 to train")
    assert lines[0].strip() in (run.directory / "log.txt").read_text()
    assert lines[-7] == f"run directory: {run.directory}"
    assert lines[-6].startswith("Best of the search: validation loss ")
    assert lines[-5].startswith("The test set stays sealed. Validation accuracy 0.")
    assert "run.open_test_set(reason) opens the test set" in lines[-4]
    assert f"run.report() writes {run.directory}/report.html" in lines[-4]
    better = "next: On the validation part the baseline logistic regression is better than the "
    assert lines[-3].startswith(better)
    assert lines[-3].endswith("Take it as it is: run.export_baseline()")
    assert lines[-2].startswith("next: ")
    assert lines[-1].startswith("time: search ")
    assert lines[-1] in (run.directory / "log.txt").read_text()
    assert run.report().is_file()  # also while the test set is sealed
    # Who waits was told from time to time, and is no more.
    assert "dlrecipes-heartbeat" not in [thread.name for thread in threading.enumerate()]


def test_ctrl_c_says_how_to_go_on(splits, build, plan, settings):
    class Pressed(Listener):
        said = ()

        def on_trial(self, record):
            raise KeyboardInterrupt

        def on_end(self, lines):
            self.said = lines

    listener, options = Pressed(), settings()
    with pytest.raises(KeyboardInterrupt):
        dlr.tune(build, splits, plan=plan(), settings=options, listener=listener)
    assert listener.said == (
        f"Interrupted. Every finished trial is kept in {options.out}.",
        f"Go on: dlr.resume({str(options.out)!r}, build, splits)",
    )


def test_every_part_of_a_run_says_what_it_does(splits, build, plan, settings):
    class Recorder(Listener):
        said, open, most = [], 0, 0

        def on_phase(self, name):
            self.said.append(f"{name} …")

        def on_step(self, name):
            assert self.open, f"nobody would see that {name} takes long"
            self.said.append(name)

        @contextmanager
        def busy(self):
            self.open += 1
            try:
                yield
            finally:
                self.open -= 1

    listener = Recorder()
    dlr.tune(build, splits, plan=plan(), settings=settings(folds=2), listener=listener).finish()
    assert listener.open == 0
    said = listener.said
    for one in (
        "saving and loading the untrained model, as at the end",
        "drift between the parts",
        "folds …",
        "fold 1 of 2: building the models of 1 trial",
        "fold 2 of 2: training 1 trial",
        "predictions of the refits on the validation part",
        "export as saved_model, compared with the saved predictions",
        "report",
    ):
        assert said.count(one) == 1, (one, said)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sampler",
    ["keras_tuner_random", pytest.param("keras_tuner_bayesian", marks=pytest.mark.exhaustive)],
)
def test_keras_tuner_proposes(splits, build, plan, settings, sampler):
    run = dlr.tune(build, splits, plan=plan(sampler, trials=3), settings=settings())
    assert run.result.stages[0].trials.completed == 3


@pytest.mark.slow
def test_default_directory(splits, build, plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [dlr.tune(build, splits, plan=plan()).directory.name for _ in range(2)]
    assert len(set(names)) == 2
    assert all((tmp_path / "runs" / name / "result.json").is_file() for name in names)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_same_seed_same_trials_and_scores(splits, build, settings, tmp_path):
    def study(name, seed):
        plan = Plan(
            (
                Stage("coarse", 2, 1, "sobol", "halving", widen=True),
                Stage("fine", 2, 2, "tpe", "median", narrow=True),
            ),
            refit_seeds=1,
        )
        run = dlr.tune(build, splits, plan=plan, settings=settings(out=tmp_path / name, seed=seed))
        trials = json.loads((run.directory / "study.json").read_text())["trials"]
        for trial in trials:
            trial.pop("seconds")
        return trials, run.result.refits[0].validation, run.predict(splits.validation.x)

    first, again, other = study("a", 0), study("b", 0), study("c", 1)
    assert first[:2] == again[:2]
    np.testing.assert_array_equal(first[2], again[2])
    assert [trial["values"] for trial in first[0]] != [trial["values"] for trial in other[0]]


@pytest.mark.slow
def test_time_is_up_at_once_in_a_database(splits, build, plan, settings, tmp_path):
    url = f"sqlite:///{tmp_path / 'study.db'}"
    with pytest.raises(RunError, match=r"one trial must end with a score.*no finished trial"):
        dlr.tune(build, splits, plan=plan(), settings=settings(minutes=1e-9, storage=url))
    run = dlr.resume(settings().out, build, splits)
    assert run.result.stages[0].trials.completed == 1
    assert not (run.directory / "study.journal").exists()
    assert (tmp_path / "study.db").is_file()
    assert run.info.settings.storage == url
    before = run.result
    again = dlr.resume(run.directory, build, splits)
    assert again.result.best == before.best
    assert again.result.stages == before.stages


def test_unusable_storage_leaves_nothing_behind(splits, build, plan, settings, tmp_path):
    url = f"sqlite:///{tmp_path}/no/such/folder/study.db"
    with pytest.raises(StorageError, match=r"must be reachable.*storage=sqlite"):
        dlr.tune(build, splits, plan=plan(), settings=settings(storage=url))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_time_is_up_after_a_trial(splits, build, settings, monkeypatch):
    late = []  # the search's clock is an hour late as soon as a trial is done

    class Slow(Listener):
        def on_trial(self, record):
            if record.stage == "only":
                late.append(3600.0)

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + sum(late[:1]))
    monkeypatch.setattr("dlrecipes.search.trial_source.time", clock)
    plan = Plan((Stage("only", 50, 1, "random", "none"),), refit_seeds=1)
    run = dlr.tune(build, splits, plan=plan, settings=settings(minutes=30), listener=Slow())
    assert 1 <= run.result.stages[0].trials.completed < 50
    assert len(run.result.refits) == 1  # refits are not cut short
    assert run.info.plan.trials == 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"build": "mlp"}, r"`build` must be callable, .* Received: build='mlp'"),
        ({"splits": [1, 2]}, r"`splits` must be a `Splits`. Received: list.*from_arrays"),
        ({"objective": object}, r"`objective` must be a metric's name"),
        ({"plan": dlr.Plan((Stage("only", 0, 1),))}, r"at least one trial.*0 trials"),
    ],
)
def test_wrong_arguments(splits, build, settings, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        dlr.tune(**{"build": build, "splits": splits, "settings": settings(), **arguments})


@pytest.mark.slow
def test_failing_trials_end_the_study(splits, build, plan, settings):
    def failing(hp):
        if hp.Float("rate", 0.0, 1.0, default=0.0) > 0.0:
            raise RuntimeError("no such rate")
        return build(hp)

    plan = Plan((Stage("only", 9, 1, "random", "none"),))
    with pytest.raises(BuilderError, match=r"5 times in a row.*no such rate.*kept"):
        dlr.tune(failing, splits, plan=plan, settings=settings())


def test_all_trials_diverge(splits, plan, settings):
    def build(hp):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
        rate = hp.Float("learning_rate", 1.0, 2.0)
        loss = lambda y, p: keras.ops.mean(p) + keras.ops.log(-keras.ops.abs(rate * p))  # noqa: E731
        model.compile("sgd", loss, metrics=["accuracy"])
        return model

    with pytest.raises(RunError, match=r"one trial must end with a score.*2 diverged"):
        dlr.tune(build, splits, plan=plan(trials=2), settings=settings())


@pytest.mark.slow
def test_compare_runs_simpler_searches(splits, build, plan, settings):
    run = dlr.tune(build, splits, plan=plan(), settings=settings(), compare=True)
    names = [one.name for one in run.result.comparisons]
    assert names == ["random search", "one epoch, then the top k"]
    assert all(one.measured and 0 <= one.score <= 1 for one in run.result.comparisons)


def test_estimated_comparisons(finished):
    comparisons = dlr.Run(finished("binary")).result.comparisons
    assert len(comparisons) == 2
    assert not any(one.measured for one in comparisons)


@pytest.mark.slow
def test_folds_score_the_trials(splits, settings):
    def build(hp, spec):
        model = keras.Sequential(
            [keras.Input(spec.input_shape), keras.layers.Dense(1, activation="sigmoid")]
        )
        rate = hp.Float("learning_rate", 1e-2, 1e-1, sampling="log")
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
        return model

    plan = Plan((Stage("only", 2, 2, "random", "none"),), refit_seeds=1)
    run = dlr.tune(build, splits, plan=plan, settings=settings(folds=3))
    best = run.result.best
    assert len(best.fold_scores) == 3
    assert best.validation["accuracy"] == pytest.approx(np.mean(best.fold_scores))
    assert "mean over 3 folds" in run.report().read_text(encoding="utf-8")
    # A resumed run goes on with the same folds.
    again = dlr.resume(run.directory, build, splits, plan=dlr.search.with_budget(plan, 3))
    assert again.info.settings.folds == 3
    trials = json.loads((run.directory / "study.json").read_text())["trials"]
    assert [len(one["fold_scores"]) for one in trials] == [3, 3, 3]


@pytest.mark.slow
def test_a_trial_is_pruned_between_folds(splits, settings):
    def build(hp):
        output = keras.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")
        model = keras.Sequential([keras.Input((4,)), output])
        rate = hp.Choice("learning_rate", [0.0, 0.1])
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
        return model

    plan = Plan((Stage("only", 4, 12, "sobol", "halving"),), refit_seeds=1)
    run = dlr.tune(build, splits, plan=plan, settings=settings(folds=3, engine="resident"))
    assert len(run.result.best.fold_scores) == 3
    trials = json.loads((run.directory / "study.json").read_text())["trials"]
    idle = [one for one in trials if one["values"]["learning_rate"] == 0]
    assert [(one["status"], len(one["fold_scores"])) for one in idle] == [("pruned", 2)]


def test_too_many_folds_leave_nothing_behind(splits, build, plan, settings, tmp_path):
    with pytest.raises(DataError, match=r"as many examples of each class as folds"):
        dlr.tune(build, splits, plan=plan(), settings=settings(folds=90))
    assert not (tmp_path / "run").exists()


def test_repeats_need_folds(settings):
    with pytest.raises(ArgumentError, match=r"Only folds can be repeated.*repeats=2"):
        settings(repeats=2)
