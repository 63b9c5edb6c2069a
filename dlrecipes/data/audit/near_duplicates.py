"""Are there examples on both sides that are almost the same: rows, texts or images?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.random_projection import SparseRandomProjection

from dlrecipes.data.audit.evidence import (
    FeatureColumn,
    Hashes,
    NearPairs,
    feature_columns,
    join_hashes,
    row_hashes,
    sample_rows,
    thumbnails,
)
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.split import Split
from dlrecipes.data.texts.plain_text import cut_texts
from dlrecipes.results import DataSpec, Finding, plural

MAX_PAIRS = 20
MOST_COLUMNS = 100


def check_near_duplicates(train: Split, validation: Split, spec: DataSpec) -> Finding:
    """Return the pairs of a training and a validation example that are almost the same.

    Such a pair is the same thing stored twice, with a rounded number, in capitals, as a copied
    picture or a template filled in: validation scores are then too good. The exact copies are
    another check's. More pairs than chance explains are a warning. Of texts beside other columns
    the whole rows are compared: two customers may send the same template.

    Args:
        train: The training part.
        validation: The validation part.
        spec: The raw data's description.
    """
    near = _near_pairs(train, validation, spec)
    pairs = [
        f"{train_id} and {validation_id}"
        for train_id, validation_id in zip(
            _names(train, near, 0), _names(validation, near, 1), strict=True
        )
    ]
    count = len(near.rows)
    evidence: dict[str, float | int | str | list[str]] = {
        "pairs": count,
        "looser pairs": near.near + near.far,
        "by chance": near.expected,
        "compared": near.looked_at,
    }
    if pairs:
        evidence["training and validation row"] = pairs[:MAX_PAIRS]
    if near.by_chance:
        verdict = "No training and validation example are almost the same"
        if pairs:
            pairs_are = plural(count, "pair is", "pairs are")
            verdict = f"{pairs_are} almost the same, no more than chance explains"
        return Finding("near duplicates", f"{verdict} ({near.looked_at}).", evidence)
    examples = len(set(near.rows[:, 1].tolist()))
    return Finding(
        "near duplicates",
        f"{plural(examples, 'validation example is', 'validation examples are')} almost, but "
        f"not quite, the same as a training example ({near.looked_at}).",
        evidence,
        advice="Look at the pairs. If they are the same thing, keep one of each, or name a column "
        "that they share as `group`: scores on them are too good.",
        severity="warning",
    )


def _near_pairs(train: Split, validation: Split, spec: DataSpec) -> NearPairs:
    if isinstance(train.x, Columns):
        if all(column.kind == "text" for column in spec.columns):
            return _near_texts(train, validation, [column.name for column in spec.columns])
        return _near_rows(train, validation, spec)
    if len(train.x.shape) == 2 and train.x.shape[1] <= MOST_COLUMNS:
        return _near_rows(train, validation, spec)
    return _near_images(train, validation)


def _names(part: Split, near: NearPairs, side: int) -> list[str]:
    rows = near.rows[:MAX_PAIRS, side]
    return [str(row) for row in (rows if part.ids is None else part.ids[rows])]


TOLERANCE = 1e-3
"""How far apart numbers of a close pair are, in interquartile ranges of the column."""
WIDER_ROWS = 10
"""Width of the rings of pairs that are further apart, each in widths of the one inside."""
CELL = WIDER_ROWS**2
"""Width of a cell in tolerances."""
MOST_KEYS = 30
MOST_PAIRS = 200_000


def _near_rows(train: Split, validation: Split, spec: DataSpec) -> NearPairs:
    """Return the pairs with the same categories and texts and almost the same numbers.

    All rows are compared: of those that fall into one cell of a grid, 100 tolerances wide, the ones
    within the tolerance in every column are close. A second grid, shifted by half a cell, finds
    most pairs that a border of the first one parts.

    Args:
        train: The training part of a table.
        validation: The validation part.
        spec: The raw data's description.
    """
    columns = list(feature_columns(train, validation, spec, texts=True))
    exact = row_hashes(train.x), row_hashes(validation.x)
    firsts = [np.unique(hashes, return_index=True)[1] for hashes in exact]
    numbers = [_Grid(column, *firsts) for column in columns if column.kind != "category"]
    texts = [_normalised(column, *firsts) for column in columns if column.kind == "category"]
    # A pair must fall into one cell of every column, so the more columns, the more are missed.
    places = np.linspace(0, len(numbers), MOST_KEYS, endpoint=False).astype(int)
    keys = [numbers[place] for place in np.unique(places)] if numbers else []
    pairs = np.concatenate([_in_one_cell(texts, keys, shift) for shift in (0.0, 0.5)])
    numbered = pd.unique(pairs[:, 0] * np.int64(len(validation)) + pairs[:, 1])
    pairs = np.stack(np.divmod(np.sort(numbered), len(validation)), axis=-1)
    equal = exact[0][firsts[0]][pairs[:, 0]] == exact[1][firsts[1]][pairs[:, 1]]
    apart = np.zeros(len(pairs))
    for grid in numbers:
        apart = np.maximum(apart, grid.distances(pairs))
    apart[equal] = np.inf
    found = pairs[apart <= 1]
    near = int(((apart > 1) & (apart <= WIDER_ROWS)).sum())
    far = int(((apart > WIDER_ROWS) & (apart <= CELL)).sum())
    rows = np.stack([first[found[:, side]] for side, first in enumerate(firsts)], axis=-1)
    looked_at = f"all {len(train):,} training and {plural(len(validation), 'validation row')}"
    return NearPairs(rows, near, far, WIDER_ROWS, int(equal.sum()), looked_at)


class _Grid:
    """A column of numbers in units of its tolerance."""

    def __init__(
        self, column: FeatureColumn, train: NDArray[np.int64], validation: NDArray[np.int64]
    ) -> None:
        known = column.train[~np.isnan(column.train)]
        known = known if len(known) else np.zeros(1)
        low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
        if low == high and (known != low).any():  # mostly one value
            low, high = np.quantile(known[known != low], [0.25, 0.75])
        spread = float(high - low) or float(known.std(dtype=np.float64)) or 1.0
        self._parts = [
            (part[rows].astype(np.float64) - middle) / (spread * TOLERANCE)
            for part, rows in ((column.train, train), (column.validation, validation))
        ]

    def cells(self, side: int, shift: float) -> Hashes:
        cells = np.floor(self._parts[side] / CELL + shift)
        # Far outside, or missing: cells of their own.
        whole = np.nan_to_num(np.clip(cells, -(2.0**60), 2.0**60), nan=2.0**61)
        return pd.util.hash_array(whole.astype(np.int64))

    def distances(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how many tolerances the numbers of each pair are apart."""
        first, second = self._parts[0][pairs[:, 0]], self._parts[1][pairs[:, 1]]
        both_missing = np.isnan(first) & np.isnan(second)
        return np.where(both_missing, 0.0, np.nan_to_num(np.abs(first - second), nan=np.inf))


