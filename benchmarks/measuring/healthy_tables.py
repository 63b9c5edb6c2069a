"""Tables without a fault, as diverse as those that people have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

FEWEST_ROWS, MOST_ROWS = 60, 2_000
FEWEST_COLUMNS, MOST_COLUMNS = 2, 12
LEAST_OF_A_CLASS = 12
"""Rows that each class has: with fewer, a warning that a part has hardly any would be true."""
LEAST_GROUPS = 12
_CLASS_NAMES = ("no", "yes", "perhaps", "unknown")
_SYLLABLES = ("ba", "del", "ki", "mor", "na", "pu", "ris", "to", "vel", "zu")

Numbers = NDArray[np.float64]
Generator = np.random.Generator
Maker = Callable[[Generator, Numbers], Any]


@dataclass(frozen=True)
class HealthyTable:
    """A table in which nothing is wrong.

    Args:
        frame: The table.
        target: Its column to be predicted.
        by: How its rows are to be split: `{}` by chance, or `{"group" or "time": column}`.
        kinds: How each input was drawn: `{column: kind}`.
        copies: How many rows repeat another one.
    """

    frame: pd.DataFrame
    target: str
    by: dict[str, str]
    kinds: dict[str, str]
    copies: int


def draw_healthy_table(seed: int) -> HealthyTable:
    """Draw a table of 60 to 2,000 rows that deserves no warning.

    It has 2 to 12 inputs: normal numbers, heavy tails, ties from rounding, amounts that are mostly
    zero, counts, prices, whole-number codes, flags, categories with rare and with many levels,
    dates, texts. Some have missing cells; some tables repeat whole rows, some are sorted. Rows are
    split by chance, by group (whose rows are alike) or by time. The target, two to four classes or
    a number, depends moderately on the inputs.

    Args:
        seed: The table's number, at least 0.
    """
    generator = np.random.default_rng([seed, 2024])
    rows = int(np.exp(generator.uniform(np.log(FEWEST_ROWS), np.log(MOST_ROWS))).round())
    way = str(generator.choice(["chance", "group", "time"], p=[0.65, 0.2, 0.15]))
    groups = _draw_groups(generator, rows) if way == "group" else None
    columns: dict[str, Any] = {}
    kinds = {}
    shared = _latent(generator, rows, groups)
    for place in range(int(generator.integers(FEWEST_COLUMNS, MOST_COLUMNS + 1))):
        kind = str(generator.choice(list(_MAKERS), p=_SHARES))
        # What the rows of a group have in common, and all columns to some extent.
        common = generator.uniform(0, 0.8)
        latent = np.sqrt(common) * shared + np.sqrt(1 - common) * _latent(generator, rows, groups)
        name = f"{kind}_{place}"
        columns[name] = _MAKERS[kind](generator, latent)
        kinds[name] = kind
    frame = pd.DataFrame(columns)
    score = _score(generator, frame)
    _draw_gaps(generator, frame)
    if way == "time":
        frame["time"] = _date(generator, _latent(generator, rows, None))
    if groups is not None:
        frame["member"] = [f"member {group}" for group in groups]
    frame["target"] = _draw_target(generator, score)
    if generator.random() < 0.1:
        frame = frame.sort_values(str(generator.choice(list(columns))), ignore_index=True)
    whole = _with_copies(generator, frame) if generator.random() < 0.3 else frame
    by = {"group": {"group": "member"}, "time": {"time": "time"}}.get(way, {})
    return HealthyTable(whole, "target", by, kinds, len(whole) - len(frame))


def _latent(generator: Generator, rows: int, groups: NDArray[np.int64] | None) -> Numbers:
    """Return standard normal numbers; those of a group are alike."""
    own = generator.normal(size=rows)
    if groups is None:
        return own
    common = generator.uniform(0, 0.9)
    of_group = generator.normal(size=int(groups.max()) + 1)[groups]
    return np.asarray(np.sqrt(common) * of_group + np.sqrt(1 - common) * own)


def _draw_groups(generator: Generator, rows: int) -> NDArray[np.int64]:
    most = max(rows // 2, LEAST_GROUPS)
    count = int(np.exp(generator.uniform(np.log(LEAST_GROUPS), np.log(most))).round())
    # Of uneven sizes, each with one row at least.
    shares = generator.dirichlet(np.full(count, 3.0))
    others = generator.choice(count, rows - count, p=shares)
    groups: NDArray[np.int64] = generator.permutation(np.concatenate([np.arange(count), others]))
    return groups


# ---- columns: from standard normal numbers to cells


def _normal(generator: Generator, z: Numbers) -> Numbers:
    return generator.normal(0, 100) + 10 ** generator.uniform(-3, 4) * z


def _heavy(generator: Generator, z: Numbers) -> Numbers:
    share = np.clip(norm.cdf(z), 1e-9, 1 - 1e-9)
    match generator.integers(4):
        case 0:
            return np.asarray(np.tan(np.pi * (share - 0.5)))  # Cauchy
        case 1:
            return np.asarray(np.exp(generator.uniform(0.5, 2.5) * z))
        case 2:
            return np.asarray((1 - share) ** (-1 / generator.uniform(0.8, 3)))  # Pareto
        case _:
            freedom = generator.uniform(1.5, 5)
            chi = generator.chisquare(freedom, len(z))
            return np.asarray(z / np.sqrt(chi / freedom))  # Student


def _rounded(generator: Generator, z: Numbers) -> Numbers:
    values = 10 + z if generator.random() < 0.5 else _heavy(generator, z)
    return np.round(values, int(generator.integers(0, 3)))


def _mostly_zero(generator: Generator, z: Numbers) -> Numbers:
    amounts = _heavy(generator, z)
    amounts = np.abs(amounts) if generator.random() < 0.8 else amounts
    there = generator.random(len(z)) < generator.uniform(0.05, 0.6)
    return np.where(there, np.round(100 * amounts, int(generator.integers(0, 3))), 0.0)


def _count(generator: Generator, z: Numbers) -> NDArray[np.int64]:
    if generator.random() < 0.2:
        return np.minimum(generator.zipf(generator.uniform(1.8, 3), len(z)), 10**9)
    rate = np.exp(generator.uniform(-1, 4) + generator.uniform(0, 1.2) * z)
    return np.asarray(generator.poisson(rate), dtype=np.int64)


def _price(generator: Generator, z: Numbers) -> NDArray[np.int64]:
    width = 10 ** generator.uniform(2, 6)
    values = np.exp(z / 2) if generator.random() < 0.5 else 5 + z
    return np.asarray(np.round(width * values), dtype=np.int64)


def _code(generator: Generator, z: Numbers) -> NDArray[np.int64]:
    level = _levels(generator, z, int(generator.integers(3, 40)))
    names = np.arange(1, level.max() + 2)
    if generator.random() < 0.3:  # such as postal codes
        names = generator.choice(np.arange(10_000, 99_999), len(names), replace=False)
    return np.asarray(generator.permutation(names)[level], dtype=np.int64)


def _flag(generator: Generator, z: Numbers) -> NDArray[np.bool_]:
    return np.asarray(z < norm.ppf(10 ** generator.uniform(-2, -0.3)))


def _category(generator: Generator, z: Numbers) -> NDArray[Any]:
    level = _levels(generator, z, int(generator.integers(2, 15)))
    return np.array([f"level {at}" for at in generator.permutation(15)], dtype=object)[level]


def _many_levels(generator: Generator, z: Numbers) -> NDArray[Any]:
    count = max(int(len(z) * generator.uniform(0.05, 0.8)), 5)
    level = generator.integers(0, count, len(z))
    return np.array([f"model {at}" for at in range(count)], dtype=object)[level]


def _levels(generator: Generator, z: Numbers, count: int) -> NDArray[np.int64]:
    """Return levels 0 to `count - 1`, frequent to rare, that depend on the numbers."""
    weights = np.arange(1, count + 1) ** -generator.uniform(0, 2.5)
    borders = np.cumsum(weights)[:-1] / weights.sum()
    return np.searchsorted(borders, norm.cdf(z))


def _date(generator: Generator, z: Numbers) -> NDArray[np.datetime64]:
    days = norm.cdf(z) * 10 ** generator.uniform(1.3, 3.7)
    start = np.datetime64("2012-01-01T00:00:00")
    if generator.random() < 0.3:
        return np.asarray(start + (days * 86_400).astype("m8[s]"))
    return np.asarray(start + days.astype("m8[D]"))


def _text(generator: Generator, z: Numbers) -> NDArray[Any]:
    pairs = generator.choice(_SYLLABLES, (int(generator.integers(30, 300)), 2))
    words = [first + second for first, second in pairs]
    places = len(words) * generator.random((len(z), 14)) ** 2
    lengths = np.clip(np.round(8 + 2 * z), 4, 14).astype(int)
    return np.array(
        [
            " ".join(words[at] for at in row[:length])
            for row, length in zip(places.astype(int), lengths, strict=True)
        ],
        dtype=object,
    )


_MAKERS: dict[str, Maker] = {
    "normal": _normal,
    "heavy": _heavy,
    "rounded": _rounded,
    "mostly_zero": _mostly_zero,
    "count": _count,
    "price": _price,
    "code": _code,
    "flag": _flag,
    "category": _category,
    "many_levels": _many_levels,
    "date": _date,
    "text": _text,
}
_SHARES = np.array([14, 14, 14, 8, 10, 6, 10, 6, 12, 6, 6, 3]) / 109


# ---- gaps, copies, target


def _draw_gaps(generator: Generator, frame: pd.DataFrame) -> None:
    if generator.random() < 0.5:
        return
    for name in list(frame):
        if generator.random() < 0.3:
            empty = generator.random(len(frame)) < generator.uniform(0.005, 0.3)
            frame[name] = frame[name].mask(empty)


def _with_copies(generator: Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with some of its rows up to five times more, anywhere."""
    copied = generator.random(len(frame)) < generator.uniform(0.02, 0.4)
    times = 1 + np.where(copied, generator.integers(1, 6, len(frame)), 0)
    if times.sum() > MOST_ROWS:
        return frame
    rows = np.repeat(np.arange(len(frame)), times)
    return frame.iloc[generator.permutation(rows)].reset_index(drop=True)


