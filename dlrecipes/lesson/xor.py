"""Points of four groups that no straight line parts, and how well the best line does."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError

Array = NDArray[np.float64]


def xor_examples(
    examples: int, *, noise: float = 0.2, seed: int = 0
) -> tuple[Array, NDArray[np.int64]]:
    """Return points around the corners of a square, with the exclusive or as their class.

    Args:
        examples: How many, at least 4.
        noise: Standard deviation around a corner, at least 0; the corners are at -1 and 1.
        seed: An integer, at least 0.

    Returns:
        Points `(examples, 2)`, and classes `(examples,)`: 1 where the signs of a corner differ.

    Example:
        >>> x, y = dlr.lesson.xor_examples(4, noise=0)
        >>> [(*corner, kind) for corner, kind in zip(x.tolist(), y.tolist())]
        [(-1.0, -1.0, 0), (-1.0, 1.0, 1), (1.0, -1.0, 1), (1.0, 1.0, 0)]
    """
    check_integer("examples", examples, 4)
    check_real("noise", noise, 0)
    generator = np.random.default_rng(check_integer("seed", seed, 0))
    corners = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])[np.arange(examples) % 4]
    points = corners + noise * generator.normal(size=(examples, 2))
    return points, (corners[:, 0] != corners[:, 1]).astype(np.int64)


def best_line(x: ArrayLike, y: ArrayLike, *, directions: int = 720) -> float:
    """Return the highest accuracy that a straight line through a plane reaches.

    Args:
        x: Points, `(examples, 2)`.
        y: Two classes, 0 and 1, `(examples,)`.
        directions: How many of them are tried, all lines of each, at least 2.

    Raises:
        ArgumentError: If the points are not in a plane, or the classes not 0 and 1.

    Example:
        >>> dlr.lesson.best_line(*dlr.lesson.xor_examples(40, noise=0))
        0.75
    """
    points, classes = np.asarray(x, np.float64), np.asarray(y)
    check_integer("directions", directions, 2)
    if points.ndim != 2 or points.shape[1] != 2 or classes.shape != points.shape[:1]:
        raise ArgumentError(
            "`x` must have the shape (examples, 2), and `y` one class for each.",
            received=f"x of shape {points.shape}, y of shape {classes.shape}",
        )
    if not np.isin(classes, (0, 1)).all() or not len(classes):
        raise ArgumentError(
            "`y` must be of the classes 0 and 1.", received=f"y={np.unique(classes)[:5].tolist()}"
        )
    angles = np.arange(directions) * np.pi / directions
    heights = points @ np.stack([np.cos(angles), np.sin(angles)])  # (examples, directions)
    order = np.argsort(heights, axis=0)
    sorted_heights = np.take_along_axis(heights, order, axis=0)
    ones = np.cumsum(classes[order] == 1, axis=0)
    zeros = np.cumsum(classes[order] == 0, axis=0)
    # A line behind the k-th point: those before it are 0, those after it 1, or the other way.
    right = zeros + (ones[-1] - ones)
    # None fits between points of one height.
    apart = np.vstack([np.diff(sorted_heights, axis=0) > 1e-9, np.ones((1, directions), bool)])
    right = np.maximum(right, len(points) - right)
    return float(np.where(apart, right, 0).max() / len(points))
