"""The verdict: right where the truth is known, and no surer than it may be."""

import numpy as np
import pytest

from dlrecipes.diagnose import judge


def _judge(network, baseline):
    return judge(
        np.asarray(network, dtype=float),
        np.asarray(baseline, dtype=float),
        baseline_name="ridge regression",
        metric="accuracy",
        score="test accuracy 0.9 ± 0.01",
    )


@pytest.mark.parametrize(
    ("network", "baseline", "outcome", "sentence"),
    [
        (0.05, 0.30, "better", r"The network beats the strongest baseline, ridge regression: test"),
        (0.30, 0.05, "worse", r"The network is worse than the strongest baseline, ridge"),
        (0.20, 0.20, "equal", r"ridge regression, are equal within the noise: test accuracy 0.9"),
    ],
)
def test_errors_of_known_rates(network, baseline, outcome, sentence):
    generator = np.random.default_rng(0)
    errors = generator.random((5, 400)) < network
    verdict = _judge(errors, generator.random(400) < baseline)
    assert verdict.outcome == outcome
    assert sentence in verdict.sentence
    assert verdict.metric == "accuracy"
    assert verdict.difference == pytest.approx(baseline - network, abs=0.06)
    assert verdict.baseline == "ridge regression"


def test_the_same_predictions_are_equal():
    errors = np.random.default_rng(0).random(50) < 0.2
    verdict = _judge([errors] * 3, errors)
    assert (verdict.outcome, verdict.difference) == ("equal", 0.0)


@pytest.mark.parametrize(("more", "outcome"), [(4, "equal"), (6, "better")])
def test_as_cautious_as_the_exact_test(more, outcome):
    # McNemar's exact p is 0.125 for 4 to 0 and 0.031 for 6 to 0.
    network = np.arange(360) < 10
    verdict = _judge([network], np.arange(360) < 10 + more)
    assert verdict.outcome == outcome
    assert verdict.sentence.endswith("One refit does not tell the noise of its seed.")


def test_pairing_sees_what_the_scores_hide():
    # Both err on a third of the examples, the same ones but for ten.
    hard = np.arange(300) < 100
    verdict = _judge([np.arange(300) < 90], hard)
    assert verdict.outcome == "better"
    assert verdict.interval < 0.025


def test_sign_of_squared_errors():
    generator = np.random.default_rng(0)
    verdict = _judge(generator.normal(size=(3, 200)) ** 2, 4 * generator.normal(size=200) ** 2)
    assert verdict.outcome == "better"
    assert verdict.difference == pytest.approx(3.0, abs=1.0)


@pytest.mark.parametrize(
    ("refits", "by_seed", "by_example"),
    [(1, 0.0, 1.0), (3, 0.0, 1.0), (3, 1.0, 0.1), (3, 0.1, 1.0), (5, 0.3, 1.0), (10, 1.0, 1.0)],
)
def test_interval_covers_the_truth_95_times_in_100(refits, by_seed, by_example):
    generator = np.random.default_rng(0)
    truth, examples, rounds = 0.3, 60, 1500
    covered = 0
    for _ in range(rounds):
        seeds = by_seed * generator.normal(size=(refits, 1))
        noise = 0.1 * generator.normal(size=(refits, examples))
        baseline = truth + by_example * generator.normal(size=examples)
        verdict = _judge(seeds + noise, baseline)
        covered += abs(verdict.difference - truth) <= verdict.interval
    assert 0.925 <= covered / rounds <= 0.99
