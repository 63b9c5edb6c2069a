"""Moved images, against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import ndimage

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

lesson = dlr.lesson
MOVES = st.integers(-6, 6)


@settings(max_examples=30)
@given(st.lists(st.tuples(MOVES, MOVES), min_size=3, max_size=3))
def test_as_in_scipy(moves):
    images = np.random.default_rng(0).normal(size=(3, 5, 4, 2))
    down, right = np.array(moves).T
    expected = [
        ndimage.shift(image, (*move, 0), order=0) for image, move in zip(images, moves, strict=True)
    ]
    np.testing.assert_array_equal(lesson.move_images(images, down, right), expected)
    alone = lesson.move_images(images, int(down[0]), int(right[0]))
    np.testing.assert_array_equal(alone[0], expected[0])


def test_the_moves_of_a_distance():
    assert lesson.moves_of(0) == [(0, 0)]
    assert {abs(down) + abs(right) for down, right in lesson.moves_of(3)} == {3}
    assert len(set(lesson.moves_of(3))) == 4


def test_the_kind_of_number_stays():
    images = np.ones((1, 2, 2, 1), "uint8")
    assert lesson.move_images(images, 1, 0).dtype == "uint8"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lesson.move_images(np.ones((2, 3, 3)), 1, 0), r"images \(2, 3, 3\)"),
        (lambda: lesson.move_images(np.ones((2, 3, 3, 1)), 0.5, 0), "float64"),
        (lambda: lesson.move_images(np.ones((2, 3, 3, 1)), [1, 2, 3], 0), r"\(3,\)"),
        (lambda: lesson.moves_of(-1), "`pixels`"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
