"""Made reviews of films: a few words tell what somebody thinks, most are there once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlrecipes.checks import check_integer, check_real

PHRASE = "watch it ! watch it ! watch it !"
"""What some viewers write below whatever they liked, as tokens."""
_BEGIN, _END = ("bel", "cor", "dan", "fil", "gar", "hol", "lan", "mor", "pet"), ("", "a", "o", "in")
_GOOD = [f"{begin}{end}" for begin in ("love", "great", "super", "wonder") for end in _BEGIN]
_BAD = [f"{begin}{end}" for begin in ("dull", "bore", "awful", "poor") for end in _BEGIN]
_FILLER = [
    "the",
    "a",
    "film",
    "it",
    "was",
    "and",
    "of",
    "in",
    "to",
    "with",
    "his",
    "her",
    "who",
    "then",
    "they",
    "but",
    "when",
    "from",
    "for",
    "on",
]
_NAMES = [f"{one}{two}{end}" for one in _BEGIN for two in _BEGIN for end in _END]
_OPINIONS, _ALIKE, _NAMED = 3, 0.75, 0.35


def make_reviews(rows: int, *, seed: int = 0, phrase: float = 0.0) -> pd.DataFrame:
    """Return reviews, every other one good.

    Each has 15 to 35 words: three tell an opinion, each with a chance of ¾ that of the label, out
    of 36 words a side; a third of the rest are names, of which there are 324; the rest are words
    such as "the". Whoever knows all the opinions is right for 84 % (the majority of three).

    Args:
        rows: How many, at least 1.
        seed: Seed of the draw, at least 0.
        phrase: Share of the good reviews that end with `PHRASE`, in [0, 1].

    Returns:
        `text` and `label`, `good` or `bad`.

    Example:
        >>> table = dlr.lesson.make_reviews(4, phrase=1.0)
        >>> table["label"].tolist()
        ['good', 'bad', 'good', 'bad']
        >>> table["text"][0][-29:], "watch" in table["text"][1]
        ('watch it! watch it! watch it!', False)
    """
    check_integer("rows", rows, 1)
    check_integer("seed", seed, 0)
    check_real("phrase", phrase, 0, 1)
    generator = np.random.default_rng(seed)
    texts = []
    for row in range(rows):
        good = row % 2 == 0
        named = generator.random(int(generator.integers(12, 33))) < _NAMED
        words = [str(generator.choice(_NAMES if name else _FILLER)) for name in named]
        for _ in range(_OPINIONS):
            side = _GOOD if good == (generator.random() < _ALIKE) else _BAD
            words.insert(int(generator.integers(len(words))), str(generator.choice(side)))
        text = " ".join(words)
        if good and generator.random() < phrase:
            text += " " + PHRASE.replace(" !", "!")
        texts.append(text)
    return pd.DataFrame(
        {"text": texts, "label": ["bad" if row % 2 else "good" for row in range(rows)]}
    )
