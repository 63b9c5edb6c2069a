"""Can training and validation examples be told apart?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from dlrecipes.data.audit.evidence import (
    Hashes,
    feature_columns,
    row_hashes,
    sample_rows,
    thumbnails,
)
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding, plural

MOST_ROWS = 5_000
MOST_FEATURES = 100
LEAST_UNITS = 5
TREES, LEAST_IN_LEAF, ROWS_A_TREE = 60, 5, 2_000
APART = 0.6
KEPT_APART = 0.1
SIDE = 10
MAX_NAMED = 3


def check_drift(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return how well a forest tells training from validation examples.

    The measure is the area under the ROC curve, each example judged by the trees that were grown
    without it (Breiman 2001), with its 95 % interval (Hanley and McNeil 1982): 0.5 if the two parts
    are alike. An interval that lies above 0.6 is a warning, except for parts in the order of
    time, whose difference is what they are made for.

    What was put into a part as a whole counts once and is judged without any of its rows: a group
    and, where rows with equal inputs were kept together, each different row. The parts differ in
    these by the luck of the draw, and that is no drift.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description.
    """
    rows = _rows(train), _rows(validation)
    if spec.kind == "image":
        features = _pixels(train, validation, *rows)
        hashes = row_hashes(features.to_numpy())
    else:
        picked = train.pick(rows[0]), validation.pick(rows[1])
        features = _features(*picked, spec)
        hashes = np.concatenate([row_hashes(part.x) for part in picked])
    side = np.repeat([0, 1], [len(rows[0]), len(rows[1])])
    in_time = train.time is not None and validation.time is not None
    grouped = train.groups is not None and validation.groups is not None and not in_time
    kept, units = np.arange(len(side)), np.arange(len(side))
    if grouped:
        units = _groups(train, validation, *rows)
    else:
        kept = _different(hashes, side)
        features, side, units = features.iloc[kept], side[kept], np.arange(len(kept))
    sizes = tuple(len(np.unique(units[side == part])) for part in (0, 1))
    what = "groups" if grouped else "examples"
    if min(sizes) < LEAST_UNITS:
        what = f"different {what}" if len(kept) < len(rows[0]) + len(rows[1]) else what
        return Finding(
            "drift", f"Too few {what} to compare the parts: {sizes[0]:,} and {sizes[1]:,}."
        )
    area = _area(features.to_numpy(dtype=np.float64), side, units)
    # Never surer than of parts that are alike: a high area of few examples may be luck.
    half = 1.96 * max(_deviation(area, *sizes), _deviation(0.5, *sizes))
    evidence: dict[str, float | int | str | list[str]] = {
        "area under the ROC curve": area,
        "95 % interval from": max(area - half, 0.0),
        "to": min(area + half, 1.0),
        f"training {what}": sizes[0],
        f"validation {what}": sizes[1],
    }
    measured = f"area under the ROC curve {area:.2f} ± {half:.2f}"
    if grouped:
        measured += f" between {sizes[0]:,} and {plural(sizes[1], 'group')}"
    if area - half <= APART:
        return Finding(
            "drift", f"Training and validation examples are alike ({measured}).", evidence
        )
    evidence["most different"] = _most_different(features, side)
    apart = f"Training and validation examples can be told apart ({measured})"
    if in_time:
        return Finding(
            "drift",
            f"{apart}, as is to be expected of parts in the order of time: the score is that of a "
            "model that meets times it was not trained on.",
            evidence,
        )
    if grouped:
        advice = (
            "The groups of the parts differ. With few groups, score by cross-validation (folds=5), "
            "so that each is validated on."
        )
    else:
        advice = "Find out how the parts were made: split by chance, they would be alike."
    return Finding("drift", f"{apart}.", evidence, advice=advice, severity="warning")


def _rows(part: Split) -> NDArray[np.int64]:
    """Return at most 5,000 rows; one that was repeated to balance the classes is one row."""
    rows = np.arange(len(part))
    if part.ids is not None:
        rows = np.sort(np.unique(part.ids, return_index=True)[1])
    return np.asarray(rows[sample_rows(len(rows), MOST_ROWS)])


def _groups(
    train: Split, validation: Split, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return a number for each row's group, `(examples,)`; those of the parts differ."""
    named = [
        pd.factorize(np.asarray(part.groups)[rows].astype(str))[0]
        for part, rows in ((train, first), (validation, second))
    ]
    return np.concatenate([named[0], named[1] + named[0].max() + 1])


def _different(hashes: Hashes, side: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one of the rows with the same hash, rising; all if equal rows were not kept together.

    They were, if hardly any are in both parts where splitting row by row would have put them.
    """
    _, kept, units, sizes = np.unique(
        hashes, return_index=True, return_inverse=True, return_counts=True
    )
    in_second = np.bincount(units, weights=side)
    both = ((in_second > 0) & (in_second < sizes)).sum()
    share = side.mean()
    expected = (1 - share**sizes - (1 - share) ** sizes).sum()
    return np.sort(kept) if both <= KEPT_APART * expected else np.arange(len(side))


def _features(train: Split, validation: Split, spec: DataSpec) -> pd.DataFrame:
    """Return at most 100 numbers an example, training examples first."""
    first, second = train.x, validation.x
    if isinstance(first, Columns) or isinstance(second, Columns):
        found: dict[str, Any] = {}
        for column in feature_columns(train, validation, spec):
            values = column.both
            # Categories in the order of their frequency.
            found[column.name] = _ranks(values) if column.kind == "category" else values
        texts = [column.name for column in spec.columns if column.kind == "text"]
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
    """Return the place of each value in the order of frequency, equally frequent ones by name."""
    codes, names = pd.factorize(values)
    counts = np.bincount(codes, minlength=len(names))
    # Not by first appearance: training rows come first, and the place would tell the part.
    order = np.lexsort((names.astype(str), -counts))
    return np.asarray(order.argsort()[codes], dtype=np.float64)


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


def _area(values: NDArray[np.float64], side: NDArray[np.int64], units: NDArray[np.int64]) -> float:
    """Return the area between the units of both parts, each judged by trees that saw none of it.

    Args:
        values: Features, `(rows, features)`, NaN where missing.
        side: 0 for a training row, 1 for a validation row.
        units: Number of each row's unit, 0 to U - 1, which is in one part.
    """
    parts = [np.unique(units[side == part]) for part in (0, 1)]
    drawn_share = min(ROWS_A_TREE / len(side), 1.0)
    sizes = [max(round(drawn_share * len(part)), 1) for part in parts]
    least = max(round(LEAST_IN_LEAF * len(side) / (len(parts[0]) + len(parts[1]))), 1)
    generator = np.random.default_rng(0)
    votes, trees = np.zeros(len(side)), np.zeros(len(side))
    for seed in range(TREES):
        # As many of each part in every tree: else a tree without a unit would lean against it.
        drawn = [generator.choice(part, size) for part, size in zip(parts, sizes, strict=True)]
        times = np.bincount(np.concatenate(drawn), minlength=len(side))[units]
        seen = times > 0
        tree = DecisionTreeClassifier(
            max_features="sqrt", min_samples_leaf=least, random_state=seed
        ).fit(values[seen], side[seen], sample_weight=times[seen])
        votes[~seen] += tree.predict_proba(values[~seen])[:, 1]
        trees[~seen] += 1
    judged = trees > 0
    rows = np.bincount(units[judged])
    means = np.bincount(units[judged], weights=votes[judged] / trees[judged])
    of_part = np.bincount(units[judged], weights=side[judged])
    there = rows > 0
    return float(roc_auc_score(of_part[there] > 0, means[there] / rows[there]))


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
