"""A class most of whose examples bear another's label, and classes that only overlap."""

import numpy as np
import pytest

from dlrecipes.diagnose.swallowed_class import check_swallowed_class


def posterior(means, shares, rows=600, seed=0):
    """Labels of groups that overlap, and what the best network would say of them."""
    rng = np.random.default_rng(seed)
    y = rng.choice(len(shares), p=shares, size=rows)
    x = np.array(means)[y] + rng.normal(size=(rows, len(means[0])))
    told = np.exp(-0.5 * ((x[:, None] - np.array(means)) ** 2).sum(axis=2)) * shares
    return y, told / told.sum(axis=1, keepdims=True)


APART = [[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]]


@pytest.mark.parametrize("wrong", [0.6, 0.75])
def test_most_of_a_class_is_called_another(wrong):
    y, told = posterior(APART, [0.4, 0.3, 0.3])
    called = np.where((y == 2) & (np.random.default_rng(1).uniform(size=600) < wrong), 1, y)
    learned = told @ np.array([[1, 0, 0], [0, 1, 0], [0, wrong, 1 - wrong]])
    finding = check_swallowed_class(called, learned)
    assert (finding.name, finding.severity) == ("suspicious labels", "warning")
    assert (finding.evidence["class"], finding.evidence["called"]) == (2, 1)
    assert finding.evidence["share"] == pytest.approx(wrong, abs=0.1)


@pytest.mark.parametrize(
    ("means", "shares"),
    [
        (APART, [0.4, 0.3, 0.3]),
        ([[0.0], [1.5]], [0.95, 0.05]),
        ([[0.0], [1.0], [2.0]], [0.45, 0.45, 0.1]),
        ([[0.0, 0.0], [4.0, 0.0], [4.0, 0.8]], [0.4, 0.4, 0.2]),
    ],
    ids=["apart", "rare", "in a row", "two that overlap"],
)
def test_classes_that_overlap(means, shares):
    for seed in range(5):
        assert check_swallowed_class(*posterior(means, shares, seed=seed)) is None


def test_a_few_wrong_labels():
    y, told = posterior(APART, [0.4, 0.3, 0.3])
    called = np.where((y == 2) & (np.random.default_rng(1).uniform(size=600) < 0.2), 1, y)
    learned = told @ np.array([[1, 0, 0], [0, 1, 0], [0, 0.2, 0.8]])
    assert check_swallowed_class(called, learned) is None
