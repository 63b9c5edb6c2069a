"""A number and its noun."""

from __future__ import annotations


def plural(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun, and perhaps the verb that goes with it.

    Args:
        count: The number, written with commas.
        one: What one of them is called.
        many: What all other numbers are called; empty for `one` with an s.

    >>> plural(1, "trial"), plural(5000, "trial"), plural(2, "row is", "rows are")
    ('1 trial', '5,000 trials', '2 rows are')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
