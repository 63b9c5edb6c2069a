"""The check of a list of layer sizes."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.results import plural


def check_sizes(name: str, sizes: Sequence[int], at_least: int = 1) -> tuple[int, ...]:
    """Return the sizes of a network's layers as a tuple.

    Args:
        name: The argument's name, for the message.
        sizes: Units or filters of each layer, each at least 1.
        at_least: How many layers there must be.

    Raises:
        ArgumentError: If there are too few sizes or one is no positive integer.
    """
    if isinstance(sizes, str) or not isinstance(sizes, Sequence):
        raise ArgumentError(
            f"`{name}` must be a sequence of integers, one a layer.",
            received=f"{name}={sizes!r}",
        )
    if len(sizes) < at_least:
        raise ArgumentError(
            f"`{name}` must have at least {plural(at_least, 'entry', 'entries')}.",
            received=f"{name}={tuple(sizes)}",
        )
    return tuple(check_integer(f"{name}[{index}]", size, 1) for index, size in enumerate(sizes))
