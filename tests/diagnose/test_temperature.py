"""A temperature against SciPy's own minimum of the log loss, and none where none is called for."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics import log_loss

from dlrecipes.diagnose import calibrated_scores, calibration, choose_temperature
from dlrecipes.diagnose.probabilities import at_temperature, fit_temperature
from dlrecipes.errors import ArgumentError


def draw(seed=0, rows=1000, classes=3, factor=1.0):
    """Return labels and probabilities whose logits are `factor` times the true ones."""
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(rows, classes))
    true = softmax(logits, axis=1)
    y = (true.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)
    return y, softmax(factor * logits, axis=1)


@pytest.mark.parametrize("classes", [2, 6])
@pytest.mark.parametrize("factor", [3.0, 0.5])
def test_it_is_where_scipy_finds_the_least_log_loss(classes, factor):
    y, p = draw(classes=classes, factor=factor)
    rows = np.arange(len(y))

    def loss(log_temperature):
        return -log_softmax(np.log(p) / np.exp(log_temperature), axis=1)[rows, y].mean()

    least = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-12})
    found = fit_temperature(y, p)
    # Beside a minimum of 1, float64 tells losses apart only 1e-8 away from it.
    assert found == pytest.approx(np.exp(least.x), rel=1e-6)
    ends = [loss(np.log(found) + step) for step in (-1e-3, 1e-3)]
    assert loss(np.log(found)) <= min(ends)
    chosen = choose_temperature(y, p)
    assert chosen.temperature == pytest.approx(found, rel=1e-9)  # which summed in another order
    assert ("less sure" if factor > 1 else "made surer") in chosen.sentence


def test_after_is_measured_on_examples_that_it_was_not_fitted_to():
    y, p = draw(factor=2.0)
    found = choose_temperature(y, p)
    scores = found.validation
    assert scores.log_loss == pytest.approx(log_loss(y, p))
    optimistic = log_loss(y, at_temperature(p, found.temperature))
    assert optimistic < scores.calibrated_log_loss < scores.log_loss
    assert scores.error == pytest.approx(calibration(y, p).error)
    assert scores.calibrated_error < scores.error
    assert choose_temperature(y, p) == found
    assert choose_temperature(y, p, seed=1).temperature == found.temperature


def test_true_probabilities_stay():
    changed = sum(choose_temperature(*draw(seed, rows=300)).temperature != 1 for seed in range(20))
    assert changed <= 2  # 2.5 % of them by chance


def test_two_classes_are_given_in_one_column_as_well():
    y, p = draw(classes=2, factor=3.0)
    assert choose_temperature(y, p[:, 1]).temperature == pytest.approx(
        choose_temperature(y, p).temperature
    )


def test_few_and_faultless_examples_stay_as_they_are():
    y, p = draw(rows=49, factor=9.0)
    found = choose_temperature(y, p)
    assert found.temperature == 1
    assert "49 validation examples are too few" in found.sentence
    assert found.validation.calibrated_log_loss == found.validation.log_loss
    y = np.arange(400) % 2
    right = np.where(y == 1, 0.9, 0.1)
    assert choose_temperature(y, right).temperature == 1  # though 0.5 has the least log loss
    assert choose_temperature(y, np.full(400, 0.5)).temperature == 1
    assert choose_temperature(np.zeros(80, int), np.full((80, 3), 1 / 3)).temperature == 1


def test_it_stays_in_its_range():
    y = np.arange(400) % 2
    knows_nothing = np.where(np.arange(400) % 4 < 2, 1e-9, 1 - 1e-9)
    assert choose_temperature(y, knows_nothing).temperature == 10
    surely = np.where(np.arange(400) < 20, 1 - y, y) * 0.01 + 0.495
    assert choose_temperature(y, surely).temperature == 0.5


def test_probabilities_of_0_and_1():
    y = np.arange(400) % 2
    p = np.where(np.arange(400) < 40, 1 - y, y).astype(float)
    found = choose_temperature(y, p)
    assert found.temperature == 10
    assert np.isfinite(found.validation.calibrated_log_loss)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_scores_of_another_part(temperature):
    y, p = draw(seed=1, factor=2.0)
    after = at_temperature(p, temperature)
    found = calibrated_scores(y, after.astype("float32"), temperature)
    assert found.log_loss == pytest.approx(log_loss(y, p), rel=1e-5)
    assert found.calibrated_log_loss == pytest.approx(log_loss(y, after), rel=1e-5)


@pytest.mark.parametrize(
    ("y", "p"),
    [([0, 1], [[0.5, 0.5]]), ([0], [np.nan]), ([], []), ([0.5], [0.5]), ([2], [[0.5, 0.5]])],
)
def test_what_is_no_labels_and_probabilities(y, p):
    with pytest.raises(ArgumentError):
        choose_temperature(y, p)
