"""Which baseline is the strongest: the best, or of those as good the surest."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dlrecipes.diagnose import strongest_baseline
from dlrecipes.errors import ArgumentError


def errors(count, size=1000):
    return (np.arange(size) < count).astype(float)


def test_one_example_more_does_not_make_the_strongest():
    losses = {"nearest neighbours": errors(100), "trees": errors(101), "class": errors(117)}
    log_losses = {"nearest neighbours": 1.9, "trees": 0.24, "class": 0.36}
    assert strongest_baseline(losses, log_losses) == "trees"
    assert strongest_baseline(losses) == "nearest neighbours"


@pytest.mark.parametrize(("more", "name"), [(1, "surer"), (2, "best")])
def test_the_border_is_one_standard_error(more, name):
    # Differences 0 and 1: a mean of k/n, and a standard error of about sqrt(k)/n.
    losses = {"best": errors(100), "surer": errors(100 + more)}
    assert strongest_baseline(losses, {"best": 1.0, "surer": 0.1}) == name


def test_examples_that_differ_both_ways_are_more_noise():
    surer = errors(100)
    surer[:20], surer[500:525] = 0.0, 1.0  # five more errors, from 45 examples that differ
    losses = {"best": errors(100), "surer": surer}
    assert strongest_baseline(losses, {"best": 1.0, "surer": 0.1}) == "surer"


def test_the_same_predictions_go_to_the_lower_log_loss():
    same = errors(10)
    assert strongest_baseline({"a": same, "b": same}, {"a": 0.5, "b": 0.4}) == "b"
    assert strongest_baseline({"a": same, "b": same}) == "a"
    assert strongest_baseline({"a": np.ones(1), "b": np.zeros(1)}, {"a": 0.1, "b": 2.0}) == "b"


@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(2, 50))
def test_it_is_within_one_standard_error_and_no_other_such_is_surer(seed, baselines, size):
    generator = np.random.default_rng(seed)
    losses = {f"b{at}": generator.normal(0.1 * at, 1, size) for at in range(baselines)}
    log_losses = {name: float(generator.random()) for name in losses}
    found = strongest_baseline(losses, log_losses)
    best = min(losses, key=lambda name: losses[name].mean())
    for name, values in losses.items():
        apart = values - losses[best]
        alike = apart.mean() <= apart.std(ddof=1) / np.sqrt(size)
        assert alike or name != found
        assert log_losses[found] <= log_losses[name] or not alike


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match="at least one baseline"):
        strongest_baseline({})
    with pytest.raises(ArgumentError, match="on the same examples"):
        strongest_baseline({"a": np.zeros(3), "b": np.zeros(2)})
    with pytest.raises(ArgumentError, match=r"Received: none of \['b'\]"):
        strongest_baseline({"a": np.zeros(3), "b": np.zeros(3)}, {"a": 0.1})
