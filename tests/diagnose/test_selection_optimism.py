"""The winner's curse, measured."""

import pytest

from dlrecipes.diagnose import check_selection_optimism
from dlrecipes.results import Objective, TrialRecord


def _check(best, refits, direction="max"):
    records = [TrialRecord("coarse", 0, {}, "completed", best)]
    records += [TrialRecord("refit", at, {}, "completed", one) for at, one in enumerate(refits)]
    return check_selection_optimism(records[0], records[1:], Objective("val_accuracy", direction))


def test_lucky_winner():
    finding = _check(0.95, [0.80, 0.81, 0.79])
    assert finding.severity == "warning"
    assert "0.95 in the search; trained again with 3 other seeds it is 0.8 ± 0.01" in (
        finding.verdict
    )
    assert finding.evidence == pytest.approx({"search": 0.95, "refits": 0.80, "spread": 0.01})
    assert "Believe the refits" in finding.advice


@pytest.mark.parametrize(
    ("best", "refits", "direction"),
    [
        (0.81, [0.80, 0.81, 0.79], "max"),
        (0.70, [0.80, 0.81, 0.79], "max"),
        (0.95, [0.80, 0.81, 0.79], "min"),
        (0.95, [0.80], "max"),
        (0.80, [0.80, 0.80], "max"),
    ],
)
def test_no_cause_for_alarm(best, refits, direction):
    finding = _check(best, refits, direction)
    assert (finding.severity, finding.advice) == ("info", "")


def test_direction():
    assert _check(0.10, [0.40, 0.41, 0.39], "min").severity == "warning"


@pytest.mark.parametrize("refits", [[], [None, None]])
def test_no_refit_with_a_score(refits):
    finding = _check(0.9, refits)
    assert finding.severity == "warning"
    assert "No refit ended with a score" in finding.verdict
    assert finding.advice
