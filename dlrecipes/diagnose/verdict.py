"""The network against the strongest baseline, with the noise of examples and of seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Verdict


def judge(
    network: np.ndarray,
    baseline: np.ndarray,
    *,
    baseline_name: str,
    metric: str,
    score: str,
    step: float = 0.0,
    name: str = "network",
    cut: str = "",
) -> Verdict:
    """Compare the refits, or an ensemble, with a baseline example by example.

    The difference of the per-example losses is averaged over examples and refits; its 95 %
    interval has the noise of both (`mean_advantage`).

    Args:
        network: `(refits, examples)` losses, of an ensemble `(1, examples)`, in the metric's units,
            whose mean is the metric: 0/1 errors, parts of the RMSE, or negative parts of the
            average precision.
        baseline: `(examples,)` losses of the strongest baseline.
        baseline_name: Its name.
        metric: What the losses stand for, such as `"accuracy"`, `"RMSE"` or `"average precision"`.
        score: The network's score as text, for the sentence.
        step: What one example makes where it is right or wrong, as for `mean_advantage`.
        name: What is compared, in the sentence; an ensemble has averaged the noise of seeds.
        cut: What the baseline lacks because of its cost, such as "12 of up to 1,000 rounds".

    Returns:
        `"better"` or `"worse"` only where the interval excludes zero, else `"equal"`.
    """
    found = mean_advantage(baseline[np.newaxis, :] - network, step=step)
    words = {
        "better": f"The {name} beats the strongest baseline, {baseline_name}",
        "equal": f"The {name} and the strongest baseline, {baseline_name}, are equal within the "
        "noise",
        "worse": f"The {name} is worse than the strongest baseline, {baseline_name}",
    }
    alone = (
        " One refit does not tell the noise of its seed."
        if len(network) == 1 and name == "network"
        else ""
    )
    short = f" That baseline was cut short: {cut}." if cut else ""
    sentence = f"{words[found.outcome]}: {score}.{alone}{short}"
    return Verdict(found.outcome, sentence, baseline_name, found.value, found.interval, metric)


@dataclass(frozen=True)
class Advantage:
    """How far one side is ahead of the other.

    Args:
        value: The mean difference, positive when the first side is better.
        interval: Half the width of its 95 % interval.
        outcome: `"better"` or `"worse"` only where the interval excludes zero, else `"equal"`.
    """

    value: float
    interval: float
    outcome: Literal["better", "equal", "worse"]


def mean_advantage(paired: np.ndarray, *, step: float = 0.0) -> Advantage:
    """Return the mean of differences between losses of the same examples, with its interval.

    The 95 % interval adds two independent sources of noise: which examples happen to be there
    and which seed a training happened to have. Few trainings say little about the second, so the
    interval is Student's with Welch and Satterthwaite's degrees of freedom. Decisions that are
    right or wrong differ in a handful of examples, too few for a normal interval: one example is
    added in favour of each side (Bonett and Price).

    Args:
        paired: `(trainings, examples)`, the other side's loss minus that of the first.
        step: The difference that such an added example makes, 1 for errors that are 0 or 1; 0 for
            losses that are graded, such as squared errors.

    Reference:
        Satterthwaite 1946, An Approximate Distribution of Estimates of Variance Components;
        Bonett and Price 2012, Adjusted Wald Confidence Interval for a Difference of Binomial
        Proportions Based on Paired Data.
    """
    trainings, examples = paired.shape
    value = float(paired.mean())
    examplewise = paired.mean(axis=0)
    if step:
        examplewise = np.append(examplewise, [step, -step])
    cautious = float(examplewise.mean())
    by_example, by_seed = standard_error(examplewise), standard_error(paired.mean(axis=1))
    error = math.hypot(by_example, by_seed)
    interval = 0.0
    if error > 0:
        spread = by_example**4 / max(examples - 1, 1) + by_seed**4 / max(trainings - 1, 1)
        interval = float(stats.t.ppf(0.975, error**4 / spread)) * error
    outcome: Literal["better", "equal", "worse"] = "equal"
    if min(abs(value), abs(cautious)) > interval:
        outcome = "better" if value > 0 else "worse"
    return Advantage(value, interval, outcome)


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of a mean; 0 of a single value.

    Args:
        values: `(values,)`.
    """
    if len(values) < 2:
        return 0.0
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def strongest_baseline(
    losses: Mapping[str, NDArray[np.float64]], log_losses: Mapping[str, float] | None = None
) -> str:
    """Return the strongest baseline's name.

    The baseline with the lowest mean loss may owe it to a handful of examples. Every other one
    whose distance to it is at most one standard error, of the paired difference of the examples'
    losses, is as good by this metric; of those, the strongest has the lowest log loss, which judges
    the probabilities of all examples and not only on which side of a threshold they lie.

    Args:
        losses: `{baseline: (examples,)}`, at least one, of the same examples, whose means are what
            the baselines are compared by; lower is better.
        log_losses: `{baseline: log loss}`; without it, as for values, the lowest mean loss decides,
            and of equals the one that comes first.

    Raises:
        ArgumentError: If there is no baseline, the sizes differ, or a log loss is missing.

    Reference:
        Breiman et al. 1984, Classification and Regression Trees, section 3.4.3 (the rule of one
        standard error).
    """
    if not losses or len({len(values) for values in losses.values()}) != 1:
        raise ArgumentError(
            "Baselines are compared on the same examples, at least one baseline.",
            received=f"{ {name: len(values) for name, values in losses.items()} }",
        )
    if log_losses is not None and not set(losses) <= set(log_losses):
        raise ArgumentError(
            "Each baseline must have a log loss, or none.",
            received=f"none of {sorted(set(losses) - set(log_losses))}",
        )
    best = min(losses, key=lambda name: float(losses[name].mean()))
    if log_losses is None:
        return best
    alike = [
        name
        for name, values in losses.items()
        if float((values - losses[best]).mean()) <= standard_error(values - losses[best])
    ]
    return min(alike, key=lambda name: log_losses[name])
