"""Are there values far away from all others?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.audit.feature_columns import FeatureColumn, feature_columns
from dlrecipes.data.columns import Columns
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding

FAR = 5.0
"""Interquartile ranges beyond the quartiles."""
ALONE, ALONE_CODE = 5.0, 2.0
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


def check_outliers(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the numbers that lie more than five interquartile ranges beyond the quartiles.

    Quartiles are those of the training part; of a column that is mostly one value, those of the
    others. A few values that lie five times as far out as the next one, which may be a slip, are a
    warning; so is a number that is there at least five times and lies twice as far out as the next
    one: 99999 may stand for something else. Others are a long tail, which is told and no
    more. Targets that are values are looked at, too.

    Args:
        train: The training part of a table.
        validation: The validation part.
        spec: The raw data's description.
    """
    columns = list(feature_columns(train, validation, spec, most=MOST_COLUMNS))
    if spec.task == "regression":
        columns.append(FeatureColumn("the target", "number", train.y, validation.y))
    columns += [
        FeatureColumn(f"target {one.shown}", "number", train.y[:, at], validation.y[:, at])
        for at, one in enumerate(spec.targets)
        if one.task == "regression"
    ]
    found = {}
    for column in columns:
        far = _look(column) if column.kind == "number" else None
        if far is not None:
            found[column.name] = far
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


def _look(column: FeatureColumn) -> _Far | None:
    train, both = column.train[~np.isnan(column.train)], column.both.astype(np.float64)
    if len(train) < LEAST_VALUES:
        return None
    low, high = np.quantile(train, [0.25, 0.75])
    usual = np.isnan(both)
    if low == high:  # mostly one value
        others = train[train != low]
        if len(others) < LEAST_VALUES:
            return None
        usual |= both == low
        low, high = np.quantile(others, [0.25, 0.75])
    if low == high:
        return None
    distance = np.where(usual, 0.0, np.maximum(low - both, both - high) / (high - low))
    rows = np.flatnonzero(distance > FAR)
    if not len(rows):
        return None
    rows = rows[np.argsort(-distance[rows], kind="stable")]
    alone = _alone(distance, len(both))
    furthest = both[rows[0]]
    share = len(rows) / int((~np.isnan(both)).sum())
    text = f"{len(rows):,} values ({share:.2%}), the furthest {furthest:g}"
    if alone:
        text += f" ({alone:,} alone), half of the values lie between {low:g} and {high:g}"
        return _Far(rows[:alone], True, text)
    return _Far(rows, False, text)


def _alone(distance: NDArray[np.float64], examples: int) -> int:
    """Return how many of the furthest values have a gap below them, 0 for none."""
    few = max(examples // 100, 1)
    if examples <= few + 1:
        return 0
    # The few furthest, in order, and the next one below them.
    top = np.sort(np.partition(distance, -few - 1)[-few - 1 :])[::-1]
    times = top[:-1] / np.maximum(top[1:], 1.0)
    codes = np.arange(1, len(top)) >= LEAST_CODES
    codes &= top[:-1] == top[0]
    gaps = np.flatnonzero((top[:-1] > FAR) & ((times >= ALONE) | (codes & (times >= ALONE_CODE))))
    return int(gaps[0]) + 1 if len(gaps) else 0


def _name(train: Split, validation: Split, place: int) -> str:
    part, row = (train, place) if place < len(train) else (validation, place - len(train))
    return str(row if part.ids is None else part.ids[row])
