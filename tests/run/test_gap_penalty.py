"""A penalty for a gap between groups: measured, recorded, resumed, shown and refused."""

from dataclasses import replace

import keras
import numpy as np
import pandas
import pytest
from sklearn import metrics

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Plan, RunSettings, Stage
from dlrecipes.run import resume
from dlrecipes.search import Listener

PENALTY = "sex: true positive rate=1"
PLAN = Plan((Stage("only", 2, 1, "sobol", "none"),), refit_seeds=1)


def faces(examples=1000):
    """Return splits with an honest column and a shortcut that misses positives of one group."""
    generator = np.random.default_rng(0)
    label, group = generator.integers(0, 2, size=(2, examples))
    misses = np.where((label == 1) & (group == 1), 0.4, 0.04)
    shortcut = np.where(generator.random(examples) < misses, 1 - label, label)
    honest = np.where(generator.random(examples) < 0.2, 1 - label, label)
    noise = generator.normal(size=examples)  # so that no two examples are copies
    x = np.stack([2.0 * honest - 1.0, 2.0 * shortcut - 1.0, group, noise], axis=1)
    splits = from_arrays(x, np.array(["no", "yes"])[label], name="faces")
    return replace(splits, train=named(splits.train), validation=named(splits.validation))


def named(part):
    names = np.where(part.x[:, 2] > 0, "f", "m")
    return replace(part, subgroups={"sex": names.astype(object)})


def build(hp):
    """A model that calls positive what one column does, from its first epoch on."""
    column = [0.0, 1.0, 0.0, 0.0] if hp.Boolean("use_shortcut") else [1.0, 0.0, 0.0, 0.0]
    start = keras.initializers.Constant(1.0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Rescaling(column),
            keras.layers.Dense(2, kernel_initializer=start),
            keras.layers.Dense(1, "sigmoid", kernel_initializer=start),
        ]
    )
    rate = hp.Float("learning_rate", 1e-4, 1e-3, sampling="log")
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


class Interrupt(Listener):
    """Presses Ctrl-C when a trial is finished."""

    def on_trial(self, record):
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def splits():
    return faces()


@pytest.fixture(scope="module")
def run(tmp_path_factory, splits):
    """A run that was cut off in its search and resumed."""
    out = tmp_path_factory.mktemp("penalty") / "run"
    settings = RunSettings(out=out, engine="fit", gap_penalty=PENALTY)
    with pytest.raises(KeyboardInterrupt):
        dlr.tune(build, splits, plan=PLAN, settings=settings, listener=Interrupt())
    run = resume(out, build, splits, listener=Listener())
    run.report()
    return run


def expected(part, *, shortcut):
    """Accuracy and gap of what a column says."""
    called = part.x[:, 1 if shortcut else 0] > 0
    rates = [
        metrics.recall_score(part.y[of], called[of]) for of in (part.x[:, 2] > 0, part.x[:, 2] == 0)
    ]
    return metrics.accuracy_score(part.y, called), abs(rates[0] - rates[1])


@pytest.mark.slow
def test_the_penalty_changes_the_winner(run, splits):
    fair, unfair = (expected(splits.validation, shortcut=one) for one in (False, True))
    assert unfair[0] > fair[0]  # the shortcut is the more accurate one
    result = run.result
    assert result.best.values["use_shortcut"] is False
    winner, without = result.gap_penalty.winner, result.gap_penalty.without
    assert (winner.score, winner.gap) == pytest.approx(fair)
    assert (without.score, without.gap) == pytest.approx(unfair)
    assert winner.penalised == pytest.approx(fair[0] - fair[1])
    assert result.gap_penalty.refits == pytest.approx([fair[1]])


@pytest.mark.slow
def test_all_else_is_told_plainly(run, splits):
    accuracy, _ = expected(splits.validation, shortcut=False)
    result = run.result
    assert result.best.validation == {"accuracy": pytest.approx(accuracy)}
    optimism = next(one for one in result.findings if one.name == "selection optimism")
    assert optimism.evidence["search"] == pytest.approx(accuracy)
    assert result.refits[0].validation["accuracy"] == pytest.approx(accuracy)
    assert all(one.gap is not None and one.score > 0.7 for one in result.comparisons)


