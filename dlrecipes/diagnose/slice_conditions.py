"""Conditions that pick some of the examples: values, ranges, gaps, and two of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from dlrecipes.data import Columns
from dlrecipes.errors import ArgumentError

MOST_BINS, COARSE = 20, 4
WIDTHS = (2, 4, 8)
"""How many neighbouring bins of numbers are joined."""
MOST_PAIRED = 25
_LONGEST = 40


@dataclass(frozen=True, eq=False)
class Conditions:
    """Conditions on the examples, and which examples meet them.

    Args:
        names: Each condition as text, `"age ≥ 61"`.
        parts: Which examples have which bin or value, `(bins, examples)` of 0 and 1.
        made_of: Which of these each condition joins, `(conditions, bins)` of 0 and 1.
        inner: Whether each is a range of numbers with others on both sides, `(conditions,)`.
    """

    names: tuple[str, ...]
    parts: sparse.csr_matrix
    made_of: sparse.csr_matrix
    inner: NDArray[np.bool_]

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over the examples of each condition, `(conditions, …)`.

        Args:
            values: Numbers, `(examples, …)`.
        """
        return np.asarray(self.made_of @ (self.parts @ values))

    def members(self, at: int) -> NDArray[np.bool_]:
        """Return whether each example meets condition `at`, `(examples,)`."""
        return np.asarray((self.made_of[at] @ self.parts).toarray()[0] > 0)

    def keep(self, wanted: NDArray[np.bool_]) -> Conditions:
        """Return some of the conditions, `wanted` is `(conditions,)`."""
        places = np.flatnonzero(wanted)
        names = tuple(self.names[at] for at in places)
        return Conditions(names, self.parts, self.made_of[places], self.inner[places])


@dataclass(frozen=True, eq=False)
class _Binned:
    """A column's bins: the number of each example's, their names, and neighbours that are joined.

    Args:
        bins: `(examples,)`.
        names: One a bin.
        joined: First bin, last bin and name.
        numbers: How many of the bins are ranges of numbers, the first ones.
    """

    bins: NDArray[np.int64]
    names: list[str]
    joined: list[tuple[int, int, str]]
    numbers: int = 0


def read_columns(columns: object) -> dict[str, pd.Series]:
    """Return a table's columns by name, each with a row an example.

    Args:
        columns: A `pandas.DataFrame`, `{name: values}`, or `Columns`.

    Raises:
        ArgumentError: If it is none of these, has no column, or columns of different lengths.
    """
    if not isinstance(columns, Columns | pd.DataFrame | Mapping):
        raise ArgumentError(
            "`columns` must be a data frame, or a dictionary {name: values}.",
            received=type(columns).__name__,
        )
    named: Iterable[tuple[Any, Any]] = columns.items()
    table: dict[str, pd.Series] = {}
    for name, values in named:
        array = values if isinstance(values, pd.Series) else pd.Series(_flat(str(name), values))
        table[str(name)] = array.reset_index(drop=True)
    if not table:
        raise ArgumentError("`columns` must have at least one column.", received="none")
    lengths = {name: len(values) for name, values in table.items()}
    if len(set(lengths.values())) > 1:
        raise ArgumentError(
            "All columns must have the same length.",
            received=", ".join(f"{name}: {length:,}" for name, length in lengths.items()),
        )
    return table


def _flat(name: str, values: object) -> NDArray[Any]:
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    if array.ndim != 1:
        raise ArgumentError(
            "A column must have one value an example.", received=f"{name} of shape {array.shape}"
        )
    return array


def single_conditions(table: Mapping[str, pd.Series], least: int) -> Conditions:
    """Return the conditions on one column: a value, a range of numbers, a gap.

    Args:
        table: From `read_columns`.
        least: Examples that a category must have to be named by itself; rarer ones are one.
    """
    names: list[str] = []
    parts, made_of, inner = [], [], []
    for name, values in table.items():
        binned = _bin(name, values, least, MOST_BINS)
        examples, width = len(binned.bins), len(binned.names)
        entries = (np.ones(examples), (binned.bins, np.arange(examples)))
        parts.append(sparse.csr_matrix(entries, shape=(width, examples)))
        joins = np.eye(width + len(binned.joined), width)
        for at, (first, last, _) in enumerate(binned.joined, start=width):
            joins[at, first : last + 1] = 1
        made_of.append(sparse.csr_matrix(joins))
        names += [*binned.names, *(joined for _, _, joined in binned.joined)]
        ends = [(at, at) for at in range(width)] + [(at, end) for at, end, _ in binned.joined]
        inner += [0 < at <= end < binned.numbers - 1 for at, end in ends]
    parts_of, joins_of = sparse.vstack(parts, format="csr"), sparse.block_diag(made_of, "csr")
    return Conditions(tuple(names), parts_of, joins_of, np.array(inner))


