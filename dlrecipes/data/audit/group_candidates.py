"""Is there a column of groups that nobody has named?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.data.audit.column_values import different_values, is_known, word_set, words_of
from dlrecipes.data.audit.evidence import FeatureColumn, feature_columns
from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding
from dlrecipes.results.column import APART

LEAST_GROUPS, LEAST_ROWS = 20, 40
SMALLEST, LARGEST = 1.8, 20.0
NEARLY, CONSTANT = 0.6, 0.95
"""How much more alike targets are within a group than chance makes them: 1 for equal."""
SURE, SHUFFLES = 0.001, 30
_GROUPS = word_set(
    "patient patients patientin subject subjects participant proband probanden person family "
    "families familie famille familia famiglia household haushalt foyer hogar session sitzung user "
    "customer kunde client speaker sprecher driver animal litter paciente sujeto sujet cow herd "
    "twin twins couple pair donor student pupil"
)


def check_group_candidates(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the inputs that look like groups (families, patients, sessions) of a few rows each.

    Such a column has at least 20 values with 2 to 20 rows each, which are no quantities; and its
    rows have nearly the same target within a value, much more than chance gives, or it is called
    as groups of people are. If the target is the same within a value and training and validation
    part have rows of the same ones, a network may know a row by its group: a warning.

    Args:
        train: The training part of a table, without copies of rows.
        validation: The validation part, likewise.
        spec: The raw data's description of one target.
    """
    evidence: dict[str, float | int | str | list[str]] = {}
    leaks = False
    y = np.concatenate([train.y, validation.y])
    several = {column.name for column in spec.columns if column.kind in APART}
    for column in feature_columns(train, validation, spec):
        if column.name in several:  # the same facts again are no family
            continue
        found = _as_group(column, y, classes=bool(spec.target.class_names))
        if found is None:
            continue
        shared = len(
            np.intersect1d(different_values(column.train), different_values(column.validation))
        )
        evidence[column.name] = (
            f"{found.groups:,} values, {found.rows / found.groups:.1f} rows each, the target "
            f"{_alike(found.alike)} within one; {shared:,} in both parts"
        )
        leaks |= found.alike >= CONSTANT and shared > 0
    if not evidence:
        return Finding("group candidates", "No input looks like a group of rows.")
    names = ", ".join(repr(name) for name in evidence)
    one = len(evidence) == 1
    asked = " or ".join(as_option("group", name) for name in evidence)
    return Finding(
        "group candidates",
        f"{'This input looks' if one else 'These inputs look'} like groups of a few rows each "
        f"(a family, a patient, a session): {names}.",
        evidence,
        advice=f"If rows to predict are of new ones, keep each in one part: {asked}.",
        severity="warning" if leaks else "info",
    )


@dataclass(frozen=True)
class _Group:
    groups: int
    rows: int
    alike: float


def _alike(share: float) -> str:
    return "always the same" if share >= 1 else f"{max(share, 0):.0%} more alike than by chance"


def _as_group(column: FeatureColumn, y: NDArray[Any], *, classes: bool) -> _Group | None:
    """Return what a column looks like as groups; None if it does not."""
    values = column.both
    known = is_known(values) & ~np.isnan(y.astype(np.float64))
    if column.kind == "date" or known.sum() < LEAST_ROWS:
        return None
    if column.kind == "number" and not np.array_equal(values[known], np.round(values[known])):
        return None
    codes, names = pd.factorize(values[known], sort=True)
    sizes = np.bincount(codes)
    several = sizes[codes] > 1
    # Most rows have another of their group, and no group is a large part of all.
    if len(names) < LEAST_GROUPS or several.mean() < 0.5 or sizes.max() > 3 * LARGEST:
        return None
    if not SMALLEST <= len(codes) / len(names) <= LARGEST:
        return None
    labels = y[known].astype(np.float64)
    alike = _agreement(codes, labels, classes=classes)
    called = bool(words_of(column.name) & _GROUPS)
    if alike < NEARLY or not _beyond_chance(codes, labels, alike, classes=classes):
        return _Group(len(names), len(codes), alike) if called else None
    if column.kind == "number" and not called:
        # Of a quantity, the next value has nearly the same target, too.
        wider = _agreement(codes // 2, labels, classes=classes)
        if wider > alike - (1 - alike) - 0.15:
            return None
    return _Group(len(names), len(codes), alike)


def _agreement(codes: NDArray[np.int64], labels: NDArray[np.float64], *, classes: bool) -> float:
    """Return how alike targets are within a group: 1 for equal ones, 0 for as by chance.

    Of classes it is the share of pairs within a group that agree, of values the share of the
    variance that lies between groups, both less what chance gives.
    """
    sizes = np.bincount(codes)
    pairs = float((sizes * (sizes - 1.0)).sum())
    if classes:
        joint = codes * (int(labels.max()) + 1) + labels.astype(np.int64)
        cells = np.unique(joint, return_counts=True)[1]
        shares = np.unique(labels, return_counts=True)[1] / len(labels)
        chance = float((shares**2).sum())
        agree = float((cells * (cells - 1.0)).sum()) / max(pairs, 1)
        return (agree - chance) / (1 - chance) if chance < 1 else 0.0
    # By ranks, which no large value rules.
    ranks = stats.rankdata(labels)
    sums, squares = np.bincount(codes, ranks), np.bincount(codes, ranks**2)
    within = float((2 * (sizes * squares - sums**2)).sum()) / max(pairs, 1)
    variance = float(ranks.var(ddof=1))
    return 1 - within / (2 * variance) if variance else 0.0


def _beyond_chance(
    codes: NDArray[np.int64], labels: NDArray[np.float64], found: float, *, classes: bool
) -> bool:
    generator = np.random.default_rng(0)
    dealt = [
        _agreement(codes, generator.permutation(labels), classes=classes) for _ in range(SHUFFLES)
    ]
    return found > float(np.mean(dealt) + stats.norm.isf(SURE) * np.std(dealt))
