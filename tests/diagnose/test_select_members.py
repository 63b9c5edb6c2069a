"""Greedy selection against a plain loop over all that could be added, and its promises."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from sklearn.metrics import log_loss

from dlrecipes.diagnose import select_members
from dlrecipes.errors import ArgumentError


def log_losses(y):
    return lambda mean: -np.log(mean[np.arange(len(y)), y])


def library(seed, models=4, rows=200, classes=3):
    """Return labels and models of which each knows something of its own."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(rows, classes))
    y = (truth + rng.gumbel(size=truth.shape)).argmax(axis=1)
    found = []
    for _ in range(models):
        odds = np.exp(truth + rng.uniform(0.5, 2) * rng.normal(size=truth.shape))
        found.append(odds / odds.sum(axis=1, keepdims=True))
    return y, found


def greedy(y, models, most):
    """Return weights as Caruana et al. find them, slowly."""
    rows = np.arange(len(y))
    chosen, current = [], None
    while len(chosen) < most:
        tried = []
        for at in range(len(models)):
            mean = np.mean([models[one] for one in (*chosen, at)], axis=0)
            tried.append(-np.log(mean[rows, y]))
        at = min(range(len(models)), key=lambda at: tried[at].mean())
        if chosen and tried[at].mean() >= current.mean():
            break
        chosen.append(at)
        current = tried[at]
    return np.bincount(chosen, minlength=len(models)) / len(chosen)


@pytest.mark.parametrize("seed", range(8))
def test_weights_are_those_of_a_plain_loop_or_equal(seed):
    y, models = library(seed)
    weights = select_members(models, log_losses(y), most=12)
    expected = greedy(y, models, 12)
    is_equal = np.allclose(weights, 1 / len(models))
    assert is_equal or np.allclose(weights, expected, atol=1e-12)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    losses = [log_loss(y, one, labels=range(3)) for one in models]
    together = np.einsum("m,mrc->rc", weights, models)
    assert log_loss(y, together, labels=range(3)) <= min(losses) + 1e-12


def test_it_finds_what_all_that_could_be_averaged_have_best():
    rng = np.random.default_rng(0)
    truth, wave = rng.normal(size=100), rng.normal(size=100)
    models = [truth + wave, truth - wave, truth + 3 * rng.normal(size=100), truth + 2 + wave]
    sets = [
        chosen for size in range(1, 7) for chosen in combinations_with_replacement(range(4), size)
    ]
    errors = {
        chosen: np.mean((np.mean([models[at] for at in chosen], axis=0) - truth) ** 2)
        for chosen in sets
    }
    best = min(errors, key=errors.get)
    weights = select_members(models, lambda mean: (mean - truth) ** 2, most=6)
    np.testing.assert_allclose(weights, np.bincount(best, minlength=4) / len(best))


def test_what_is_no_better_is_left_out():
    rng = np.random.default_rng(0)
    true = rng.dirichlet(np.ones(3), 2000)
    y = (true.cumsum(axis=1) > rng.random((2000, 1))).argmax(axis=1)
    others = [np.full_like(true, 1 / 3), rng.dirichlet(np.ones(3), 2000)]
    assert select_members([*others, true], log_losses(y)).tolist() == [0, 0, 1]


def test_equals_share_alike_and_one_is_alone():
    y, (model,) = library(0, models=1)
    assert select_members([model, model, model], log_losses(y)).tolist() == [1 / 3] * 3
    assert select_members([model], log_losses(y)).tolist() == [1]
    assert select_members([model], log_losses(y), most=1).tolist() == [1]
    one_row = [row[:1] for row in library(0)[1]]
    assert select_members(one_row, log_losses(y[:1])).sum() == pytest.approx(1)


def test_what_is_no_number_gets_no_weight():
    y, models = library(0)
    broken = [models[0].copy(), np.full_like(models[0], np.inf)]
    broken[0][3, 1] = np.nan
    weights = select_members([broken[0], *models, broken[1]], log_losses(y))
    np.testing.assert_array_equal(weights[1:-1], select_members(models, log_losses(y)))
    assert weights[0] == weights[-1] == 0
    with pytest.raises(ArgumentError, match="finite numbers"):
        select_members(broken, log_losses(y))


@pytest.mark.parametrize(
    ("shapes", "most", "match"),
    [
        ([(3, 2), (4, 2)], 20, "the same examples"),
        ([(0, 2)], 20, "at least one example"),
        ([], 20, "At least one model"),
        ([(3, 2)], 0, "`most` must be an integer"),
    ],
)
def test_wrong_arguments(shapes, most, match):
    with pytest.raises(ArgumentError, match=match):
        select_members([np.ones(shape) for shape in shapes], lambda mean: mean[:, 0], most=most)
