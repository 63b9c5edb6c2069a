"""Scores as means over folds: which rows they are of, and what pruning does between folds."""

import gc
import weakref
from dataclasses import replace

import keras
import numpy as np
import pytest

from dlrecipes.data import draw_folds, from_arrays
from dlrecipes.errors import BuilderError
from dlrecipes.results import Objective, Plan, Stage
from dlrecipes.search import CrossValidated, SpecBuilder, Store, discover_space, search
from dlrecipes.training.build_model import build_model
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome

ACCURACY = Objective("val_accuracy", "max")


class Untrained:
    """An engine that returns the initial weights of each job's model."""

    name = "untrained"

    def __init__(self, fold, status="completed"):
        self.fold, self.status, self.trained = fold, status, []

    def run(self, source):
        while jobs := source.next_jobs(2):
            for job in jobs:
                self.trained.append(job.number)
                model = build_model(job.build, self.fold.development.train.array[:1])
                history = {"val_accuracy": [0.25, 0.5 + 0.1 * job.number]}
                outcome = Outcome(
                    self.status, 0.5, 1, history, seconds=2.0, weights=model.get_weights()
                )
                if self.status != "completed":
                    outcome = replace(outcome, score=None, weights=None, error="no such layer")
                source.finish([(job, outcome)])


class Source:
    """Hands out jobs; `prune(fold)` returns the numbers to stop after a fold."""

    def __init__(self, jobs, prune=lambda fold: set()):
        self.jobs, self.prune = list(jobs), prune
        self.reports, self.ended = [], {}

    compares = False

    @property
    def parallel(self):
        return max(1, len(self.jobs))

    @property
    def remaining(self):
        return len(self.jobs)

    def next_jobs(self, limit):
        taken, self.jobs = self.jobs[:limit], self.jobs[limit:]
        return taken

    def report(self, reports):
        self.reports += reports
        return self.prune(reports[0].epoch) if reports else set()

    def finish(self, ended):
        self.ended |= {job.number: outcome for job, outcome in ended}


def always(label):
    """A model that gives every example one label."""

    def build(hp=None):
        bias = keras.initializers.Constant(10.0 if label else -10.0)
        model = keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer=bias),
            ]
        )
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
        return model

    return build


def job(number, label=1):
    return Job(number, {}, always(label), seed=0, epochs=2, batch_size=8)


@pytest.fixture(scope="module")
def folds():
    generator = np.random.default_rng(0)
    splits = from_arrays(generator.normal(size=(60, 2)), (np.arange(60) % 3 == 0).astype(int))
    return draw_folds(splits, 3)


def cross_validated(folds, engines=None, build=None, objective=ACCURACY):
    engines = engines or [Untrained(one) for one in folds]
    return CrossValidated(engines, folds, build or always(1), objective, "float32")


@pytest.fixture(params=[1024, 7])
def batches(request, monkeypatch):
    """Rows that are scored at once: all, or some with fewer in the last portion."""
    monkeypatch.setattr("dlrecipes.search.cross_validated._BATCH", request.param)


@pytest.mark.usefixtures("batches")
def test_the_score_is_the_mean_over_the_rows_held_out(folds):
    source = Source([job(0, label=0), job(1, label=1)])
    cross_validated(folds).run(source)
    for number, outcome in source.ended.items():
        shares = [float(np.mean(one.held_out.y == number)) for one in folds]
        assert outcome.fold_scores == pytest.approx(shares)
        assert outcome.score == pytest.approx(np.mean(shares))
        assert outcome.status == "completed"
        assert (outcome.best_epoch, outcome.seconds, outcome.weights) == (1, 6.0, None)
        assert outcome.history["val_accuracy"] == pytest.approx([0.25, 0.5 + 0.1 * number])
    # After each fold, the mean so far.
    first = [one for one in source.reports if one.job.number == 0]
    assert [one.epoch for one in first] == [0, 1, 2]
    assert first[-1].best == source.ended[0].score
    assert first[0].job.epochs == 3


@pytest.mark.usefixtures("batches")
def test_a_loss_is_weighted_like_the_data(folds):
    weighted = [
        replace(
            one,
            held_out=replace(one.held_out, sample_weight=np.linspace(0, 2, len(one.held_out))),
        )
        for one in folds
    ]
    source = Source([job(0)])
    cross_validated(weighted, objective=Objective("val_loss", "min")).run(source)
    p = 1 / (1 + np.exp(-10.0))
    for score, one in zip(source.ended[0].fold_scores, weighted, strict=True):
        y, weight = one.held_out.y, one.held_out.sample_weight
        losses = -(y * np.log(p) + (1 - y) * np.log(1 - p)) * weight
        assert score == pytest.approx(losses.mean(), rel=1e-4)


def test_a_step_of_its_own_gets_what_evaluate_hands_over(folds):
    class Own(keras.Model):
        def test_step(self, data):
            x, y = data  # no weights where there are none
            assert keras.ops.is_tensor(x)
            assert keras.ops.is_tensor(y)
            return {"accuracy": keras.ops.mean(keras.ops.cast(y, "float32"))}

    def build():
        model = always(1)()
        own = Own(model.inputs, model.outputs)
        own.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        return own

    source = Source([replace(job(0), build=build)])
    cross_validated(folds).run(source)
    assert source.ended[0].fold_scores == pytest.approx([one.held_out.y.mean() for one in folds])


