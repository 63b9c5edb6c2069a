import optuna
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.search.backends.make_sampler import HalvingPruner, MedianPruner

SCORES = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), min_size=4, max_size=4)


def test_halving_judges_by_the_last_rung():
    pruner = HalvingPruner(2, 3, maximize=True)
    rungs = [pruner.judged_at(epochs) for epochs in range(1, 20)]
    assert rungs == [None, *[2] * 4, *[6] * 12, 18, 18]


@pytest.mark.parametrize(("maximize", "expected"), [(True, 0.8), (False, 0.2)])
def test_halving_keeps_one_in_so_many(maximize, expected):
    reported = dict(enumerate([0.1, 0.2, 0.5, 0.6, 0.8, 0.9, 0.3, 0.4]))
    assert HalvingPruner(1, 3, maximize=maximize).bar(1, reported, set()) == expected
    # ---- and always at least the best
    assert HalvingPruner(1, 3, maximize=maximize).bar(1, {0: 0.1}, set()) == 0.1
    assert HalvingPruner(1, 3, maximize=maximize).bar(1, {}, set()) is None


def test_the_median_of_the_completed_trials():
    pruner = MedianPruner(3, 2)
    reported = {0: 0.1, 1: 0.2, 2: 0.6, 3: 0.9, 4: 0.9}
    assert pruner.bar(2, reported, {0, 1, 2}) == 0.2
    assert pruner.bar(2, reported, {0, 1, 2, 3}) == pytest.approx(0.4)
    assert [pruner.judged_at(epochs) for epochs in (1, 2, 3)] == [None, 2, 3]
    assert pruner.bar(2, reported, {0, 1}) is None
    # ---- none of the completed trials came so far: patience ended them
    assert pruner.bar(2, {4: 0.9}, {0, 1, 2}) is None


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@settings(max_examples=30, deadline=None)
@given(curves=st.lists(st.tuples(SCORES, st.integers(1, 4)), min_size=1, max_size=8))
def test_the_median_prunes_what_optunas_does(direction, curves):
    study = optuna.create_study(
        direction=direction,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=2),
    )
    best = max if direction == "maximize" else min
    ours, reported, completed = MedianPruner(2, 2), {at: {} for at in range(1, 5)}, set()
    for scores, length in curves:
        trial = study.ask()
        for epochs in range(1, length + 1):
            running = best(scores[:epochs])
            trial.report(running, epochs)
            reported[epochs][trial.number] = running
            at = ours.judged_at(epochs)
            bar = None if at is None else ours.bar(at, reported[at], completed)
            pruned = bar is not None and running != bar and best(running, bar) == bar
            assert pruned == trial.should_prune()
        study.tell(trial, running)
        completed.add(trial.number)
