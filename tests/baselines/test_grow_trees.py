"""Boosted trees that stop at a time."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier

from dlrecipes.baselines import grow_trees as module
from dlrecipes.baselines.grow_trees import TreeSettings, grow_trees
from dlrecipes.baselines.predictor import calm_threads

SETTINGS = TreeSettings(
    loss="log_loss", early_stopping=True, categories=None, seed=0, rates=[0.2, 0.05], rounds=60
)


@pytest.fixture(autouse=True)
def one_thread():
    with calm_threads(1):
        yield


class Clock:
    """A clock that every fit moves: half a second, and another a round."""

    def __init__(self, monkeypatch):
        self.now, self.calls, clock = 0.0, 0, self

        class Slow(HistGradientBoostingClassifier):
            def fit(self, x, y):
                before = getattr(self, "n_iter_", 0) if hasattr(self, "_predictors") else 0
                super().fit(x, y)
                clock.now += 0.5 + self.n_iter_ - before
                clock.calls += 1
                return self

        monkeypatch.setattr("sklearn.ensemble.HistGradientBoostingClassifier", Slow)

    def __call__(self):
        return self.now


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_pieces_are_the_whole(load):
    x, y = load(return_X_y=True)
    grown = list(grow_trees(x, y, SETTINGS, left=lambda: 1e6))
    last = {trees.rate: trees for trees in grown}
    assert len(grown) > 2
    for rate, trees in last.items():
        whole = HistGradientBoostingClassifier(
            learning_rate=rate, max_iter=60, early_stopping=True, random_state=0
        ).fit(x, y)
        assert (trees.rounds, trees.ended) == (whole.n_iter_, True)
        np.testing.assert_array_equal(trees.model.predict_proba(x), whole.predict_proba(x))


@pytest.mark.parametrize("seconds", [1.0, 4.0, 12.0, 30.0, 1000.0])
def test_ends_in_time(monkeypatch, seconds):
    x, y = load_wine(return_X_y=True)
    clock = Clock(monkeypatch)
    settings = replace(SETTINGS, early_stopping=False)
    grown = list(grow_trees(x, y, settings, lambda: seconds - clock(), clock))
    assert grown  # one round is always grown
    assert clock() <= max(seconds, 1.5)
    assert clock.calls <= 20
    done = {trees.rate: trees.ended for trees in grown}
    if seconds == 1000.0:
        assert done == {0.2: True, 0.05: True}
    else:
        assert done == {0.2: False}  # the other rate is not begun
    if seconds >= 12.0:
        assert clock() > seconds / 2 or all(done.values())


def test_what_was_chosen_is_grown_at_once(monkeypatch):
    x, y = load_wine(return_X_y=True)
    clock = Clock(monkeypatch)
    settings = replace(SETTINGS, rates=[0.05], rounds=7, first=7)
    (grown,) = grow_trees(x, y, settings, lambda: 0.0, clock)
    assert (grown.rounds, grown.ended, clock.calls) == (7, True, 1)


def test_the_program_imports_little():
    assert "dlrecipes" not in {
        line.split()[1].split(".")[0]
        for line in open(module.__file__, encoding="utf-8")  # noqa: SIM115
        if line.startswith(("import ", "from "))
    }
