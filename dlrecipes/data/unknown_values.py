"""Values that a model knows nothing of, because training did not have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom

from dlrecipes.results import plural

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
        missing: Missing cells.
        usual: What `learn_usual` returned of the training part.
        examples: Some of the unknown ones.
        more: Whether there are other ones.
        furthest: How many times as far out as the range of training is wide the furthest number
            lies, at least 1; 1 where there are no numbers.
        nothing: Whether training had nothing of the column to learn from.
    """

    column: str
    what: str
    unknown: int
    cells: int
    missing: int
    usual: Usual
    examples: tuple[str, ...] = ()
    more: bool = False
    furthest: float = 1.0
    nothing: bool = False

    def sentences(self, columns: int = 1) -> tuple[str, ...]:
        """Return what is to be said of the column: nothing, where chance explains what was found.

        As many of other rows of the training data would have been unknown as a beta-binomial
        distribution says that knows how many were in the training part. A number that lies `f`
        times as far out as the range is wide is `f` times less probable, as in a heavy tail.

        Args:
            columns: How many columns are looked at: one in a hundred tables gives an alarm.
        """
        level = UNLIKELY / (2 * columns)
        usual, found = self.usual, []
        often = _tail(self.unknown, self.cells, usual["rare"], usual["known"]) < level
        chance = (usual["rare"] + 1) / (usual["known"] + 2)
        far = self.furthest > 1 and self.cells * chance / self.furthest < level
        if self.unknown and (often or far or self.nothing):
            named = ", ".join(map(repr, self.examples)) + (", …" if self.more else "")
            found.append(
                f"{self.unknown:,} of {plural(self.cells, 'cell')} of {self.column!r} are "
                f"{self.what}" + (f": {named}." if named else ".")
            )
        every = self.cells + self.missing
        if _tail(self.missing, every, usual["missing"], usual["rows"]) < level:
            are = "is" if self.missing == 1 else "are"
            found.append(
                f"{self.missing:,} of {plural(every, 'cell')} of {self.column!r} {are} missing."
            )
        return tuple(found)


def learn_usual(values: NDArray[Any], min_frequency: int = 1) -> Usual:
    """Return what of a training column is needed to tell later what is unusual.

    Args:
        values: Numbers with NaN, or text with `""`, for a missing one, `(examples,)`.
        min_frequency: Training examples that a category must have to be known.

    Returns:
        `rows` and how many of them are `missing`; `known` cells and how many of them say how often
        other rows will be unknown, `rare`: of numbers the smallest and the largest one, whose range
        is `low` to `high`; of categories the cells with values that occur at most `min_frequency`
        times (Good and Turing).

    Reference:
        Good 1953, The Population Frequencies of Species.
    """
    empty = values == "" if values.dtype == object else np.isnan(values)
    known = values[~empty]
    usual = {"rows": len(values), "missing": int(empty.sum()), "known": len(known)}
    if values.dtype == object:
        counts = Counter(Counter(known.tolist()).values())
        return {
            **usual,
            "rare": sum(n * count for n, count in counts.items() if n <= min_frequency),
        }
    edges = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    return {**usual, "rare": min(1, len(known)), "low": edges[0], "high": edges[1]}


def count_outside(
    name: str, values: NDArray[Any], usual: Usual, *, dates: bool = False
) -> UnknownValues:
    """Return how many numbers lie outside the range of training.

    Args:
        name: The column.
        values: Numbers, or the days of dates, with NaN for a missing one, `(examples,)`.
        usual: What `learn_usual` returned.
        dates: Whether they are days since 1970. Later ones are usual, as time goes on; only those
            far beyond the span of training count.
    """
    empty = np.isnan(values)
    known = values[~empty].astype(np.float64)
    low, high = usual["low"], usual["high"]
    distance = np.maximum(low - known, known - high)
    width = (high - low) or max(abs(high), 1.0)
    outside = known[distance > (width if dates else 0.0)]
    different = np.unique(outside)
    shown = (
        [_day(edge) if dates else _number(edge) for edge in (low, high, *different[[0, -1]])]
        if (len(different))
        else []
    )
    return UnknownValues(
        name,
        f"outside the range of training, {' to '.join(shown[:2])}",
        len(outside),
        len(known),
        int(empty.sum()),
        usual,
        tuple(dict.fromkeys(shown[2:])),
        len(different) > 2,
        1.0 + float(distance.max(initial=0.0)) / width if len(different) else 1.0,
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
        empty,
        usual,
        tuple(ranked[:MAX_NAMED]),
        len(ranked) > MAX_NAMED,
        nothing=not known - {""},
    )


def learn_usual_texts(
    tokens: Sequence[Sequence[str]], vocabulary: Collection[str], min_frequency: int
) -> Usual:
    """Return what of training texts is needed to tell later what is unusual.

    Each text is looked at as if it had not been among the training texts: a word that is known
    only with its help is unknown.

    Args:
        tokens: The tokens of each training text, none for a missing one.
        vocabulary: The tokens that are known.
        min_frequency: Training texts that a known token must occur in.

    Returns:
        As `learn_usual`; `share` is the share of unknown tokens that one text in twenty exceeds,
        and `rare` the number of those that do.
    """
    counts = Counter(token for text in tokens for token in set(text))
    without = {token for token in vocabulary if counts[token] > min_frequency}
    shares = _unknown_shares(tokens, without)
    share = float(np.quantile(shares, 1 - RARE, method="inverted_cdf")) if len(shares) else 1.0
    return {
        "rows": len(tokens),
        "missing": len(tokens) - len(shares),
        "known": len(shares),
        "share": share,
        # As many as have that share count, for another vocabulary will have other ties.
        "rare": int(max((shares > share).sum(), RARE * len(shares))),
    }


def count_unknown_texts(
    name: str,
    tokens: Sequence[Sequence[str]],
    vocabulary: Collection[str],
    usual: Usual,
    *,
    words: bool = True,
) -> UnknownValues:
    """Return how many texts have unusually many words that training did not have.

    Args:
        name: The column.
        tokens: The tokens of each text, none for a missing one.
        vocabulary: The tokens that are known.
        usual: What `learn_usual_texts` returned.
        words: Whether tokens are words that can be shown, and not characters.
    """
    shares = _unknown_shares(tokens, vocabulary)
    known = set(vocabulary)
    counts = Counter(token for text in tokens for token in text if token not in known)
    ranked = sorted(counts, key=lambda word: (-counts[word], word)) if words else []
    return UnknownValues(
        name,
        f"texts with more unknown {'words' if words else 'characters'} than nearly all texts of "
        "training",
        int((shares > usual["share"]).sum()),
        len(shares),
        len(tokens) - len(shares),
        usual,
        tuple(ranked[:MAX_NAMED]),
        len(ranked) > MAX_NAMED,
    )


def _unknown_shares(
    tokens: Sequence[Sequence[str]], vocabulary: Collection[str]
) -> NDArray[np.float64]:
    known = set(vocabulary)
    shares = [sum(token not in known for token in text) / len(text) for text in tokens if len(text)]
    return np.array(shares, dtype=np.float64)


def _tail(found: int, cells: int, before: float, of: float) -> float:
    """Return the probability of as many among new cells as there were among those of training."""
    if not found:
        return 1.0
    return float(betabinom.sf(found - 1, cells, before + 1, max(of - before, 0) + 1))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def _day(days: float) -> str:
    return str(np.datetime64(int(days), "D"))
