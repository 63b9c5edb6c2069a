import dataclasses

import pytest

from dlrecipes.search import (
    CoarseToFine,
    Store,
    discover_space,
    refit,
    refit_stage,
)
from dlrecipes.training.outcome import Outcome


@pytest.fixture
def refits(tmp_path, builder, fake_engine, context, recorder):
    """`refits(best)`: train a winner again, and what was kept."""

    def run(best, engine=None, seeds=3):
        plan = CoarseToFine(epochs=4, refit_seeds=seeds)
        store = Store.open(tmp_path / "study.journal", "run")
        run.kept, run.engine = [], engine or fake_engine()
        shared = context(builder, listener=recorder())
        return refit(
            refit_stage(plan, best),
            [best] * seeds,
            discover_space(builder),
            run.engine,
            store,
            shared,
            lambda record, outcome: run.kept.append((record.number, record.seed, outcome.score)),
        )

    return run


@pytest.fixture
def winner(record):
    """A winner beyond the builder's range of learning rates, with a late hyperparameter."""
    return record(
        5,
        0.9,
        values={
            "learning_rate": 7.5,
            "dropout": 0.3,
            "units": 20,
            "layers": 3,
            "activation": "relu",
            "norm": True,
            "epsilon": 1e-4,
            "optimizer": "sgd",
            "momentum": 0.8,
        },
    )


def test_the_winners_values_with_other_seeds(refits, winner):
    records = refits(winner)
    assert [one.values for one in records] == [winner.values] * 3
    assert [one.stage for one in records] == ["refit-coarse-5"] * 3
    assert len({one.seed for one in records}) == 3
    assert [one.epochs for one in records] == [4, 4, 4]
    assert all(job.keep_weights for job in refits.engine.jobs)
    assert refits.kept == [(one.number, one.seed, one.score) for one in records]


def test_refits_are_resumed(refits, winner, fake_engine):
    with pytest.raises(KeyboardInterrupt):
        refits(winner, fake_engine(epochs=6))
    assert [number for number, _, _ in refits.kept] == [0]
    records = refits(winner)
    assert [number for number, _, _ in refits.kept] == [1, 2]
    assert [one.values for one in records] == [winner.values] * 3


@pytest.mark.parametrize("killed", [0, 2, 6])
def test_further_refits_follow_the_first(refits, winner, fake_engine, killed):
    """Where time is left: cut off among them, the run goes on with both stages in turn."""
    first = refits(winner)
    with pytest.raises(KeyboardInterrupt):
        refits(winner, fake_engine(epochs=killed), seeds=5)
    assert refits(winner)[:3] == first
    assert refits.engine.epochs == 0
    records = refits(winner, seeds=5)
    assert [one.number for one in records] == [0, 1, 2, 3, 4]
    assert records[:3] == first
    assert len({one.seed for one in records}) == 5
    assert {one.status for one in records} == {"completed"}


def test_refits_have_epochs_of_their_own(tmp_path, context, record, recorder):
    """Whatever those of the trial were, and those of a trial of an earlier version."""

    def build(hp):
        hp.Int("units", 2, 9)
        return hp.Fixed("epochs", 30)

    outcome = Outcome("completed", 0.5, 0, {})
    for at, values in enumerate(({"units": 4, "epochs": 5}, {"units": 4})):
        trial, seen = record(at, 0.9, values=values), []

        class Engine:
            name = "fake"

            def run(self, source, seen=seen):
                while jobs := source.next_jobs(1):
                    seen.extend(job.build() for job in jobs)
                    source.finish([(job, outcome) for job in jobs])

        plan = dataclasses.replace(CoarseToFine(epochs=12, refit_seeds=2), refit_epochs=20)
        store = Store.open(tmp_path / "study.journal", "run")
        shared = context(build, listener=recorder())
        records = refit(
            refit_stage(plan, trial),
            [trial] * 2,
            discover_space(build),
            Engine(),
            store,
            shared,
            lambda job, outcome: None,
        )
        assert seen == [20, 20]
        assert [one.values for one in records] == [{"epochs": 20, "units": 4}] * 2
