"""The network against the strongest baseline, said plainly."""

from __future__ import annotations

import numpy as np

from dlrecipes.diagnose.mean_advantage import mean_advantage
from dlrecipes.results import Verdict


def judge(
    network: np.ndarray, baseline: np.ndarray, *, baseline_name: str, metric: str, score: str
) -> Verdict:
    """Compare the refits with a baseline example by example.

    The difference of the per-example losses is averaged over examples and refits; its 95 %
    interval has the noise of both (`mean_advantage`).

    Args:
        network: `(refits, examples)` losses: 0/1 errors, squared errors, or negative shares in
            the average precision.
        baseline: `(examples,)` losses of the strongest baseline.
        baseline_name: Its name.
        metric: What the losses stand for, `"accuracy"`, `"mean squared error"` or `"average
            precision"`.
        score: The network's score as text, for the sentence.

    Returns:
        `"better"` or `"worse"` only where the interval excludes zero, else `"equal"`.
    """
    found = mean_advantage(baseline[np.newaxis, :] - network, zero_one=metric == "accuracy")
    words = {
        "better": f"The network beats the strongest baseline, {baseline_name}",
        "equal": f"The network and the strongest baseline, {baseline_name}, are equal within the "
        "noise",
        "worse": f"The network is worse than the strongest baseline, {baseline_name}",
    }
    alone = " One refit does not tell the noise of its seed." if len(network) == 1 else ""
    sentence = f"{words[found.outcome]}: {score}.{alone}"
    return Verdict(found.outcome, sentence, baseline_name, found.value, found.interval, metric)
