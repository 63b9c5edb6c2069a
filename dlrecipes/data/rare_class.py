"""When a class is rare."""

from __future__ import annotations

RARE_SHARE = 0.4
"""Of its fair share 1/C, what a rare one of C classes has at most: of two classes, 20 %."""


def rare_below(num_classes: int) -> float:
    """Return the share of the examples below which a class is rare.

    Two fifths of the fair share: 20 % of two classes, 4 % of ten. Accuracy says little about such
    a class, since never to name it is mostly right.

    Args:
        num_classes: At least 2.

    Example:
        >>> dlr.data.rare_below(2), dlr.data.rare_below(10)
        (0.2, 0.04)
    """
    return RARE_SHARE / num_classes
