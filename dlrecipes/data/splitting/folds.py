"""Folds for cross-validation, and rows for early stopping inside one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import RepeatedStratifiedKFold

from dlrecipes.checks import check_integer, check_real
from dlrecipes.data.splitting.column import Column, encode_column
from dlrecipes.data.splitting.split_by_group import assign_groups, encode_groups
from dlrecipes.data.splitting.split_by_time import Timeline, read_timeline
from dlrecipes.data.splitting.split_stratified import Rows, stratified_sizes
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural


@dataclass(frozen=True, eq=False, repr=False)
class Fold:
    """One division into rows to train on and rows to validate on.

    Args:
        train: Rows to train on, `(training examples,)`.
        validation: Rows to validate on, none of them in `train`, `(validation examples,)`.
    """

    train: Rows
    validation: Rows

    def __repr__(self) -> str:
        return f"Fold({len(self.train)} to train on, {len(self.validation)} to validate on)"


def stratified_folds(labels: object, folds: int, *, repeats: int = 1, seed: int) -> list[Fold]:
    """Return `folds` folds, `repeats` times one after another, rows in rising order.

    The validation rows of the folds of one repeat are all rows, each once; each class gives
    each of them the same number of examples to within one. Drawn by scikit-learn's
    `RepeatedStratifiedKFold`.

    Args:
        labels: The class of each example, `(examples,)`; all equal for regression.
        folds: Number of folds, at least 2, at most the examples of the rarest class.
        repeats: Number of repeats, at least 1, each with a split of its own.
        seed: Seed of the splits, at least 0.

    Raises:
        ArgumentError: If an argument is outside its range.
        DataError: If labels are missing, or if a class has fewer examples than folds.
    """
    check_integer("folds", folds, 2)
    check_integer("repeats", repeats, 1)
    check_integer("seed", seed, 0)
    column = encode_column("labels", labels)
    rarest = int(np.argmin(column.counts))
    if column.counts[rarest] < folds:
        raise DataError(
            "There must be at least as many examples of each class as folds.",
            received=f"{int(column.counts[rarest])} of {str(column.names[rarest])!r} "
            f"for {folds} folds",
            fix="Take fewer folds, or join or leave out rare classes.",
        )
    splitter = RepeatedStratifiedKFold(
        n_splits=folds,
        n_repeats=repeats,
        # Its own seeds end at 32 bits.
        random_state=int(np.random.default_rng(seed).integers(2**32)),
    )
    return [
        Fold(train.astype(np.int64), validation.astype(np.int64))
        for train, validation in splitter.split(column.codes, column.codes)
    ]


def group_folds(groups: object, labels: object, folds: int, seed: int) -> list[Fold]:
    """Return folds with no group on both sides, rows in rising order.

    The validation rows of the folds are all rows, each once; their numbers and their classes
    are as even as whole groups allow, with every class in each where enough groups have it.
    The order of the rows does not count. `assign_groups` says why not scikit-learn's.

    Args:
        groups: The group of each example, text, numbers or dates, `(examples,)`.
        labels: The class of each example, `(examples,)`; all equal for regression.
        folds: Number of folds, at least 2, at most the number of groups.
        seed: Seed of the split, at least 0.

    Raises:
        ArgumentError: If an argument is outside its range.
        DataError: If a group or label is missing, or if there are fewer groups than folds.
    """
    check_integer("folds", folds, 2)
    check_integer("seed", seed, 0)
    column = encode_groups(groups)
    classes = encode_column("labels", labels, len(column))
    if len(column.names) < folds:
        raise DataError(
            "There must be at least as many groups as folds.",
            received=f"{plural(len(column.names), 'group')} for {folds} folds",
        )
    generator = np.random.default_rng(seed)
    part = assign_groups(column.codes, classes.codes, [1 / folds] * folds, generator)
    part_of_row = part[column.codes]
    return [
        Fold(np.flatnonzero(part_of_row != number), np.flatnonzero(part_of_row == number))
        for number in range(folds)
    ]


def time_folds(time: object, folds: int, gap: object = None) -> list[Fold]:
    """Return folds that validate on later rows than they train on, rows in order of time.

    The times are cut into `folds + 1` blocks of about equal numbers of examples, equal times in
    one block. Each block but the first is validated on once, after training on all rows before
    it, except those in the gap. Chance has no part. scikit-learn's `TimeSeriesSplit` cuts
    through equal times and counts its gap in rows.

    Args:
        time: The time of each example, `(examples,)`, in any order: numbers, numpy or pandas
            dates, in one time zone or all without.
        folds: Number of folds, at least 2, less than the number of different times.
        gap: Duration left out before each block: it is more than this later than what is
            trained on. A number, or for dates a timedelta; None for no gap.

    Raises:
        ArgumentError: If `folds` or `gap` is outside its range or of the wrong kind.
        DataError: If a time is missing or no number or date, if time zones differ, if there are
            too few different times, or if the gap leaves a fold nothing to train on.
    """
    check_integer("folds", folds, 2)
    timeline = read_timeline(time, gap)
    times, examples = len(timeline), len(timeline.order)
    if times <= folds:
        raise DataError(
            "There must be more different times than folds, for a first block to train on.",
            received=f"{plural(times, 'different time')} in {plural(examples, 'example')} for "
            f"{folds} folds",
        )
    starts = [0]
    for fold in range(1, folds + 1):
        share = examples * fold / (folds + 1)
        starts.append(timeline.nearest(share, starts[-1] + 1, times - 1 - folds + fold))
    return [
        Fold(_rows_before(timeline, start, gap), timeline.rows(start, stop))
        for start, stop in zip(starts[1:], [*starts[2:], times], strict=True)
    ]


def stopping_part(
    fold: Fold,
    labels: object,
    *,
    groups: object = None,
    time: object = None,
    gap: object = None,
    fraction: float,
    seed: int,
) -> tuple[Rows, Rows]:
    """Return the training rows of a fold as rows to fit and rows to stop early on.

    So early stopping never sees the fold's validation rows. By default the choice is stratified,
    and a class with one training row stays in the rows to fit. With `groups`, no group is on
    both sides; with `time`, the rows to stop on are the latest ones, chance has no part, and
    rows in the gap are in neither.

    Args:
        fold: A fold of these examples.
        labels: The class of each example of the data, `(examples,)`; all equal for regression.
        groups: The group of each example of the data, `(examples,)`, or None.
        time: The time of each example of the data, `(examples,)`, or None; not both.
        gap: Duration left out before the rows to stop on; None for none. Needs `time`.
        fraction: Share of the training rows to stop on, in (0, 1).
        seed: Seed of the split, at least 0.

    Raises:
        ArgumentError: If an argument is outside its range, or if both `groups` and `time`, or
            `gap` without `time`, are given.
        DataError: If the arrays do not fit the fold or have missing values, or if there is too
            little to divide.
    """
    check_real("fraction", fraction, 0, 1, low_open=True, high_open=True)
    check_integer("seed", seed, 0)
    if (groups is not None and time is not None) or (gap is not None and time is None):
        raise ArgumentError(
            "Rows to stop on are chosen by `groups`, or by `time` (with or without `gap`), or "
            "by neither.",
            received="both" if time is not None else "`gap` without `time`",
        )
    column = encode_column("labels", labels)
    if np.max(fold.train, initial=-1) >= len(column):
        raise DataError(
            "The labels must be those of the data that the fold was made of.",
            received=f"{plural(len(column), 'label')} and row {int(fold.train.max())}",
        )
    if time is not None:
        timeline = read_timeline(time, gap, examples=len(column), rows=fold.train)
        _check_two("different times", len(timeline))
        wanted = len(fold.train) * (1 - fraction)
        start = timeline.nearest(wanted, 1, len(timeline) - 1)
        fit = _rows_before(timeline, start, gap)
        return fold.train[fit], fold.train[timeline.rows(start, len(timeline))]
    classes = encode_column("labels", column.codes[fold.train])
    generator = np.random.default_rng(seed)
    if groups is not None:
        codes = encode_groups(groups, len(column)).codes[fold.train]
        members = encode_column("groups", codes)  # without the groups of the other rows
        _check_two("groups", len(members.names))
        fractions = (1 - fraction, fraction)
        part = assign_groups(members.codes, classes.codes, fractions, generator)
        stopping = part[members.codes] == 1
    else:
        stopping = _choose_stratified(classes, fraction, generator)
    return fold.train[~stopping], fold.train[stopping]


def _rows_before(timeline: Timeline, start: int, gap: object) -> Rows:
    """Return the rows more than the gap before the time at `start`."""
    rows = timeline.rows(0, timeline.before(start))
    if not len(rows):
        raise DataError(
            "The gap must leave rows to train on before every block.",
            received=f"gap={gap!r}",
            fix="Shorten it, or take fewer folds.",
        )
    return rows


def _check_two(name: str, number: int) -> None:
    if number < 2:
        raise DataError(
            f"The training rows of a fold must have at least two {name}, to fit and to stop on.",
            received=f"{number}",
        )


def _choose_stratified(
    classes: Column, fraction: float, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Return whether each row is chosen; never the only one of its class."""
    shared = np.flatnonzero(classes.counts > 1)
    counts = classes.counts[shared]
    _check_two("examples of a class", int(classes.counts.max()))
    total = min(max(round(fraction * len(classes)), len(shared)), int((counts - 1).sum()))
    sizes = np.zeros_like(classes.counts)
    sizes[shared] = stratified_sizes(counts, total, counts - 1)
    chosen = np.zeros(len(classes), dtype=bool)
    by_class = np.split(np.argsort(classes.codes, kind="stable"), np.cumsum(classes.counts)[:-1])
    for rows, size in zip(by_class, sizes, strict=True):
        chosen[generator.permutation(rows)[:size]] = True
    return chosen
