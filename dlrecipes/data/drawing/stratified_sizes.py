"""How many of each class a stratified draw takes."""

from __future__ import annotations

import numpy as np

from dlrecipes.data.split_stratified import Rows


def stratified_sizes(counts: Rows, total: int, limits: Rows | None = None) -> Rows:
    """Return how many examples of each class to take, `(classes,)`, with sum `total`.

    Every class gets at least one. The classes whose share is above one divide what is left in
    proportion to their counts, rounded by largest remainder: where all shares are above one
    and no limit binds, each class is within one example of its share.

    Args:
        counts: Examples of each class, at least 1, `(classes,)`.
        total: How many to take, from the number of classes to the sum of the limits.
        limits: The most to take of each class, at least 1, `(classes,)`; None for `counts`.
    """
    limits = counts if limits is None else limits
    small = np.zeros(len(counts), dtype=bool)
    while True:
        # Whole numbers before the division: a share of exactly one must not look smaller.
        share = counts * (total - int(small.sum())) / counts[~small].sum()
        smaller = ~small & (share < 1)
        if not smaller.any():
            break
        small |= smaller
    share[small] = 1
    sizes: Rows = np.minimum(np.floor(share).astype(np.int64), limits)
    by_remainder = np.argsort(np.floor(share) - share, kind="stable")
    while (missing := total - int(sizes.sum())) > 0:
        room = by_remainder[sizes[by_remainder] < limits[by_remainder]]
        sizes[room[:missing]] += 1
    return sizes