@pytest.mark.slow
def test_it_is_recorded(run, splits):
    assert run.info.settings.gap_penalty == PENALTY
    table = pandas.read_csv(run.directory / "trials.csv")
    assert len(table) == 2
    for shortcut in (False, True):
        accuracy, gap = expected(splits.validation, shortcut=shortcut)
        rows = table[table["values.use_shortcut"] == shortcut]
        assert len(rows)
        assert rows["unpenalised"].to_numpy() == pytest.approx(accuracy)
        assert rows["gap"].to_numpy() == pytest.approx(gap)
        assert rows["score"].to_numpy() == pytest.approx(accuracy - gap)


@pytest.mark.slow
def test_the_report_tells_what_it_cost(run):
    page = (run.directory / "report.html").read_text(encoding="utf-8")
    assert "Trials were compared by val_accuracy minus the largest difference in true" in page
    assert run.result.gap_penalty.sentence in page
    assert "best without the penalty" in page
    assert "val_accuracy − penalty" in page


# ---- other engines, folds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "precision"),
    [
        ("population", "float32"),
        pytest.param("resident", "mixed_bfloat16", marks=pytest.mark.exhaustive),
    ],
)
def test_no_training_is_another_for_it(tmp_path, splits, engine, precision):
    plan = Plan((Stage("only", 8, 3, "sobol", "none"),), refit_seeds=1)
    trials = {}
    for penalty in (None, PENALTY):
        settings = RunSettings(
            out=tmp_path / str(bool(penalty)),
            engine=engine,
            precision=precision,
            gap_penalty=penalty,
        )
        run = dlr.tune(build, splits, plan=plan, settings=settings, listener=Listener())
        with np.load(run.directory / "curves.npz") as curves:
            trials[penalty] = {name: curves[name].tolist() for name in curves}
        table = pandas.read_csv(run.directory / "trials.csv")
        assert set(table["policy"]) == {precision}
        assert set(table["engine"]) == {engine}
    assert trials[None] == trials[PENALTY]
    found = run.result.gap_penalty
    assert (found.winner.score, found.winner.gap) == pytest.approx(
        expected(splits.validation, shortcut=False)
    )
    assert found.without.gap == pytest.approx(expected(splits.validation, shortcut=True)[1])


@pytest.mark.slow
def test_with_folds_it_is_the_gap_of_all_rows_held_out(tmp_path, splits):
    settings = RunSettings(out=tmp_path / "run", engine="fit", gap_penalty=PENALTY, folds=3)
    run = dlr.tune(build, splits, plan=PLAN, settings=settings, listener=Listener())
    whole = splits.train.joined(splits.validation)
    found = run.result.gap_penalty
    assert found.winner.gap == pytest.approx(expected(whole, shortcut=False)[1])
    assert found.without.gap == pytest.approx(expected(whole, shortcut=True)[1])
    assert found.without.score == pytest.approx(expected(whole, shortcut=True)[0], abs=0.01)


# ---- refusals, which leave nothing behind


@pytest.mark.parametrize(
    ("penalty", "pattern"),
    [
        ("age: accuracy=1", r"one of the subgroups.*'age'; the subgroups are 'sex'.*--subgroup"),
        ("sex: rmse=1", r"must fit the task.*'rmse' for binary data.*accuracy or true positive"),
    ],
)
def test_what_cannot_be_measured(tmp_path, splits, penalty, pattern):
    settings = RunSettings(out=tmp_path / "run", gap_penalty=penalty)
    with pytest.raises(ArgumentError, match=pattern):
        dlr.tune(build, splits, plan=PLAN, settings=settings, listener=Listener())
    assert not (tmp_path / "run").exists()


def test_no_subgroups(tmp_path, splits):
    bare = replace(splits, validation=replace(splits.validation, subgroups=None))
    settings = RunSettings(out=tmp_path / "run", gap_penalty=PENALTY)
    with pytest.raises(ArgumentError, match=r"'sex'; the subgroups are none"):
        dlr.tune(build, bare, plan=PLAN, settings=settings, listener=Listener())


def test_groups_that_are_too_small(tmp_path, splits):
    part = splits.validation
    positives = np.flatnonzero((part.y == 1) & (part.x[:, 2] > 0))
    few = np.setdiff1d(np.arange(len(part)), positives[29:])
    small = replace(splits, validation=part.pick(few))
    settings = RunSettings(out=tmp_path / "run", gap_penalty=PENALTY)
    with pytest.raises(DataError, match=r"must have 30 positives.*by 'sex': 'f' 29, 'm' \d\d"):
        dlr.tune(build, small, plan=PLAN, settings=settings, listener=Listener())
