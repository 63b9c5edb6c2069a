"""The checks of what a builder is asked for: layer sizes, the shape of an image."""

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


def check_image_shape(input_shape: Sequence[int], halvings: int) -> tuple[int, int, int]:
    """Return the shape of one image if it can be halved so often.

    Args:
        input_shape: `(height, width, channels)` in pixels, without the batch axis.
        halvings: How often the network halves height and width.

    Raises:
        ArgumentError: If the shape is not that of an image, or less than a pixel would be left.
    """
    if len(input_shape) != 3:
        raise ArgumentError(
            "`input_shape` must be (height, width, channels).",
            received=f"input_shape={tuple(input_shape)}",
            fix="Images without a channel axis get one with `x[..., None]`.",
        )
    height, width, channels = (
        check_integer(f"input_shape[{axis}]", size, 1) for axis, size in enumerate(input_shape)
    )
    if min(height, width) < 2**halvings:
        raise ArgumentError(
            f"Images that are halved {plural(halvings, 'time')} must be at least {2**halvings} "
            "pixels high and wide.",
            received=f"input_shape={(height, width, channels)}",
            fix="Give fewer `filters`: each of their entries is one resolution.",
        )
    return height, width, channels
