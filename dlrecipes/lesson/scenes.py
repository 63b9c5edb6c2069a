"""Scenes of small images, of which it is known where they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from dlrecipes.checks import check_integer
from dlrecipes.metrics import Boxes

Place = tuple[int, int, int, int]
_TRIES = 30


def make_scenes(
    images: ArrayLike,
    labels: ArrayLike,
    count: int,
    *,
    size: int = 48,
    objects: int = 4,
    clutter: int = 6,
    seed: int = 0,
) -> tuple[NDArray[np.float32], list[Boxes]]:
    """Return scenes: small images at random places and sizes, between pieces of others.

    Args:
        images: What is put into them, `(images, height, width)`, 0 where there is nothing.
        labels: Their classes, `(images,)`.
        count: How many scenes, at least 1.
        size: Height and width of a scene in pixels, at least twice those of an image.
        objects: At most so many in a scene, at least 1; there is one at least.
        clutter: Pieces of a quarter of an image, which belong to nothing, in each.
        seed: Of all that is drawn.

    Returns:
        `(count, size, size, 1)`, in [0, 1] but for the noise, and the tight true boxes.

    Raises:
        ArgumentError: If a number is out of range.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> digits = load_digits()
        >>> x, truth = dlr.lesson.make_scenes(digits.images, digits.target, 2)
        >>> x.shape, all(1 <= len(boxes) <= 4 for boxes in truth)
        ((2, 48, 48, 1), True)
    """
    for name, given in (("count", count), ("objects", objects)):
        check_integer(name, given, 1)
    check_integer("clutter", clutter, 0)
    pictures = np.asarray(images, np.float64)
    pictures = pictures / pictures.max()
    check_integer("size", size, 2 * max(pictures.shape[1:]))
    classes, generator = np.asarray(labels), np.random.default_rng(seed)
    zoomed = [ndimage.zoom(pictures, (1, scale, scale), order=1) for scale in (1, 1.5, 2)]
    x = generator.normal(scale=0.05, size=(count, size, size))
    truth = []
    for scene in x:
        for _ in range(clutter):
            whole = pictures[generator.integers(len(pictures))]
            piece = whole[: whole.shape[0] // 2, : whole.shape[1] // 2]
            _paint(scene, piece, _place(piece.shape, size, (), generator))
        boxes: list[Place] = []
        found: list[int] = []
        for _ in range(generator.integers(1, objects + 1)):
            which = generator.integers(len(pictures))
            piece = _tight(zoomed[generator.integers(len(zoomed))][which])
            place = _place(piece.shape, size, boxes, generator)
            if place is not None:
                _paint(scene, piece, place)
                boxes.append(place)
                found.append(int(classes[which]))
        truth.append(Boxes(np.array(boxes), np.array(found)))
    return x[..., None].astype("float32"), truth


def _tight(piece: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an image without the empty rows and columns around it."""
    rows, columns = (np.flatnonzero((piece > 0.1).any(axis=axis)) for axis in (1, 0))
    return piece[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place(
    shape: tuple[int, ...], size: int, others: Sequence[Place], generator: np.random.Generator
) -> Place | None:
    """Return a box of this shape that touches no other one; None where none was found."""
    for _ in range(_TRIES):
        top, left = (int(generator.integers(size - side + 1)) for side in shape)
        right, bottom = left + shape[1], top + shape[0]
        if all(
            right <= other[0] or bottom <= other[1] or left >= other[2] or top >= other[3]
            for other in others
        ):
            return left, top, right, bottom
    return None


def _paint(scene: NDArray[np.float64], piece: NDArray[np.float64], place: Place | None) -> None:
    if place is not None:
        left, top, right, bottom = place
        part = scene[top:bottom, left:right]
        np.maximum(part, piece, out=part)
