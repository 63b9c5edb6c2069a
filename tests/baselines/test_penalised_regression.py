import numpy as np

from dlrecipes.baselines import fit_ridge_regression
from dlrecipes.data import from_arrays


def test_linear_target_is_learned():
    x = np.random.default_rng(0).normal(size=(200, 3)) * [1e-3, 1, 1e3]
    y = 1e3 * x[:, 0] + 2 * x[:, 1] - 3e-3 * x[:, 2] + 100
    development = from_arrays(x, y).development()
    predictions = fit_ridge_regression(development)(development.validation.x)
    assert predictions.shape == development.validation.y.shape
    np.testing.assert_allclose(predictions, development.validation.y, atol=0.02)