def test_a_pruned_trial_trains_in_no_further_fold(folds):
    engines = [Untrained(one) for one in folds]
    source = Source([job(0), job(1)], prune=lambda fold: {1} if fold == 0 else set())
    cross_validated(folds, engines).run(source)
    assert [one.trained for one in engines] == [[0, 1], [0], [0]]
    assert source.ended[1].status == "pruned"
    assert len(source.ended[1].fold_scores) == 1
    assert source.ended[0].status == "completed"


def test_pruning_begins_after_the_second_fold(folds, context, tmp_path):
    def build(hp):
        return always(hp.Choice("label", [0, 1]))()

    result = search(
        Plan((Stage("only", 4, 30, "sobol", "halving"),)),
        discover_space(build),
        cross_validated(folds, build=build),
        Store.open(tmp_path / "study.journal", "run"),
        context(build, reports=len(folds)),
    )
    # Two thirds of the rows have label 0.
    trained = {one.values["label"]: (one.status, len(one.fold_scores)) for one in result.trials}
    assert trained == {0: ("completed", 3), 1: ("pruned", 2)}


@pytest.mark.slow
def test_weights_are_let_go_once_they_are_scored(folds):
    class Watched(Untrained):
        weights, most = [], 0

        def run(self, source):
            for one in source.next_jobs(9):
                kernel = np.zeros((2, 1))
                self.weights.append(weakref.ref(kernel))
                ended = Outcome("completed", 0.5, 0, {}, weights=[kernel, np.zeros(1)])
                del kernel
                source.finish([(one, ended)])
                gc.collect()
                alive = sum(one() is not None for one in self.weights)
                Watched.most = max(self.most, alive)

    source = Source([job(0), job(1)])
    cross_validated(folds, [Watched(one) for one in folds]).run(source)
    assert len(Watched.weights) == 6
    assert Watched.most == 1  # this one's own


def test_predictions_for_the_rows_held_out_in_all_folds_are_kept_if_asked_for(folds):
    source = Source(
        [
            replace(job(0, label=0), keep_predictions=True),
            replace(job(1), keep_predictions=True),
            job(2),
        ],
        prune=lambda fold: {1} if fold == 1 else set(),
    )
    cross_validated(folds).run(source)
    kept = {number: outcome.fold_predictions for number, outcome in source.ended.items()}
    assert [len(kept[number]) for number in (0, 1, 2)] == [3, 2, 0]
    for fold, predictions in zip(folds, kept[0], strict=True):
        assert predictions.shape == (len(fold.held_out), 2)
        np.testing.assert_allclose(predictions, [[1.0, 0.0]] * len(predictions), atol=1e-4)
    np.testing.assert_allclose(kept[1][0][:, 1], 1.0, atol=1e-4)
    assert {outcome.predictions is None for outcome in source.ended.values()} == {True}


def test_a_training_that_fails_in_one_fold_has_failed(folds):
    engines = [Untrained(folds[0]), Untrained(folds[1], "failed"), Untrained(folds[2])]
    source = Source([job(0)])
    cross_validated(folds, engines).run(source)
    assert (source.ended[0].status, source.ended[0].score) == ("failed", None)
    assert source.ended[0].error == "no such layer"
    assert engines[2].trained == []


def test_a_score_that_is_no_number_means_diverged(folds):
    class Lost(Untrained):
        def run(self, source):
            for one in source.next_jobs(9):
                weights = [np.full((2, 1), np.nan), np.zeros(1)]
                source.finish([(one, Outcome("completed", 0.5, 0, {}, weights=weights))])

    source = Source([job(0)])
    loss = Objective("val_loss", "min")
    cross_validated(folds, [Lost(one) for one in folds], objective=loss).run(source)
    assert (source.ended[0].status, source.ended[0].score) == ("diverged", None)
    assert source.reports == []


def test_time_runs_out_inside_a_fold(folds):
    class OutOfTime(Exception):
        pass

    class Late(Untrained):
        def run(self, source):
            source.report([])

    source = Source([job(0)])

    def late(reports):
        raise OutOfTime

    source.report = late
    with pytest.raises(OutOfTime):
        cross_validated(folds, [Late(one) for one in folds]).run(source)
    assert source.ended == {}


def test_a_builder_that_is_told_the_data_is_told_the_folds(folds):
    told = []

    def build(hp, spec):
        told.append(spec.train_size)
        return always(1)()

    builder = SpecBuilder(build, folds[0].development.model_spec, "told")
    source = Source([Job(0, {}, lambda: builder(None), seed=0, epochs=1, batch_size=8)])
    cross_validated(folds, build=builder).run(source)
    assert set(told) == {one.development.model_spec.train_size for one in folds}


def test_folds_that_differ_need_a_builder_that_is_told(folds):
    other = replace(folds[0].development.model_spec, input_shape=(5,))
    odd = replace(folds[0], development=replace(folds[0].development, model_spec=other))
    with pytest.raises(BuilderError, match=r"told the data.*\(2,\), \(5,\).*build\(hp, spec\)"):
        cross_validated([odd, *folds[1:]])


def test_a_real_engine(folds):
    engines = [make_engine("fit", one.development, ACCURACY, "float32") for one in folds]
    source = Source([job(0, label=0)])
    cross_validated(folds, engines).run(source)
    assert source.ended[0].status == "completed"
    assert len(source.ended[0].fold_scores) == 3
