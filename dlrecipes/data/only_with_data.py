"""Options that mean something for the user's own data alone."""

from __future__ import annotations

from dlrecipes.errors import ArgumentError


def check_only_with_data(**options: object) -> None:
    """Refuse options that are given without `data`, where they would be passed over in silence.

    Args:
        **options: `{name: value}`; None for what is not given.

    Raises:
        ArgumentError: If one is given.

    Example:
        >>> dlr.data.check_only_with_data(target=None)
        >>> dlr.data.check_only_with_data(target="price")
        Traceback (most recent call last):
        ...
        dlrecipes.errors.ArgumentError: What says how data is read needs `data`. Received: \
target='price' without it. Name the file with data=PATH, or leave the others out.
    """
    given = [f"{name}={value!r}" for name, value in options.items() if value is not None]
    if given:
        raise ArgumentError(
            "What says how data is read needs `data`.",
            received=f"{', '.join(given)} without it",
            fix="Name the file with data=PATH, or leave the others out.",
        )
