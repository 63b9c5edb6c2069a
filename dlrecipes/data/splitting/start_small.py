"""A small start, and the ladder back up to all training examples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.parts.part_targets import check_known, with_statistics
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.splitting import ladder, subset
from dlrecipes.errors import ArgumentError
from dlrecipes.targets import strata


def start_small(splits: Splits, size_or_fraction: float, *, seed: int = 0) -> Splits:
    """Return the same data with fewer training examples, stratified by class.

    Validation and test part stay as they are, so that scores can be compared with those of the
    whole.

    Args:
        splits: The data, before `with_preprocess`: what preprocessing learns must be learned
            from the smaller part.
        size_or_fraction: Training examples, a whole number from the number of classes; or a
            fraction of them, a float in (0, 1].
        seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If an argument is out of range, or the data is preprocessed already.
        DataError: If too few of the examples have one of several targets.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> small = dlr.data.start_small(splits, 30)
        >>> np.bincount(small.train.y).tolist(), len(small.validation) == len(splits.validation)
        ([10, 10, 10], True)
    """
    _check_raw(splits)
    return _with_rows(splits, subset(_labels(splits), size_or_fraction, seed=seed))


def climb_ladder(
    splits: Splits, first: float, *, factor: float = 2.0, seed: int = 0
) -> tuple[Splits, ...]:
    """Return the same data with more and more training examples, the last with all of them.

    Each rung has the examples of the one before, and new ones. Scores over the rungs are a
    learning curve: what more data would bring.

    Args:
        splits: The data, before `with_preprocess`.
        first: Training examples of the first rung, as in `start_small`.
        factor: How much larger each rung is than the one before, at least 1.1.
        seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If an argument is out of range, or the data is preprocessed already.
        DataError: If too few of the examples have one of several targets.

    Example:
        >>> rungs = dlr.data.climb_ladder(dlr.data.load("iris"), 20)
        >>> [len(rung.train) for rung in rungs]
        [20, 40, 80, 90]
    """
    _check_raw(splits)
    rungs = ladder(_labels(splits), first=first, factor=factor, seed=seed)
    return tuple(_with_rows(splits, rows) for rows in rungs)


def _check_raw(splits: Splits) -> None:
    if splits.preprocess is not None:
        raise ArgumentError(
            "A small start is made from data that is not preprocessed.",
            received=f"preprocessing by {splits.preprocess.name}",
            fix="Take fewer examples first, then `with_preprocess`.",
        )


def _labels(splits: Splits) -> NDArray[np.generic]:
    return strata(splits.train.y, splits.raw_spec)


def _with_rows(splits: Splits, rows: NDArray[np.int64]) -> Splits:
    train = splits.train.pick(rows)
    check_known((("training", train),), splits.raw_spec)
    return replace(splits, train=train, raw_spec=with_statistics(splits.raw_spec, train))
