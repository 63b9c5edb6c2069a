"""What may be a member of an ensemble, without a training: what was kept says it."""

from types import SimpleNamespace

import numpy as np
import pytest

from dlrecipes.results import Objective, TrialRecord
from dlrecipes.run.candidates import find_candidates
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener

PREDICTED = np.float32([[0.2, 0.8], [0.7, 0.3]])


def trial(number, score, stage="coarse"):
    return TrialRecord(
        stage=stage,
        number=number,
        values={},
        status="completed",
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


class Notes(Listener):
    """Remembers notes."""

    def __init__(self):
        self.notes = []

    def on_note(self, line):
        self.notes.append(line)


@pytest.fixture
def found(tmp_path):
    """`found(trials, …)`: the candidates beside one refit; `.notes`, `.directory`."""
    directory = RunDirectory.create(tmp_path / "run", "tiny")

    def find(*trials, asked=4, over=False):
        study = SimpleNamespace(
            trials=trials, objective=Objective("val_loss", "min"), best=trials[0]
        )
        refit = trial(0, 0.5, "refit-coarse-0")
        refits = SimpleNamespace(
            scored=lambda directory: (refit,),
            results=(SimpleNamespace(calibration=None),),
            predictions=(PREDICTED,),
        )
        heard = Notes()
        context = SimpleNamespace(over=over, listener=heard)
        info = SimpleNamespace(settings=SimpleNamespace(ensemble=asked), spec=None, policy="")
        data = SimpleNamespace(validation=None, train=None)
        find.notes = heard.notes
        return find_candidates(study, refits, info, data, context, directory, dry=None)

    find.directory = directory
    return find


def kept(directory, one, predicted=PREDICTED):
    networks = directory.networks(one.stage)
    networks.create()
    networks.write_weights(one.number, [np.zeros(3, np.float32)])
    if predicted is not None:
        networks.keep_predictions(one.number, predicted)


def test_refits_come_first_and_then_the_trials_best_first(found):
    trials = [trial(0, 0.4), trial(1, 0.2), trial(2, 0.3), trial(3, 0.1)]
    for number, one in enumerate(trials[:3]):
        kept(found.directory, one, PREDICTED + np.float32(number / 100))
    candidates = found(*trials)  # of the last one, no weights are kept
    assert [one.record.stage for one in candidates[:1]] == ["refit-coarse-0"]
    assert [one.record.number for one in candidates[1:]] == [1, 2, 0]
    assert [one.searched for one in candidates] == [False, True, True, True]
    np.testing.assert_array_equal(candidates[1].predictions, PREDICTED + np.float32(0.01))
    assert found.notes == []


def test_of_none_that_is_asked_there_are_none(found):
    assert found(trial(0, 0.4), asked=1) == ()


def test_damaged_weights_are_a_note(found):
    good, damaged = trial(0, 0.4), trial(1, 0.2)
    kept(found.directory, good)
    kept(found.directory, damaged, predicted=None)
    found.directory.networks("coarse").weights(1).write_bytes(b"damaged")
    candidates = found(good, damaged)
    assert [one.record.number for one in candidates if one.searched] == [0]
    (said,) = found.notes
    assert said.startswith("coarse trial 1 is no member of the ensemble: The weights of a network")


def test_when_the_time_is_up_the_others_are_left_out(found):
    trials = [trial(0, 0.4), trial(1, 0.2)]
    for one in trials:
        kept(found.directory, one)
    assert [one.searched for one in found(*trials, over=True)] == [False]
    (said,) = found.notes
    assert said == "The time was up before 2 of 2 kept trials could be tried as members."
