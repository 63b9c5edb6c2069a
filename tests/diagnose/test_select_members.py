"""Greedy selection against a plain loop over all that could be added, and its promises."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import log_loss

from dlrecipes.diagnose import may_be_luck, select_members, selection_luck
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


def mean_of(models, chosen):
    return np.mean([models[at] for at in chosen], axis=0)


def greedy(y, models, steps, most, rows):
    """Return what Caruana et al. add on some rows, in its order, slowly."""

    def loss(chosen):
        return log_losses(y)(mean_of(models, chosen))[rows].mean()

    ranked = sorted(range(len(models)), key=lambda at: loss([at]))
    begun = min(range(1, min(most, steps) + 1), key=lambda size: loss(ranked[:size]))
    chosen = ranked[:begun]
    while len(chosen) < steps:
        room = len(set(chosen)) < most
        choices = [at for at in range(len(models)) if room or at in chosen]
        at = min(choices, key=lambda at: loss([*chosen, at]))
        if loss([*chosen, at]) >= loss(chosen):
            break
        chosen.append(at)
    return chosen


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most", [2, 4])
def test_weights_are_those_of_a_plain_loop_as_long_as_the_parts_left_out_say(seed, most):
    y, models = library(seed)
    found = select_members(models, log_losses(y), most=most, steps=8)
    rows = np.arange(len(y))
    parts = np.random.default_rng(0).permutation(len(y)) % 5
    paths = [greedy(y, models, 8, most, rows[parts != part]) for part in range(5)]
    held_out = []
    for size in range(1, 9):
        predicted = np.empty_like(models[0])
        for part, path in enumerate(paths):
            predicted[parts == part] = mean_of(models, path[:size])[parts == part]
        held_out.append(predicted)
    judged = [log_losses(y)(one) for one in held_out]
    least = judged[int(np.argmin([one.mean() for one in judged]))]
    apart = [one - least for one in judged[: max(map(len, paths))]]
    size = max(at for at, one in enumerate(apart, 1) if one.mean() <= stats.sem(one))
    added = greedy(y, models, size, most, rows)
    np.testing.assert_allclose(found.weights, np.bincount(added, minlength=4) / len(added))
    np.testing.assert_allclose(found.held_out, held_out[size - 1], rtol=1e-12)
    assert (found.weights > 0).sum() <= most
    losses = [log_loss(y, one, labels=range(3)) for one in models]
    together = np.einsum("m,mrc->rc", found.weights, models)
    assert log_loss(y, together, labels=range(3)) <= min(losses) + 1e-12


def test_it_finds_what_all_that_could_be_averaged_have_best():
    rng = np.random.default_rng(0)
    truth, wave = rng.normal(size=100), rng.normal(size=100)
    models = [truth + wave, truth - wave, truth + 3 * rng.normal(size=100), truth + 2 + wave]
    sets = [
        chosen for size in range(1, 7) for chosen in combinations_with_replacement(range(4), size)
    ]
    errors = {chosen: np.mean((mean_of(models, chosen) - truth) ** 2) for chosen in sets}
    best = min(errors, key=errors.get)
    weights = select_members(models, lambda mean: (mean - truth) ** 2, steps=6).weights
    np.testing.assert_allclose(weights, np.bincount(best, minlength=4) / len(best))


def test_what_is_no_better_is_left_out():
    rng = np.random.default_rng(0)
    true = rng.dirichlet(np.ones(3), 2000)
    y = (true.cumsum(axis=1) > rng.random((2000, 1))).argmax(axis=1)
    others = [np.full_like(true, 1 / 3), rng.dirichlet(np.ones(3), 2000)]
    assert select_members([*others, true], log_losses(y)).weights.tolist() == [0, 0, 1]


def test_of_equals_there_is_one_and_one_is_alone():
    y, (model,) = library(0, models=1)
    assert select_members([model] * 3, log_losses(y)).weights.tolist() == [1, 0, 0]
    assert select_members([model], log_losses(y)).weights.tolist() == [1]
    assert select_members([model], log_losses(y), steps=1, most=1).weights.tolist() == [1]
    one_row = [row[:1] for row in library(0)[1]]
    assert select_members(one_row, log_losses(y[:1])).weights.sum() == pytest.approx(1)


def test_what_is_no_number_gets_no_weight():
    y, models = library(0)
    broken = [models[0].copy(), np.full_like(models[0], np.inf)]
    broken[0][3, 1] = np.nan
    weights = select_members([broken[0], *models, broken[1]], log_losses(y)).weights
    np.testing.assert_array_equal(weights[1:-1], select_members(models, log_losses(y)).weights)
    assert weights[0] == weights[-1] == 0
    with pytest.raises(ArgumentError, match="finite numbers"):
        select_members(broken, log_losses(y))


@pytest.mark.parametrize(
    ("shapes", "numbers", "match"),
    [
        ([(3, 2), (4, 2)], {}, "the same examples"),
        ([(0, 2)], {}, "at least one example"),
        ([], {}, "At least one model"),
        ([(3, 2)], {"most": 0}, "`most` must be an integer"),
        ([(3, 2)], {"steps": 0}, "`steps` must be an integer"),
    ],
)
def test_wrong_arguments(shapes, numbers, match):
    with pytest.raises(ArgumentError, match=match):
        select_members([np.ones(shape) for shape in shapes], lambda mean: mean[:, 0], **numbers)


# ---- the luck of the choice


def test_the_best_of_many_look_as_much_better_as_order_statistics_say():
    rng = np.random.default_rng(0)
    losses = rng.normal(size=(64, 200)) + rng.normal(size=200)  # what all models share is no luck
    assert selection_luck(losses, 64) == 0
    assert selection_luck(losses[:1], 64) == 0
    quantiles = stats.norm.ppf((np.arange(1, 20_001) - 0.5) / 20_000)
    best = quantiles[-20_000 // 4 :].mean() / np.sqrt(200)  # of 64 of 256
    assert selection_luck(losses, 256) == pytest.approx(best, rel=0.05)


def squared(y):
    return lambda predictions: (predictions - y) ** 2


def chosen_from(y, refits, trials, tried):
    """Return the mean's losses where its members were not chosen, and whether it may be luck."""
    losses = squared(y)
    found = select_members([*refits, *trials], losses, most=4)
    mean, single = losses(found.held_out), np.stack([losses(one) for one in refits])
    best = np.stack([losses(one) for one in trials])
    share = found.weights[len(refits) :].sum()
    return single.mean() - mean.mean(), may_be_luck(mean, single, best, tried=tried, share=share)


def test_noise_is_not_called_better():
    """The best 32 of 256 noises fit these labels by far, and no other ones."""
    naive, lucky = 0, []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=200)
        refits = list(0.01 * rng.normal(size=(3, 200)))
        trials = sorted(0.3 * rng.normal(size=(256, 200)), key=lambda one: squared(y)(one).mean())
        _, may_be = chosen_from(y, refits, trials[:32], 256)
        lucky.append(may_be)
        naive += squared(y)(np.mean(trials[:8], axis=0)).mean() < 0.98 * squared(y)(0).mean()
    assert naive == 12
    assert all(lucky)


def test_what_is_better_is_called_so():
    rng = np.random.default_rng(0)
    y = rng.normal(size=800)
    # Each network has an error of its own, which a mean of four makes a quarter.
    refits, trials = 0.5 * rng.normal(size=(3, 800)), 0.5 * rng.normal(size=(16, 800))
    gain, may_be = chosen_from(y, [y + one for one in refits], [y + one for one in trials], 16)
    assert gain == pytest.approx(0.75 * 0.25, rel=0.2)
    assert not may_be
