import numpy as np

from dlrecipes.baselines import fit_logistic_regression
from dlrecipes.baselines.logistic_regression import MAX_ITERATIONS
from dlrecipes.baselines.predictor import MAX_ROWS, training_matrix
from dlrecipes.data import Split, from_arrays, load


def test_unscaled_separable_data_is_learned(recwarn):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 3)) * [1e-3, 1, 1e3] + [0, 5, 1e4]
    y = x[:, 0] * 1e3 + (x[:, 2] - 1e4) / 1e3 > 0
    development = from_arrays(x, y).development()
    table = fit_logistic_regression(development)(development.validation.x)
    assert (table.argmax(axis=1) == development.validation.y).mean() > 0.95
    assert not recwarn.list


def test_no_convergence_is_no_warning(monkeypatch, recwarn):
    name = fit_logistic_regression.__module__ + ".MAX_ITERATIONS"
    monkeypatch.setattr(name, 1)
    x = np.random.default_rng(0).normal(size=(90, 4))
    fit_logistic_regression(from_arrays(x, np.arange(90) % 3).development())
    assert MAX_ITERATIONS > 1
    assert not recwarn.list


def test_large_training_part_is_sampled():
    train = Split(np.arange(MAX_ROWS + 5.0)[:, None], np.arange(MAX_ROWS + 5))
    x, y = training_matrix(train, load("wine").raw_spec, seed=0)
    assert x.shape == (MAX_ROWS, 1)
    assert len(set(y)) == MAX_ROWS
    np.testing.assert_array_equal(x[:, 0], y)
