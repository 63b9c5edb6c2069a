"""Are there values far away from all others?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.audit.evidence import FeatureColumn, feature_columns, row_hashes
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding, plural
from dlrecipes.targets import if_named, number_columns

FAR = 5.0
"""Interquartile ranges beyond the quartiles."""
ALONE, ALONE_CODE = 5.0, 2.0
UNLIKELY = 0.016
"""Probability of an alarm in a table of tails that fall like a power; half of it for one value."""
TAIL, LEAST_TAIL = 0.1, 10
LEAST_CODES = 5
LEAST_VALUES = 20
MOST_COLUMNS = 1000
MAX_NAMED = 20


@dataclass(frozen=True, eq=False)
class _Far:
    """The far values of one column: `rows` are places in training, then validation part."""

    rows: NDArray[np.int64]
    alone: bool
    text: str


@dataclass(frozen=True, eq=False)
class _Middle:
    """Quartiles and median of a column, and which cells are missing or its usual value."""

    low: float
    middle: float
    high: float
    usual: NDArray[np.bool_]


def check_outliers(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the numbers that lie more than five interquartile ranges beyond the quartiles.

    Quartiles are those of the training part; of a column that is mostly one value, those of the
    others. A few values that lie five times as far out as the next one, which may be a slip, are a
    warning, unless the tail is so heavy that such gaps belong to it: in a tail that falls like a
    power the gaps between neighbours, as ratios, have a known distribution (Rényi 1953). So is a
    number that is there at least five times and lies twice as far out as the next one: 99999 may
    stand for something else. Others are a long tail, which is told and no more. Of rows with equal
    inputs one is looked at. Targets that are values are looked at, too.

    Args:
        train: The training part of a table.
        validation: The validation part.
        spec: The raw data's description.
    """
    columns = list(feature_columns(train, validation, spec, most=MOST_COLUMNS))
    columns += [
        FeatureColumn(
            if_named(target, f"target {target.shown}", "the target"), "number", column, later
        )
        for (target, column), (_, later) in zip(
            number_columns(train.y, spec), number_columns(validation.y, spec), strict=True
        )
    ]
    numbers = [column for column in columns if column.kind == "number"]
    found = {}
    suspects = [column for column in numbers if len(_distances(column)[1])]
    if suspects:
        once = _first_of_equal(train, validation)
        found = {column.name: _look(column, once, len(suspects)) for column in suspects}
    if not found:
        return Finding("outliers", f"No number lies more than {FAR:.0f} interquartile ranges out.")
    evidence: dict[str, float | int | str | list[str]] = {
        name: far.text for name, far in list(found.items())[:MAX_NAMED]
    }
    alone = {name: far for name, far in found.items() if far.alone}
    shown = alone or found
    places = np.concatenate([far.rows[:5] for far in shown.values()])[:MAX_NAMED]
    evidence["rows"] = [_name(train, validation, int(place)) for place in places]
    clipped = (
        "TablePreprocess clips numbers to their training quantiles."
        if isinstance(train.x, Columns)
        else "Put a `dlrecipes.layers.QuantileClip` in front as preprocessing."
    )
    named = ", ".join(repr(name) for name in list(shown)[:MAX_NAMED])
    if alone:
        return Finding(
            "outliers",
            f"A few values lie far beyond all others in {named}.",
            evidence,
            advice="Look at these rows: mistakes are corrected, codes such as 99999 belong to the "
            f"missing values (missing='99999'). Otherwise: {clipped}",
            severity="warning",
        )
    return Finding(
        "outliers", f"Long tails: {named}.", evidence, advice=f"Long tails are usual. {clipped}"
    )


def _first_of_equal(train: Split, validation: Split) -> NDArray[np.bool_]:
    """Return which rows are the first with their inputs, `(examples,)`."""
    hashes = np.concatenate([row_hashes(train.x), row_hashes(validation.x)])
    first = np.zeros(len(hashes), dtype=bool)
    first[np.unique(hashes, return_index=True)[1]] = True
    return first


