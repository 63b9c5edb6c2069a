"""The verdict: right where the truth is known, and no surer than it may be."""

import numpy as np
import pytest

from dlrecipes.diagnose import decision_losses, decision_step, judge
from dlrecipes.metrics import rmse_shares
from dlrecipes.results import ThresholdGoal


def _judge(network, baseline):
    return judge(
        np.asarray(network, dtype=float),
        np.asarray(baseline, dtype=float),
        baseline_name="ridge regression",
        metric="accuracy",
        score="test accuracy 0.9 ± 0.01",
        step=1.0,
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


def _covered(network, baseline, truth, step=0.0):
    verdict = judge(network, baseline, baseline_name="", metric="", score="", step=step)
    return abs(verdict.difference - truth) <= verdict.interval


@pytest.mark.parametrize("examples", [88, 400])
@pytest.mark.parametrize("tails", ["normal", "t5"])
@pytest.mark.parametrize(("refits", "by_seed"), [(1, 0.0), (3, 0.1)])
def test_the_interval_of_the_rmse_covers_it_95_times_in_100(examples, tails, refits, by_seed):
    """The network's errors have the variance `1 + by_seed²` in all, the baseline's `1.1²`."""
    generator = np.random.default_rng(0)
    rounds, zeros = 600, np.zeros(examples)
    truth = 53_000 * (1.1 - np.mean(np.sqrt((1 + by_seed * generator.normal(size=10**5)) ** 2)))
    covered = 0
    for _ in range(rounds):
        if tails == "normal":
            shared, own, other = generator.normal(size=(3, examples))
        else:
            shared, own, other = generator.standard_t(5, size=(3, examples)) / np.sqrt(5 / 3)
        scales = 1 + by_seed * generator.normal(size=(refits, 1))
        network = 53_000 * scales * (0.8 * shared + 0.6 * own)
        baseline = 53_000 * 1.1 * (0.8 * shared + 0.6 * other)
        covered += _covered(
            np.stack([rmse_shares(zeros, errors) for errors in network]),
            rmse_shares(zeros, baseline),
            truth,
        )
    assert 0.92 <= covered / rounds <= 0.99


@pytest.mark.parametrize(
    ("goal", "share"), [("f1", 0.2), ("f2", 0.2), ("f1", 0.05), ("cost=1:10", 0.1)]
)
@pytest.mark.parametrize("rate", [0.3, 0.02])
def test_the_interval_of_decisions_covers_their_score(goal, share, rate):
    """Decisions of known rates: `rate` of the positives is missed, half of it called wrongly."""
    wanted, generator = ThresholdGoal.parse(goal), np.random.default_rng(0)
    examples, rounds = 300, 500

    def decided(missing):
        return np.where(y, generator.random(len(y)) >= missing, generator.random(len(y)) < 0.02)

    def losses(called):
        return decision_losses(y, called.astype(float), 0.5, wanted)

    y = generator.random(2 * 10**6) < share
    truth = losses(decided(rate + 0.05)).mean() - losses(decided(rate)).mean()
    covered = 0
    for _ in range(rounds):
        y = generator.random(examples) < share
        network = np.stack([losses(decided(rate))])
        covered += _covered(network, losses(decided(rate + 0.05)), truth, decision_step(y, wanted))
    assert covered / rounds >= 0.93
