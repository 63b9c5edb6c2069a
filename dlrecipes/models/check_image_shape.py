"""Whether a convolutional network can take an image of some shape."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.results import plural


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
