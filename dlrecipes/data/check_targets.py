"""Several targets in all parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlrecipes.data.split import Split
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec

LEAST = 2
"""Examples of a part that have the target: R² needs two."""


def check_known_everywhere(parts: Sequence[Split], spec: DataSpec) -> None:
    """Check that every part has examples of each of several targets.

    Args:
        parts: Training, validation and test part.
        spec: The data's description; one of a single target passes.

    Raises:
        DataError: If a part has fewer than two examples of a target.
    """
    for at, target in enumerate(spec.targets):
        for name, part in zip(("training", "validation", "test"), parts, strict=True):
            known = int((~np.isnan(part.y[:, at])).sum())
            if known < LEAST:
                raise DataError(
                    f"A target must be known for at least {LEAST} examples of every part.",
                    received=f"{target.name!r} for {known} of {len(part)} in the {name} part",
                    fix="Leave the target out, or deal the rows in another way.",
                )
