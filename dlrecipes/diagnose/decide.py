"""What a threshold decides."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dlrecipes.results import Decisions


def decide(y: ArrayLike, scores: ArrayLike, threshold: float) -> Decisions:
    """Return what a threshold decides.

    Args:
        y: 0 or 1, `(examples,)`.
        scores: Probabilities of class 1, `(examples,)`.
        threshold: Positive from this score on.
    """
    labels = np.asarray(y).astype(bool)
    called = np.asarray(scores, np.float64) >= threshold
    return Decisions(
        true_positives=int((called & labels).sum()),
        false_positives=int((called & ~labels).sum()),
        false_negatives=int((~called & labels).sum()),
        true_negatives=int((~called & ~labels).sum()),
    )
