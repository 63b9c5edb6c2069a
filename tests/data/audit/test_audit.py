from dataclasses import replace

import keras
import numpy as np
import pytest

from dlrecipes.data import SealedSplit, Split, Splits, audit, from_arrays, load
from dlrecipes.data.audit import check_feature_scales


def named(splits):
    return {finding.name: finding for finding in audit(splits)}


@pytest.fixture
def splits():
    x = np.random.default_rng(0).normal(size=(100, 3))
    return from_arrays(x, np.arange(100) % 2)


def with_copy(splits, part, row, label=None):
    """Replace the last row of a part with a training row."""
    source = splits.train
    target = splits.train if part == "train" else splits.validation
    x, y = target.x.copy(), target.y.copy()
    x[-1] = source.x[row]
    y[-1] = source.y[row] if label is None else label
    changed = Split(x, y, ids=target.ids)
    if part == "test":
        return replace(splits, test=SealedSplit(Split(x, y, ids=target.ids + 1000)))
    return replace(splits, **{part: changed})


def test_good_data_gives_information_only(splits):
    findings = named(splits)
    expected = {
        "missing values",
        "duplicates",
        "near duplicates",
        "drift",
        "target leak",
        "constant features",
        "identifiers",
        "outliers",
        "feature scales",
        "class balance",
        "class coverage",
    }
    assert set(findings) == expected
    assert {finding.severity for finding in findings.values()} == {"info"}
    assert not any(finding.advice for finding in findings.values())


@pytest.mark.parametrize("part", ["validation", "test"])
def test_copies_across_parts(splits, part):
    changed = with_copy(splits, part, row=3)
    finding = named(changed)["duplicates"]
    assert finding.severity == "warning"
    assert finding.evidence[f"train and {part}"] == 1
    assert finding.evidence["different labels"] == 0
    assert str(splits.train.ids[3]) in finding.evidence["ids"]


def test_copies_within_a_part_and_conflicting_labels(splits):
    same = named(with_copy(splits, "train", row=3))["duplicates"]
    assert (same.severity, same.evidence["train"]) == ("info", 1)
    label = 1 - int(splits.train.y[3])
    conflict = named(with_copy(splits, "train", row=3, label=label))["duplicates"]
    assert (conflict.severity, conflict.evidence["different labels"]) == ("warning", 1)
    assert conflict.evidence["train and test"] == 0
    # ---- the advice is about what was found
    assert "shared between two parts: 0" in conflict.verdict
    assert "shared" not in conflict.advice
    assert "no model can be right about all of them" in conflict.advice
    both = named(with_copy(splits, "test", row=3, label=label))["duplicates"]
    assert "scores on shared examples are too good" in both.advice
    assert "different labels" in both.advice


def test_at_most_20_ids_and_negative_zero_is_zero():
    x = np.zeros((60, 2))
    x[::2] = -0.0
    finding = named(from_arrays(x, np.arange(60) % 2))["duplicates"]
    assert len(finding.evidence["ids"]) == 20
    assert finding.evidence["train"] == 35
    assert finding.evidence["train and test"] == 1


def test_missing_values_are_an_error(splits):
    x = splits.train.x.copy()
    x[5, 1] = np.nan
    changed = replace(splits, train=Split(x, splits.train.y, ids=splits.train.ids))
    finding = named(changed)["missing values"]
    assert finding.severity == "error"
    assert finding.evidence == {"train": 1, "validation": 0, "test": 0}


def test_constant_features():
    x = np.random.default_rng(0).normal(size=(50, 3))
    x[:, 1] = 4
    finding = named(from_arrays(x, np.arange(50) % 2))["constant features"]
    assert (finding.severity, finding.evidence["columns"]) == ("warning", ["1"])
    digits = named(load("digits"))["constant features"]
    assert (digits.severity, digits.evidence["constant"]) == ("info", 4)


def test_class_balance():
    x = np.random.default_rng(0).normal(size=(200, 3))
    finding = named(from_arrays(x, np.repeat(["no", "yes"], [190, 10])))["class balance"]
    assert finding.severity == "warning"
    assert finding.evidence["rarest"] == "yes"
    assert finding.evidence["rarest examples"] == 6
    assert "class balance" not in named(load("diabetes"))


def test_feature_scales():
    raw = load("breast_cancer")
    finding = named(raw)["feature scales"]
    assert finding.severity == "info"
    assert finding.evidence["ratio"] > 1e5
    assert "Normalization" in finding.advice
    assert "an L2 penalty or weight decay holds down most" in finding.advice
    assert "feature scales" not in named(raw.with_preprocess(keras.layers.Normalization()))


@pytest.mark.parametrize(
    ("shape", "varying", "said"),
    [
        ((28, 28, 1), 1, "The images have one channel, so that all their pixels have one scale."),
        ((8, 8, 3), 1, "At most one of the 3 channels varies, so that there is one scale."),
        ((1,), 1, "The examples have one feature, so that there is one scale."),
        ((784,), 0, "At most one of the 784 features varies, so that there is one scale."),
    ],
)
def test_what_has_one_scale(shape, varying, said):
    x = np.zeros((60, *shape), np.float32)
    if varying:
        x[..., 0] = np.random.default_rng(0).random(x.shape[:-1])
    finding = check_feature_scales(Split(x, np.zeros(60)))
    assert (finding.verdict, finding.advice) == (said, "")


def test_returns_no_values_of_the_test_part(reachable, splits):
    assert isinstance(splits, Splits)
    assert reachable(audit(splits)) == []
