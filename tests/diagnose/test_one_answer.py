"""Networks that give one answer, whatever they are shown."""

import numpy as np
import pytest

from dlrecipes.data import from_arrays, load
from dlrecipes.diagnose import check_collapse
from dlrecipes.errors import ArgumentError

Y = np.repeat([0, 1, 2], 20)


@pytest.fixture(scope="module")
def iris():
    return load("iris").raw_spec


def _spec(y, **task):
    return from_arrays(np.arange(float(len(y))).reshape(-1, 1), y, **task).raw_spec


def _probabilities(chosen, sure=0.8):
    chosen = np.asarray(chosen)
    found = np.full((len(chosen), 3), (1 - sure) / 2)
    found[np.arange(len(chosen)), chosen] = sure
    return found


def test_one_class_for_all(iris):
    constant = _probabilities([1] * 60)
    leaning = constant + np.linspace(-0.2, 0.0, 60)[:, np.newaxis] * [0.0, 1.0, -1.0]
    for collapsed in (constant, leaning):
        (finding,) = check_collapse(Y, collapsed[np.newaxis], iris)
        assert (finding.name, finding.severity) == ("one answer", "error")
        assert "'versicolor'" in finding.verdict
    both = np.stack([constant, _probabilities(Y)])
    (finding,) = check_collapse(Y, both, iris)
    assert finding.severity == "warning"
    assert finding.verdict.startswith("1 of 2 networks give one answer for all 60 examples")
    (finding,) = check_collapse(Y, both, iris, learnable=False)
    assert (finding.severity, finding.advice) == ("info", "")
    assert "No baseline has found anything" in finding.verdict


def test_answers_that_differ_are_none(iris):
    assert check_collapse(Y, _probabilities(Y)[np.newaxis], iris) == ()
    assert check_collapse(Y[:9], _probabilities([1] * 9)[np.newaxis], iris) == ()
    # All examples are of one class here.
    assert check_collapse(Y[:20], _probabilities([0] * 20)[np.newaxis], iris) == ()


def test_a_rare_class_that_is_never_the_more_probable_one():
    y = np.array([0] * 95 + [1] * 5)
    spec = _spec(np.where(y, "yes", "no"))
    rare = np.linspace(0.01, 0.2, 100)
    assert check_collapse(y, np.stack([1 - rare, rare], axis=1)[np.newaxis], spec) == ()
    always = np.tile([0.95, 0.05], (1, 100, 1))
    (finding,) = check_collapse(y, always, spec)
    assert finding.severity == "error"


def test_one_value_for_all():
    y = np.linspace(0, 100, 50)
    spec = _spec(y, task="regression")
    (finding,) = check_collapse(y, np.full((2, 50), 49.5) + np.linspace(0, 0.1, 50), spec)
    assert finding.verdict == "2 of 2 networks give one answer for all 50 examples: 49.55."
    weak = 50 + 0.05 * (y - 50)
    assert check_collapse(y, weak[np.newaxis], spec) == ()


def test_each_of_several_targets():
    y = {"price": np.arange(40.0), "sold": ["no", "yes"] * 20}
    splits = from_arrays(np.arange(40.0).reshape(-1, 1), y)
    price, sold = np.arange(40.0), np.tile([0.6, 0.4], (40, 1))
    joined = np.concatenate([price[:, np.newaxis], sold], axis=1)
    targets = np.stack([np.arange(40.0), np.tile([0.0, 1.0], 20)], axis=1)
    targets[:3, 1] = np.nan
    (finding,) = check_collapse(targets, joined[np.newaxis], splits.raw_spec)
    assert finding.verdict == "The network gives one answer of 'sold' for all 37 examples: 'no'."


@pytest.mark.parametrize("shape", [(60,), (1, 59, 3)])
def test_shapes(iris, shape):
    with pytest.raises(ArgumentError, match=r"\(networks, examples, …\).*Received: y.shape"):
        check_collapse(Y, np.ones(shape), iris)
