"""The networks that are kept while a search goes on: the best, in bounded space."""

from itertools import permutations

import numpy as np
import pytest

from dlrecipes.results import Objective, RunSettings, TimePlan, TrialRecord
from dlrecipes.run.keep_trials import KeptTrials, keeps_trials, kept_trials, make_keeper
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import rank
from dlrecipes.training.outcome import Outcome

GOAL = Objective("val_loss", "min")
SIZE = 40
"""Bytes of the weights of a network here."""


def trained(number, score, status="completed", stage="coarse"):
    record = TrialRecord(
        stage=stage,
        number=number,
        values={},
        status=status,
        score=score,
        best_epoch=0,
        epochs=1,
        history={},
        seconds=0.0,
        seed=number,
        policy="float32",
        engine="fit",
        parameters=10,
        error="",
    )
    return record, Outcome(status, score, weights=[np.full(10, number, np.float32)])


def files(directory):
    return sorted(
        str(file.relative_to(directory.path / "checkpoints"))
        for file in directory.path.rglob("*.npz")
    )


@pytest.fixture
def directory(tmp_path):
    return RunDirectory.create(tmp_path / "run", "tiny")


def test_the_best_are_kept_in_whatever_order_they_come(tmp_path):
    ended = [trained(number, score) for number, score in enumerate([0.4, 0.2, 0.3, 0.2])]
    for at, order in enumerate(permutations(ended)):
        directory = RunDirectory.create(tmp_path / f"run-{at}", "tiny")
        keeper = KeptTrials(directory, GOAL, most=2)
        for record, outcome in order:
            keeper.keep(record, outcome)
        # Of equals, the first is the better one, as where trials are ranked.
        assert files(directory) == ["coarse/trial-1.weights.npz", "coarse/trial-3.weights.npz"]
    (weights,) = directory.networks("coarse").read_weights(3)
    assert weights.tolist() == [3.0] * 10
    ranked = rank([record for record, _ in ended], GOAL)
    assert [one.number for one in kept_trials(directory, ranked)] == [1, 3]


def test_high_scores_are_the_better_ones_where_they_are(directory):
    keeper = KeptTrials(directory, Objective("val_accuracy", "max"), most=1)
    for number, score in enumerate([0.4, 0.9, 0.5]):
        keeper.keep(*trained(number, score))
    assert files(directory) == ["coarse/trial-1.weights.npz"]


@pytest.mark.parametrize(("room", "kept"), [(SIZE - 1, 0), (SIZE, 1), (3 * SIZE - 1, 2)])
def test_their_weights_take_no_more_than_they_may(directory, room, kept):
    keeper = KeptTrials(directory, GOAL, most_bytes=room)
    for number in range(5):
        keeper.keep(*trained(number, 1.0 - 0.1 * number))
    assert [f"coarse/trial-{number}.weights.npz" for number in range(5 - kept, 5)] == files(
        directory
    )


@pytest.mark.parametrize(
    ("score", "status"),
    [(0.1, "pruned"), (0.1, "diverged"), (None, "completed"), (None, "failed")],
)
def test_what_has_not_completed_is_not_kept(directory, score, status):
    KeptTrials(directory, GOAL).keep(*trained(0, score, status))
    assert files(directory) == []


def test_a_resumed_search_goes_on_with_what_is_kept(directory):
    before = KeptTrials(directory, GOAL, most=2)
    ended = [trained(0, 0.5), trained(1, 0.3), trained(2, 0.4, stage="fine")]
    for record, outcome in ended:
        before.keep(record, outcome)
    assert files(directory) == ["coarse/trial-1.weights.npz", "fine/trial-2.weights.npz"]
    networks = directory.networks("fine")
    networks.keep_predictions(2, np.zeros(3, np.float32))
    # ---- killed between the weights of a trial and its record: it is trained again
    before.keep(*trained(3, 0.2, stage="fine"))
    directory.networks("coarse").weights(1).unlink()  # and one was lost
    after = KeptTrials(directory, GOAL, most=2)
    after.meet([record for record, _ in ended[:2]])
    after.meet([ended[2][0]])
    after.keep(*trained(3, 0.2, stage="fine"))
    after.keep(*trained(4, 0.1, stage="fine"))
    assert files(directory) == ["fine/trial-3.weights.npz", "fine/trial-4.weights.npz"]
    assert kept_trials(directory, [record for record, _ in ended]) == ()


@pytest.mark.parametrize(
    ("settings", "time_plan", "kept"),
    [
        ({}, None, False),
        ({"ensemble": 1}, None, False),
        ({"ensemble": 2}, None, True),
        ({"ensemble": 2, "folds": 3}, None, False),
        ({"ensemble": 2, "gap_penalty": "sex: true positive rate=1"}, None, True),
        ({}, TimePlan(), True),
        ({}, TimePlan(within_plan=True), False),
        ({"ensemble": 2}, TimePlan(within_plan=True), True),
        ({"folds": 3}, TimePlan(), False),
        ({"gap_penalty": "sex: true positive rate=1"}, TimePlan(), False),
    ],
)
def test_when_they_are_kept(directory, settings, time_plan, kept):
    asked = RunSettings(**settings)
    assert keeps_trials(asked, time_plan) == kept
    assert (make_keeper(directory, GOAL, asked, time_plan) is not None) == kept
