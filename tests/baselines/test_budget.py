"""The seconds that the cheap baselines may take, by a clock that the test moves."""

import pytest

from dlrecipes.baselines.budget import Budget


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize(("seconds_each", "done"), [(0.0, 5), (1.0, 5), (2.0, 3), (50.0, 1)])
def test_stops_before_what_would_take_too_long(clock, seconds_each, done):
    budget = Budget(14.0, clock=clock)
    budget.begin("logistic regression")  # half of it: 7 s
    fitted = []
    for candidate in budget.spend_on(range(5)):
        clock.now += seconds_each
        fitted.append(candidate)
    assert fitted == list(range(done))


def test_each_baseline_may_take_half_of_what_is_left(clock):
    budget = Budget(20.0, clock=clock)
    left = []
    for name in "abc":
        budget.begin(name)
        left.append(budget.left())
        clock.now += budget.left()
    assert left == [10.0, 5.0, 2.5]


def test_of_a_spent_budget_every_baseline_still_has_one_candidate(clock):
    budget = Budget(1.0, clock=clock)
    clock.now += 100
    budget.begin("late")
    assert budget.left() == 0
    tried = []
    for candidate in budget.spend_on("xyz"):
        clock.now += 1
        tried.append(candidate)
    assert tried == ["x"]


def test_is_never_silent_for_long(clock):
    steps = []
    budget = Budget(1000.0, steps.append, clock)
    budget.begin("ridge regression")
    for _ in budget.spend_on(range(4)):
        clock.now += 2.0
    assert steps == ["ridge regression", "ridge regression, 3 of 4"]
