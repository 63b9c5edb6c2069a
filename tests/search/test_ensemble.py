"""Which trials an ensemble is made of."""

import dataclasses

import pytest

from dlrecipes.results import Objective, StudyResult
from dlrecipes.search import CoarseToFine, ensemble_stage, ensemble_trials


@pytest.fixture
def study(record):
    def make(direction, *trials):
        return StudyResult(Objective("val_x", direction), (), (), trials, trials[0])

    return make


def test_the_best_trials_that_differ(record, study):
    first, second = {"units": 4}, {"units": 8}
    trials = (
        record(0, 0.7, values=first),
        record(1, 0.9, values=second),
        dataclasses.replace(record(0, 0.8, values=second), stage="fine"),  # tried again
        dataclasses.replace(record(3, 0.99, values={"units": 9}), status="diverged"),
        dataclasses.replace(record(4, None, values={"units": 9}), status="failed"),
        record(5, 0.2, values={"units": 2}),
    )
    assert ensemble_trials(study("max", *trials), 2) == (trials[1], trials[0])
    assert ensemble_trials(study("max", *trials), 9) == (trials[1], trials[0], trials[5])
    assert ensemble_trials(study("min", *trials), 2) == (trials[5], trials[0])
    assert ensemble_trials(study("max", *trials), 0) == ()


def test_the_stage_is_that_of_the_refits_with_a_name_of_its_own(record):
    plan = CoarseToFine(epochs=7, refit_seeds=2)
    trials = [record(0, 0.7), record(1, 0.9), record(2, 0.8)]
    stage = ensemble_stage(plan, trials)
    assert (stage.trials, stage.epochs, stage.sampler, stage.pruner) == (3, 7, "random", "none")
    assert stage.name.startswith("refit-ensemble-")
    assert ensemble_stage(plan, trials) == stage
    assert ensemble_stage(plan, trials[:2]).name != stage.name
    assert ensemble_stage(plan, trials[::-1]).name != stage.name
