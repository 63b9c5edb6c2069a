"""The mean of paired differences, with the noise of examples and of seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats


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
    by_example, by_seed = _standard_error(examplewise), _standard_error(paired.mean(axis=1))
    error = math.hypot(by_example, by_seed)
    interval = 0.0
    if error > 0:
        spread = by_example**4 / max(examples - 1, 1) + by_seed**4 / max(trainings - 1, 1)
        interval = float(stats.t.ppf(0.975, error**4 / spread)) * error
    outcome: Literal["better", "equal", "worse"] = "equal"
    if min(abs(value), abs(cautious)) > interval:
        outcome = "better" if value > 0 else "worse"
    return Advantage(value, interval, outcome)


def _standard_error(values: np.ndarray) -> float:
    if len(values) < 2:
        return 0.0
    return float(values.std(ddof=1)) / math.sqrt(len(values))
