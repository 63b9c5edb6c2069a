"""Columns that know the answer: filled in afterwards, numbered in its order, or made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.diagnose.program.inputs import first_layers
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding

Column = NDArray[np.float64]

_ROWS = 2000
_FEWEST_ROWS, _FEWEST_COLUMNS, _MOST_COLUMNS = 100, 3, 500
_MOST_CLASSES = 30
_ALONE = 0.99
_FOR_EACH = 0.97
_IN_ORDER = 0.95
_CONCENTRATED = 0.9
_STILL_WRONG = 0.1
_KNOWS = 0.1
_WINDOW = 3
_EXPLAINED = 0.995
_RIDGE = 1e-3
_DENSE = 0.3
_EXTREMES, _BETWEEN = 10, 20
_DENOMINATORS = 12
_SURE = 1e-6


@dataclass(frozen=True)
class _Table:
    """Inputs as columns of numbers, with what they are called."""

    columns: NDArray[np.float64]
    names: list[str]

    def without(self, left_out: list[int]) -> NDArray[np.float64]:
        return np.delete(self.columns, left_out, axis=1)


def check_leaks(program: Program) -> Iterator[Finding]:
    """Find columns that say nearly all of the answer where the others together say little.

    A strong column is no fault. It is doubted where it does what only the answer itself does: it is
    the same within each class and another between them, it goes with the rows as they were sorted,
    its values are shares of the labels, or it is sure where its correlated neighbours are not.

    Args:
        program: The training.
    """
    rows = np.linspace(0, program.examples - 1, min(program.examples, _ROWS)).astype(np.int64)
    if len(rows) < _FEWEST_ROWS or len(program.outputs) != 1:
        return
    (output,) = program.outputs
    table = _columns(program, rows)
    if table is None or len(table.names) < _FEWEST_COLUMNS:
        return
    if output.classes is not None:
        found = _of_classes(table, output.classes[rows], program.examples)
    elif _plain_values(output):
        found = _of_values(table, output.column[rows].astype(np.float64))
    else:
        return
    for at, said in list(found)[:1]:
        yield Finding(
            "inputs",
            f"{table.names[at].capitalize()} {said}.",
            {"column": at},
            "Ask whether it is known when the network is to predict, and before the answer is: "
            "else leave it out, or make it of other examples' answers alone.",
            severity="warning",
        )


def _plain_values(output: Output) -> bool:
    if not output.one_column or output.targets.dtype.kind not in "iuf":
        return False
    return bool(np.isfinite(output.column.astype(np.float64)).all())


def _columns(program: Program, rows: NDArray[np.int64]) -> _Table | None:
    parts, names = [], []
    for name, x in program.x.items():
        if x.ndim > 2 or x.dtype.kind not in "biuf":
            return None
        if any(isinstance(one, keras.layers.Embedding) for one in first_layers(program, name)):
            continue
        values = x[rows].astype(np.float64).reshape(len(rows), -1)
        one = values.shape[1] == 1 and bool(name)
        names += [f"{name!r}" if one else f"column {at}" for at in range(values.shape[1])]
        if name and not one:
            names[-values.shape[1] :] = [f"{own} of {name!r}" for own in names[-values.shape[1] :]]
        parts.append(values)
    if not parts or sum(part.shape[1] for part in parts) > _MOST_COLUMNS:
        return None
    columns = np.concatenate(parts, axis=1)
    return _Table(columns, names) if np.isfinite(columns).all() else None


# ---- classes


def _of_classes(table: _Table, classes: NDArray[np.int64], rows: int) -> Iterator[tuple[int, str]]:
    kinds, of_kind, counts = np.unique(classes, return_inverse=True, return_counts=True)
    if not 2 <= len(kinds) <= _MOST_CLASSES or counts.min() < _EXTREMES:
        return
    for at, column in enumerate(table.columns.T if len(kinds) == 2 else ()):
        if _shares_of_labels(column, of_kind):
            yield (
                at,
                "is made of the labels: by its values the shares of the classes go from exactly 0 "
                "to exactly 1, and between them follow it",
            )
    varied = np.flatnonzero(np.ptp(table.columns, axis=0) > 0)
    right = {int(at): _right_alone(table.columns[:, at], of_kind) for at in varied}
    strong = [at for at, one in right.items() if one[0] >= _IN_ORDER and one[1] >= _FOR_EACH]
    others = _right_linearly(table.without(strong), of_kind) if strong else 1.0
    weak = 1 - others >= _STILL_WRONG
    related = others - 1 / len(kinds) > _KNOWS and 1 - others > 1.5 * _STILL_WRONG
    for at in strong:
        column, alone = table.columns[:, at], right[at][0]
        said = (
            f"tells {alone:.1%} of the labels alone, where all others together tell {others:.1%} "
            "(each class counting as much)"
        )
        if _numbers_rows(column, rows):
            yield at, f"looks like a number of the row, and {said}"
        elif alone >= _ALONE and weak and _like_a_label(column, of_kind):
            yield at, f"is nearly the same within each class, and {said}"
        elif alone >= _ALONE and related:
            yield at, said


def _right_alone(column: Column, of_kind: NDArray[np.int64]) -> tuple[float, float]:
    """Return which share of labels, and of each class's in the mean, neighbours in it tell."""
    order = np.lexsort((np.random.default_rng(0).permutation(len(column)), column))
    labels = of_kind[order]
    hot = np.eye(int(of_kind.max()) + 1)[labels]
    sums = np.concatenate([np.zeros((1, hot.shape[1])), hot.cumsum(axis=0)])
    at = np.arange(len(labels))
    low, high = np.maximum(at - _WINDOW, 0), np.minimum(at + _WINDOW + 1, len(labels))
    hits = (sums[high] - sums[low] - hot).argmax(axis=1) == labels
    return float(hits.mean()), float((hits @ hot / hot.sum(axis=0)).mean())