def _distances(column: FeatureColumn) -> tuple[NDArray[np.float64], NDArray[np.int64], _Middle]:
    """Return how far out each value lies, the rows of the far ones, and what is not far."""
    train, both = column.train[~np.isnan(column.train)], column.both.astype(np.float64)
    nothing = np.zeros(len(both)), np.zeros(0, np.int64), _Middle(0.0, 0.0, 0.0, np.isnan(both))
    if len(train) < LEAST_VALUES:
        return nothing
    low, middle, high = np.quantile(train, [0.25, 0.5, 0.75])
    usual = np.isnan(both)
    if low == high:  # mostly one value
        others = train[train != low]
        if len(others) < LEAST_VALUES:
            return nothing
        usual |= both == low
        low, middle, high = np.quantile(others, [0.25, 0.5, 0.75])
    if low == high:
        return nothing
    distance = np.where(usual, 0.0, np.maximum(low - both, both - high) / (high - low))
    rows = np.flatnonzero(distance > FAR)
    rows = rows[np.argsort(-distance[rows], kind="stable")]
    return distance, rows, _Middle(float(low), float(middle), float(high), usual)


def _look(column: FeatureColumn, once: NDArray[np.bool_], columns: int) -> _Far:
    distance, rows, middle = _distances(column)
    both = column.both.astype(np.float64)
    share = len(rows) / int((~np.isnan(both)).sum())
    text = f"{plural(len(rows), 'value')} ({share:.2%}), the furthest {both[rows[0]]:g}"
    looked_at = once & ~middle.usual
    deviations = np.abs(both[looked_at] - middle.middle) / (middle.high - middle.low)
    alone = _alone(distance[once], deviations, columns)
    if alone:
        text += f" ({alone:,} alone), half of the values lie between {middle.low:g} and "
        return _Far(rows[once[rows]][:alone], True, f"{text}{middle.high:g}")
    return _Far(rows, False, text)


def _alone(distance: NDArray[np.float64], deviations: NDArray[np.float64], columns: int) -> int:
    """Return how many of the furthest values have a gap below them, 0 for none.

    Args:
        distance: Interquartile ranges beyond the quartiles, `(rows,)`, 0 for a usual value.
        deviations: Interquartile ranges from the median, without usual values.
        columns: Number of columns with far values: in each of them luck has its chance.
    """
    few = max(len(distance) // 100, 1)
    if len(distance) <= few + 1:
        return 0
    # The few furthest, in order, and the next one below them.
    top = np.sort(np.partition(distance, -few - 1)[-few - 1 :])[::-1]
    times = top[:-1] / np.maximum(top[1:], 1.0)
    codes = np.arange(1, len(top)) >= LEAST_CODES
    codes &= (top[:-1] == top[0]) & (times >= ALONE_CODE)
    for place in np.flatnonzero((top[:-1] > FAR) & (codes | (times >= ALONE))):
        above = int(place) + 1  # each number of values, too, so that the sum stays bounded
        if codes[place] or _chance_of_gap(deviations, above) * columns * 2.0**above < UNLIKELY:
            return above
    return 0


def _chance_of_gap(deviations: NDArray[np.float64], above: int) -> float:
    """Return how often a tail that falls like a power has such a gap below its furthest values.

    With `d_1 >= d_2 >= …`, the numbers `i log(d_i / d_{i+1})` are then independent and exponential
    with one mean, that of the gaps further in.

    Args:
        deviations: Distances from the median, `(values,)`.
        above: Number of values above the gap.
    """
    length = max(LEAST_TAIL, round(TAIL * len(deviations)))
    length = min(length, len(deviations) // 2) - above
    if length < 1:
        return 1.0
    tail = np.sort(deviations)[::-1][: above + length + 1]
    logs = np.log(np.maximum(tail, np.finfo(np.float64).tiny))
    # The sum of i (log d_i - log d_{i+1}) over the places below the gap.
    others = (above + 1) * logs[above] + logs[above + 1 : -1].sum() - (above + length) * logs[-1]
    gap = above * (logs[above - 1] - logs[above])
    if others <= 0:  # no gap further in: any is one of a kind
        return 1.0 if gap <= 0 else 0.0
    with np.errstate(over="ignore"):
        return float((1 + gap / others) ** -float(length))


def _name(train: Split, validation: Split, place: int) -> str:
    part, row = (train, place) if place < len(train) else (validation, place - len(train))
    return str(row if part.ids is None else part.ids[row])
