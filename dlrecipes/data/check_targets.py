"""Several targets in all parts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dlrecipes.data.split import Split
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec, plural

LEAST = 2
"""Examples of a part that have the target: R² needs two."""


def check_known(parts: Iterable[tuple[str, Split]], spec: DataSpec) -> None:
    """Check that every part has examples of each of several targets.

    Args:
        parts: What each part is called, and the part.
        spec: The data's description; one of a single target passes.

    Raises:
        DataError: If a part has fewer than two examples of a target, or training only one class.
    """
    for name, part in parts:
        for at, target in enumerate(spec.targets):
            values = part.y[:, at][~np.isnan(part.y[:, at])]
            if len(values) < LEAST:
                raise DataError(
                    f"A target must be known for at least {LEAST} examples of every part, and of "
                    "every part of a fold.",
                    received=f"{target.shown!r} for {len(values)} of {len(part)} in the {name} "
                    "part",
                    fix="Leave the target out, take fewer folds, or deal the rows in another way.",
                )
            if name == "training" and values.min() == values.max():
                raise DataError(
                    "A target must differ between training examples.",
                    received=f"{target.shown!r}, the same in all of "
                    f"{plural(len(values), 'training example')} that have it",
                    fix="Leave the target out, or deal the rows in another way.",
                )
