"""The verdict: right where the truth is known, and no surer than it may be."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dlrecipes.diagnose import decision_losses, decision_step, judge, strongest_baseline
from dlrecipes.errors import ArgumentError
from dlrecipes.metrics import rmse_shares
from dlrecipes.results import ThresholdGoal


def _judge(network, baseline, **more):
    return judge(
        np.asarray(network, dtype=float),
        np.asarray(baseline, dtype=float),
        baseline_name="ridge regression",
        metric="accuracy",
        score="test accuracy 0.9 ± 0.01",
        step=1.0,
        **more,
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


def test_what_the_baseline_lacked_is_said():
    verdict = _judge([[0.0] * 9 + [1.0]] * 2, [1.0] * 10, cut="12 of up to 1,000 rounds")
    assert verdict.sentence.endswith("That baseline was cut short: 12 of up to 1,000 rounds.")
    assert "cut short" not in _judge([[0.0] * 10] * 2, [1.0] * 10).sentence


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
    [(1, 0.0, 1.0), (3, 0.0, 1.0), (3, 1.0, 0.1), (5, 0.3, 1.0)],
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


@pytest.mark.parametrize(
    ("examples", "tails", "refits", "by_seed"),
    [(88, "normal", 1, 0.0), (88, "t5", 3, 0.1), (400, "normal", 3, 0.1), (400, "t5", 1, 0.0)],
)
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
    ("goal", "share", "rate"),
    [("f1", 0.2, 0.02), ("f2", 0.2, 0.3), ("f1", 0.05, 0.3), ("cost=1:10", 0.1, 0.02)],
)
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


def errors(count, size=1000):
    return (np.arange(size) < count).astype(float)


def test_one_example_more_does_not_make_the_strongest():
    losses = {"nearest neighbours": errors(100), "trees": errors(101), "class": errors(117)}
    log_losses = {"nearest neighbours": 1.9, "trees": 0.24, "class": 0.36}
    assert strongest_baseline(losses, log_losses) == "trees"
    assert strongest_baseline(losses) == "nearest neighbours"


@pytest.mark.parametrize(("more", "name"), [(1, "surer"), (2, "best")])
def test_the_border_is_one_standard_error(more, name):
    # Differences 0 and 1: a mean of k/n, and a standard error of about sqrt(k)/n.
    losses = {"best": errors(100), "surer": errors(100 + more)}
    assert strongest_baseline(losses, {"best": 1.0, "surer": 0.1}) == name


def test_examples_that_differ_both_ways_are_more_noise():
    surer = errors(100)
    surer[:20], surer[500:525] = 0.0, 1.0  # five more errors, from 45 examples that differ
    losses = {"best": errors(100), "surer": surer}
    assert strongest_baseline(losses, {"best": 1.0, "surer": 0.1}) == "surer"


def test_the_same_predictions_go_to_the_lower_log_loss():
    same = errors(10)
    assert strongest_baseline({"a": same, "b": same}, {"a": 0.5, "b": 0.4}) == "b"
    assert strongest_baseline({"a": same, "b": same}) == "a"
    assert strongest_baseline({"a": np.ones(1), "b": np.zeros(1)}, {"a": 0.1, "b": 2.0}) == "b"


@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(2, 50))
def test_it_is_within_one_standard_error_and_no_other_such_is_surer(seed, baselines, size):
    generator = np.random.default_rng(seed)
    losses = {f"b{at}": generator.normal(0.1 * at, 1, size) for at in range(baselines)}
    log_losses = {name: float(generator.random()) for name in losses}
    found = strongest_baseline(losses, log_losses)
    best = min(losses, key=lambda name: losses[name].mean())
    for name, values in losses.items():
        apart = values - losses[best]
        alike = apart.mean() <= apart.std(ddof=1) / np.sqrt(size)
        assert alike or name != found
        assert log_losses[found] <= log_losses[name] or not alike


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match="at least one baseline"):
        strongest_baseline({})
    with pytest.raises(ArgumentError, match="on the same examples"):
        strongest_baseline({"a": np.zeros(3), "b": np.zeros(2)})
    with pytest.raises(ArgumentError, match=r"Received: none of \['b'\]"):
        strongest_baseline({"a": np.zeros(3), "b": np.zeros(3)}, {"a": 0.1})
