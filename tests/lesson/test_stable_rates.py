"""The largest stable rate, where theory knows it."""

import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

lesson = dlr.lesson


def test_of_a_parabola_it_is_two_over_the_curvature():
    """Of a linear network the loss has the Hessian 2 X'X / n."""
    x = np.random.default_rng(0).normal(size=(50, 3))
    x -= x.mean(axis=0)
    curvature = max(np.linalg.eigvalsh(2 * x.T @ x / 50).max(), 2.0)  # 2: that of the bias
    rates = np.linspace(0.5, 1.5, 21) * 2 / curvature
    layers = [(np.ones((21, 3, 1)), np.zeros((21, 1, 1)))]
    y = x @ [[1.0], [2.0], [0.5]] + 1
    _, losses = lesson.train_networks(layers, x, y, rates=rates, steps=400)
    found = float(lesson.largest_stable(rates, losses.T))
    assert found <= 2 / curvature < found + 1.01 * (rates[1] - rates[0])


def test_one_a_start_and_none():
    losses = np.ones((3, 2, 4))
    losses[1, 0, -1], losses[0, 1, 2] = 1.5, np.nan
    found = lesson.largest_stable([1.0, 2.0, 4.0], losses)
    assert found[0] == 1.0
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("rates", "losses", "message"),
    [
        ([1.0], [1.0, 2.0], "must have the shape"),
        ([1.0, 2.0], np.ones((3, 2)), "must have the shape"),
        ([2.0, 1.0], np.ones((2, 2)), "must ascend"),
    ],
)
def test_mistakes(rates, losses, message):
    with pytest.raises(ArgumentError, match=message):
        lesson.largest_stable(rates, losses)
