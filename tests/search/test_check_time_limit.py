"""The time limit: what is said where it ended the search, and where it was hardly used."""

import pytest

from dlrecipes.results import TrialRecord
from dlrecipes.search.check_time_limit import check_time_limit, check_unused_time


def test_the_time_was_up():
    records = [
        TrialRecord("coarse", 0, {}, "completed"),
        TrialRecord("coarse", 1, {}, "unfinished"),
    ]
    (finding,) = check_time_limit(4, records)
    assert finding.verdict.startswith("The time was up after 1 of 4 trials; one was under way")
    assert not check_time_limit(1, records)


def test_hardly_used():
    (finding,) = check_unused_time(24, 18.0, 240.0)
    assert finding.verdict == "The plan's 24 trials took 0.3 of 4 minutes."
    assert finding.advice == "About 250 would fit: --trials 250."
    assert finding.severity == "info"


@pytest.mark.parametrize(("seconds", "limit"), [(30.0, 60.0), (59.0, 60.0), (61.0, 60.0)])
def test_well_used(seconds, limit):
    assert bool(check_unused_time(24, seconds, limit)) == (seconds <= limit / 2)


@pytest.mark.parametrize("seconds", [0.0, 1e-6])
def test_no_time_at_all(seconds):
    (finding,) = check_unused_time(3, seconds, 60.0)
    assert finding.advice == "About 140 would fit: --trials 140."
    (finding,) = check_unused_time(3, seconds, 1.5)  # a limit of seconds
    assert finding.advice == ""
