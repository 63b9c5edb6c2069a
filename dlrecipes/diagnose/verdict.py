"""The network against the strongest baseline, said plainly."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from dlrecipes.results import Verdict


def judge(
    network: np.ndarray, baseline: np.ndarray, *, baseline_name: str, metric: str, score: str
) -> Verdict:
    """Compare the refits with a baseline example by example.

    The difference of the per-example losses is averaged over examples and refits. Its 95 %
    interval adds two independent sources of noise: which examples happen to be in the test set
    (paired differences) and which seed a refit happened to have.

    Args:
        network: `(refits, examples)` losses: 0/1 errors or squared errors.
        baseline: `(examples,)` losses of the strongest baseline.
        baseline_name: Its name.
        metric: What the losses stand for, `"accuracy"` or `"mean squared error"`.
        score: The network's score as text, for the sentence.

    Returns:
        `"better"` or `"worse"` only where the interval excludes zero, else `"equal"`.
    """
    refits, examples = network.shape
    paired = baseline[np.newaxis, :] - network
    difference = float(paired.mean())
    by_example = float(paired.mean(axis=0).std(ddof=1)) / math.sqrt(examples) if examples > 1 else 0
    by_seed = float(paired.mean(axis=1).std(ddof=1)) / math.sqrt(refits) if refits > 1 else 0.0
    interval = 1.96 * math.hypot(by_example, by_seed)
    outcome: Literal["better", "equal", "worse"] = "equal"
    if abs(difference) > interval:
        outcome = "better" if difference > 0 else "worse"
    words = {
        "better": f"The network beats the strongest baseline, {baseline_name}",
        "equal": f"The network and the strongest baseline, {baseline_name}, are equal within the "
        "noise",
        "worse": f"The network is worse than the strongest baseline, {baseline_name}",
    }
    sentence = (
        f"{words[outcome]}: {score}; difference in {metric} in the network's favour "
        f"{difference:+.4g} ± {interval:.2g} (95 %)."
    )
    return Verdict(outcome, sentence, baseline_name, difference, interval)
