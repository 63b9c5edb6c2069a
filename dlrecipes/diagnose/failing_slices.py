"""Is there a group that the model fails for, and that nobody has named?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_integer
from dlrecipes.diagnose.slice_conditions import (
    Conditions,
    paired_conditions,
    read_columns,
    single_conditions,
)
from dlrecipes.errors import ArgumentError
from dlrecipes.results import Finding, plural
from dlrecipes.results.significant import significant

MOST_ROWS, LEAST_ROWS = 10_000, 100
LEAST_IN, LEAST_SHARE, MOST_SHARE = 20, 0.02, 0.5
LEVELS = {"plain": 0.02, "inner": 0.01, "two": 0.01}
"""How often chance may give a slice: a value, gap or end of a range; a range inside; of two."""
ORDER = {"plain": 1.0, "inner": 1.0, "two": 0.85}
SHUFFLES, LEAST_SHUFFLES, WORK = 1000, 300, 6e8
CHUNK = 50
LEAST_EFFECT, LEAST_RATIO = 0.2, 1.25
HEAVY = 0.99
IN_A_LEVEL, LEAST_LEVELS, MOST_LEVELS = 50, 5, 40
MOST_NAMED = 3
Evidence = dict[str, float | int | str | list[str]]


@dataclass(frozen=True, eq=False)
class _Slice:
    """A condition, the examples that meet it, and how much worse they are.

    Args:
        name: The condition.
        rows: `(examples,)`.
        needed: How many standard deviations chance seldom exceeds anywhere.
        order: How many it lies out, a little less for two conditions, which say less.
    """

    name: str
    rows: NDArray[np.bool_]
    needed: float
    order: float


def find_failing_slices(
    columns: pd.DataFrame | Mapping[str, Any],
    losses: Any,  # noqa: ANN401  (an array, or what becomes one)
    *,
    confidence: Any = None,  # noqa: ANN401  (likewise)
    seed: int = 0,
) -> Finding:
    """Look for a part of the examples, told by its columns, that the model is much worse on.

    Conditions on one column (a category, a range of numbers between quantiles, a gap, all rare
    categories) and, of up to 25 columns, on two at once are tried. Of some hundred conditions,
    one looks bad by luck: the worst of them must be worse than the worst one of 24 out of 25
    tables in which the losses were dealt to the rows by chance. That holds for any losses, and
    counts conditions that say nearly the same as nearly one. Besides, the difference must matter:
    a fifth of the losses' spread, and a quarter of the others' mean.

    Errors are never spread evenly: they are many where classes meet, and large where values are.
    With `confidence`, losses are dealt among rows of about the same confidence (5 to 40 levels),
    and only a slice worse than these is a warning; else it is told as what the model itself knows.

    Args:
        columns: The examples' raw columns, a data frame or `{name: values (examples,)}`; such
            that the model does not see are welcome.
        losses: How bad the prediction of each example is, `(examples,)`: booleans for mistakes,
            or numbers, larger for worse. Of examples that the model was not trained on.
        confidence: A number by which examples are as hard as others for the model itself,
            `(examples,)`: the probability of the class that it chose, or the value it predicts.
        seed: Seed of the shuffled losses, and of the 10,000 rows that are looked at of more.

    Returns:
        A finding `failing slice`: a warning if there is a slice (information, if confidence
        explains it), else information without advice. Its evidence has each slice's size and mean.

    Raises:
        ArgumentError: If the lengths differ, or a loss is no finite number.

    Reference:
        Westfall and Young 1993, Resampling-Based Multiple Testing; Chung et al. 2019, Slice
        Finder: Automated Data Slicing for Model Validation.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> town = rng.choice(["Oslo", "Bergen", "Narvik"], 1000, p=[0.6, 0.3, 0.1])
        >>> wrong = rng.random(1000) < np.where(town == "Narvik", 0.4, 0.1)
        >>> age = rng.normal(40, 10, 1000)
        >>> finding = dlr.diagnose.find_failing_slices({"town": town, "age": age}, wrong)
        >>> finding.severity, finding.evidence["slices"]
        ('warning', ["town = 'Narvik'"])
    """
    table = read_columns(columns)
    examples = len(next(iter(table.values())))
    values = _read("losses", losses, examples)
    sure = None if confidence is None else _read("confidence", confidence, examples)
    generator = np.random.default_rng(check_integer("seed", seed, 0))
    mistakes = bool(np.isin(values, (0.0, 1.0)).all())
    if examples < LEAST_ROWS:
        return Finding(
            "failing slice", f"{plural(examples, 'example')} are too few to look for a slice in."
        )
    if examples > MOST_ROWS:
        picked = np.sort(generator.choice(examples, MOST_ROWS, replace=False))
        table = {name: column.iloc[picked] for name, column in table.items()}
        values, sure = values[picked], None if sure is None else sure[picked]
    # One value far beyond all others is no slice.
    tame = values if mistakes else np.minimum(values, np.quantile(values, HEAVY))
    if not tame.std():
        return Finding("failing slice", "All examples are predicted equally well.")
    kinds = _kinds(table, len(values))
    tried = sum(len(conditions.names) for conditions in kinds.values())
    evidence: Evidence = {"conditions tried": tried, "examples": len(values)}
    found = _search(kinds, tame, _levels(sure, len(values)), generator)
    known = sure is not None and not found
    if known:
        found = _search(kinds, tame, _levels(None, len(values)), generator)
    if not found:
        return Finding(
            "failing slice",
            f"None of {tried:,} slices is worse than the rest by more than chance explains.",
            evidence,
        )
    return _say(found, values, mistakes, known, evidence)


def _read(name: str, given: object, examples: int) -> NDArray[np.float64]:
    """Return finite numbers, `(examples,)`."""
    rule = f"`{name}` must be one finite number an example."
    try:
        array = np.asarray(given)
        if array.dtype.kind not in "biuf":
            raise ValueError
    except (TypeError, ValueError):
        kind = np.asarray(given, dtype=object).dtype if isinstance(given, list) else type(given)
        raise ArgumentError(rule, received=f"{name} of {kind}") from None
    if array.shape != (examples,):
        raise ArgumentError(
            rule, received=f"{name} of shape {array.shape} for {plural(examples, 'example')}"
        )
    bad = ~np.isfinite(array)
    if bad.any():
        raise ArgumentError(
            rule, received=f"{float(array[bad][0])} in {plural(int(bad.sum()), 'example')}"
        )
    return array.astype(np.float64)


def _levels(sure: NDArray[np.float64] | None, examples: int) -> NDArray[np.int64]:
    """Return each example's level of confidence, of about 50 examples; 0 for all without one."""
    if sure is None:
        return np.zeros(examples, dtype=np.int64)
    levels = int(np.clip(examples // IN_A_LEVEL, LEAST_LEVELS, MOST_LEVELS))
    edges = np.unique(np.quantile(sure, np.arange(1, levels) / levels))
    return np.unique(np.searchsorted(edges, sure, side="right"), return_inverse=True)[1]


@dataclass(frozen=True, eq=False)
class _Dealt:
    """Losses that chance deals to the examples of the same level.

    Args:
        values: Losses less the mean of their level, in its standard deviations, `(examples,)`.
        level: `(examples,)`, from 0.
    """

    values: NDArray[np.float64]
    level: NDArray[np.int64]

    @classmethod
    def of(cls, losses: NDArray[np.float64], level: NDArray[np.int64]) -> _Dealt:
        """Return losses by the levels of their examples."""
        counts = np.bincount(level)
        mean = np.bincount(level, losses) / counts
        away = losses - mean[level]
        spread = np.sqrt(np.bincount(level, away**2) / np.maximum(counts - 1, 1))
        # Where hardly any is wrong, one that is would be worth a hundred.
        return cls(away / np.maximum(spread, losses.std() / 2)[level], level)

    def moments(self, conditions: Conditions) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return standard deviation and skewness of each condition's sum, `(conditions,)`."""
        counts = np.bincount(self.level)
        square, cube = (np.bincount(self.level, self.values**at) / counts for at in (2, 3))
        inside = conditions.sums(np.eye(len(counts))[self.level])
        # Of so many that are drawn of a level without putting back.
        rest = 1 - inside / counts
        spread = np.sqrt(np.maximum(inside * rest @ square, 1e-12))
        return spread, (inside * rest * (2 * rest - 1) @ cube) / spread**3

    def deal(self, times: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Return the values dealt anew, `(examples, times)`."""
        dealt = np.empty((times, len(self.values)))
        for level in range(int(self.level.max()) + 1):
            rows = np.flatnonzero(self.level == level)
            dealt[:, rows] = generator.permuted(np.tile(self.values[rows], (times, 1)), axis=1)
        return dealt.T


def _kinds(table: Mapping[str, pd.Series], examples: int) -> dict[str, Conditions]:
    """Return the conditions that are neither too narrow nor too wide, by kind."""
    least = max(LEAST_IN, round(LEAST_SHARE * examples))
    single = single_conditions(table, least)
    kinds = {
        "plain": single.keep(~single.inner),
        "inner": single.keep(single.inner),
        "two": paired_conditions(table, least),
    }
    kept = {}
    for kind, conditions in kinds.items():
        sizes = conditions.sums(np.ones(examples))
        kept[kind] = conditions.keep((sizes >= least) & (sizes <= MOST_SHARE * examples))
    return {kind: conditions for kind, conditions in kept.items() if conditions.names}


def _search(
    kinds: Mapping[str, Conditions],
    losses: NDArray[np.float64],
    level: NDArray[np.int64],
    generator: np.random.Generator,
) -> list[_Slice]:
    """Return the slices that chance does not explain, the worst first."""
    dealt = _Dealt.of(losses, level)
    moments = {kind: dealt.moments(conditions) for kind, conditions in kinds.items()}
    cells = sum(conditions.parts.nnz for conditions in kinds.values())
    shuffles = int(np.clip(WORK / max(cells, 1), LEAST_SHUFFLES, SHUFFLES))
    worst = {kind: np.empty(shuffles) for kind in kinds}
    for start in range(0, shuffles, CHUNK):
        values = dealt.deal(min(CHUNK, shuffles - start), generator)
        for kind, conditions in kinds.items():
            spread, skew = moments[kind]
            sums = conditions.sums(values) / spread[:, None]
            worst[kind][start : start + CHUNK] = _normal(sums, skew[:, None]).max(axis=0)
    found = []
    for kind, conditions in kinds.items():
        spread, skew = moments[kind]
        surprise = _normal(conditions.sums(dealt.values) / spread, skew)
        needed = float(np.quantile(worst[kind], 1 - LEVELS[kind]))
        found += [
            _Slice(
                conditions.names[at],
                conditions.members(at),
                needed,
                ORDER[kind] * float(surprise[at]),
            )
            for at in np.flatnonzero(surprise > needed).tolist()
        ]
    return _apart(sorted(found, key=lambda one: -one.order), losses)


def _normal(sums: NDArray[np.float64], skew: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return standardised sums as a normal distribution has them.

    They are taken as gamma distributed, with the skewness that they have (Wilson and Hilferty
    1931): else the smallest slices would set what all others must exceed.
    """
    shape = 2 / np.maximum(skew, 1e-3)  # the square root of the gamma distribution's
    return 3 * shape * (np.cbrt(np.maximum(1 + sums / shape, 0)) - 1 + 1 / (9 * shape**2))


def _apart(slices: list[_Slice], losses: NDArray[np.float64]) -> list[_Slice]:
    """Return the worst slices that matter and that others do not explain, the worst first."""
    found: list[_Slice] = []
    inside = np.zeros(len(losses), dtype=bool)
    for one in slices:
        # What is left of it must be most of it, and still as bad.
        new, rest = one.rows & ~inside, losses[~inside]
        if new.sum() <= one.rows.sum() / 2 or not _matters(losses[new], losses[~inside & ~new]):
            continue
        spread = float(rest.std()) * float(new.sum() * (1 - new.sum() / len(rest))) ** 0.5
        if found and not (losses[new] - rest.mean()).sum() > one.needed * spread > 0:
            continue
        found.append(one)
        inside |= one.rows
        if len(found) == MOST_NAMED:
            break
    return found


def _matters(inside: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    worse, rest = float(inside.mean()), float(others.mean())
    enough = worse - rest >= LEAST_EFFECT * float(np.concatenate([inside, others]).std())
    # Losses below zero, such as log densities, have no ratio.
    return enough and (others.min() < 0 or worse >= LEAST_RATIO * rest)


def _say(
    found: list[_Slice],
    losses: NDArray[np.float64],
    mistakes: bool,
    known: bool,
    evidence: Evidence,
) -> Finding:
    first = found[0]
    rest = losses[~np.logical_or.reduce([one.rows for one in found])]
    evidence["slices"] = [one.name for one in found]
    for one in found:
        evidence[one.name] = (
            f"{plural(int(one.rows.sum()), 'example')}, {_level(losses[one.rows], mistakes)}"
        )
    evidence["all others"] = f"{len(rest):,} examples, {_level(rest, mistakes)}"
    others = [f"`{one.name}`" for one in found[1:]]
    also = f" Also worse: {' and '.join(others)}." if others else ""
    verdict = (
        f"Where {first.name} ({plural(int(first.rows.sum()), 'example')}), "
        f"{_level(losses[first.rows], mistakes)}; of all others {_level(rest, mistakes)}.{also}"
    )
    if known:
        return Finding(
            "failing slice",
            f"{verdict} Examples that the model predicts alike are as bad elsewhere.",
            evidence,
            "It knows that these are hard: columns that tell more of them help, or more of them.",
        )
    return Finding(
        "failing slice",
        verdict,
        evidence,
        "Look at these rows: labels, how they were collected, columns that tell more of them. Then "
        "train with more of them, or with a column that names them.",
        severity="warning",
    )


def _level(losses: NDArray[np.float64], mistakes: bool) -> str:
    mean = float(losses.mean())
    return f"accuracy {1 - mean:.3f}" if mistakes else f"mean loss {significant(mean)}"