def _normalised(
    column: FeatureColumn, train: NDArray[np.int64], validation: NDArray[np.int64]
) -> tuple[Hashes, Hashes]:
    """Return a number for each text, the same whatever its case and spaces."""
    values = np.concatenate([column.train[train], column.validation[validation]])
    codes, names = pd.factorize(values)
    plain = np.array([" ".join(name.casefold().split()) for name in names], dtype=object)
    hashed = pd.util.hash_array(plain)[codes]
    return hashed[: len(train)], hashed[len(train) :]


def _in_one_cell(
    texts: list[tuple[Hashes, Hashes]], grids: list[_Grid], shift: float
) -> NDArray[Any]:
    """Return the pairs with the same texts and cells, `(pairs, 2)`, at most 200,000."""
    train, validation = (
        join_hashes(
            [*(hashes[side] for hashes in texts), *(grid.cells(side, shift) for grid in grids)]
        )
        for side in (0, 1)
    )
    order = np.argsort(train, kind="stable")
    ordered = train[order]
    starts = np.searchsorted(ordered, validation, side="left")
    counts = np.searchsorted(ordered, validation, side="right") - starts
    rows = np.flatnonzero(counts)
    # Where there are more, some rows stand for all.
    rows = np.random.default_rng(0).permutation(rows)
    rows = rows[np.cumsum(counts[rows]) <= MOST_PAIRS]
    counts = counts[rows]
    places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack(
        [order[np.repeat(starts[rows], counts) + places], np.repeat(rows, counts)], axis=-1
    )


