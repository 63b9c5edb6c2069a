"""Texts that are almost the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import HashingVectorizer

from dlrecipes.data.audit.near_pairs import NearPairs
from dlrecipes.data.audit.sample import sample_rows
from dlrecipes.data.columns import Columns
from dlrecipes.data.plain_text import cut_texts
from dlrecipes.data.split import Split
from dlrecipes.results import plural

MOST_TEXTS = 100_000
MOST_TRAIN, MOST_VALIDATION = 10_000, 2_500
LEAST_WORDS = 4
LEAST_SHINGLES = 8
SHARED = 0.6


def near_texts(train: Split, validation: Split, names: list[str]) -> NearPairs:
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
        f"{min(len(raw[0]), MOST_TRAIN):,} and {min(len(raw[1]), MOST_VALIDATION):,} of them"
    )
    named = np.stack([one[rows[:, side]] for side, one in enumerate(kept)], axis=-1)
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
        for part, most in ((train, MOST_TRAIN), (validation, MOST_VALIDATION))
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
