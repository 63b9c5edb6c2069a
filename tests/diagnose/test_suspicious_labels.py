"""Wrong labels are found where there are some, and healthy data raise no alarm."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_predict

from dlrecipes.diagnose import check_labels, find_label_issues, find_value_issues
from dlrecipes.errors import ArgumentError

DATA = {"digits": load_digits, "iris": load_iris, "breast cancer": load_breast_cancer}


def out_of_fold(name, flipped=0.0, seed=0):
    """Return labels, which of them are wrong, and what models say that did not see them."""
    x, y = DATA[name](return_X_y=True)
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(y)) < flipped
    y = np.where(wrong, (y + rng.integers(1, y.max() + 1, len(y))) % (y.max() + 1), y)
    model = ExtraTreesClassifier(100, random_state=0)
    return y, wrong, cross_val_predict(model, x, y, cv=3, method="predict_proba")


@pytest.mark.parametrize("name", DATA)
def test_clean_labels_raise_no_alarm(name):
    y, _, probabilities = out_of_fold(name)
    assert check_labels(y, probabilities).severity == "info"


def test_flipped_labels_of_digits():
    y, wrong, probabilities = out_of_fold("digits", flipped=0.05)
    issues = find_label_issues(y, probabilities)
    recall = wrong[issues].sum() / wrong.sum()
    assert recall > 0.5
    assert wrong[issues].mean() > 0.9
    assert wrong[issues[:30]].mean() > 0.95  # the surest ones first
    finding = check_labels(y, probabilities, ids=[f"row {at}" for at in range(len(y))])
    assert finding.severity == "warning"
    assert finding.evidence["rows"][0] == f"row {issues[0]}"
    assert finding.evidence["estimated share"] == pytest.approx(0.05, abs=0.015)


def test_the_confident_joint_by_loops():
    """The rule as the paper has it, row by row."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(400, 4)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([rng.choice(4, p=row) for row in probabilities])
    y[:40] = rng.integers(0, 4, 40)
    threshold = [probabilities[y == label, label].mean() for label in range(4)]
    expected = set()
    for row in range(400):
        over = [label for label in range(4) if probabilities[row, label] >= threshold[label]]
        if over and max(over, key=lambda label: probabilities[row, label]) != y[row]:
            expected.add(row)
    assert set(find_label_issues(y, probabilities).tolist()) == expected
    assert expected


def calibrated(rng, rows=800, classes=2):
    logits = rng.normal(size=(rows, classes)) * 2
    return logits, (softmax(logits).cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)


def softmax(logits):
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "shift",
    [
        lambda logits: logits,
        lambda logits: 3 * logits,
        lambda logits: logits / 3,
        lambda logits: logits + [4, 0],
    ],
    ids=["calibrated", "too sure", "not sure enough", "class weights"],
)
def test_mistakes_where_the_network_is_unsure_are_no_wrong_labels(shift):
    for seed in range(3):
        logits, y = calibrated(np.random.default_rng(seed))
        assert check_labels(y, softmax(shift(logits))).severity == "info"


@pytest.mark.parametrize("noise", ["normal", "t", "lognormal", "growing"])
def test_values_with_their_own_errors_raise_no_alarm(noise):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=600) * 3
        off = {
            "normal": rng.normal(size=600),
            "t": rng.standard_t(3, size=600),
            "lognormal": rng.lognormal(size=600),
            "growing": rng.normal(size=600) * np.exp(x / 2),
        }[noise]
        assert check_labels(x + off, x).severity == "info"


def test_values_that_were_mixed_up():
    rng = np.random.default_rng(0)
    x = rng.normal(size=600) * 3
    y = x + rng.normal(size=600)
    y[:12] *= 100  # another unit
    finding = check_labels(y, x)
    assert finding.severity == "warning"
    assert {int(row) for row in finding.evidence["rows"]} <= set(range(12))
    assert len(set(find_value_issues(y, x).tolist()) & set(range(12))) >= 10


def test_few_or_equal_ones():
    assert "too few" in check_labels([0, 1], [0.2, 0.9]).verdict
    assert "too few" in check_labels([0, 1], [[0.8, 0.2], [0.1, 0.9]]).verdict
    assert len(find_label_issues([0] * 60, np.tile([0.9, 0.1], (60, 1)))) == 0
    assert check_labels([0] * 60, np.tile([0.9, 0.1], (60, 1))).severity == "info"
    assert check_labels(np.ones(60), np.ones(60)).severity == "info"


@pytest.mark.parametrize(
    ("y", "probabilities", "message"),
    [
        (["a", "b"], [[1, 0], [0, 1]], "`y` must be numbers.*class indices"),
        ([0, 2], [[1, 0], [0, 1]], "class indices from 0 to 1.*0 to 2"),
        ([0, 1], [[2.0, 1.0], [0, 1]], "sum to 1.*row 0.*softmax"),
        ([0, 1], [[np.nan, 1], [0, 1]], "`probabilities` must be finite"),
        ([0, 1, 1], [[1, 0], [0, 1]], r"one class index.*shape \(3,\) for 2 examples"),
        ([0.5, 1], [[1, 0], [0, 1]], "one class index an example.*0.5"),
        ([], np.empty((0, 2)), "at least one example"),
    ],
)
def test_what_cannot_be_judged(y, probabilities, message):
    with pytest.raises(ArgumentError, match=message):
        find_label_issues(y, probabilities)
    with pytest.raises(ArgumentError):
        find_value_issues(["a"], [1.0])
