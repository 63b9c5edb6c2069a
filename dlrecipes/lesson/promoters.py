"""Made sequences of DNA, of which half have a motif."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlrecipes.checks import check_flag, check_integer

MOTIF = "TATAAT"
"""The Pribnow box, in front of many genes of bacteria."""
_BASES = np.array(list("ACGT"))
_SHORTEST, _LONGEST, _HOME = 40, 60, 20


def make_promoters(rows: int, *, seed: int = 0, anywhere: bool = True) -> pd.DataFrame:
    """Return sequences with the motif, or with the same six letters in another order.

    So neither the length nor how often a letter occurs tells which is which. All other letters are
    drawn by chance; one in a hundred is unread, hence N, and half of the sequences are in small
    letters, as in files of several sources. By chance the motif stands in some 4 % of the others,
    too.

    Args:
        rows: How many, at least 1.
        seed: Seed of the draw, at least 0.
        anywhere: Whether the motif may begin at any letter; else always at the 21st.

    Returns:
        `sequence`, 40 to 60 letters, and `promoter`, `yes` or `no`.

    Example:
        >>> table = dlr.lesson.make_promoters(4)
        >>> table["promoter"].tolist()
        ['yes', 'no', 'yes', 'no']
        >>> dlr.lesson.MOTIF in table["sequence"][0].upper()
        True
    """
    check_integer("rows", rows, 1)
    check_integer("seed", seed, 0)
    check_flag("anywhere", anywhere)
    generator = np.random.default_rng(seed)
    sequences = []
    for row in range(rows):
        length = int(generator.integers(_SHORTEST, _LONGEST + 1))
        letters = generator.choice(_BASES, length)
        letters[generator.random(length) < 0.01] = "N"
        at = int(generator.integers(length - len(MOTIF) + 1)) if anywhere else _HOME
        box = MOTIF
        while row % 2 and box == MOTIF:
            box = "".join(generator.permutation(list(MOTIF)))
        letters[at : at + len(MOTIF)] = list(box)
        text = "".join(letters)
        sequences.append(text if row // 2 % 2 == 0 else text.lower())
    answers = ["no" if row % 2 else "yes" for row in range(rows)]
    return pd.DataFrame({"sequence": sequences, "promoter": answers})
