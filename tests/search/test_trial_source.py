import time
from dataclasses import replace

import pytest

from dlrecipes.errors import BuilderError
from dlrecipes.results import Stage
from dlrecipes.search import Store, discover_space
from dlrecipes.search.trial_source import DeadlinePassed, TrialSource
from dlrecipes.training.job import Report
from dlrecipes.training.outcome import Outcome


@pytest.fixture
def source(tmp_path, context, builder, recorder):
    """`source(sampler, …)`: a source of 9 trials over this test's journal; `.heard`, `.store`."""

    def make(sampler="sobol", trials=9, pruner="none", build=builder, share_seed=True, **changes):
        stage = Stage("coarse", trials, 4, sampler=sampler, pruner=pruner)
        make.store = Store.open(tmp_path / "study.journal", "run")
        make.heard = changes.setdefault("listener", recorder())
        shared = context(build, **changes)
        backend = make.store.study(stage, discover_space(build), shared.objective, shared.seed)
        return TrialSource(backend, stage, shared, share_seed=share_seed)

    return make


def _done(score, **changes):
    history = {"val_accuracy": [] if score is None else [score]}
    return replace(Outcome("completed", score, 0, history, policy="float32"), **changes)


def test_jobs_come_in_batches(source):
    one = source()
    assert (one.parallel, one.remaining) == (9, 9)
    batches = [one.next_jobs(limit) for limit in (4, 1, 100, 3)]
    assert [[job.number for job in batch] for batch in batches] == [
        [0, 1, 2, 3],
        [4],
        [5, 6, 7, 8],
        [],
    ]
    assert one.remaining == 0
    assert len({job.values["learning_rate"] for batch in batches for job in batch}) == 9


@pytest.mark.parametrize(
    ("sampler", "parallel"),
    [
        ("sobol", 20),
        ("random", 20),
        ("keras_tuner_random", 20),
        ("tpe", 5),
        ("keras_tuner_bayesian", 5),
    ],
)
def test_samplers_that_learn_are_not_asked_for_all_at_once(source, sampler, parallel):
    one = source(sampler, trials=20)
    assert one.parallel == parallel
    assert source("tpe", trials=5).parallel == 2


def test_trials_advance_together_where_halving_compares_them(source):
    assert source(pruner="halving").compares
    assert not source().compares


def test_what_has_trained_to_its_end_is_complete(source):
    one = source(pruner="halving")
    first, second = one.next_jobs(2)
    assert one.report([Report(first, 0, 0.9), Report(second, 0, 0.1)]) == set()
    assert one.report([Report(first, 1, 0.9), Report(second, 1, 0.1)]) == {second.number}
    assert one.report([Report(first, 3, 0.9), Report(second, 3, 0.1)]) == set()


def test_a_resumed_stage_hands_out_the_rest(source):
    one = source()
    jobs = one.next_jobs(5)
    one.finish([(jobs[2], _done(0.3)), (jobs[0], _done(0.2))])
    again = source()
    assert again.remaining == 7
    left = again.next_jobs(3)
    assert [job.number for job in left] == [1, 3, 4]
    assert [job.values for job in left] == [jobs[at].values for at in (1, 3, 4)]
    assert [job.seed for job in left] == [jobs[at].seed for at in (1, 3, 4)]
    assert [job.number for job in again.next_jobs(9)] == [5, 6, 7, 8]


@pytest.mark.parametrize("sampler", ["sobol", "random", "tpe"])
def test_a_batch_holds_what_single_jobs_would(source, tmp_path, sampler):
    batch = source(sampler).next_jobs(9)
    (tmp_path / "study.journal").unlink()
    one = source(sampler)
    single = [job for _ in range(9) for job in one.next_jobs(1)]
    assert [(job.number, job.values, job.seed) for job in batch] == [
        (job.number, job.values, job.seed) for job in single
    ]


def test_members_that_reach_a_rung_together_are_compared(source):
    one = source(pruner="halving")
    jobs = one.next_jobs(6)
    scores = [0.1, 0.5, 0.2, 0.6, 0.3, 0.4]
    assert (
        one.report([Report(job, 0, score) for job, score in zip(jobs, scores, strict=True)])
        == set()
    )
    reports = [Report(job, 1, score) for job, score in zip(jobs, scores, strict=True)]
    assert one.report(reports) == {0, 2, 4, 5}
    assert [(trial, epoch) for _, trial, epoch, _, _ in source.heard.epochs] == [
        (trial, epoch) for epoch in (0, 1) for trial in range(6)
    ]
    assert one.report([]) == set()


