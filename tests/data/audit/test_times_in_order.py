import numpy as np
import pytest

from dlrecipes.data import Split
from dlrecipes.data.audit.times_in_order import check_times


def part(times, start=0):
    rows = np.arange(start, start + len(times))
    return Split(rows.reshape(-1, 1), rows % 2, ids=rows, time=times)


def parts(train, validation, test):
    return {
        "train": part(train),
        "validation": part(validation, 10),
        "test": part(test, 20),
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
    given = {"train": part([1, 2]), "validation": part([3]), "test": Split([[1]], [0])}
    assert check_times(given).severity == "info"
