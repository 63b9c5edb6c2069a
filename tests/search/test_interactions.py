"""Shares of variance, against analytic ones and against a forest asked cell by cell."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import qmc
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from dlrecipes.results import Hyperparameter
from dlrecipes.search import find_interactions
from dlrecipes.search.forest_variance import forest_variance

RATE = Hyperparameter("rate", "float", 1e-4, 1.0, log=True)
DROPOUT = Hyperparameter("dropout", "float", 0.0, 1.0)
LAYERS = Hyperparameter("layers", "int", 1, 4)
NOISE = Hyperparameter("noise", "float", -1.0, 1.0)
SPACE = (RATE, DROPOUT, LAYERS, NOISE)


@pytest.fixture
def trials(record):
    """Make trials at Sobol points: `score` takes the places in [0, 1], `values` the numbers."""

    def make(score, values, dimensions=4, count=128):
        points = qmc.Sobol(dimensions, rng=0).random(count)
        return [record(at, score(*x), values=values(*x)) for at, x in enumerate(points.tolist())]

    return make


def values(rate, dropout, layers, noise):
    return {
        "rate": 10 ** (4 * rate - 4),
        "dropout": dropout,
        "layers": 1 + int(4 * layers),
        "noise": 2 * noise - 1,
    }


@pytest.mark.parametrize("forest", [ExtraTreesRegressor, RandomForestRegressor])
def test_a_forest_asked_cell_by_cell(forest):
    generator = np.random.default_rng(0)
    x, y = generator.random((24, 3)), generator.normal(size=24)
    fitted = forest(3, random_state=0).fit(x, y)
    cuts = [
        np.unique([0.0, 1.0, *(t for tree in fitted.estimators_ for t in _cuts(tree.tree_, at))])
        for at in range(3)
    ]
    middles = np.meshgrid(*((cut[1:] + cut[:-1]) / 2 for cut in cuts), indexing="ij")
    w0, w1, w2 = (np.diff(cut) for cut in cuts)
    found = fitted.predict(np.stack([one.ravel() for one in middles], 1)).reshape(middles[0].shape)
    found = found - np.einsum("abc,a,b,c", found, w0, w1, w2)
    whole = np.einsum("abc,a,b,c", found**2, w0, w1, w2)
    alone = [np.einsum(f"abc,{f}", found, *w) for f, w in _others(w0, w1, w2)]
    both = np.einsum("abc,c->ab", found, w2) - alone[0][:, None] - alone[1]
    shares = forest_variance(fitted)
    expected = [one**2 @ w for one, w in zip(alone, (w0, w1, w2), strict=True)]
    np.testing.assert_allclose(np.diag(shares), np.array(expected) / whole, rtol=1e-5)
    assert shares[0, 1] == pytest.approx(shares[1, 0], rel=1e-12)
    assert shares[0, 1] == pytest.approx(np.einsum("ab,a,b", both**2, w0, w1) / whole, rel=1e-5)


def _others(a, b, c):
    return (("b,c->a", (b, c)), ("a,c->b", (a, c)), ("a,b->c", (a, b)))


def _cuts(tree, dimension):
    return tree.threshold[tree.feature == dimension]


def test_shares_that_are_known(trials):
    """Of a x₁ + b x₂ + c (x₁ - ½)(x₂ - ½): a²/12, b²/12 and c²/144."""

    def score(rate, dropout, layers, noise):
        return rate + 0.7 * dropout + 2.5 * (rate - 0.5) * (dropout - 0.5)

    found = find_interactions(trials(score, values), SPACE)
    variances = np.array([1 / 12, 0.49 / 12, 6.25 / 144])
    here = [found.alone["rate"], found.alone["dropout"], found.pairs[0].share]
    np.testing.assert_allclose(here, variances / variances.sum(), atol=0.03)
    assert found.pairs[0].names == ("rate", "dropout")
    assert len(found.pairs) == 6
    assert found.pairs[1].share < 0.01
    assert found.predicted > 0.9
    assert found.trials == 128
    assert sum(found.alone.values()) + sum(pair.share for pair in found.pairs) <= 1 + 1e-9
    # Of nothing but sums there is no interaction, though each single tree shows some.
    added = find_interactions(trials(lambda a, b, c, d: a + b, values, count=64), SPACE)
    assert added.pairs[0].share < 0.01


def test_choices_and_conditions(trials):
    """Momentum counts with one of three optimisers: 1[k] (m - ½) is a third alone."""
    kind = Hyperparameter("kind", "choice", choices=("adam", "sgd", "rms"))
    momentum = Hyperparameter("momentum", "float", 0.0, 0.99, conditions=(("kind", ("sgd",)),))

    def drawn(kind, momentum):
        name = ("adam", "sgd", "rms")[int(3 * kind)]
        return {"kind": name} | ({"momentum": 0.99 * momentum} if name == "sgd" else {})

    def score(kind, momentum):
        return (momentum - 0.5) * (int(3 * kind) == 1)

    found = find_interactions(trials(score, drawn, 2, 256), (kind, momentum))
    assert found.alone["momentum"] == pytest.approx(1 / 3, abs=0.06)
    assert found.alone["kind"] < 0.03
    assert found.pairs[0].share == pytest.approx(2 / 3, abs=0.06)
    # The same in two scopes: one name, and no pair with itself.
    other = replace(momentum, high=0.5, conditions=(("kind", ("rms",)),))
    both = find_interactions(trials(score, drawn, 2, 256), (kind, momentum, other))
    assert [pair.names for pair in both.pairs] == [("kind", "momentum")]


def test_one_exploded_loss_is_not_all_of_the_variance(trials):
    def score(rate, dropout, layers, noise):
        return 1e9 if rate > 0.99 else rate * dropout

    found = find_interactions(trials(score, values), SPACE)
    assert found.pairs[0].names == ("rate", "dropout")
    assert found.alone["dropout"] > 0.3


def test_too_little_to_tell(trials, record):
    def score(*x):
        return x[0]

    assert find_interactions(trials(score, values, count=32), SPACE) is None
    assert find_interactions(trials(score, values), SPACE[:1]) is None
    assert find_interactions(trials(lambda *x: 0.5, values), SPACE) is None
    luck = iter(np.random.default_rng(1).normal(size=128).tolist())
    assert find_interactions(trials(lambda *x: next(luck), values), SPACE) is None
    assert find_interactions([record(at, None, values={}) for at in range(50)], SPACE) is None
