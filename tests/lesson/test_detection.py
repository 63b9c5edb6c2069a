"""Anchors, matching, coding and suppression, against TensorFlow, formulas and plain loops."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError
from dlrecipes.metrics import Boxes

lesson = dlr.lesson


def draw_boxes(seed, count):
    generator = np.random.default_rng(seed)
    corner = generator.uniform(0, 20, (count, 2))
    return np.concatenate([corner, corner + generator.uniform(4, 12, (count, 2))], axis=1)


def test_anchors_cover_the_grid():
    anchors = lesson.dense_anchors((8, 12), stride=4, sizes=(4, 6), ratios=(1, 2.25))
    assert anchors.shape == (2 * 3 * 2 * 2, 4)
    width, height = (anchors[:, at + 2] - anchors[:, at] for at in (0, 1))
    np.testing.assert_allclose(np.sqrt(width * height)[:4], [4, 4, 6, 6], rtol=1e-5)
    np.testing.assert_allclose((height / width)[:4], [1, 2.25, 1, 2.25], rtol=1e-5)
    centres = (anchors[::4, :2] + anchors[::4, 2:]) / 2
    expected = [[x, y] for y in (2, 6) for x in (2, 6, 10)]
    np.testing.assert_allclose(centres, expected, rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_matching_as_in_a_plain_loop(seed):
    anchors = lesson.dense_anchors((32, 32), stride=4, sizes=(6, 10))
    boxes = draw_boxes(seed, 4)
    matched = lesson.match_anchors(anchors, boxes)
    overlaps = np.zeros((len(anchors), 4))
    for row, one in enumerate(anchors):
        for column, other in enumerate(boxes):
            sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
            common = np.prod(np.maximum(sides, 0))
            areas = np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])
            overlaps[row, column] = common / (areas - common)
    forced = set(overlaps.argmax(axis=0))
    for row, values in enumerate(overlaps):
        if row in forced:
            assert matched[row] >= 0
        elif values.max() >= 0.5:
            assert matched[row] == values.argmax()
        else:
            expected = lesson.IGNORED if values.max() >= 0.4 else lesson.BACKGROUND
            assert matched[row] == expected
    assert set(range(4)) <= set(matched)
    assert (lesson.match_anchors(anchors, []) == lesson.BACKGROUND).all()


def test_coding_by_its_formula_and_back():
    anchors, boxes = draw_boxes(0, 30), draw_boxes(1, 30)
    deltas = lesson.encode_boxes(anchors, boxes)
    sizes, to = (one[:, 2:] - one[:, :2] for one in (anchors, boxes))
    centre, other = ((one[:, 2:] + one[:, :2]) / 2 for one in (anchors, boxes))
    expected = np.concatenate([(other - centre) / sizes / 0.1, np.log(to / sizes) / 0.2], axis=1)
    np.testing.assert_allclose(deltas, expected, atol=1e-4)
    np.testing.assert_allclose(lesson.decode_boxes(anchors, deltas), boxes, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("overlap", [0.2, 0.5])
def test_suppression_as_in_tensorflow(seed, overlap):
    boxes, scores = draw_boxes(seed, 40), np.random.default_rng(seed).uniform(size=40)
    kept = lesson.suppress_overlaps(boxes, scores, overlap=overlap, most=9)
    expected = tf.image.non_max_suppression(
        boxes[:, [1, 0, 3, 2]].astype("float32"), scores.astype("float32"), 9, overlap
    )
    assert kept.tolist() == expected.numpy().tolist()


def test_suppression_spares_other_classes():
    anchors = lesson.dense_anchors((8, 8), stride=8, sizes=(8,))
    outputs = {"classes": np.array([[[3.0, 2.0]]]), "boxes": np.zeros((1, 1, 4))}
    (found,) = lesson.read_detections(anchors, outputs)
    assert found.classes.tolist() == [0, 1]


def test_targets_of_what_is_there_are_read_as_what_is_there():
    digits = load_digits()
    _, truth = lesson.make_scenes(digits.images, digits.target, 20, seed=3)
    anchors = lesson.dense_anchors((48, 48), stride=4, sizes=(7, 10, 14), ratios=(1.3,))
    targets, weights = lesson.detector_targets(anchors, truth, classes=10)
    perfect = {"classes": 40 * targets["classes"] - 20, "boxes": targets["boxes"]}
    found = lesson.read_detections(anchors, perfect)
    precision = dlr.metrics.detection_average_precision(found, truth, overlap=0.95)
    assert min(precision.values()) == 1
    foreground = weights["boxes"] > 0
    assert (targets["classes"].sum(axis=-1) == foreground).all()
    # Keras' mean over anchors is the sum over them for each one in the foreground.
    assert weights["boxes"].mean() == pytest.approx(1)
    assert (weights["classes"] == 0).any()


def test_scenes_have_objects_that_touch_no_other():
    digits = load_digits()
    x, truth = lesson.make_scenes(digits.images, digits.target, 30, clutter=0, seed=1)
    for scene, boxes in zip(x[..., 0], truth, strict=True):
        inside = np.zeros(scene.shape, bool)
        for left, top, right, bottom in boxes.corners.astype(int):
            assert not inside[top:bottom, left:right].any()
            inside[top:bottom, left:right] = True
            assert scene[top:bottom, left:right].max() > 0.8
        assert np.abs(scene[~inside]).max() < 0.3  # noise
    again, _ = lesson.make_scenes(digits.images, digits.target, 30, clutter=0, seed=1)
    np.testing.assert_array_equal(x, again)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lesson.dense_anchors((8, 8), stride=0, sizes=(4,)), "`stride`"),
        (lambda: lesson.dense_anchors((8, 8), stride=4, sizes=(0,)), "`sizes`"),
        (lambda: lesson.match_anchors([[0, 0, 1, 1]], [], background=0.6), "`background`"),
        (lambda: lesson.suppress_overlaps([[0, 0, 1, 1]], [1, 2]), r"scores \(2,\)"),
        (lambda: lesson.build_detector((10, 8), anchors=1, classes=2), "multiples of 4"),
        (lambda: lesson.make_scenes(np.ones((1, 8, 8)), [1], 1, size=9), "`size`"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()


def test_boxes_without_anything_found():
    found = lesson.read_detections(
        np.zeros((1, 4)) + [0, 0, 4, 4],
        {"classes": np.full((1, 1, 2), -20.0), "boxes": np.zeros((1, 1, 4))},
    )
    assert [len(one) for one in found] == [0]
    assert isinstance(found[0], Boxes)
