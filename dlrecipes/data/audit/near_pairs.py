"""Pairs of rows that are almost the same, and whether chance explains them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

BY_CHANCE = 0.02
"""The share of loose pairs that is close by chance, at most: if one number varies freely."""


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Pairs of a training and a validation example, without exact copies.

    Args:
        rows: Training row and validation row of each close pair, `(pairs, 2)`.
        loose: Pairs that are some way apart or closer; `rows` are among them.
        equal: Exact copies, which say how often examples are the same anyway.
        looked_at: What was compared, for the verdict.
    """

    rows: NDArray[np.int64]
    loose: int
    equal: int
    looked_at: str

    @property
    def by_chance(self) -> bool:
        """Whether there are no more close pairs than the loose ones lead to expect.

        Where examples lie evenly, each close pair has many loose ones around it. Where they were
        stored twice with a small change, it has none.
        """
        expected = BY_CHANCE * self.loose + self.equal
        return bool(poisson.sf(len(self.rows) - 1, expected) > BY_CHANCE)
