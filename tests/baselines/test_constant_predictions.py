import math

import numpy as np
import pytest

from dlrecipes.baselines import fit_majority_class, fit_mean
from dlrecipes.data import from_arrays
from dlrecipes.targets import score_predictions


def test_predicts_the_training_shares():
    x = np.arange(200.0).reshape(100, 2)
    development = from_arrays(x, np.repeat(["no", "yes"], [90, 10])).development()
    predict = fit_majority_class(development)
    np.testing.assert_allclose(predict(x[:3]), [[0.9, 0.1]] * 3)
    validation = development.validation
    scores = score_predictions(validation.y, predict(validation.x), development.model_spec)
    assert scores["accuracy"] == pytest.approx(0.9)
    entropy = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    assert scores["log_loss"] == pytest.approx(entropy)


def test_predicts_the_training_mean():
    x = np.arange(60.0).reshape(30, 2)
    development = from_arrays(x, x[:, 0] + 0.5).development()
    predictions = fit_mean(development)(x[:4])
    assert predictions.shape == (4,)
    assert predictions == pytest.approx(development.model_spec.target.mean)
