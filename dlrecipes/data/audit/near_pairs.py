"""Pairs of rows that are almost the same, and whether chance explains them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

UNLIKELY = 0.02
SLACK = 3.0
"""Examples lie more densely here than there: up to so many times the close pairs are chance."""


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of a training and a validation example, without exact copies.

    Args:
        rows: Training row and validation row of each close pair, `(pairs, 2)`.
        near: Pairs that are further apart, up to `step` times as far.
        far: Pairs that are further apart than those, again up to `step` times as far.
        step: How many times as wide each ring is as the one inside it, above 1.
        equal: Exact copies, which say how often examples are the same anyway.
        looked_at: What was compared, for the verdict.
    """

    rows: NDArray[np.int64]
    near: int
    far: int
    step: float
    equal: int
    looked_at: str

    @property
    def expected(self) -> float:
        """How many close pairs the others lead to expect.

        Examples that vary in d directions have `step ** d` times as many neighbours at `step` times
        the distance. The two rings say what that number is, one direction at the least; and so, how
        many close pairs belong to the inner ring. Those that were stored twice with a small change
        are in neither.
        """
        growth = max(self.far / self.near if self.near else self.step, self.step)
        return self.near / (growth - 1)

    @property
    def by_chance(self) -> bool:
        """Whether there are no more close pairs than the others lead to expect."""
        expected = SLACK * self.expected + self.equal
        return bool(poisson.sf(len(self.rows) - 1, expected) > UNLIKELY)
