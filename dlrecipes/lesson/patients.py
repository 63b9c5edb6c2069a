"""A table of patients with the mess of a printed one: several facts in a cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dlrecipes.checks import check_integer

FINDINGS = (
    "genu varum",
    "bone pain",
    "retarded dentition",
    "growth retardation",
    "hip pain",
    "kyphosis",
)
"""What may be found of a patient; the label is the exclusive or of the first two."""

_SITES = ("Exon 11", "Exon 12", "Exon 17", "Exon 20", "Intron 10", "Intron 15")
_MUTATIONS = (
    "Gly395Arg (c.1183G>C)",
    "Trp444X (c.1332G>A)",
    "His584Pro (c.1751A>C)",
    "Trp660X (c.1980G>A)",
    "none (c.1174-1G>A)",
    "none (c.1646-2A>T)",
)


def make_patients(rows: int = 600, *, seed: int = 0) -> pd.DataFrame:
    """Return a made table of patients, its cells as messy as those of a printed table.

    `Gender/Age` holds two facts, `F/3`; `Clinical findings` a list, in any order; `Mutation site`
    and `Mutation` hold two entries of every tenth patient. `Treated` is `yes` for those who have
    one of the first two of `FINDINGS` but not both.

    Args:
        rows: Patients, at least 1.
        seed: Of the draws.

    Raises:
        ArgumentError: If `rows` is out of range.

    Example:
        >>> table = dlr.lesson.make_patients(600)
        >>> table.columns.tolist()
        ['Gender/Age', 'Clinical findings', 'Mutation site', 'Mutation', 'Treated']
        >>> bool(table["Gender/Age"].str.fullmatch(r"[FM]/[0-9.]+").all())
        True
    """
    check_integer("rows", rows, 1)
    generator = np.random.default_rng(seed)
    sexes = generator.choice(["F", "M"], rows)
    ages = generator.choice([0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7, 9, 12], rows)
    has = generator.random((rows, len(FINDINGS))) < [0.5, 0.5, 0.3, 0.3, 0.2, 0.2]
    first = generator.integers(len(_SITES), size=rows)
    second = (first + generator.integers(1, len(_SITES), size=rows)) % len(_SITES)
    two = generator.random(rows) < 0.1

    def entries(names: tuple[str, ...], row: int) -> str:
        places = [first[row], second[row]] if two[row] else [first[row]]
        return " ".join(names[place] for place in places)

    return pd.DataFrame(
        {
            "Gender/Age": [f"{sex}/{age:g}" for sex, age in zip(sexes, ages, strict=True)],
            "Clinical findings": [
                "; ".join(FINDINGS[at] for at in generator.permutation(len(FINDINGS)) if row[at])
                for row in has
            ],
            "Mutation site": [entries(_SITES, row) for row in range(rows)],
            "Mutation": [entries(_MUTATIONS, row) for row in range(rows)],
            "Treated": np.where(has[:, 0] ^ has[:, 1], "yes", "no"),
        }
    )
