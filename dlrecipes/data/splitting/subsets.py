"""Small starts: a stratified part of the rows, and a ladder of growing ones."""

from __future__ import annotations

import numbers
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer, check_real, shown
from dlrecipes.data.splitting.column import Column, encode_column
from dlrecipes.data.splitting.split_stratified import Rows, stratified_sizes
from dlrecipes.errors import ArgumentError, DataError


def subset(
    labels: object,
    size_or_fraction: float,
    *,
    classes: Sequence[object] | None = None,
    seed: int,
) -> Rows:
    """Return the rows of a stratified part, shuffled, with at least one of each class.

    Where every class has a share of at least one example, it gets it to within one. Nothing but
    `seed` moves a row.

    Args:
        labels: The class of each example, `(examples,)`; all equal for regression.
        size_or_fraction: Number of rows, a whole number from the number of classes; or a
            fraction of them (of those of `classes`), a float in (0, 1].
        classes: The labels to keep; None for all.
        seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If the size, the fraction or the seed is outside its range.
        DataError: If labels are missing, or if `classes` has a label that does not occur.
    """
    check_integer("seed", seed, 0)
    column = encode_column("labels", labels)
    rows = np.arange(len(column))
    if classes is not None:
        rows = np.flatnonzero(_kept(column, classes)[column.codes])
        column = encode_column("labels", column.codes[rows])
    total = _total("size_or_fraction", size_or_fraction, column)
    generator = np.random.default_rng(seed)
    sizes = stratified_sizes(column.counts, total)
    chosen = [
        members[:size]
        for members, size in zip(_shuffled_classes(column, generator), sizes, strict=True)
    ]
    shuffled: Rows = rows[generator.permutation(np.concatenate(chosen))]
    return shuffled


def ladder(labels: object, *, first: float, factor: float = 2.0, seed: int) -> list[Rows]:
    """Return the rows of growing stratified parts; the last holds all rows.

    Each rung begins with the rows of the one before, in the same order, followed by the new
    ones, shuffled. Every rung has every class; with a factor of at least 2, a class with a
    share of at least one example in every rung gets its share to within one. Nothing but `seed`
    moves a row.

    Args:
        labels: The class of each example, `(examples,)`; all equal for regression.
        first: Number of rows of the first rung, a whole number from the number of classes; or a
            fraction, a float in (0, 1].
        factor: How much larger each rung is than the one before, at least 1.1; the last step
            may be smaller.
        seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If `first`, `factor` or `seed` is outside its range.
        DataError: If labels are missing.
    """
    check_integer("seed", seed, 0)
    check_real("factor", factor, 1.1)
    column = encode_column("labels", labels)
    totals = [_total("first", first, column)]
    while (larger := max(round(totals[-1] * factor), totals[-1] + 1)) < len(column):
        totals.append(larger)
    # From the top, so that no rung takes more of a class than the next one has.
    sizes = [column.counts]
    for total in reversed(totals):
        sizes.insert(0, stratified_sizes(column.counts, total, sizes[0]))
    generator = np.random.default_rng(seed)
    members = _shuffled_classes(column, generator)
    rungs = [np.empty(0, dtype=np.int64)]
    taken = np.zeros_like(column.counts)
    for size in sizes:
        new = [rows[low:high] for rows, low, high in zip(members, taken, size, strict=True)]
        rungs.append(np.concatenate([rungs[-1], generator.permutation(np.concatenate(new))]))
        taken = size
    if totals[-1] == len(column):
        rungs.pop()
    return rungs[1:]


def _kept(column: Column, classes: Sequence[object]) -> NDArray[np.bool_]:
    """Return whether each label is one of `classes`, `(labels,)`."""
    names = column.names.tolist()
    unknown = [str(label) for label in classes if label not in names]
    if unknown or not len(classes):
        raise DataError(
            "`classes` must hold labels that occur.",
            received=", ".join(map(repr, unknown[:10])) or "none",
            fix=f"The labels are {', '.join(map(repr, names[:10]))}"
            f"{', …' if len(names) > 10 else '.'}",
        )
    return np.isin(np.arange(len(names)), [names.index(label) for label in classes])


def _total(name: str, value: object, column: Column) -> int:
    """Return how many rows a size or a fraction means, at least one of each class."""
    classes, examples = len(column.names), len(column)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        size = int(value)
        if not classes <= size <= examples:
            raise ArgumentError(
                f"`{name}` must be from the number of classes to the number of examples, "
                f"{classes} to {examples}.",
                received=f"{name}={shown(value)}",
                fix="A fraction is written as a float.",
            )
        return size
    fraction = check_real(name, value, 0, 1, low_open=True)
    return max(round(fraction * examples), classes)


def _shuffled_classes(column: Column, generator: np.random.Generator) -> list[Rows]:
    """Return the rows of each class, shuffled."""
    by_class = np.split(np.argsort(column.codes, kind="stable"), np.cumsum(column.counts)[:-1])
    return [generator.permutation(rows) for rows in by_class]
