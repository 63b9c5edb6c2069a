"""Detections against true boxes: the average precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError

Floats = NDArray[np.float64]
_AT_ONCE = 50  # images whose boxes are compared in one call


@dataclass(frozen=True, eq=False)
class Boxes:
    """The boxes of one image, true ones or found ones.

    Args:
        boxes: `(boxes, 4)`: left, top, right and bottom in pixels.
        labels: The class of each, from 0 on, `(boxes,)`.
        scores: How sure each is, any number, `(boxes,)`; true boxes need none.

    Raises:
        ArgumentError: If the shapes do not fit.

    Example:
        >>> truth = dlr.metrics.Boxes([[0, 0, 8, 8], [9, 9, 12, 14]], [3, 7])
        >>> len(truth)
        2
    """

    boxes: ArrayLike
    labels: ArrayLike
    scores: ArrayLike | None = None
    corners: Floats = field(init=False, repr=False)
    classes: NDArray[np.int64] = field(init=False, repr=False)
    sureness: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        corners = np.asarray(self.boxes, np.float64)
        corners = corners.reshape(-1, 4) if not corners.size else corners
        classes = np.asarray(self.labels).astype(np.int64)
        scores = np.zeros(len(corners)) if self.scores is None else np.asarray(self.scores)
        if (
            corners.ndim != 2
            or corners.shape[1] != 4
            or not (classes.shape == scores.shape == (len(corners),))
        ):
            raise ArgumentError(
                "Boxes must be `(boxes, 4)`, with a label and perhaps a score each.",
                received=f"boxes {corners.shape}, labels {classes.shape}, scores {scores.shape}",
            )
        object.__setattr__(self, "corners", corners)
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "sureness", scores.astype(np.float64))

    def __len__(self) -> int:
        return len(self.corners)


def box_overlaps(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return the intersection over the union of each box with each other one.

    By `keras.utils.bounding_boxes.compute_iou`, in pixels: it adds 1e-7 to the union, which is
    nothing beside an area in pixels, and 0.1 % of a relative one of 1e-4.

    Args:
        first: `(m, 4)` or `(images, m, 4)`: left, top, right and bottom in pixels.
        second: `(n, 4)` or `(images, n, 4)`.

    Returns:
        `(m, n)` or `(images, m, n)`, each in [0, 1].

    Example:
        >>> dlr.metrics.box_overlaps([[0, 0, 4, 4]], [[2, 0, 6, 4], [4, 4, 8, 8]]).round(3).tolist()
        [[0.333, 0.0]]
    """
    import keras

    one, other = (np.asarray(boxes, np.float32) for boxes in (first, second))
    overlaps = keras.utils.bounding_boxes.compute_iou(one, other, "xyxy")
    return np.asarray(keras.ops.convert_to_numpy(overlaps), np.float64)


def detection_average_precision(
    found: Sequence[Boxes], truth: Sequence[Boxes], *, overlap: float = 0.5
) -> dict[int, float]:
    """Return the average precision of each class that has a true box.

    The found boxes of all images are called from the surest on. One is right where its overlap
    with a true box of its class, which none before it has taken, is at least `overlap`; it takes
    the one that it overlaps most. The precision of a recall is the best one at that recall or
    above, and the average is over all of the recall. Equal scores are called at once.

    Args:
        found: What was found, an entry an image; with scores.
        truth: What is there, an entry an image.
        overlap: The least intersection over union, in (0, 1].

    Returns:
        `{class: average precision}`; its mean is the mean average precision.

    Raises:
        ArgumentError: If there are not as many images of either.

    Example:
        >>> truth = [dlr.metrics.Boxes([[0, 0, 4, 4], [8, 8, 12, 12]], [0, 0])]
        >>> boxes = [[0, 0, 4, 4], [5, 0, 9, 4], [8, 8, 12, 13]]
        >>> found = [dlr.metrics.Boxes(boxes, [0, 0, 0], [0.9, 0.8, 0.7])]
        >>> precision = dlr.metrics.detection_average_precision(found, truth)
        >>> round(precision[0], 3)
        0.833

    Reference:
        Everingham et al. 2010, The Pascal Visual Object Classes Challenge (all points, as since
        2010).
    """
    check_real("overlap", overlap, 0, 1, low_open=True)
    if len(found) != len(truth):
        raise ArgumentError(
            "There must be an entry of found boxes for each image.",
            received=f"{len(found)} found, {len(truth)} true",
        )
    right: list[Floats] = []
    for first in range(0, len(found), _AT_ONCE):
        images = slice(first, first + _AT_ONCE)
        right += _right_of_images(found[images], truth[images], overlap)
    scores, hits, classes = (
        np.concatenate([np.zeros(0), *parts])
        for parts in ([one.sureness for one in found], right, [one.classes for one in found])
    )
    there = np.concatenate([np.zeros(0, np.int64), *(one.classes for one in truth)])
    order = np.argsort(-scores, kind="stable")
    scores, hits, classes = scores[order], hits[order], classes[order]
    return {
        int(name): _average(
            hits[classes == name], scores[classes == name], int(np.sum(there == name))
        )
        for name in np.unique(there)
    }


def _right_of_images(
    found: Sequence[Boxes], truth: Sequence[Boxes], overlap: float
) -> list[Floats]:
    """Return for each image which found boxes take a true one; the overlaps in one call."""
    boxes, true = (np.concatenate([one.corners for one in side]) for side in (found, truth))
    overlaps = box_overlaps(boxes, true) if boxes.size and true.size else np.zeros((len(boxes), 0))
    rows, columns = (np.cumsum([0, *(len(one) for one in side)]) for side in (found, truth))
    return [
        _right(
            one, other, overlaps[rows[at] : rows[at + 1], columns[at] : columns[at + 1]], overlap
        )
        for at, (one, other) in enumerate(zip(found, truth, strict=True))
    ]


def _right(found: Boxes, truth: Boxes, overlaps: Floats, overlap: float) -> Floats:
    """Return 1 for each found box that takes a true one, else 0."""
    right = np.zeros(len(found))
    if not len(found) or not len(truth):
        return right
    overlaps = np.where(found.classes[:, None] == truth.classes, overlaps, 0)
    for at in np.argsort(-found.sureness, kind="stable"):
        best = int(np.argmax(overlaps[at]))
        if overlaps[at, best] >= overlap:
            right[at] = 1
            overlaps[:, best] = 0  # taken
    return right


def _average(hits: Floats, scores: Floats, positives: int) -> float:
    """Return the area below the precision, made falling, over the recall; scores fall."""
    if not len(hits):
        return 0.0
    ends = np.flatnonzero(np.append(np.diff(scores) != 0, True))  # equal ones are called at once
    right = np.cumsum(hits)[ends]
    best = np.maximum.accumulate((right / (ends + 1))[::-1])[::-1]
    return float(np.sum(best * np.diff(right, prepend=0)) / positives)
