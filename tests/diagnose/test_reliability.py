"""Calibration against scikit-learn, and no alarm of probabilities that come true."""

import numpy as np
import pytest
from scipy.special import expit, logit, softmax
from sklearn.calibration import calibration_curve

from dlrecipes.diagnose import calibration, check_calibration
from dlrecipes.errors import ArgumentError


def draw(rng, rows=1000, classes=2):
    logits = rng.normal(size=(rows, classes)) * 2
    probabilities = softmax(logits, axis=1)
    return logits, np.array([rng.choice(classes, p=row) for row in probabilities])


def test_the_curve_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    sure = rng.uniform(size=3000)
    y = (rng.random(3000) < sure**2).astype(int)
    found = calibration(y, sure)
    right, confidence = calibration_curve(y, sure, n_bins=15, strategy="quantile")
    assert found.right == pytest.approx(right, abs=2 / 200)
    assert found.confidence == pytest.approx(confidence, abs=2 / 200)
    shares = np.array(found.counts) / 3000
    expected = (shares * np.abs(np.array(found.right) - found.confidence)).sum()
    assert found.error == pytest.approx(expected)
    # E|p² - p| of a uniform p is 1/6.
    assert found.error == pytest.approx(1 / 6, abs=0.02)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("rows", [60, 300, 3000])
def test_true_probabilities_raise_no_alarm(classes, rows):
    alarms, errors = 0, []
    for seed in range(10):
        logits, y = draw(np.random.default_rng(seed), rows, classes)
        probabilities = softmax(logits, axis=1)
        alarms += bool(check_calibration(y, probabilities).advice)
        measured = calibration(y, probabilities)
        errors.append(measured.error - measured.by_chance)
    assert alarms <= 1
    assert abs(np.mean(errors)) < 0.02


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("factor", [3.0, 0.4])
def test_the_temperature_that_mends_it(classes, factor):
    logits, y = draw(np.random.default_rng(0), 4000, classes)
    found = calibration(y, softmax(factor * logits, axis=1))
    assert found.temperature == pytest.approx(factor, rel=0.1)
    assert found.log_loss_then < found.log_loss
    finding = check_calibration(y, softmax(factor * logits, axis=1))
    assert finding.severity == "info"
    assert ("too sure" if factor > 1 else "not sure enough") in finding.verdict
    assert f"Divide the logits by {found.temperature:.2f}" in finding.advice
    mended = softmax(factor * logits / found.temperature, axis=1)
    assert check_calibration(y, mended).advice == ""


def test_spiegelhalters_z():
    """By his formula: sum (y - p)(1 - 2p), over the root of sum (1 - 2p)² p (1 - p)."""
    rng = np.random.default_rng(0)
    p = expit(rng.normal(size=500))
    y = rng.random(500) < expit(logit(p) + 0.3)
    top = sum((one - sure) * (1 - 2 * sure) for one, sure in zip(y, p, strict=True))
    below = sum((1 - 2 * sure) ** 2 * sure * (1 - sure) for sure in p)
    assert calibration(y.astype(int), p).spiegelhalter == pytest.approx(top / below**0.5)


def test_sure_of_all_and_few():
    assert "too few" in check_calibration([0, 1], [0.1, 0.9]).verdict
    y = np.tile([0, 1], 50)
    assert check_calibration(y, y.astype(float)).advice == ""
    assert check_calibration(y, 1.0 - y).advice != ""
    with pytest.raises(ArgumentError, match="sum to 1"):
        calibration([0, 1], [0.1, 1.9])