def test_several_epochs_of_one_training_in_one_call(source):
    one = source(pruner="halving")
    good, poor = one.next_jobs(2)
    reports = [Report(good, at, 0.9) for at in range(3)] + [
        Report(poor, at, 0.1) for at in range(3)
    ]
    assert one.report(reports) == {poor.number}


def test_trials_are_announced_once_all_are_on_the_disk(source, tmp_path, recorder):
    journal = tmp_path / "study.journal"

    class Reader(recorder):
        """Reads what a process would find that starts at this moment."""

        stored = []

        def on_trial(self, record):
            super().on_trial(record)
            self.stored.append(journal.read_bytes().count(b"dlrecipes:record"))

    one = source(listener=Reader())
    jobs = one.next_jobs(4)
    one.report([Report(job, 0, 0.2) for job in jobs])
    assert journal.read_bytes().count(b"intermediate_value") == 0
    one.finish([(job, _done(0.2)) for job in jobs[1:]])
    assert [record.number for record in source.heard.trials] == [1, 2, 3]
    assert source.heard.stored == [3, 3, 3]


def test_the_engine_that_trained_is_recorded(source):
    one = source(engine="auto")
    first, second = one.next_jobs(2)
    one.finish([(first, _done(0.2, engine="population")), (second, _done(0.3))])
    assert [record.engine for record in source.heard.trials] == ["population", "auto"]


def test_a_diverged_trial_gets_the_worst_score_of_its_own_batch_too(source):
    one = source(chance=None)
    jobs = one.next_jobs(3)
    outcomes = [_done(0.7), _done(0.4), _done(None, status="diverged")]
    one.finish(list(zip(jobs, outcomes, strict=True)))
    assert [record.score for record in source.heard.trials] == [0.7, 0.4, 0.4]


def test_five_failures_in_a_batch(source):
    """All of them are stored and announced all the same."""
    one = source()
    jobs = one.next_jobs(7)
    failed = Outcome("failed", error="ValueError: no such layer")
    with pytest.raises(BuilderError, match="5 times in a row"):
        one.finish([(job, failed) for job in jobs])
    assert len(source.heard.trials) == 7
    assert source().remaining == 2


def test_the_deadline(source):
    one = source(deadline=time.monotonic() + 0.2)
    jobs = one.next_jobs(2)
    time.sleep(0.25)
    with pytest.raises(DeadlinePassed):
        one.next_jobs(1)
    with pytest.raises(DeadlinePassed):
        one.report([Report(jobs[0], 0, 0.5)])
    # ---- what has trained to its end is kept; others that are handed out do not begin
    assert one.report([Report(jobs[0], jobs[0].epochs - 1, 0.5)]) == set()
    with pytest.raises(DeadlinePassed):
        one.finish([(jobs[0], _done(0.5))])
    assert [record.score for record in source.heard.trials] == [0.5]
    assert source().remaining == 8


def test_what_trials_share(source):
    one, other, refits = source(), source(seed=1), source(share_seed=False)
    seeds = {job.shared_seed for job in one.next_jobs(3)}
    assert len(seeds) == 1
    assert seeds.isdisjoint({None, other.next_jobs(1)[0].shared_seed})
    job = refits.next_jobs(1)[0]
    assert job.shared_seed is None
    assert {hyperparameter.name for hyperparameter in job.space} >= {"learning_rate", "units"}


def test_rebuilding_with_other_values(source):
    (job,) = source().next_jobs(1)
    values = {**job.build(), "learning_rate": 0.123, "units": 7}
    assert job.rebuild(values) == values
    assert job.rebuild(values) == values
    assert values["units"] == 7


def test_rebuilding_needs_the_same_hyperparameters(source):
    (job,) = source().next_jobs(1)
    values = {**job.build(), "norm": False}
    values.pop("epsilon", None)
    assert job.rebuild(values) == values
    with pytest.raises(BuilderError, match=r"same hyperparameters.*Received: 'epsilon' besides"):
        job.rebuild({**values, "norm": True})
    # ---- one in a scope that is not active is not asked for
    adam = {name: value for name, value in values.items() if name != "momentum"}
    assert job.rebuild({**adam, "optimizer": "adam"}) == {**adam, "optimizer": "adam"}
    with pytest.raises(BuilderError, match="'momentum' besides"):
        job.rebuild({**adam, "optimizer": "sgd"})
