import numpy as np
import pytest

from dlrecipes.data import Split, from_arrays
from dlrecipes.data.audit.class_coverage import check_class_coverage

CLASSES = 3


def check(train, validation, test):
    x = np.random.default_rng(0).normal(size=(60, 2))
    spec = from_arrays(x, np.arange(60) % CLASSES, classes=["a", "b", "c"]).spec
    parts = {
        name: Split(np.zeros((sum(counts), 2)), np.repeat(np.arange(CLASSES), counts))
        for name, counts in (("train", train), ("validation", validation), ("test", test))
    }
    return check_class_coverage(parts, spec.target)


def test_all_there():
    finding = check([9, 9, 5], [3, 3, 2], [1, 1, 1])
    assert (finding.severity, finding.advice) == ("info", "")


def test_validated_but_not_trained_on():
    finding = check([9, 9, 0], [3, 3, 2], [1, 1, 1])
    assert finding.severity == "error"
    assert "'c'" in finding.verdict
    assert finding.evidence["none in train"] == ["c"]


@pytest.mark.parametrize(
    ("counts", "key", "named"),
    [
        (([9, 9, 9], [3, 0, 3], [1, 1, 1]), "none in validation", ["b"]),
        (([9, 9, 9], [3, 3, 3], [0, 1, 1]), "none in test", ["a"]),
        (([9, 9, 0], [3, 3, 0], [1, 1, 1]), "none in train", ["c"]),
        (([9, 9, 4], [3, 3, 3], [1, 1, 1]), "hardly any", ["c"]),
        (([9, 9, 9], [1, 3, 3], [1, 1, 1]), "hardly any", ["a"]),
    ],
)
def test_gaps_are_a_warning(counts, key, named):
    finding = check(*counts)
    assert finding.severity == "warning"
    assert finding.evidence[key] == named
