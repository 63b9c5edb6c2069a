import numpy as np
import pytest

from dlrecipes.baselines import fit_mean
from dlrecipes.data import from_arrays


def test_predicts_the_training_mean():
    x = np.arange(60.0).reshape(30, 2)
    development = from_arrays(x, x[:, 0] + 0.5).development()
    predictions = fit_mean(development)(x[:4])
    assert predictions.shape == (4,)
    assert predictions == pytest.approx(development.model_spec.target.mean)
