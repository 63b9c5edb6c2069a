"""The tokens that training texts share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def frequent_tokens(texts: Iterable[Sequence[str]], *, least: int, most: int) -> dict[str, int]:
    """Return `{token: number of texts it occurs in}`, the most frequent first.

    Args:
        texts: The tokens of each text.
        least: Texts that a token must occur in, at least 1.
        most: Tokens that are kept at most; of equally frequent ones, those first in the alphabet.
    """
    counts = Counter(token for text in texts for token in set(text))
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return {token: count for token, count in ranked[:most] if count >= least}
