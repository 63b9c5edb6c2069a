"""The check of the two fractions."""

from __future__ import annotations

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError


def check_fractions(validation_fraction: float, test_fraction: float) -> None:
    """Check that both fractions lie in (0, 1) and leave something to train on.

    Raises:
        ArgumentError: If they do not.
    """
    check_real("validation_fraction", validation_fraction, 0, 1, low_open=True, high_open=True)
    check_real("test_fraction", test_fraction, 0, 1, low_open=True, high_open=True)
    if validation_fraction + test_fraction >= 1:
        raise ArgumentError(
            "The validation and the test fraction must leave something to train on.",
            received=f"validation_fraction={validation_fraction}, test_fraction={test_fraction}",
            fix="Their sum must lie below 1.",
        )
