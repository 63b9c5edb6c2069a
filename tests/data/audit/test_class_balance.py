import numpy as np
import pytest

from dlrecipes.data import Split, from_arrays
from dlrecipes.data.audit.class_balance import check_class_balance


def check(y, classes):
    x = np.random.default_rng(0).normal(size=(10 * classes, 2))
    named = [f"class {at}" for at in range(classes)]
    spec = from_arrays(x, [named[at % classes] for at in range(10 * classes)]).spec
    return check_class_balance(Split(np.zeros((len(y), 1)), np.asarray(y)), spec.target)


@pytest.mark.parametrize(
    ("classes", "examples"), [(2, 40), (4, 36), (10, 60), (10, 200), (50, 400)]
)
def test_equally_frequent_classes_drawn_by_chance(classes, examples):
    alarms = 0
    for seed in range(100):
        y = np.random.default_rng(seed).integers(0, classes, examples)
        alarms += check(y, classes).severity == "warning"
    assert alarms == 0


@pytest.mark.parametrize(
    ("counts", "severity"),
    [
        ([114, 6], "warning"),
        ([950, 50], "warning"),
        ([30, 2], "warning"),
        ([18, 1], "info"),
        ([600, 400], "info"),
        ([110] * 9 + [10], "warning"),
        ([6] * 9 + [1], "info"),
    ],
)
def test_a_rare_class(counts, severity):
    finding = check(np.repeat(np.arange(len(counts)), counts), len(counts))
    assert finding.severity == severity
    assert finding.evidence["rarest examples"] == counts[-1]
    assert bool(finding.advice) == (severity == "warning")
