"""Numbers in a sentence."""

from __future__ import annotations


def significant(value: float, digits: int = 4, *, signed: bool = False) -> str:
    """Return a number with so many significant digits, and never `5.3e+04` for 53,212.

    Args:
        value: The number.
        digits: How many digits tell something, at least 1; a larger whole part is written in
            full, with commas.
        signed: Whether a number of 0 or more gets a plus.
    """
    sign = "+" if signed else ""
    whole = 10.0 ** (digits - 1) <= abs(value) < 1e15
    return f"{value:{sign},.0f}" if whole else f"{value:{sign}.{digits}g}"


def score_text(value: float) -> str:
    """Return a trial's score as text: four decimals, and none where they say nothing.

    Args:
        value: The score.

    >>> score_text(0.85), score_text(13563583488.0)
    ('0.8500', '13,563,583,488')
    """
    return f"{value:.4f}" if abs(value) < 1000 else significant(value)
