import numpy as np

from dlrecipes.data import Split
from dlrecipes.data.audit.groups_apart import check_groups


def part(groups, start=0):
    rows = np.arange(start, start + len(groups))
    return Split(rows.reshape(-1, 1), rows % 2, ids=rows, groups=np.array(groups))


def test_apart():
    finding = check_groups({"train": part(["a", "a", "b"]), "validation": part(["c"])})
    assert (finding.severity, finding.evidence) == ("info", {"train and validation": 0})


def test_on_two_sides():
    parts = {
        "train": part(["a", "b", "b"]),
        "validation": part(["b", "c"], 10),
        "test": part(["c", "d"], 20),
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
        {"train": part(["a"]), "validation": part(["b"], 10), "test": part(["a"], 20)}
    )
    assert finding.severity == "warning"
    assert "test scores on them are too good" in finding.advice


def test_a_part_without_groups_is_not_compared():
    other = Split(np.zeros((2, 1)), np.zeros(2))
    assert check_groups({"train": part(["a"]), "validation": other}).severity == "info"
