"""What a detector that looks everywhere is made of: anchors, matching, coding, suppression."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.metrics import Boxes, box_overlaps

BACKGROUND = -1
"""What `match_anchors` says of an anchor that belongs to no box."""
IGNORED = -2
"""What it says of one that neither belongs to a box nor is clearly beside all."""
VARIANCES = (0.1, 0.1, 0.2, 0.2)
"""By what offsets are divided, so that they are of order one."""

Floats = NDArray[np.float32]
_FOREGROUND, _BACKGROUND = 0.5, 0.4


def dense_anchors(
    shape: tuple[int, int], *, stride: int, sizes: Sequence[float], ratios: Sequence[float] = (1.0,)
) -> Floats:
    """Return boxes of some sizes and ratios around every place of a grid over an image.

    Args:
        shape: Height and width of the image in pixels.
        stride: Pixels from one place to the next, at least 1.
        sizes: Roots of the areas in pixels, each above 0.
        ratios: Heights over widths, each above 0.

    Returns:
        `(places * sizes * ratios, 4)`: left, top, right and bottom; place after place, row by row.
        Boxes may reach beyond the image.

    Raises:
        ArgumentError: If a number is out of range.

    Example:
        >>> dlr.lesson.dense_anchors((8, 8), stride=8, sizes=(4, 8)).tolist()
        [[2.0, 2.0, 6.0, 6.0], [0.0, 0.0, 8.0, 8.0]]
    """
    check_integer("stride", stride, 1)
    sides = [
        (check_real("sizes", size, 0, low_open=True), check_real("ratios", ratio, 0, low_open=True))
        for size in sizes
        for ratio in ratios
    ]
    rows, columns = (-(-check_integer("shape", size, 1) // stride) for size in shape)
    y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    centres = (np.stack([x, y], axis=-1).reshape(-1, 1, 2) + 0.5) * stride
    halves = np.array([(size / ratio**0.5 / 2, size * ratio**0.5 / 2) for size, ratio in sides])
    corners = np.concatenate([centres - halves, centres + halves], axis=-1)
    return corners.reshape(-1, 4).astype("float32")


def match_anchors(
    anchors: ArrayLike,
    boxes: ArrayLike,
    *,
    foreground: float = _FOREGROUND,
    background: float = _BACKGROUND,
) -> NDArray[np.int64]:
    """Return which true box each anchor stands for.

    An anchor is foreground where its intersection over union with a box is at least `foreground`,
    background where it is below `background` with all of them, and ignored between both. The best
    anchor of each box is foreground in any case, so that none is without.

    Args:
        anchors: `(anchors, 4)`: left, top, right and bottom in pixels.
        boxes: The true boxes of an image, `(boxes, 4)`; there may be none.
        foreground: In (0, 1].
        background: In [0, foreground].

    Returns:
        `(anchors,)`: the box's place, `BACKGROUND` (-1) or `IGNORED` (-2).

    Raises:
        ArgumentError: If a bound is out of range.

    Example:
        >>> anchors = [[0, 0, 8, 8], [0, 3, 8, 11], [8, 8, 16, 16]]
        >>> dlr.lesson.match_anchors(anchors, [[0, 0, 8, 8]], background=0.3).tolist()
        [0, -2, -1]
    """
    check_real("foreground", foreground, 0, 1, low_open=True)
    check_real("background", background, 0, foreground)
    places = np.asarray(anchors, np.float32)
    true = np.asarray(boxes, np.float32).reshape(-1, 4)
    if not len(true):
        return np.full(len(places), BACKGROUND)
    return _matched(box_overlaps(places, true), foreground, background)


def suppress_overlaps(
    boxes: ArrayLike, scores: ArrayLike, *, overlap: float = 0.5, most: int = 100
) -> NDArray[np.int64]:
    """Return which boxes remain where each suppresses those that overlap it and are less sure.

    Args:
        boxes: `(boxes, 4)`: left, top, right and bottom in pixels.
        scores: How sure each is, `(boxes,)`.
        overlap: Above which intersection over union one is suppressed, in [0, 1].
        most: How many remain at most, at least 1.

    Returns:
        Their places, from the surest on.

    Raises:
        ArgumentError: If a bound is out of range or the shapes do not fit.

    Example:
        >>> boxes = [[0, 0, 8, 8], [1, 0, 9, 8], [20, 0, 28, 8]]
        >>> dlr.lesson.suppress_overlaps(boxes, [0.7, 0.9, 0.8]).tolist()
        [1, 2]
    """
    check_real("overlap", overlap, 0, 1)
    check_integer("most", most, 1)
    found = Boxes(boxes, np.zeros(len(np.asarray(scores))), scores)
    if not len(found):
        return np.zeros(0, np.int64)
    overlaps = box_overlaps(found.corners, found.corners)
    remaining = np.argsort(-found.sureness, kind="stable")
    kept: list[np.int64] = []
    while len(remaining) and len(kept) < most:
        kept.append(remaining[0])
        remaining = remaining[1:][overlaps[remaining[0], remaining[1:]] <= overlap]
    return np.array(kept, np.int64)


def encode_boxes(anchors: ArrayLike, boxes: ArrayLike) -> Floats:
    """Return what a network is to put out for boxes: where they lie as their anchors see it.

    The centre's offset in widths and heights of the anchor, and the logarithms of the ratios of
    widths and heights, each over its `VARIANCES`: `keras.utils.bounding_boxes` with what it needs.

    Args:
        anchors: `(anchors, 4)`: left, top, right and bottom in pixels.
        boxes: The box of each, `(anchors, 4)`.

    Returns:
        `(anchors, 4)`.

    Example:
        >>> dlr.lesson.encode_boxes([[0, 0, 10, 10]], [[1, 0, 11, 10]]).tolist()
        [[1.0, 0.0, 0.0, 0.0]]
    """
    deltas = keras.utils.bounding_boxes.encode_box_to_deltas(
        np.asarray(anchors, np.float32),
        np.asarray(boxes, np.float32),
        "xyxy",
        "xyxy",
        encoding_format="center_xywh",
        variance=VARIANCES,
    )
    return np.asarray(keras.ops.convert_to_numpy(deltas))


def decode_boxes(anchors: ArrayLike, deltas: ArrayLike) -> Floats:
    """Return the boxes that outputs stand for: the inverse of `encode_boxes`.

    Args:
        anchors: `(anchors, 4)`: left, top, right and bottom in pixels.
        deltas: `(anchors, 4)` or `(images, anchors, 4)`.

    Returns:
        As many boxes, left, top, right and bottom in pixels.

    Example:
        >>> dlr.lesson.decode_boxes([[0, 0, 10, 10]], [[1.0, 0, 0, 0]]).tolist()
        [[1.0, 0.0, 11.0, 10.0]]
    """
    boxes = keras.utils.bounding_boxes.decode_deltas_to_boxes(
        np.asarray(anchors, np.float32),
        np.asarray(deltas, np.float32),
        "xyxy",
        "xyxy",
        encoded_format="center_xywh",
        variance=VARIANCES,
    )
    return np.asarray(keras.ops.convert_to_numpy(boxes))


def build_detector(
    shape: tuple[int, int], *, anchors: int, classes: int, prior: float = 0.01
) -> keras.Model:
    """Return a small one-stage network that says of every anchor what it holds and where.

    Two convolutions with stride 2, so that a place of its outputs is 4 x 4 pixels, two more, and
    a layer each for classes and boxes.

    Args:
        shape: Height and width of the images, multiples of 4.
        anchors: Those at a place.
        classes: How many classes there are, each with a logit of its own.
        prior: What it says first of every class, in (0, 1).

    Returns:
        An uncompiled model with outputs `classes` `(images, all anchors, classes)`, logits, and
        `boxes` `(images, all anchors, 4)`, as `encode_boxes` makes them.

    Raises:
        ArgumentError: If the shape is no multiple of 4.

    Example:
        >>> model = dlr.lesson.build_detector((16, 16), anchors=2, classes=3)
        >>> {name: tuple(part.shape) for name, part in model.output.items()}
        {'classes': (None, 32, 3), 'boxes': (None, 32, 4)}
    """
    check_real("prior", prior, 0, 1, low_open=True, high_open=True)
    if any(check_integer("shape", size, 4) % 4 for size in shape):
        raise ArgumentError("Height and width must be multiples of 4.", received=f"shape={shape}")
    x = inputs = keras.Input((*shape, 1))
    for filters, stride in ((16, 2), (32, 2), (32, 1), (32, 1)):
        x = keras.layers.Conv2D(
            filters, 3, strides=stride, padding="same", kernel_initializer="he_normal"
        )(x)
        x = keras.layers.ReLU()(x)
    rare = keras.initializers.Constant(np.log(prior / (1 - prior)))
    logits = keras.layers.Conv2D(anchors * classes, 1, bias_initializer=rare)(x)
    deltas = keras.layers.Conv2D(anchors * 4, 1)(x)
    outputs = {
        "classes": keras.layers.Reshape((-1, classes), name="classes")(logits),
        "boxes": keras.layers.Reshape((-1, 4), name="boxes")(deltas),
    }
    return keras.Model(inputs, outputs)


def detector_targets(
    anchors: Floats, truth: Sequence[Boxes], *, classes: int
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return what the network is to say of each anchor of each image, and what counts.

    Args:
        anchors: `(anchors, 4)`.
        truth: The true boxes of each image.
        classes: How many classes there are.

    Returns:
        Targets `classes` `(images, anchors, classes)`, 0 or 1, and `boxes`
        `(images, anchors, 4)`; and the weights of both, `(images, anchors)`: ignored anchors do
        not count, and only those in the foreground have a box. Their sum over an image is such
        that Keras' mean over anchors is a sum over them for each one in the foreground.

    Example:
        >>> anchors = dlr.lesson.dense_anchors((16, 16), stride=8, sizes=(8,))
        >>> truth = [dlr.metrics.Boxes([[0, 0, 8, 8]], [1])]
        >>> targets, weights = dlr.lesson.detector_targets(anchors, truth, classes=2)
        >>> targets["classes"][0].tolist(), weights["boxes"][0].tolist()
        ([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [4.0, 0.0, 0.0, 0.0])
    """
    corners = np.concatenate([one.corners for one in truth])
    starts = np.cumsum([0, *(len(one) for one in truth)])
    overlaps = np.split(box_overlaps(anchors, corners), starts[1:-1], axis=1)
    matched = np.stack([_matched(of_image, _FOREGROUND, _BACKGROUND) for of_image in overlaps])
    image, place = np.nonzero(matched >= 0)
    box = starts[image] + matched[image, place]
    labels = np.concatenate([one.classes for one in truth])
    hot = np.zeros((*matched.shape, classes), "float32")
    deltas = np.zeros((*matched.shape, 4), "float32")
    hot[image, place, labels[box]] = 1
    deltas[image, place] = encode_boxes(anchors[place], corners[box])
    foreground = matched >= 0
    each = matched.size / max(int(foreground.sum()), 1)
    weights = {
        "classes": (each * classes * (matched != IGNORED)).astype("float32"),
        "boxes": (each * foreground).astype("float32"),
    }
    return {"classes": hot, "boxes": deltas}, weights


