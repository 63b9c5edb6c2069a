"""The network against the strongest baseline, said plainly."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from scipy import stats

from dlrecipes.results import Verdict


def judge(
    network: np.ndarray, baseline: np.ndarray, *, baseline_name: str, metric: str, score: str
) -> Verdict:
    """Compare the refits with a baseline example by example.

    The difference of the per-example losses is averaged over examples and refits. Its 95 %
    interval adds two independent sources of noise: which examples happen to be in the test set
    (paired differences) and which seed a refit happened to have. Few refits say little about
    the second, so the interval is Student's with Welch and Satterthwaite's degrees of freedom.
    Errors that are 0 or 1 differ in a handful of examples, too few for a normal interval: one
    example is added in favour of each side (Bonett and Price).

    Args:
        network: `(refits, examples)` losses: 0/1 errors or squared errors.
        baseline: `(examples,)` losses of the strongest baseline.
        baseline_name: Its name.
        metric: What the losses stand for, `"accuracy"` or `"mean squared error"`.
        score: The network's score as text, for the sentence.

    Returns:
        `"better"` or `"worse"` only where the interval excludes zero, else `"equal"`.

    Reference:
        Satterthwaite 1946, An Approximate Distribution of Estimates of Variance Components;
        Bonett and Price 2012, Adjusted Wald Confidence Interval for a Difference of Binomial
        Proportions Based on Paired Data.
    """
    refits, examples = network.shape
    paired = baseline[np.newaxis, :] - network
    difference = float(paired.mean())
    examplewise = paired.mean(axis=0)
    if metric == "accuracy":
        examplewise = np.append(examplewise, [1.0, -1.0])
    cautious = float(examplewise.mean())
    by_example, by_seed = _standard_error(examplewise), _standard_error(paired.mean(axis=1))
    error = math.hypot(by_example, by_seed)
    interval = 0.0
    if error > 0:
        spread = by_example**4 / max(examples - 1, 1) + by_seed**4 / max(refits - 1, 1)
        interval = float(stats.t.ppf(0.975, error**4 / spread)) * error
    outcome: Literal["better", "equal", "worse"] = "equal"
    if min(abs(difference), abs(cautious)) > interval:
        outcome = "better" if difference > 0 else "worse"
    words = {
        "better": f"The network beats the strongest baseline, {baseline_name}",
        "equal": f"The network and the strongest baseline, {baseline_name}, are equal within the "
        "noise",
        "worse": f"The network is worse than the strongest baseline, {baseline_name}",
    }
    alone = " One refit does not tell the noise of its seed." if refits == 1 else ""
    sentence = f"{words[outcome]}: {score}.{alone}"
    return Verdict(outcome, sentence, baseline_name, difference, interval, metric)


def _standard_error(values: np.ndarray) -> float:
    if len(values) < 2:
        return 0.0
    return float(values.std(ddof=1)) / math.sqrt(len(values))
