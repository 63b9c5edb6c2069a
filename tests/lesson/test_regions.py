"""Linear pieces, against the arrangement of lines and against many points."""

import itertools

import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

lesson = dlr.lesson


def patterns(weights, points, below):
    """Return which units are negative at each point, and the output."""
    signs, x = [], points
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    for kernel, bias in layers[:-1]:
        z = x @ kernel + bias
        signs.append(z < 0)
        x = np.where(z < 0, below * z, z)
    return np.concatenate(signs, axis=1), x @ layers[-1][0] + layers[-1][1]


@pytest.mark.parametrize("seed", range(3))
def test_one_layer_is_an_arrangement_of_lines(seed):
    """Regions are one, and one more for each line and each crossing inside."""
    kernel, bias, *_ = weights = lesson.random_weights((2, 20, 1), seed=seed)
    corners = np.array(list(itertools.product([-3.0, 3.0], repeat=2)))
    heights = corners @ kernel + bias
    lines = [at for at in range(20) if heights[:, at].min() < 0 < heights[:, at].max()]
    crossings = 0
    for one, other in itertools.combinations(lines, 2):
        point = np.linalg.solve(kernel[:, [one, other]].T, -bias[[one, other]])
        crossings += np.abs(point).max() < 3
    assert len(lesson.linear_regions(weights)) == 1 + len(lines) + crossings


@pytest.mark.parametrize(("activation", "below"), [("abs", -1.0), ("relu", 0.0)])
def test_deep_ones_have_the_patterns_of_many_points(activation, below):
    weights = lesson.random_weights((2, 4, 4, 3, 1), seed=5)
    regions = lesson.linear_regions(weights, activation=activation)
    points = np.random.default_rng(0).uniform(-3, 3, size=(40_000, 2))
    seen = {tuple(row) for row in patterns(weights, points, below)[0]}
    centres = patterns(weights, np.array([one.mean(axis=0) for one in regions]), below)[0]
    found = [tuple(row) for row in centres]
    assert len(set(found)) == len(found)
    assert seen <= set(found)
    assert len(found) - len(seen) <= 0.15 * len(found)  # tiny ones that no point has met
    areas = [
        abs(np.dot(one[:, 0], np.roll(one[:, 1], -1)) - np.dot(one[:, 1], np.roll(one[:, 0], -1)))
        for one in regions
    ]
    assert sum(areas) / 2 == pytest.approx(36)


def test_pieces_on_a_line_are_straight_and_bend_where_they_end():
    weights = lesson.random_weights((2, 4, 4, 4, 4, 1), seed=2)
    start, end = np.array([-3.0, -1.0]), np.array([3.0, 2.0])
    ends = lesson.pieces_on_line(weights, start, end)
    way = np.linspace(0, 1, 200_001)
    points = start + way[:, None] * (end - start)
    signs, values = patterns(weights, points, -1.0)
    changes = 1 + np.flatnonzero((signs[1:] != signs[:-1]).any(axis=1))
    assert len(changes) <= len(ends) - 2
    assert all(np.abs(ends - way[at]).min() < 1e-5 for at in changes)
    for low, high in itertools.pairwise(ends):
        inside = (way > low) & (way < high)
        if inside.sum() > 2:
            assert np.abs(np.diff(values[inside, 0], 2)).max() < 1e-9


@pytest.mark.parametrize("layers", [1, 3])
def test_each_folding_layer_makes_four_of_each_piece(layers):
    weights = lesson.folding_weights(layers, units=5)
    assert [one.shape for one in weights[::2]] == [(2, 5), *[(5, 5)] * (layers - 1), (5, 1)]
    assert len(lesson.pieces_on_line(weights, [-3, 1], [3, 1])) - 1 == 4**layers
    way = np.linspace(-3, 3, 2 * 4**layers + 1)
    values = patterns(weights, np.stack([way, way], axis=1), -1.0)[1][:, 0]
    np.testing.assert_allclose(values[::4], 0, atol=1e-9)
    np.testing.assert_allclose(values[2::4], 1, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lesson.linear_regions([np.eye(3), np.zeros(3)]), "beginning with 2 inputs"),
        (lambda: lesson.linear_regions([np.eye(2)]), "kernel and bias of each dense layer"),
        (lambda: lesson.linear_regions([], activation="tanh"), "`activation` must be one of"),
        (lambda: lesson.pieces_on_line([np.eye(1), np.zeros(1)], [0], [0, 1]), "as many inputs"),
        (lambda: lesson.folding_weights(0), "`layers`"),
        (lambda: lesson.folding_weights(1, units=2), "`units`"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