def _right_linearly(columns: NDArray[np.float64], of_kind: NDArray[np.int64]) -> float:
    """Return the share of each class, in the mean, that a linear model tells of other rows."""
    hot = np.eye(int(of_kind.max()) + 1)[of_kind]
    weights = 1 / hot.sum(axis=0)[of_kind]
    hits = np.zeros(len(of_kind))
    for rows, answers in _fitted_by_halves(columns, hot, weights):
        hits[rows] = answers.argmax(axis=1) == of_kind[rows]
    return float((hits @ hot / hot.sum(axis=0)).mean())


def _fitted_by_halves(
    columns: NDArray[np.float64], wanted: NDArray[np.float64], weights: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Yield rows and what a ridge regression that was fitted to the other half says of them."""
    spread = columns.std(axis=0)
    scaled = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    scaled = np.hstack([scaled, np.ones((len(scaled), 1))])
    halves = np.random.default_rng(0).permutation(len(scaled))
    cut = len(halves) // 2
    for seen, rows in ((halves[:cut], halves[cut:]), (halves[cut:], halves[:cut])):
        weighted = scaled[seen] * weights[seen, None]
        gram = weighted.T @ scaled[seen]
        gram += _RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
        yield rows, scaled[rows] @ np.linalg.solve(gram, weighted.T @ wanted[seen])


def _like_a_label(column: Column, of_kind: NDArray[np.int64]) -> bool:
    """Whether it varies between classes, and hardly within, as no measurement does."""
    counts = np.bincount(of_kind)
    means = np.bincount(of_kind, column) / counts
    between = float((counts * (means - column.mean()) ** 2).sum())
    if between > _CONCENTRATED * float(((column - column.mean()) ** 2).sum()):
        return True
    # Or one value stands for a class: what is filled in for the others alone.
    for kind in range(len(counts)):
        values, times = np.unique(column[of_kind == kind], return_counts=True)
        usual = values[times.argmax()]
        elsewhere = float((column[of_kind != kind] == usual).mean())
        if len(counts) == 2 and times.max() > _ALONE * times.sum() and elsewhere < 1 - _ALONE:
            return True
    return False


def _numbers_rows(column: Column, rows: int) -> bool:
    """Whether all values are different and lie on a dense grid, as those of a counter do."""
    values = np.sort(column)
    steps = np.diff(values)
    if not steps.all():
        return False
    step = float(np.quantile(steps, 0.01))
    whole = steps / step
    on_grid = bool((np.abs(whole - np.round(whole)) < 0.1).mean() > _ALONE)
    return on_grid and rows > _DENSE * float(np.ptp(column)) / step


def _shares_of_labels(column: Column, of_kind: NDArray[np.int64]) -> bool:
    """Whether its values are shares of the labels of few rows each, such as a group's mean."""
    values, of_value, times = np.unique(column, return_inverse=True, return_counts=True)
    if not 5 <= len(values) <= len(column) / 5:
        return False
    position = (values - values[0]) / (values[-1] - values[0])
    shares = np.bincount(of_value, of_kind) / times
    if shares[0] > shares[-1]:
        shares = 1 - shares
    pure = shares[0] == 0 and shares[-1] == 1 and min(times[0], times[-1]) >= _EXTREMES
    if not pure:
        return False
    # Fractions of different small numbers: groups of two, of three, of five.
    below = np.arange(1, _DENOMINATORS + 1)
    parts = position[:, None] * below
    fits = np.abs(parts - np.round(parts)) < 1e-4
    smallest = below[fits.argmax(axis=1)][fits.any(axis=1)]
    if fits.any(axis=1).mean() < 0.9 or len(set(smallest.tolist()) - {1}) < 3:
        return False
    inner = times >= _BETWEEN
    inner[[0, -1]] = False
    if not inner.any():
        return False
    chance = position[inner] * (1 - position[inner]) * times[inner]
    apart = float((((shares - position)[inner] * times[inner]) ** 2 / chance).sum())
    return float(stats.chi2.sf(apart, inner.sum())) > _SURE


# ---- values


def _of_values(table: _Table, values: Column) -> Iterator[tuple[int, str]]:
    spread = float(values.std())
    if not spread > 0:
        return
    scaled = (values - values.mean()) / spread
    widths = table.columns.std(axis=0)
    varied = np.flatnonzero(widths > 1e-12 * np.abs(table.columns).max(axis=0))
    centred = table.columns[:, varied] - table.columns[:, varied].mean(axis=0)
    explained = (scaled @ centred / len(scaled) / widths[varied]) ** 2
    strong = [int(varied[at]) for at in np.flatnonzero(explained > _EXPLAINED)]
    if not strong:
        return
    rest = np.zeros(len(values))
    for rows, answers in _fitted_by_halves(
        table.without(strong), scaled[:, None], np.ones(len(values))
    ):
        rest[rows] = answers[:, 0]
    others = 1 - float(((scaled - rest) ** 2).mean())
    if _KNOWS < others < 1 - 1.5 * _STILL_WRONG:
        for at in strong:
            share = float(explained[varied == at][0])
            yield (
                at,
                (
                    f"tells {share:.1%} of the target's variance alone, where all others together "
                    f"tell {others:.1%}"
                ),
            )
