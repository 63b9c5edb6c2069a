"""Values that a model knows nothing of, because training did not have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

UNLIKELY, RARE = 0.01, 0.05
MAX_NAMED = 3
Usual = Mapping[str, float]


@dataclass(frozen=True)
class UnknownValues:
    """How many cells of a column hold what training did not have.

    Args:
        column: The column.
        what: What they are: `"values that training did not have, or too rarely"`.
        unknown: Cells of that kind.
        cells: Cells that are not missing.
        expected: The share of such cells that other rows of the training data would have.
        examples: Some of them.
        missing: Missing cells.
        expected_missing: The share of missing cells in the training part.
        surely: Whether some are so that chance cannot explain a single one.
    """

    column: str
    what: str
    unknown: int
    cells: int
    expected: float
    examples: tuple[str, ...] = ()
    missing: int = 0
    expected_missing: float = 0.0
    surely: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be said of the column: nothing, where chance explains what was found."""
        found = []
        if self.surely or _is_unlikely(self.unknown, self.cells, self.expected):
            named = ", ".join(map(repr, self.examples))
            found.append(
                f"{self.unknown:,} of {self.cells:,} cells of {self.column!r} are {self.what}"
                + (f": {named}" if named else "")
                + ("" if self.unknown <= MAX_NAMED else ", …")
                + "."
            )
        every = self.cells + self.missing
        if _is_unlikely(self.missing, every, self.expected_missing):
            found.append(f"{self.missing:,} of {every:,} cells of {self.column!r} are missing.")
        return tuple(found)


def learn_usual(values: NDArray[Any], least: int = 1) -> Usual:
    """Return what of a training column is needed to tell later what is unusual.

    Args:
        values: Numbers with NaN, or text with `""`, for a missing one, `(examples,)`.
        least: Training examples that a category must have to be known.

    Returns:
        `missing`, the share of missing cells; of numbers their range `low`, `high`; and `unknown`,
        the share of cells of other rows that will be outside of it, or will be a category that is
        not known, by Good and Turing: of `n` cells as many as have been in the training part with
        values that occur `least` times at most.

    Reference:
        Good 1953, The Population Frequencies of Species.
    """
    empty = values == "" if values.dtype == object else np.isnan(values)
    known = values[~empty]
    usual = {"missing": (float(empty.sum()) + 1) / (len(values) + 2)}
    if values.dtype == object:
        counts = Counter(Counter(known.tolist()).values())
        rare = sum(times * number for times, number in counts.items() if times <= least)
        return {**usual, "unknown": (rare + 1) / (len(known) + 2)}
    if not len(known):
        return {**usual, "unknown": 1.0, "low": 0.0, "high": 0.0}
    return {
        **usual,
        "unknown": 2 / (len(known) + 1),
        "low": float(known.min()),
        "high": float(known.max()),
    }


def count_outside(name: str, values: NDArray[Any], usual: Usual) -> UnknownValues:
    """Return how many numbers lie outside the range of training.

    One that is further out than that range is wide is no chance.

    Args:
        name: The column.
        values: Numbers with NaN for a missing one, `(examples,)`.
        usual: What `learn_usual` returned.
    """
    empty = np.isnan(values)
    known = values[~empty]
    outside = known[(known < usual["low"]) | (known > usual["high"])]
    width = usual["high"] - usual["low"]
    far = (known < usual["low"] - width) | (known > usual["high"] + width)
    furthest = np.unique(outside)[[0, -1]] if len(outside) else outside
    return UnknownValues(
        name,
        f"outside the range of training, {usual['low']:g} to {usual['high']:g}",
        len(outside),
        len(known),
        usual["unknown"],
        tuple(f"{number:g}" for number in dict.fromkeys(furthest.tolist())),
        int(empty.sum()),
        usual["missing"],
        bool(far.any()),
    )


def count_unknown(
    name: str, values: NDArray[Any], vocabulary: Collection[str], usual: Usual
) -> UnknownValues:
    """Return how many categories training did not have, or had too rarely to learn from.

    Args:
        name: The column.
        values: Text with `""` for a missing one, `(examples,)`.
        vocabulary: The categories that are known.
        usual: What `learn_usual` returned.
    """
    counts = Counter(values.tolist())
    empty = counts.pop("", 0)
    known = set(vocabulary)
    unknown = {text: count for text, count in counts.items() if text not in known}
    ranked = sorted(unknown, key=lambda text: (-unknown[text], text))
    return UnknownValues(
        name,
        "values that training did not have, or too rarely to learn from",
        sum(unknown.values()),
        len(values) - empty,
        usual["unknown"],
        tuple(ranked[:MAX_NAMED]),
        empty,
        usual["missing"],
        bool(unknown) and not known,
    )


def learn_usual_texts(
    tokens: Sequence[Sequence[str]], vocabulary: Collection[str], least: int
) -> Usual:
    """Return what of training texts is needed to tell later what is unusual.

    Each text is looked at as if it had not been among the training texts: a word that is known
    only with its help is unknown.

    Args:
        tokens: The tokens of each training text, none for a missing one.
        vocabulary: The tokens that are known.
        least: Training texts that a known token must occur in.

    Returns:
        `missing`, the share of texts without a token; `share`, the share of unknown tokens that one
        training text in twenty exceeds; and `unknown`, how many of other texts will exceed it.
    """
    counts = Counter(token for text in tokens for token in set(text))
    without = {token for token in vocabulary if counts[token] > least}
    shares = _unknown_shares(tokens, without)
    usual = {"missing": (len(tokens) - len(shares) + 1) / (len(tokens) + 2)}
    if not len(shares):
        return {**usual, "share": 1.0, "unknown": 1.0}
    share = float(np.quantile(shares, 1 - RARE, method="inverted_cdf"))
    return {**usual, "share": share, "unknown": (float((shares > share).sum()) + 1) / len(shares)}


def count_unknown_texts(
    name: str, tokens: Sequence[Sequence[str]], vocabulary: Collection[str], usual: Usual
) -> UnknownValues:
    """Return how many texts have unusually many words that training did not have.

    Args:
        name: The column.
        tokens: The tokens of each text, none for a missing one.
        vocabulary: The tokens that are known.
        usual: What `learn_usual_texts` returned.
    """
    shares = _unknown_shares(tokens, vocabulary)
    known = set(vocabulary)
    words = Counter(token for text in tokens for token in text if token not in known)
    ranked = sorted(words, key=lambda word: (-words[word], word))
    return UnknownValues(
        name,
        "texts with more unknown words than nearly all texts of training",
        int((shares > usual["share"]).sum()),
        len(shares),
        usual["unknown"],
        tuple(ranked[:MAX_NAMED]),
        len(tokens) - len(shares),
        usual["missing"],
    )


def _unknown_shares(
    tokens: Sequence[Sequence[str]], vocabulary: Collection[str]
) -> NDArray[np.float64]:
    known = set(vocabulary)
    shares = [sum(token not in known for token in text) / len(text) for text in tokens if len(text)]
    return np.array(shares, dtype=np.float64)


def _is_unlikely(found: int, cells: int, expected: float) -> bool:
    return found > 0 and bool(binom.sf(found - 1, cells, min(expected, 1.0)) < UNLIKELY)