def paired_conditions(table: Mapping[str, pd.Series], least: int) -> Conditions:
    """Return pairs of conditions on two columns, numbers by quarters; none of too many columns.

    Args:
        table: From `read_columns`.
        least: As for `single_conditions`; pairs with fewer examples are left out.
    """
    names: list[str] = []
    rows, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    few = len(table) <= MOST_PAIRED
    binned = [_bin(name, values, least, COARSE) for name, values in table.items() if few]
    for first, second in combinations(binned, 2):
        width = len(second.names)
        both = first.bins * width + second.bins
        counts = np.bincount(both, minlength=len(first.names) * width)
        enough = np.flatnonzero(counts >= least)
        new = np.full(len(counts), -1)
        new[enough] = np.arange(len(enough)) + len(names)
        found = np.flatnonzero(new[both] >= 0)
        rows.append(new[both[found]])
        places.append(found)
        names += [f"{first.names[at // width]} and {second.names[at % width]}" for at in enough]
    row, place = np.concatenate(rows), np.concatenate(places)
    shape = (len(names), len(next(iter(table.values()))))
    parts = sparse.csr_matrix((np.ones(len(row)), (row, place)), shape=shape)
    joins = sparse.identity(len(names), format="csr")
    return Conditions(tuple(names), parts, joins, np.zeros(len(names), dtype=bool))


def _bin(name: str, values: pd.Series, least: int, most: int) -> _Binned:
    """Return a column's bins: of numbers at most `most`, rising; of categories the frequent ones.

    Missing ones are a bin of their own, the last.
    """
    missing = values.isna().to_numpy()
    numbers, dates = _as_numbers(values, missing)
    if numbers is None:
        return _bin_categories(name, values, missing, least)
    known = numbers[~missing]
    highs = np.unique(known)
    if len(highs) > most:
        # The largest value of each bin: one that there is.
        steps = np.arange(1, most + 1) / most
        highs = np.unique(np.quantile(known, steps, method="inverted_cdf"))
    bins = np.where(missing, len(highs), np.searchsorted(highs, numbers))
    lows = [known[bins[~missing] == at].min() for at in range(len(highs))]
    last = len(highs) - 1

    def called(first: int, second: int) -> str:
        low, high = _shown(lows[first], dates), _shown(highs[second], dates)
        if lows[first] == highs[second]:
            return f"{name} = {low}"
        if first == 0:
            return f"{name} ≤ {high}"
        return f"{name} ≥ {low}" if second == last else f"{low} ≤ {name} ≤ {high}"

    names = [called(at, at) for at in range(len(highs))]
    if missing.any():
        names.append(f"{name} is missing")
    pairs = [(at, at + width - 1) for width in WIDTHS for at in range(len(highs) - width)]
    pairs += [(len(highs) - width, last) for width in WIDTHS if 1 < width < len(highs)]
    joined = [(at, end, called(at, end)) for at, end in pairs]
    return _Binned(bins, names, joined, len(highs))


def _bin_categories(
    name: str, values: pd.Series, missing: NDArray[np.bool_], least: int
) -> _Binned:
    codes, texts = pd.factorize(values.astype(str).to_numpy(dtype=object))
    counts = np.bincount(codes[~missing], minlength=len(texts))
    frequent = np.flatnonzero(counts >= least)
    rare, gap = len(frequent), len(frequent) + 1
    new = np.full(len(texts), rare)
    new[frequent] = np.arange(len(frequent))
    names = [f"{name} = {_cut(str(texts[at]))!r}" for at in frequent]
    names += [f"{name} is one of {int((counts > 0).sum()) - rare:,} rare values"]
    names += [f"{name} is missing"]
    return _Binned(np.where(missing, gap, new[codes]), names, [])


def _as_numbers(
    values: pd.Series, missing: NDArray[np.bool_]
) -> tuple[NDArray[np.float64] | None, bool]:
    """Return a column as numbers, and whether they are days; None for categories."""
    if pd.api.types.is_bool_dtype(values) or isinstance(values.dtype, pd.CategoricalDtype):
        return None, False
    if pd.api.types.is_datetime64_any_dtype(values):
        stamps = pd.to_datetime(values, utc=True)
        days = (stamps - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
        return np.asarray(days.to_numpy(dtype=np.float64)), True
    if values.dtype == object:
        kinds = {type(value) for value in values[~missing]}
        real = all(issubclass(kind, int | float | np.number) for kind in kinds)
        if not real or bool in kinds:
            return None, False
    elif not pd.api.types.is_numeric_dtype(values) or values.dtype.kind == "c":
        return None, False
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan)), False


def _shown(value: float, days: bool) -> str:
    if days:
        return str(pd.Timestamp(0) + pd.Timedelta(days=value)).removesuffix(" 00:00:00")[:16]
    return f"{value:.4g}" if abs(value) < 1e4 or not float(value).is_integer() else f"{value:,.0f}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
