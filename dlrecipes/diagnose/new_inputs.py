"""Are inputs to predict like those that a model was trained on?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.data import Columns, Inputs, Split
from dlrecipes.results import DataSpec, Finding, plural
from dlrecipes.results.training_statistics import InputStatistics, TrainingStatistics

BINS, MOST_CATEGORIES, MOST_FEATURES = 20, 50, 200
MOST_ROWS = 100_000
LEAST_UNITS, LEAST_EXPECTED, COMMON = 30, 5, 30
SHIFTED, UNLIKELY = 0.25, 0.01
"""From 0.25 on a population stability index is called a major shift."""
MOST_NAMED = 3
BYTES, UNIT, GREY = 10.0, 1.0, 0.05


def describe_inputs(train: Split, spec: DataSpec) -> TrainingStatistics | None:
    """Return what is needed of the training inputs to tell later whether new ones are like them.

    Of each column of numbers 20 quantiles, of each category the counts of the 50 most frequent
    values; of an array each feature, at most 200; of images and sequences the mean and the spread
    of each channel in each example. Rows that were repeated to balance classes count once. Dates
    go on and texts differ: neither is described.

    Args:
        train: The raw training part.
        spec: The raw data's description.

    Returns:
        None where inputs to come are expected to differ, of parts in the order of time, and for
        several inputs.
    """
    if train.time is not None or isinstance(train.x, Inputs):
        return None
    rows = np.arange(len(train))
    if train.ids is not None:
        rows = np.sort(np.unique(train.ids, return_index=True)[1])
    if len(rows) > MOST_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(int)]
    part = train.pick(rows)
    x = part.x
    if isinstance(x, Inputs) or (not isinstance(x, Columns) and x.dtype.kind not in "biuf"):
        return None
    low, high = (0.0, 0.0) if isinstance(x, Columns) else (float(x.min()), float(x.max()))
    units = len(rows) if part.groups is None else len(np.unique(part.groups.astype(str)))
    described = tuple(
        _described(name, values) for name, values in _features(x, spec) if len(values)
    )
    return TrainingStatistics(len(rows), units, low, high, described)


def check_new_inputs(
    statistics: TrainingStatistics, x: NDArray[Any] | Columns | Inputs, spec: DataSpec
) -> Finding:
    """Return which inputs to predict are distributed otherwise than those of training.

    A column is told if its population stability index, less what chance makes of it, is above 0.25
    and a test of equal shares says that chance does not explain it (at 1 % of all columns
    together). The index is an effect: of 100,000 rows, too, a small difference is none. Missing
    cells, which `check_unknown_values` counts, are left out. Fewer than
    30 rows, or rows of as many groups as training had, are not compared. That numbers
    of 0 to 1 come where training had 0 to 255, or the reverse, is told of any number of rows.

    Args:
        statistics: Of `describe_inputs`.
        x: Raw inputs to predict, `(examples, …)`, or the columns of a table.
        spec: The raw data's description.

    Returns:
        A finding `new inputs`, a warning if there is such a column.

    Reference:
        Siddiqi 2006, Credit Risk Scorecards (the index).
    """
    if isinstance(x, Inputs) or (not isinstance(x, Columns) and x.dtype.kind not in "biuf"):
        return Finding("new inputs", "These inputs are not compared with those of training.")
    if not isinstance(x, Columns):
        scale = _other_scale(statistics, x)
        if scale is not None:
            return scale
    units = len(x) * statistics.units / max(statistics.examples, 1)
    if min(units, statistics.units) < LEAST_UNITS:
        return Finding(
            "new inputs", f"{plural(len(x), 'row is', 'rows are')} too few to be compared."
        )
    known = {one.name: one for one in statistics.inputs}
    indices = {
        name: _shift(known[name], values, statistics, len(known))
        for name, values in _features(x, spec)
        if name in known
    }
    found = {name: index for name, index in indices.items() if index > SHIFTED}
    if not found:
        return Finding("new inputs", "New inputs are distributed as those of training.")
    ranked = sorted(found, key=lambda name: -found[name])
    named = ", ".join(repr(name) for name in ranked[:MOST_NAMED])
    more = f" and {len(ranked) - MOST_NAMED:,} more" if len(ranked) > MOST_NAMED else ""
    return Finding(
        "new inputs",
        f"The rows to predict are distributed otherwise than those of training in "
        f"{plural(len(ranked), 'input')}: {named}{more}.",
        {name: found[name] for name in ranked},
        advice="Scores of training and test need not hold for them: see whether they are of the "
        "same kind and in the same units; else train with rows like these.",
        severity="warning",
    )


def _features(x: NDArray[Any] | Columns, spec: DataSpec) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield a name and a value an example: numbers with NaN, or text with `""`, if missing."""
    if isinstance(x, Columns):
        kinds = {column.name: column.kind for column in spec.columns}
        for name, values in x.items():
            if kinds.get(name, "number") in ("number", "category"):
                yield name, values
        return
    if x.ndim <= 2:
        width = 1 if x.ndim == 1 else x.shape[1]
        flat = x.reshape(len(x), width)
        for at in np.unique(np.linspace(0, width - 1, min(width, MOST_FEATURES)).astype(int)):
            yield f"feature {at}", flat[:, at].astype(np.float64)
        return
    channels = x.reshape(len(x), -1, x.shape[-1])
    for at in range(min(channels.shape[-1], MOST_FEATURES)):
        each = channels[:, :, at].astype(np.float32)
        yield f"mean of channel {at}", each.mean(axis=1, dtype=np.float64)
        yield f"spread of channel {at}", each.std(axis=1, dtype=np.float64)