def read_detections(
    anchors: Floats,
    outputs: dict[str, Floats],
    *,
    least: float = 0.05,
    overlap: float | None = 0.5,
    candidates: int = 60,
) -> list[Boxes]:
    """Return what the network has found in each image, class by class without the overlapping.

    Args:
        anchors: `(anchors, 4)`.
        outputs: What the model of `build_detector` has put out.
        least: Probability from which on an anchor is a candidate, in [0, 1].
        overlap: As in `suppress_overlaps`; None to keep all candidates.
        candidates: How many of the surest are looked at in an image, at least 1.

    Example:
        >>> anchors = dlr.lesson.dense_anchors((8, 8), stride=4, sizes=(6,))
        >>> logits = np.array([[[4.0], [2.0], [-9.0], [-9.0]]])
        >>> outputs = {"classes": logits, "boxes": np.zeros((1, 4, 4))}
        >>> dlr.lesson.read_detections(anchors, outputs)[0].boxes.tolist()
        [[-1.0, -1.0, 5.0, 5.0], [3.0, -1.0, 9.0, 5.0]]
    """
    check_real("least", least, 0, 1)
    check_integer("candidates", candidates, 1)
    probabilities = 1 / (1 + np.exp(-np.asarray(outputs["classes"], np.float64)))
    boxes = decode_boxes(anchors, outputs["boxes"])
    found = []
    for scores, corners in zip(probabilities, boxes, strict=True):
        order = np.argsort(-scores, axis=None, kind="stable")[:candidates]
        order = order[scores.ravel()[order] >= least]
        place, label = np.unravel_index(order, scores.shape)
        sure, where = scores[place, label], corners[place]
        if overlap is not None:
            # Boxes of different classes are moved apart, so that none suppresses another.
            apart = where + (label * 4 * np.abs(corners).max())[:, None]
            kept = suppress_overlaps(apart, sure, overlap=overlap)
            sure, where, label = sure[kept], where[kept], label[kept]
        found.append(Boxes(where, label, sure))
    return found


def _matched(
    overlaps: NDArray[np.float64], foreground: float, background: float
) -> NDArray[np.int64]:
    """Return the box of each anchor, where `overlaps` are `(anchors, boxes)`."""
    if not overlaps.shape[1]:
        return np.full(len(overlaps), BACKGROUND)
    best = overlaps.max(axis=1)
    matched = np.where(best >= foreground, overlaps.argmax(axis=1), IGNORED)
    matched[best < background] = BACKGROUND
    for box in np.argsort(overlaps.max(axis=0)):  # the box that fits best comes last and stays
        matched[overlaps[:, box].argmax()] = box
    return matched
