"""What is going on, and what time is left."""

import pytest
from hypothesis import given, strategies as st

from dlrecipes.search.activity import Activity, in_words


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def activity(clock):
    return Activity(clock)


def test_time_left_goes_by_the_clock_and_not_by_the_trials_seconds(activity, clock):
    # Four side by side that end together: what is left takes as long again.
    activity.begin_stage("coarse", 8, 0)
    clock.now += 10.0
    for number in range(4):
        activity.end_trial(number)
    assert activity.left == "about 10 s left"


def test_epochs_count_before_any_trial_is_done(activity, clock):
    activity.begin_stage("coarse", 2, 0)
    clock.now += 3.0
    activity.end_epoch(0, 0, 10)
    activity.end_epoch(1, 0, 10)
    assert activity.left == "about 27 s left"
    assert activity.describe() == (
        "coarse, trial 1: epoch 1 of 10 (0 of 2 trials done, about 27 s left)"
    )


def test_compiling_before_the_first_epoch_is_not_the_pace(activity, clock):
    activity.begin_stage("coarse", 10, 0)
    activity.begin_step("compiling")
    clock.now += 30.0
    activity.begin_step("training")
    clock.now += 1.0
    activity.end_trial(0)
    assert activity.left == "about 9 s left"
    activity.begin_step("compiling")  # another structure: now it is
    clock.now += 8.0
    activity.end_trial(1)
    assert activity.left == "about 36 s left"


def test_a_program_for_each_trial_is_the_pace(activity, clock):
    activity.begin_stage("coarse", 4, 0)
    for _ in range(2):  # the first trains while the second is compiled
        activity.begin_step("compiling")
        clock.now += 10.0
    activity.begin_step("training")
    activity.end_trial(0)
    assert activity.left == "about 60 s left"


def test_trials_done_before_took_no_time(activity, clock):
    activity.begin_stage("fine", 10, 6)
    clock.now += 2.0
    activity.end_trial(6)
    assert activity.progress == "7 of 10"
    assert activity.left == "about 6 s left"


def test_it_counts_down_and_what_is_late_takes_as_long_again(activity, clock):
    activity.begin_stage("coarse", 4, 0)
    clock.now += 10.0
    activity.end_trial(0)
    assert activity.left == "about 30 s left"
    clock.now += 8.0
    assert activity.left == "about 22 s left"
    clock.now += 32.0
    assert activity.left == "about 40 s left"


def test_the_limit_is_the_smaller(activity, clock):
    activity.begin_phase("search")
    activity.limit(60.0)
    activity.begin_stage("coarse", 10, 0)
    assert activity.left == "at most 60 s left"
    clock.now += 10.0
    activity.end_trial(0)
    assert activity.left == "about 50 s left"
    clock.now += 49.5
    assert activity.left == "about 1 s left"
    activity.begin_phase("refits")
    assert activity.left == ""


def test_a_phase_without_stage(activity, clock):
    activity.begin_phase("baselines")
    clock.now += 6.0
    assert activity.describe() == "baselines, 6 s"
    activity.begin_step("boosted trees")
    clock.now += 120.0
    assert activity.describe() == "boosted trees, 2 min"
    activity.begin_phase("audit")
    assert activity.describe() == "audit"


def test_a_stage_that_is_done_has_nothing_left(activity, clock):
    activity.begin_stage("refit-fine-0", 1, 0)
    clock.now += 3.0
    activity.end_epoch(0, 0, 1)
    activity.end_trial(0)
    activity.begin_step("predictions of the refits")
    clock.now += 6.0
    assert activity.left == ""
    assert activity.describe() == "predictions of the refits, 6 s"


@given(
    total=st.integers(1, 50),
    done=st.integers(0, 50),
    seconds=st.floats(0.0, 1e6),
    limit=st.none() | st.floats(0.0, 1e6),
)
def test_it_always_has_an_answer(total, done, seconds, limit):
    # More trials than planned, none at all, no time, no time left: never a division by zero.
    clock = Clock()
    activity = Activity(clock)
    activity.begin_phase("search")
    if limit is not None:
        activity.limit(limit)
    activity.begin_stage("coarse", total, min(done, total))
    for number in range(3):
        clock.now += seconds
        activity.end_epoch(number, 0, 1)
        activity.end_trial(number)
        assert activity.describe().startswith("coarse")
        assert "-" not in activity.left


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 s"), (99.4, "99 s"), (99.6, "2 min"), (5900.0, "98 min"), (9000.0, "2.5 h")],
)
def test_in_words(seconds, words):
    assert in_words(seconds) == words
