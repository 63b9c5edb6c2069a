import numpy as np
import pytest

from dlrecipes.data import Split
from dlrecipes.data.audit import check_groups, check_times


def grouped(groups, start=0):
    rows = np.arange(start, start + len(groups))
    return Split(rows.reshape(-1, 1), rows % 2, ids=rows, groups=np.array(groups))


def test_apart():
    finding = check_groups({"train": grouped(["a", "a", "b"]), "validation": grouped(["c"])})
    assert (finding.severity, finding.evidence) == ("info", {"train and validation": 0})


def test_on_two_sides():
    parts = {
        "train": grouped(["a", "b", "b"]),
        "validation": grouped(["b", "c"], 10),
        "test": grouped(["c", "d"], 20),
    }
    finding = check_groups(parts)
    assert finding.severity == "error"
    assert finding.verdict.startswith("2 groups")
    assert finding.evidence == {
        "train and validation": 1,
        "train and test": 0,
        "validation and test": 1,
        "groups": ["b", "c"],
        "training rows": ["1", "2"],
    }


def test_in_training_and_test_part():
    finding = check_groups(
        {"train": grouped(["a"]), "validation": grouped(["b"], 10), "test": grouped(["a"], 20)}
    )
    assert finding.severity == "warning"
    assert "test scores on them are too good" in finding.advice


def test_a_part_without_groups_is_not_compared():
    other = Split(np.zeros((2, 1)), np.zeros(2))
    assert check_groups({"train": grouped(["a"]), "validation": other}).severity == "info"


def timed(times, start=0):
    rows = np.arange(start, start + len(times))
    return Split(rows.reshape(-1, 1), rows % 2, ids=rows, time=times)


def parts(train, validation, test):
    return {
        "train": timed(train),
        "validation": timed(validation, 10),
        "test": timed(test, 20),
    }


IN_ORDER = [
    ([1, 2, 3], [3, 4], [5]),
    (
        np.array(["2024-01-01", "2024-01-31"], dtype=object),
        np.array(["2024-02-01 07:30"], dtype=object),
        np.array(["2024-02-01 17:30"], dtype=object),
    ),
    (
        np.array(["2024-01-01"], dtype="M8[D]"),
        np.array(["2024-01-01T01"], dtype="M8[s]"),
        np.array(["2024-01-02"], dtype="M8[ns]"),
    ),
]


@pytest.mark.parametrize("times", IN_ORDER)
def test_in_order(times):
    assert check_times(parts(*times)).severity == "info"


@pytest.mark.parametrize("times", IN_ORDER)
def test_the_other_way_round(times):
    finding = check_times(parts(*reversed(times)))
    assert finding.severity == "error"
    assert finding.evidence["rows"][0] == "0"


def test_one_future_row():
    finding = check_times(parts([1, 9, 2], [3, 4], [10]))
    assert finding.evidence == {
        "train rows later than validation begins": 1,
        "rows": ["1"],
        "train rows later than test begins": 0,
        "validation rows later than test begins": 0,
    }
    assert "the future trains" in finding.verdict


def test_a_row_that_is_later_than_the_test_part_begins():
    finding = check_times(parts([1, 2], [3, 9], [8]))
    assert finding.severity == "warning"
    assert finding.evidence["validation rows later than test begins"] == 1
    assert finding.evidence["rows"] == ["11"]


def test_a_part_without_times_is_not_compared():
    given = {"train": timed([1, 2]), "validation": timed([3]), "test": Split([[1]], [0])}
    assert check_times(given).severity == "info"