MOST_TEXTS = 100_000
MOST_TRAIN_TEXTS, MOST_VALIDATION_TEXTS = 10_000, 2_500
LEAST_WORDS = 4
LEAST_SHINGLES = 8
SHARED = 0.6


def _near_texts(train: Split, validation: Split, names: list[str]) -> NearPairs:
    """Return the pairs with the same words, or with most runs of three words in common.

    The same words: in the same order, whatever the case, digits and punctuation, and at least
    four of them. In common: three fifths of the runs that occur in either text (the Jaccard
    index of their shingles; Broder 1997), for texts of at least ten words. Words are those of
    `plain_text`: a character is one in a script without spaces.

    Args:
        train: The training part.
        validation: The validation part.
        names: The columns of text.
    """
    parts = train, validation
    kept = [sample_rows(len(part), MOST_TEXTS) for part in parts]
    raw = [_texts(part, names, rows) for part, rows in zip(parts, kept, strict=True)]
    plain = [_words(texts) for texts in raw]
    rows = np.concatenate([_same(*plain), _alike(*plain)])
    rows = np.unique(rows, axis=0)
    rows = rows[raw[0].to_numpy()[rows[:, 0]] != raw[1].to_numpy()[rows[:, 1]]]
    looked_at = (
        f"{len(raw[0]):,} training and {plural(len(raw[1]), 'validation text')}; runs of words in "
        f"{min(len(raw[0]), MOST_TRAIN_TEXTS):,} and "
        f"{min(len(raw[1]), MOST_VALIDATION_TEXTS):,} of them"
    )
    named = np.stack([of_side[rows[:, side]] for side, of_side in enumerate(kept)], axis=-1)
    return NearPairs(named, 0, 0, 2.0, 0, looked_at)


def _texts(part: Split, names: list[str], rows: NDArray[np.int64]) -> pd.Series[str]:
    if not isinstance(part.x, Columns):
        raise TypeError("Texts are the columns of a table.")
    texts = pd.Series(part.x[names[0]][rows])
    for name in names[1:]:
        texts = texts + " " + pd.Series(part.x[name][rows])
    return texts


def _words(texts: pd.Series[str]) -> pd.Series[str]:
    """Return the words of texts with a space between them, without digits and marks."""
    words = []
    for tokens in cut_texts(texts.str.casefold()):
        # Digits have become zeros.
        cut = " ".join(tokens).replace("0", " ").split()
        words.append(" ".join(word for word in cut if any(map(str.isalpha, word))))
    return pd.Series(words, texts.index, dtype=object)


def _same(train: pd.Series[str], validation: pd.Series[str]) -> NDArray[np.int64]:
    frames = []
    for part in (train, validation):
        enough = part.str.count(" ") >= LEAST_WORDS - 1
        frames.append(
            part[enough].drop_duplicates().rename("text").rename_axis("row").reset_index()
        )
    merged = frames[0].merge(frames[1], on="text")
    return merged[["row_x", "row_y"]].to_numpy(dtype=np.int64)


def _alike(train: pd.Series[str], validation: pd.Series[str]) -> NDArray[np.int64]:
    generator = np.random.default_rng(0)
    rows = [
        np.sort(generator.permutation(len(part))[:most])
        for part, most in ((train, MOST_TRAIN_TEXTS), (validation, MOST_VALIDATION_TEXTS))
    ]
    vectorizer = HashingVectorizer(
        analyzer="word",
        token_pattern=r"\S+",  # noqa: S106  (a pattern of words, no password)
        ngram_range=(3, 3),
        binary=True,
        norm=None,
        alternate_sign=False,
        lowercase=False,
        dtype=np.float32,
    )
    first, second = (
        csr_array(vectorizer.transform(part.iloc[kept]))
        for part, kept in zip((train, validation), rows, strict=True)
    )
    common = (first @ second.T).tocoo()
    sizes = first.sum(axis=1)[common.row], second.sum(axis=1)[common.col]
    found = common.data >= SHARED * (sizes[0] + sizes[1] - common.data)
    found &= np.minimum(*sizes) >= LEAST_SHINGLES
    return np.stack([rows[0][common.row[found]], rows[1][common.col[found]]], axis=-1)


