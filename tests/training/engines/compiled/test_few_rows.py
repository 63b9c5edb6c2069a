import numpy as np

from dlrecipes.training.engines.compiled.few_rows import few_rows


def test_all_classes_are_there_sorted():
    y = np.array([0] * 50 + [2] + [0] * 50 + [1, 3, 1] * 10)
    rows = few_rows(y, None, 8)
    assert y[rows].tolist() == [0, 0, 0, 1, 1, 2, 3, 3]
    assert len(set(rows)) == 8


def test_a_rare_class_is_in_one_half_only():
    y = np.array([0] * 30 + [1] + [0] * 30)
    assert y[few_rows(y, None, 8)].tolist() == [0] * 7 + [1]


def test_of_many_values_both_ends():
    y = np.random.default_rng(0).normal(size=1000)
    rows = few_rows(y, None, 8)
    assert len(set(rows)) == 8
    assert (y[rows[0]], y[rows[-1]]) == (y.min(), y.max())
    assert np.all(np.diff(y[rows]) > 0)


def test_the_weights_of_a_class_are_spread():
    y = np.tile([0, 1], 50)
    weight = np.ones(100)
    weight[[40, 41]] = 0.1, 9.0
    rows = few_rows(y, weight, 8)
    assert {40, 41} <= set(rows)
    assert y[rows].tolist() == [0] * 4 + [1] * 4


def test_fewer_examples_or_several_targets():
    assert few_rows(np.array([1, 0, 1]), None, 8).tolist() == [1, 0, 2]
    assert few_rows(np.full((20, 3), np.nan), None, 8).tolist() == list(range(8))
