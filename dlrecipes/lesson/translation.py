"""Images that are moved, and what a network makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError


def move_images(images: ArrayLike, down: ArrayLike, right: ArrayLike) -> NDArray[Any]:
    """Return images that are moved by whole pixels; what comes in at the edges is 0.

    Args:
        images: `(images, height, width, channels)`.
        down: Pixels, a whole number for all of them or one for each; upwards if negative.
        right: Likewise; to the left if negative.

    Returns:
        As many of the same size.

    Raises:
        ArgumentError: If the images have another number of axes, or a number is no whole one.

    Example:
        >>> image = np.arange(4.0).reshape(1, 2, 2, 1)
        >>> dlr.lesson.move_images(image, 1, 0)[0, :, :, 0].tolist()
        [[0.0, 0.0], [0.0, 1.0]]
    """
    given = np.asarray(images)
    moves = [np.asarray(move) for move in (down, right)]
    if given.ndim != 4 or not all(
        np.issubdtype(move.dtype, np.integer) and move.shape in ((), given.shape[:1])
        for move in moves
    ):
        raise ArgumentError(
            "Images must be `(images, height, width, channels)`, moved by whole pixels, one number "
            "for all or for each.",
            received=f"images {given.shape}, moves {moves[0].shape} of {moves[0].dtype} and "
            f"{moves[1].shape} of {moves[1].dtype}",
        )
    count, height, width = given.shape[:3]
    below, beside = (np.broadcast_to(move, (count,))[:, None] for move in moves)
    rows, columns = np.arange(height) - below, np.arange(width) - beside  # where each comes from
    moved = given[
        np.arange(count)[:, None, None],
        np.clip(rows, 0, height - 1)[:, :, None],
        np.clip(columns, 0, width - 1)[:, None, :],
    ]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[
        :, None, :
    ]
    shown: NDArray[Any] = np.where(inside[..., None], moved, given.dtype.type(0))
    return shown


def moves_of(pixels: int) -> list[tuple[int, int]]:
    """Return the four moves, down and right, of so many pixels along one axis.

    Args:
        pixels: At least 0; with 0 there is one.

    Example:
        >>> dlr.lesson.moves_of(2)
        [(2, 0), (-2, 0), (0, 2), (0, -2)]
    """
    check_integer("pixels", pixels, 0)
    if not pixels:
        return [(0, 0)]
    return [(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)]
