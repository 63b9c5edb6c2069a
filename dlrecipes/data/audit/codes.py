"""Are there codes of categories among the numbers?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.isotonic import IsotonicRegression

from dlrecipes.data.audit.column_values import different_values
from dlrecipes.data.audit.evidence import feature_columns
from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding

FEWEST_CODES, MOST_CODES = 4, 30
LEAST_OF_A_CODE = 5
UNEXPLAINED, SMOOTH, SURE = 0.25, 0.5, 0.001


def check_codes(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the columns of numbers that look like codes of categories.

    They have 4 to 30 whole numbers without large gaps; the target differs between them more than
    within, and neither rises nor falls with them: a quarter of what they tell lies off the best
    monotone curve. Of a quantity, neighbours have nearly the same target even then (as by the
    hour); of codes, they are as far apart as any two.

    Args:
        train: The training part of a table, without copies of rows.
        validation: The validation part, likewise.
        spec: The raw data's description of one target.
    """
    y = np.concatenate([train.y, validation.y]).astype(np.float64)
    columns = [
        column for column in feature_columns(train, validation, spec) if column.kind == "number"
    ]
    scores = _targets(y, classes=bool(spec.target.class_names))
    found = {
        column.name: ", ".join(f"{value:g}" for value in different_values(column.both)[:8])
        for column in columns
        if _are_codes(column.both.astype(np.float64), scores, SURE / len(columns))
    }
    if not found:
        return Finding("codes", "No numbers look like codes of categories.")
    names = ", ".join(repr(name) for name in found)
    kinds = as_option("kinds", *(f"{name}=category" for name in found))
    return Finding(
        "codes",
        f"The target neither rises nor falls with {names}, of few whole numbers: are these codes "
        "of categories?",
        dict(found),
        advice=f"If they are, read them as such: {kinds}.",
    )


def _targets(y: NDArray[np.float64], *, classes: bool) -> NDArray[np.float64]:
    """Return a column for each class, or one of ranks, `(examples, columns)`; NaN where missing."""
    if classes:
        labels = np.unique(y[~np.isnan(y)])
        return np.where(np.isnan(y)[:, None], np.nan, (y[:, None] == labels).astype(np.float64))
    return np.asarray(stats.rankdata(y, nan_policy="omit"))[:, None]


def _are_codes(values: NDArray[np.float64], scores: NDArray[np.float64], level: float) -> bool:
    known = ~np.isnan(values) & ~np.isnan(scores).any(axis=1)
    values, scores = values[known], scores[known]
    names, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(names) > MOST_CODES or not np.array_equal(names, np.round(names)):
        return False
    kept = counts >= LEAST_OF_A_CODE
    rows = kept[codes]
    names, codes = np.unique(values[rows], return_inverse=True)
    if len(names) < FEWEST_CODES or names[-1] - names[0] + 1 > 2 * len(names):
        return False
    scores, counts = _independent(scores[rows]), np.asarray(np.bincount(codes), dtype=np.float64)
    lack = between = within = jumps = 0.0
    weights: NDArray[np.float64] = counts.astype(np.float64)
    for score in scores.T:
        means = np.bincount(codes, score) / counts
        fits = [
            IsotonicRegression(increasing=rising).fit(names, means, counts).predict(names)
            for rising in (True, False)
        ]
        lack += min(float((counts * (means - fit) ** 2).sum()) for fit in fits)
        between += float((counts * (means - score.mean()) ** 2).sum())
        within += float(((score - means[codes]) ** 2).sum())
        jumps += _jumps(means, weights, float(score.mean()))
    free = (len(names) - 2) * scores.shape[1]
    rest = len(scores) - len(names)
    if rest <= 0 or not within:
        return False
    ratio = (lack / free) / (within / (rest * scores.shape[1]))
    sure = stats.f.sf(ratio, free, rest) < level
    return bool(sure and lack > UNEXPLAINED * between and jumps > SMOOTH * scores.shape[1])


def _independent(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the columns without the last of two classes, which says the same."""
    return scores[:, 1:] if scores.shape[1] == 2 else scores


def _jumps(means: NDArray[np.float64], counts: NDArray[np.float64], middle: float) -> float:
    """Return how far neighbours are apart: 1 as any two, near 0 of a smooth curve.

    Reference:
        von Neumann 1941, Distribution of the Ratio of the Mean Square Successive Difference.
    """
    weight = counts[1:] * counts[:-1] / (counts[1:] + counts[:-1])
    steps = float((weight * np.diff(means) ** 2).sum()) / float(weight.sum())
    variance = float((counts * (means - middle) ** 2).sum()) / float(counts.sum())
    return steps / (2 * variance) if variance else 0.0
