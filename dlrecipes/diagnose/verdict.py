"""The network against the strongest baseline, said plainly."""

from __future__ import annotations

import numpy as np

from dlrecipes.diagnose.mean_advantage import mean_advantage
from dlrecipes.results import Verdict


def judge(
    network: np.ndarray,
    baseline: np.ndarray,
    *,
    baseline_name: str,
    metric: str,
    score: str,
    step: float = 0.0,
) -> Verdict:
    """Compare the refits with a baseline example by example.

    The difference of the per-example losses is averaged over examples and refits; its 95 %
    interval has the noise of both (`mean_advantage`).

    Args:
        network: `(refits, examples)` losses in the metric's units, whose mean is the metric: 0/1
            errors, parts of the RMSE, or negative parts of the average precision.
        baseline: `(examples,)` losses of the strongest baseline.
        baseline_name: Its name.
        metric: What the losses stand for, such as `"accuracy"`, `"RMSE"` or `"average precision"`.
        score: The network's score as text, for the sentence.
        step: What one example makes where it is right or wrong, as for `mean_advantage`.

    Returns:
        `"better"` or `"worse"` only where the interval excludes zero, else `"equal"`.
    """
    found = mean_advantage(baseline[np.newaxis, :] - network, step=step)
    words = {
        "better": f"The network beats the strongest baseline, {baseline_name}",
        "equal": f"The network and the strongest baseline, {baseline_name}, are equal within the "
        "noise",
        "worse": f"The network is worse than the strongest baseline, {baseline_name}",
    }
    alone = " One refit does not tell the noise of its seed." if len(network) == 1 else ""
    sentence = f"{words[found.outcome]}: {score}.{alone}"
    return Verdict(found.outcome, sentence, baseline_name, found.value, found.interval, metric)
