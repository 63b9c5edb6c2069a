"""Can training and validation examples be told apart?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

from dlrecipes.data.audit.feature_columns import feature_columns
from dlrecipes.data.audit.sample import sample_rows
from dlrecipes.data.audit.thumbnails import thumbnails
from dlrecipes.data.columns import Columns
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding

MOST_ROWS = 5_000
MOST_FEATURES = 100
LEAST_ROWS = 20
TREES, LEAST_IN_LEAF, ROWS_A_TREE = 60, 5, 2_000
APART = 0.6
SIDE = 10
MAX_NAMED = 3


def check_drift(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return how well a random forest tells training from validation examples.

    The measure is the area under the ROC curve, each example judged by the trees that were grown
    without it (Breiman 2001), with its 95 % interval (Hanley and McNeil 1982): 0.5 if the two parts
    are alike. An interval that lies above 0.6 is a warning, except for parts in the order of
    time, whose difference is what they are made for.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description.
    """
    # A row that was repeated to balance the classes is one row.
    rows = np.arange(len(train))
    if train.ids is not None:
        rows = np.sort(np.unique(train.ids, return_index=True)[1])
    picked = rows[sample_rows(len(rows), MOST_ROWS)], sample_rows(len(validation), MOST_ROWS)
    sizes = len(picked[0]), len(picked[1])
    if min(sizes) < LEAST_ROWS:
        return Finding(
            "drift", f"Too few examples to compare the parts: {sizes[0]:,} and {sizes[1]:,}."
        )
    if spec.kind == "image":
        features = _pixels(train, validation, *picked)
    else:
        features = _features(train.pick(picked[0]), validation.pick(picked[1]), spec)
    side = np.repeat([0, 1], sizes)
    values = features.to_numpy(dtype=np.float64)
    area = _area(values, side)
    half = 1.96 * _deviation(area, *sizes)
    evidence: dict[str, float | int | str | list[str]] = {
        "area under the ROC curve": area,
        "95 % interval from": max(area - half, 0.0),
        "to": min(area + half, 1.0),
        "training examples": sizes[0],
        "validation examples": sizes[1],
    }
    measured = f"area under the ROC curve {area:.2f} ± {half:.2f}"
    if area - half <= APART:
        return Finding(
            "drift", f"Training and validation examples are alike ({measured}).", evidence
        )
    evidence["most different"] = _most_different(features, side)
    apart = f"Training and validation examples can be told apart ({measured})"
    if train.time is not None and validation.time is not None:
        return Finding(
            "drift",
            f"{apart}, as is to be expected of parts in the order of time: the score is that of a "
            "model that meets times it was not trained on.",
            evidence,
        )
    if train.groups is not None and validation.groups is not None:
        advice = (
            "The groups of the parts differ. With few groups, score by cross-validation (folds=5), "
            "so that each is validated on."
        )
    else:
        advice = "Find out how the parts were made: dealt by chance, they would be alike."
    return Finding("drift", f"{apart}.", evidence, advice=advice, severity="warning")


def _features(train: Split, validation: Split, spec: DataSpec) -> pd.DataFrame:
    """Return at most 100 numbers an example, training examples first."""
    first, second = train.x, validation.x
    if isinstance(first, Columns) or isinstance(second, Columns):
        found: dict[str, Any] = {}
        for column in feature_columns(train, validation, spec):
            values = column.both
            # Categories in the order of their frequency.
            found[column.name] = _ranks(values) if column.kind == "category" else values
        texts = [one.name for one in spec.columns if one.kind == "text"]
        share = (MOST_FEATURES - len(found)) // max(len(texts), 1)
        for name in texts:
            found |= _words(name, [*first[name], *second[name]], max(share, 2))
        return pd.DataFrame(dict(list(found.items())[:MOST_FEATURES]))
    columns = feature_columns(train, validation, spec, most=MOST_FEATURES)
    return pd.DataFrame({column.name: column.both for column in columns})


def _pixels(
    train: Split, validation: Split, first: NDArray[np.int64], second: NDArray[np.int64]
) -> pd.DataFrame:
    """Return the grey pixels of thumbnails, training examples first."""
    pixels = [thumbnails(train.array, first, SIDE), thumbnails(validation.array, second, SIDE)]
    return pd.DataFrame(np.concatenate(pixels)).rename(columns=lambda at: f"pixel {at}")


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    codes, names = pd.factorize(values)
    counts = np.bincount(codes, minlength=len(names))
    return np.asarray(counts.argsort(kind="stable")[::-1].argsort()[codes], dtype=np.float64)


def _words(column: str, texts: list[str], most: int) -> dict[str, NDArray[np.float64]]:
    """Return the length, and the weight of each frequent word, `most` numbers in all."""
    found = {f"length of {column!r}": np.array([len(text) for text in texts], dtype=np.float64)}
    try:
        vectorizer = TfidfVectorizer(max_features=most - 1)
        weights = vectorizer.fit_transform(texts).toarray()
    except ValueError:  # not a single word
        return found
    for name, place in vectorizer.vocabulary_.items():
        found[f"word {name!r} in {column!r}"] = weights[:, place]
    return found


def _area(values: NDArray[np.float64], side: NDArray[np.int64]) -> float:
    forest = RandomForestClassifier(
        n_estimators=TREES,
        min_samples_leaf=LEAST_IN_LEAF,
        max_samples=min(len(side), ROWS_A_TREE),
        oob_score=True,
        random_state=0,
    )
    chances = forest.fit(values, side).oob_decision_function_[:, 1]
    return float(roc_auc_score(side, chances))


def _deviation(area: float, first: int, second: int) -> float:
    """Return the standard error of an area (Hanley and McNeil 1982)."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    square = area**2
    variance = area * (1 - area) + (first - 1) * (one - square) + (second - 1) * (two - square)
    return math.sqrt(max(variance, 0.0) / (first * second))


def _most_different(features: pd.DataFrame, side: NDArray[np.int64]) -> list[str]:
    """Return the features that differ most by themselves."""
    apart = {}
    for name, values in features.items():
        known = values.notna().to_numpy()
        if len(np.unique(side[known])) == 2:
            apart[str(name)] = abs(float(roc_auc_score(side[known], values[known])) - 0.5)
    return sorted(apart, key=lambda name: -apart[name])[:MAX_NAMED]
