"""What a trial costs, and how many fit into a time."""

import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.results import Stage
from dlrecipes.search.training_cost import Cost, fit_stage, measure_cost


def test_the_cost_of_a_trial(record):
    def trained(seconds, epochs, parameters):
        return record(0, 0.5, seconds=seconds, epochs=epochs, parameters=parameters)

    # Of two structures, the first trial of each compiles for 3 s; an epoch takes 0.5 s and 1 s.
    trials = [trained(5.0, 4, 7), trained(2.0, 4, 7), trained(7.0, 4, 9), trained(4.0, 4, 9)]
    cost = measure_cost(trials, 20.0)
    assert cost.epoch == pytest.approx(0.75)
    # Each structure came twice, so that no new one is expected: what is left is between trials.
    assert cost.begin == pytest.approx((20 - 18) / 4)
    # With a structure that came once, one trial in five is expected to have a new one.
    cost = measure_cost([*trials, trained(8.0, 4, 11)], 26.0)
    assert cost.epoch == pytest.approx((4 * 0.5 * 2 + 4 * 1.0 * 2 + 8.0) / 20)
    assert cost.begin == pytest.approx(1 / 5 * (3 + 3 + 0) / 3)
    # In the first stage, what passed between trials was spent on structures, too.
    cost = measure_cost([*trials, trained(8.0, 4, 11)], 32.0, first=True)
    assert cost.begin == pytest.approx(1 / 5 * (3 + 3 + 0 + 32 - 26) / 3)
    assert measure_cost(trials, 20.0, first=True).begin == pytest.approx(0)
    # Without measured seconds the clock is all there is; without an epoch, too.
    assert measure_cost([trained(0.0, 4, 7)], 2.0) == Cost(0.0, 0.5)
    assert measure_cost([trained(1.0, 0, 7)], 2.0) == Cost(2.0, 0.0)
    assert measure_cost([], 2.0) == Cost(2.0, 0.0)


@settings(deadline=None, max_examples=200)
@given(
    seconds=st.floats(0, 1e4),
    more=st.floats(0, 1e4),
    begin=st.floats(0, 100),
    epoch=st.floats(1e-3, 100),
    epochs=st.integers(1, 200),
    most=st.integers(1, 500),
    keep=st.booleans(),
)
def test_no_stage_takes_more_than_its_time(seconds, more, begin, epoch, epochs, most, keep):
    stage, cost = Stage("all", 1, epochs, pruner="none"), Cost(begin, epoch)
    trials, each = fit_stage(stage, seconds, cost, most=most, keep_epochs=keep)
    assert 0 <= trials <= most
    assert 1 <= each <= epochs
    assert trials * cost.of(each) <= seconds * (1 + 1e-9)
    assert not keep or each == epochs
    # ---- and with more time there is not less in it
    further, longer = fit_stage(stage, seconds + more, cost, most=most, keep_epochs=keep)
    assert longer >= each
    assert longer > each or further >= trials
