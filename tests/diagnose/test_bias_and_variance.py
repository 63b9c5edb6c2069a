"""Bias and variance, with the noise of the examples."""

import numpy as np
import pytest

from dlrecipes.diagnose import bias_variance, check_bias_variance
from dlrecipes.errors import ArgumentError
from dlrecipes.results import LossParts


def _wrong(errors, examples):
    return np.arange(examples) < errors


@pytest.mark.parametrize("scale", [100, 1, 0.5])
@pytest.mark.parametrize(
    ("train", "validation", "verdict"),
    [
        (15, 16, "high bias"),
        (1, 11, "high variance"),
        (15, 30, "high bias and high variance"),
        (0.5, 1, "neither"),
    ],
)
def test_four_examples_of_the_course(train, validation, verdict, scale):
    share = scale / 100
    found = bias_variance(train=train * share, validation=validation * share, scale=scale)
    assert found.verdict == verdict
    assert check_bias_variance(found).severity == "info"  # nobody said what can be reached


def test_what_can_be_reached_decides():
    found = bias_variance(train=15, validation=16, reference=14, scale=100)
    assert (found.verdict, found.bias, found.variance) == ("neither", 1, 1)
    finding = check_bias_variance(found)
    assert (finding.severity, finding.advice) == ("info", "")


def test_the_same_share_of_few_examples_is_noise():
    few = bias_variance(train=np.zeros(100), validation=_wrong(2, 25))
    many = bias_variance(train=np.zeros(10_000), validation=_wrong(200, 2500))
    assert few.variance == many.variance == pytest.approx(0.08)
    assert (few.verdict, many.verdict) == ("neither", "high variance")
    # The standard error of a share, with one more right and one more wrong (Agresti and Caffo).
    share = 201 / 2502
    error = np.sqrt(share * (1 - share) / 2501 + 1 / 10_002 * (1 - 1 / 10_002) / 10_001)
    assert many.variance_interval == pytest.approx(1.96 * error, rel=2e-3)


def test_noise_alone_is_rarely_high():
    generator = np.random.default_rng(0)
    said = [
        bias_variance(
            train=generator.random(80) < 0.2,
            validation=generator.random((1, 40)) < 0.2,
            reference=generator.random(40) < 0.2,
        ).verdict
        for _ in range(400)
    ]
    assert sum(verdict != "neither" for verdict in said) < 0.08 * len(said)


def test_a_spread_between_trainings_is_noise():
    steady = np.stack([_wrong(20, 100)] * 3)
    unsteady = np.stack([_wrong(errors, 100) for errors in (0, 20, 40)])
    calm = bias_variance(train=np.zeros(500), validation=steady)
    shaken = bias_variance(train=np.zeros(500), validation=unsteady)
    assert calm.variance == shaken.variance == pytest.approx(0.2)
    assert (calm.verdict, shaken.verdict) == ("high variance", "neither")


def test_values_have_the_scale_of_the_mean():
    generator = np.random.default_rng(1)
    squared = {
        "train": generator.chisquare(1, 2000) * 50,
        "validation": generator.chisquare(1, 1000) * 75,
    }
    assert bias_variance(**squared, scale=100).verdict == "high bias and high variance"
    assert bias_variance(**squared, scale=100, reference=48).verdict == "high variance"
    assert bias_variance(**squared, scale=2000).verdict == "neither"


def test_no_training_error_and_as_good_as_the_best_baseline_is_no_warning():
    baseline, network = _wrong(100, 500), np.roll(_wrong(100, 500), 10)
    alike = bias_variance(
        train=np.zeros(1000), validation=network, reference=baseline, reference_name="trees"
    )
    assert (alike.high_variance, alike.costly) == (True, False)
    assert check_bias_variance(alike).severity == "info"
    worse = bias_variance(train=np.zeros(1000), validation=_wrong(170, 500), reference=baseline)
    finding = check_bias_variance(worse)
    assert (worse.bias, worse.behind) == (pytest.approx(-0.2), pytest.approx(0.14))
    assert finding.severity == "warning"
    assert finding.verdict == (
        "High variance: the error is 0 on the training part, 0.34 on the validation part; 0.2 is "
        "what the reference reaches."
    )


def test_bias_comes_first():
    found = bias_variance(train=0.15, validation=0.3, reference=0.02)
    finding = check_bias_variance(
        found, error="RMSE", train_loss=LossParts(data=0.1, penalty=0.3, weighted=0.1)
    )
    assert finding.advice.startswith("First the bias: a wider or deeper network, more epochs")
    assert "Of the training loss, 0.4, 0.3 is penalty, which `val_loss` has, too." in (
        finding.verdict
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"train": "low"},
        {"train": [[0.1]]},
        {"validation": []},
        {"validation": [0.1, np.nan]},
        {"reference": np.inf},
        {"scale": 0},
        {"scale": "1"},
    ],
)
def test_errors_are_finite_numbers(wrong):
    with pytest.raises(ArgumentError, match=r"must be .* Received: "):
        bias_variance(**{"train": 0.1, "validation": 0.1, **wrong})