def _described(name: str, values: NDArray[Any]) -> InputStatistics:
    if values.dtype == object:
        counts = chosen_by = Counter(values.tolist())
        if min(counts.values()) < COMMON:
            # Those that are frequent by luck are so in the half only that they are chosen by.
            chosen_by, counts = Counter(values[::2].tolist()), Counter(values[1::2].tolist())
        often = [value for value, of in chosen_by.items() if value and of >= LEAST_EXPECTED]
        frequent = sorted(often, key=lambda value: (-chosen_by[value], value))[:MOST_CATEGORIES]
        others = sum(of for value, of in counts.items() if value) - sum(
            counts[value] for value in frequent
        )
        numbers = (*(counts[value] for value in frequent), others)
        return InputStatistics(name, (), tuple(frequent), numbers)
    known = values[~np.isnan(values)].astype(np.float64)
    edges: NDArray[np.float64] = np.empty(0)
    if len(known):
        steps = np.arange(1, BINS) / BINS
        edges = np.unique(np.quantile(known, steps, method="inverted_cdf"))
    bins = np.bincount(np.searchsorted(edges, known), minlength=len(edges) + 1)
    return InputStatistics(name, tuple(edges.tolist()), (), tuple(bins.tolist()))


def _counted(before: InputStatistics, values: NDArray[Any]) -> NDArray[np.float64]:
    """Return how many of the new values are in each bin or category, missing ones in none."""
    if values.dtype == object:
        found = Counter(values.tolist())
        found.pop("", 0)
        frequent = [found.pop(value, 0) for value in before.categories]
        return np.array([*frequent, sum(found.values())], dtype=np.float64)
    known = values[~np.isnan(values)].astype(np.float64)
    bins = np.searchsorted(np.array(before.edges), known)
    return np.bincount(bins, minlength=len(before.counts)).astype(np.float64)


def _shift(
    before: InputStatistics, values: NDArray[Any], statistics: TrainingStatistics, columns: int
) -> float:
    """Return the index of one column, without what chance makes of it; 0 if chance explains it."""
    independent = statistics.units / statistics.examples
    then = np.array(before.counts, dtype=np.float64) * independent
    now = _counted(before, values) * independent
    if min(then.sum(), now.sum()) < LEAST_UNITS:
        return 0.0
    then, now = _joined(then, now, ordered=bool(before.edges))
    if len(then) < 2:
        return 0.0
    _, chance, free, _ = stats.chi2_contingency(np.stack([then, now]), correction=False)
    if chance >= UNLIKELY / columns:
        return 0.0
    # Half an example more a bin, so that an empty one has a logarithm.
    p, q = ((counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (then, now))
    index = float(((q - p) * np.log(q / p)).sum())
    return index - float(free) * float(1 / then.sum() + 1 / now.sum())


def _joined(
    then: NDArray[np.float64], now: NDArray[np.float64], *, ordered: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Join neighbouring bins, or rare categories, until each may expect five of either.

    What is joined is decided by training alone: the new values are judged by it.
    """
    expected = then / then.sum() * min(then.sum(), now.sum())
    order = np.arange(len(then)) if ordered else np.argsort(expected, kind="stable")
    groups: list[list[int]] = [[]]
    for at in order:
        groups[-1].append(int(at))
        if expected[groups[-1]].sum() >= LEAST_EXPECTED:
            groups.append([])
    rest = groups.pop()
    if groups:
        groups[-1] += rest
    else:
        groups.append(rest)
    joined = [np.array([counts[group].sum() for group in groups]) for counts in (then, now)]
    return joined[0], joined[1]


def _other_scale(statistics: TrainingStatistics, x: NDArray[Any]) -> Finding | None:
    """Return that numbers are on another scale: 0 to 1 for 0 to 255, or the reverse."""
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    small = statistics.low >= 0 and statistics.high > BYTES and low >= 0 and 0 < high <= UNIT
    large = abs(statistics.high) <= UNIT and statistics.low >= -UNIT and high > BYTES
    if small:
        # Of a table's features, quantiles tell more; and images may be dark.
        grey = bool((x != np.round(x)).any() or (x == 1).mean() > GREY)
        small = x.ndim > 2 and grey
    if not small and not large:
        return None
    return Finding(
        "new inputs",
        f"The inputs go from {low:.4g} to {high:.4g}, those of training from "
        f"{statistics.low:.4g} to {statistics.high:.4g}.",
        {"low": low, "high": high},
        advice="Give them on the scale of training: divide by 255 there and here, or nowhere.",
        severity="warning",
    )
