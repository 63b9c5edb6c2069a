import numpy as np
import pytest
from sklearn import metrics

from dlrecipes.metrics import better_low, probability_scores, value_scores

GENERATOR = np.random.default_rng(0)


def test_probabilities_of_two_classes():
    y = GENERATOR.integers(0, 2, 80)
    positive = np.clip(0.6 * y + 0.5 * GENERATOR.random(80), 0, 1)
    scores = probability_scores(y, np.stack([1 - positive, positive], axis=1))
    assert scores == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(y, positive > 0.5),
            "log_loss": metrics.log_loss(y, positive),
            "macro_f1": metrics.f1_score(y, positive > 0.5, average="macro"),
            "roc_auc": metrics.roc_auc_score(y, positive),
            "pr_auc": metrics.average_precision_score(y, positive),
        }
    )


def test_curves_need_two_classes_that_both_occur():
    three = np.full((6, 3), 1 / 3)
    assert set(probability_scores(np.arange(6) % 3, three)) == {"accuracy", "log_loss", "macro_f1"}
    assert "roc_auc" not in probability_scores(np.zeros(4, int), np.full((4, 2), 0.5))


def test_values():
    y, predicted = GENERATOR.normal(size=(2, 50))
    scores = value_scores(y, predicted)
    assert scores["rmse"] == pytest.approx(metrics.root_mean_squared_error(y, predicted))
    assert scores["mse"] == pytest.approx(scores["rmse"] ** 2)
    assert scores["mae"] == pytest.approx(metrics.mean_absolute_error(y, predicted))
    assert scores["r2"] == pytest.approx(metrics.r2_score(y, predicted))
    assert "r2" not in value_scores(y[:1], predicted[:1])


@pytest.mark.parametrize("name", ["rmse", "cost", "log_loss", "deviance", "price_mae"])
def test_errors_are_better_low(name):
    assert better_low(name)


@pytest.mark.parametrize("name", ["accuracy", "r2", "skill", "f1", "roc_auc", "costs_r2"])
def test_shares_are_better_high(name):
    assert not better_low(name)