def _score(generator: Generator, frame: pd.DataFrame) -> Numbers:
    """Return what the inputs tell of the target, with a standard deviation of 1."""
    score = 1e-9 * generator.normal(size=len(frame))
    for name in frame:
        codes, levels = pd.factorize(frame[name], sort=True)
        if pd.api.types.is_string_dtype(frame[name]):
            effects = generator.normal(size=len(levels))[codes]
        else:
            effects = norm.ppf(rankdata(codes) / (len(codes) + 1))
        score += generator.exponential() * generator.choice([-1, 1]) * effects
    return np.asarray((score - score.mean()) / score.std())


def _draw_target(generator: Generator, score: Numbers) -> NDArray[Any]:
    told = generator.uniform(0.1, 0.6)
    noise = generator.standard_t(3, len(score)) / np.sqrt(3) if generator.random() < 0.3 else None
    noise = generator.normal(size=len(score)) if noise is None else noise
    values = np.sqrt(told) * score + np.sqrt(1 - told) * noise
    if generator.random() < 0.4:
        match generator.integers(3):
            case 0:
                return np.asarray(values)
            case 1:
                return np.asarray(np.exp(generator.uniform(0.3, 1.5) * values))
            case _:
                return np.asarray(np.round(10 * values))
    most = min(len(_CLASS_NAMES), len(score) // (2 * LEAST_OF_A_CLASS))
    classes = int(generator.integers(2, most + 1))
    # Each has half of its fair share at least.
    shares = 0.5 / classes + 0.5 * generator.dirichlet(np.full(classes, 2.0))
    sizes = np.maximum(np.round(shares * len(score)), LEAST_OF_A_CLASS)
    borders = np.cumsum(sizes)[:-1] / sizes.sum()
    level = np.searchsorted(borders, (rankdata(values) - 0.5) / len(values))
    return np.array(_CLASS_NAMES, dtype=object)[level]
