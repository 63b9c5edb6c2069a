import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.results import ClassTarget, DataSpec, ValueTarget
from dlrecipes.targets import per_example_loss, proper_losses, score_predictions


def spec(classes=()):
    target = ClassTarget(class_names=classes) if classes else ValueTarget()
    return DataSpec("data", (2,), "float32", "table", (target,), 10)


BINARY = spec(("a", "b"))
THREE = spec(("a", "b", "c"))
VALUES = spec()


def test_binary_by_hand():
    y = [0, 0, 1, 1]
    predictions = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2]])
    scores = score_predictions(y, predictions, BINARY)
    assert scores["accuracy"] == 0.5
    assert scores["macro_f1"] == pytest.approx(0.5)
    expected = -np.log([0.9, 0.4, 0.7, 0.2]).mean()
    assert scores["log_loss"] == pytest.approx(expected)
    assert scores["roc_auc"] == pytest.approx(0.75)
    assert scores["pr_auc"] == pytest.approx((1 + 2 / 3) / 2)
    np.testing.assert_array_equal(per_example_loss(y, predictions, BINARY), [0, 1, 0, 1])


def test_proper_losses_have_the_means_of_the_scores():
    generator = np.random.default_rng(0)
    p = np.concatenate([generator.dirichlet(np.ones(3), 49), [[0.0, 1.0, 0.0]]])
    y = generator.integers(0, 2, 50) * 2
    losses = proper_losses(y, p, THREE)
    assert losses.mean() == pytest.approx(score_predictions(y, p, THREE)["log_loss"], rel=1e-9)
    values = generator.normal(size=50)
    found = proper_losses(y, values, VALUES)
    np.testing.assert_array_equal(found, per_example_loss(y, values, VALUES))


def test_areas_need_both_classes():
    scores = score_predictions([1, 1], [[0.2, 0.8], [0.4, 0.6]], BINARY)
    assert set(scores) == {"accuracy", "log_loss", "macro_f1"}


def test_three_classes_of_which_one_is_absent():
    scores = score_predictions([0, 1], [[1, 0, 0], [0.2, 0.6, 0.2]], THREE)
    assert set(scores) == {"accuracy", "log_loss", "macro_f1"}
    assert scores["accuracy"] == scores["macro_f1"] == 1
    assert scores["log_loss"] == pytest.approx(-math.log(0.6) / 2)


def test_certain_and_wrong_is_finite():
    assert 10 < score_predictions([0], [[0.0, 1.0]], BINARY)["log_loss"] < 1000


def test_half_precision_probabilities_do_not_warn(recwarn):
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 50).astype(np.float16)
    score_predictions(np.arange(50) % 3, rows * np.float16(0.99), THREE)
    assert not recwarn.list


def test_regression_by_hand():
    y = np.array([1.0, 2.0, 4.0])
    predictions = np.array([[1.0], [3.0], [2.0]], dtype=np.float32)
    scores = score_predictions(y, predictions, VALUES)
    assert scores["mse"] == pytest.approx(5 / 3)
    assert scores["rmse"] == pytest.approx(math.sqrt(5 / 3))
    assert scores["mae"] == pytest.approx(1)
    assert scores["r2"] == pytest.approx(1 - 5 / (42 / 9))
    np.testing.assert_allclose(per_example_loss(y, predictions, VALUES), [0, 1, 4])
    assert "r2" not in score_predictions([1.0], [2.0], VALUES)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(0, 1000), st.booleans())
def test_mean_of_the_example_losses(size, seed, regression):
    generator = np.random.default_rng(seed)
    if regression:
        y, predictions = generator.normal(size=size), generator.normal(size=(size, 1))
        expected = score_predictions(y, predictions, VALUES)["mse"]
        losses = per_example_loss(y, predictions, VALUES)
    else:
        y = generator.integers(0, 3, size)
        predictions = generator.dirichlet(np.ones(3), size)
        expected = 1 - score_predictions(y, predictions, THREE)["accuracy"]
        losses = per_example_loss(y, predictions, THREE)
    assert losses.shape == (size,)
    assert losses.mean() == pytest.approx(expected)


@pytest.mark.parametrize("function", [score_predictions, per_example_loss])
@pytest.mark.parametrize(
    ("y", "predictions", "data", "message"),
    [
        ([0, 1], [[0.2], [0.7]], BINARY, r"shape \(2, 2\).*\(2, 1\).*for two classes as well"),
        ([0, 1], np.ones((3, 3)) / 3, THREE, r"shape \(2, 3\)"),
        ([], np.zeros((0, 3)), THREE, "at least one row"),
        ([1.0, 2.0], np.zeros((2, 2)), VALUES, r"shape \(2,\)"),
        ([1.0, 2.0], [np.nan, 0], VALUES, "finite.*1 place"),
        ([0, 1], [[3.0, -2.0], [0.5, 0.5]], BINARY, "sum to 1.*softmax"),
        ([0, 1], [[0.9, 0.9], [0.5, 0.5]], BINARY, "sum to 1"),
    ],
)
def test_malformed(function, y, predictions, data, message):
    with pytest.raises(ArgumentError, match=message):
        function(y, predictions, data)