MOST_TRAIN_IMAGES, MOST_VALIDATION_IMAGES = 20_000, 4_000
SIDE = 16
CLOSE = 0.05
"""Distance of two thumbnails of length 1: a correlation of 0.99875."""
WIDER_IMAGES = 2.0
_BATCH = 500

Features = NDArray[np.float32]


def _near_images(train: Split, validation: Split) -> NearPairs:
    """Return the pairs whose thumbnails are almost the same up to brightness and contrast.

    A thumbnail has at most 16 × 16 grey pixels. Of arrays that are no images, the features are
    compared, each divided by its standard deviation; more than 256 are projected at random.

    Args:
        train: The training part, images `(examples, height, width, channels)` or `(examples, …)`.
        validation: The validation part.
    """
    rows = (
        sample_rows(len(train), MOST_TRAIN_IMAGES),
        sample_rows(len(validation), MOST_VALIDATION_IMAGES),
    )
    if train.array.ndim == 4:
        features = [
            thumbnails(part.array, some, SIDE)
            for part, some in zip((train, validation), rows, strict=True)
        ]
    else:
        features = _projected(train.array[rows[0]], validation.array[rows[1]])
    first, second = (_unit(of_part) for of_part in features)
    pairs, distances = [], []
    far = 0
    for start in range(0, len(second), _BATCH):
        likeness = second[start : start + _BATCH] @ first.T
        # |a - b|² = 2 - 2ab for vectors of length 1; rounding may leave it below 0.
        near = np.argwhere(likeness >= 1 - (WIDER_IMAGES * CLOSE) ** 2 / 2)
        far += int(np.count_nonzero(likeness >= 1 - (WIDER_IMAGES**2 * CLOSE) ** 2 / 2)) - len(near)
        squares = 2 - 2 * likeness[near[:, 0], near[:, 1]].astype(np.float64)
        distances.append(np.sqrt(np.maximum(squares, 0)))
        pairs.append(near[:, ::-1] + [0, start])
    found, distance = np.concatenate(pairs), np.concatenate(distances)
    names = np.stack([some[found[:, side]] for side, some in enumerate(rows)], axis=-1)
    equal = _hashes(train, names[:, 0]) == _hashes(validation, names[:, 1])
    looked_at = f"{len(rows[0]):,} training and {plural(len(rows[1]), 'validation example')}"
    close = distance <= CLOSE
    wider = int((~equal & ~close).sum())
    return NearPairs(names[~equal & close], wider, far, WIDER_IMAGES, 0, looked_at)


def _projected(train: Features, validation: Features) -> list[Features]:
    flat = [part.reshape(len(part), -1) for part in (train, validation)]
    mean, spread = flat[0].mean(axis=0), flat[0].std(axis=0)
    weights = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0).astype(np.float32)
    if len(mean) <= SIDE**2:
        return [(part - mean) * weights for part in flat]
    projection = SparseRandomProjection(SIDE**2, random_state=0).fit(flat[0][:1])
    matrix = projection.components_.multiply(weights).tocsr().astype(np.float32).T
    return [part @ matrix - mean @ matrix for part in flat]


def _unit(features: Features) -> Features:
    """Return rows without their mean, of length 1; constant ones become zeros."""
    centred = features - features.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = length <= 1e-5 * np.abs(features).max(axis=1, keepdims=True)
    return np.asarray(np.where(flat, 0.0, centred / np.where(flat, 1.0, length)), np.float32)


def _hashes(part: Split, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    wanted, places = np.unique(rows, return_inverse=True)
    return row_hashes(part.array[wanted])[places]
