"""The three parts by chance, each with its share of every class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError, DataError

Rows = NDArray[np.int64]


def split_stratified(
    labels: NDArray[Any],
    *,
    validation_fraction: float,
    test_fraction: float,
    split_seed: int,
    minimum: int = 1,
) -> tuple[Rows, Rows, Rows]:
    """Return the rows of the training, the validation and the test part, each shuffled.

    Within each class, the validation and the test part get their fraction to within one
    example, and no part gets fewer than `minimum`; scikit-learn's stratified split can leave a
    rare class out of a part. Nothing but `split_seed` moves a row.

    Args:
        labels: The class of each example, `(examples,)`; all equal for a plain random split.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1); the two together below 1.
        split_seed: Seed of the split, at least 0.
        minimum: Smallest number of examples of a class in a part.

    Raises:
        ArgumentError: If a fraction or the seed is outside its range.
        DataError: If a class has fewer than three times `minimum` examples.
    """
    check_real("validation_fraction", validation_fraction, 0, 1, low_open=True, high_open=True)
    check_real("test_fraction", test_fraction, 0, 1, low_open=True, high_open=True)
    check_integer("split_seed", split_seed, 0)
    if validation_fraction + test_fraction >= 1:
        raise ArgumentError(
            "The validation and the test fraction must leave something to train on.",
            received=f"validation_fraction={validation_fraction}, test_fraction={test_fraction}",
            fix="Their sum must lie below 1.",
        )
    _, indices, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if counts.min() < 3 * minimum:
        raise DataError(
            f"There must be at least {3 * minimum} examples (of each class), "
            f"{minimum} for each part.",
            received=f"{int(counts.min())}",
        )
    test_sizes = _part_sizes(counts, test_fraction, minimum)
    validation_sizes = _part_sizes(counts, validation_fraction, minimum)
    generator = np.random.default_rng(split_seed)
    by_class = np.split(np.argsort(indices, kind="stable"), np.cumsum(counts)[:-1])
    parts: tuple[list[Rows], list[Rows], list[Rows]] = ([], [], [])
    for rows, test_size, validation_size in zip(
        by_class, test_sizes, validation_sizes, strict=True
    ):
        test, validation = test_size, validation_size
        # Both rounded up can leave too few to train on, in a very small class.
        while test + validation > len(rows) - minimum:
            if test > validation:
                test -= 1
            else:
                validation -= 1
        shuffled = generator.permutation(rows)
        parts[0].append(shuffled[test + validation :])
        parts[1].append(shuffled[test : test + validation])
        parts[2].append(shuffled[:test])
    train_rows, validation_rows, test_rows = (
        generator.permutation(np.concatenate(part)) for part in parts
    )
    return train_rows, validation_rows, test_rows


def _part_sizes(counts: Rows, fraction: float, minimum: int) -> list[int]:
    """Return a part's size in each class: the exact share, rounded by largest remainder."""
    share = counts * fraction
    sizes = np.floor(share).astype(np.int64)
    extra = round(float(counts.sum() * fraction)) - int(sizes.sum())
    by_remainder = np.argsort(sizes - share, kind="stable")
    sizes[by_remainder[: max(extra, 0)]] += 1
    result: list[int] = np.maximum(sizes, minimum).tolist()
    return result


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


def check_fractions(validation_fraction: float, test_fraction: float) -> None:
    """Check that both fractions lie in (0, 1) and leave something to train on.

    Raises:
        ArgumentError: If they do not.
    """
    check_real("validation_fraction", validation_fraction, 0, 1, low_open=True, high_open=True)
    check_real("test_fraction", test_fraction, 0, 1, low_open=True, high_open=True)
    if validation_fraction + test_fraction >= 1:
        raise ArgumentError(
            "The validation and the test fraction must leave something to train on.",
            received=f"validation_fraction={validation_fraction}, test_fraction={test_fraction}",
            fix="Their sum must lie below 1.",
        )
