import numpy as np
import pytest

from dlrecipes.data import Split, from_arrays
from dlrecipes.data.audit.coverage import (
    check_class_balance,
    check_class_coverage,
    check_target_coverage,
)
from dlrecipes.data.parts.sealed_split import _peek


def check_balance(y, classes):
    x = np.random.default_rng(0).normal(size=(10 * classes, 2))
    named = [f"class {at}" for at in range(classes)]
    spec = from_arrays(x, [named[at % classes] for at in range(10 * classes)]).raw_spec
    return check_class_balance(Split(np.zeros((len(y), 1)), np.asarray(y)), spec.target)


@pytest.mark.parametrize(
    ("classes", "examples"), [(2, 40), (4, 36), (10, 60), (10, 200), (50, 400)]
)
def test_equally_frequent_classes_drawn_by_chance(classes, examples):
    alarms = 0
    for seed in range(100):
        y = np.random.default_rng(seed).integers(0, classes, examples)
        alarms += check_balance(y, classes).severity == "warning"
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
    finding = check_balance(np.repeat(np.arange(len(counts)), counts), len(counts))
    assert finding.severity == severity
    assert finding.evidence["rarest examples"] == counts[-1]
    assert bool(finding.advice) == (severity == "warning")


CLASSES = 3


def check_classes(train, validation, test):
    x = np.random.default_rng(0).normal(size=(60, 2))
    spec = from_arrays(x, np.arange(60) % CLASSES, classes=["a", "b", "c"]).raw_spec
    parts = {
        name: Split(np.zeros((sum(counts), 2)), np.repeat(np.arange(CLASSES), counts))
        for name, counts in (("train", train), ("validation", validation), ("test", test))
    }
    return check_class_coverage(parts, spec.target)


def test_all_there():
    finding = check_classes([9, 9, 5], [3, 3, 2], [1, 1, 1])
    assert (finding.severity, finding.advice) == ("info", "")


def test_validated_but_not_trained_on():
    finding = check_classes([9, 9, 0], [3, 3, 2], [1, 1, 1])
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
    finding = check_classes(*counts)
    assert finding.severity == "warning"
    assert finding.evidence[key] == named


def check_targets(rows, missing):
    generator = np.random.default_rng(0)
    y = {"a": generator.normal(size=rows), "b": generator.normal(size=rows)}
    y["a"][generator.random(rows) < missing] = np.nan
    splits = from_arrays(generator.normal(size=(rows, 2)), y)
    parts = {"train": splits.train, "validation": splits.validation, "test": _peek(splits.test)}
    return check_target_coverage(parts, splits.raw_spec)


@pytest.mark.parametrize(
    ("rows", "missing", "severity"),
    [
        (1000, 0.0, "info"),
        (1000, 0.2, "info"),
        (60, 0.0, "info"),
        (60, 0.1, "info"),  # 12 validation examples are few, gaps or not
        (200, 0.2, "info"),
        (60, 0.8, "warning"),
        (300, 0.4, "warning"),
        (1000, 0.9, "warning"),
    ],
)
def test_gaps_count_where_they_make_a_part_small(rows, missing, severity):
    finding = check_targets(rows, missing)
    assert finding.severity == severity
    assert ("'a'" in finding.verdict) == (missing > 0)
