"""Builders of one target."""

from __future__ import annotations

from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec


def check_one_target(spec: DataSpec) -> None:
    """Check that data has a single target.

    Args:
        spec: The data's description.

    Raises:
        DataError: If it has several.
    """
    if spec.targets:
        raise DataError(
            "This network is for a single target.",
            received=", ".join(target.shown for target in spec.targets),
            fix="Use `build_multitask`, on the command line `dlrecipes tune multitask`.",
        )
