"""Average precision of detections, against one that matches anew at every threshold."""

import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.metrics import Boxes, box_overlaps, detection_average_precision


def overlap_of(one, other):
    """Return the intersection over the union, in plain sums."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    common = max(wide, 0) * max(high, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return common / (sum(areas) - common)


def reference(found, truth, label, least):
    """Return the average precision, by matching anew at every threshold."""
    images = []
    for got, true in zip(found, truth, strict=True):
        rows = zip(got.scores, got.boxes, got.labels, strict=True)
        images.append(
            (
                [(s, tuple(b)) for s, b, c in rows if c == label],
                [tuple(b) for b, c in zip(true.boxes, true.labels, strict=True) if c == label],
            )
        )
    total = sum(len(true) for _, true in images)
    points = []
    for threshold in sorted({s for got, _ in images for s, _ in got}):
        right = called = 0
        for got, true in images:
            left = list(true)
            for score, box in sorted(got, reverse=True):
                if score < threshold:
                    continue
                called += 1
                best = max(left, key=lambda other: overlap_of(box, other), default=None)
                if best is not None and overlap_of(box, best) >= least:
                    right += 1
                    left.remove(best)
        points.append((right / total, right / called))
    area, before = 0.0, 0.0
    for recall in sorted({recall for recall, _ in points}):
        area += (recall - before) * max(p for r, p in points if r >= recall)
        before = recall
    return area


def draw_boxes(generator, count):
    corner = generator.uniform(0, 30, (count, 2))
    return np.concatenate([corner, corner + generator.uniform(4, 12, (count, 2))], axis=1)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("least", [0.3, 0.5])
def test_as_by_matching_anew_at_every_threshold(seed, least):
    generator = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(6):
        count = generator.integers(0, 5)
        true = draw_boxes(generator, count)
        labels = generator.integers(0, 2, count)
        near = np.repeat(true, 2, axis=0) + generator.normal(scale=1.5, size=(2 * count, 4))
        far = draw_boxes(generator, 4)
        boxes = np.concatenate([near, far])
        called = np.concatenate([np.repeat(labels, 2), generator.integers(0, 2, 4)])
        truth.append(Boxes(true, labels))
        found.append(Boxes(boxes, called, generator.permutation(1000)[: len(boxes)] / 1000))
    precision = detection_average_precision(found, truth, overlap=least)
    for label, value in precision.items():
        assert value == pytest.approx(reference(found, truth, label, least), abs=1e-6)


def test_overlaps_as_in_plain_sums():
    generator = np.random.default_rng(0)
    first, second = draw_boxes(generator, 7), draw_boxes(generator, 5)
    expected = [[overlap_of(one, other) for other in second] for one in first]
    np.testing.assert_allclose(box_overlaps(first, second), expected, atol=1e-5)
    assert box_overlaps([first, first], [second, second]).shape == (2, 7, 5)


def test_the_ends():
    truth = [Boxes([[0, 0, 4, 4]], [2]), Boxes([], [])]
    right = Boxes([[0, 0, 4, 4]], [2], [0.9])
    nothing, twice = Boxes([], [], []), Boxes([[0, 0, 4, 4]] * 2, [2, 2], [0.9, 0.8])
    assert detection_average_precision([right, nothing], truth) == {2: 1.0}
    assert detection_average_precision([nothing, nothing], truth) == {2: 0.0}
    assert detection_average_precision([twice, nothing], truth) == {2: 1.0}  # at its end
    assert detection_average_precision([nothing, right], truth) == {2: 0.0}  # in another image
    wrong = Boxes([[0, 0, 4, 4]], [1], [0.9])
    assert detection_average_precision([wrong, nothing], truth) == {2: 0.0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Boxes([[0, 0, 4]], [1]), r"boxes \(1, 3\)"),
        (lambda: Boxes([[0, 0, 4, 4]], [1, 2]), r"labels \(2,\)"),
        (lambda: detection_average_precision([], [Boxes([], [])]), "0 found, 1 true"),
        (lambda: detection_average_precision([], [], overlap=0), "`overlap`"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
