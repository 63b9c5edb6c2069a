"""Skill, and predictions side by side."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import accuracy_score, r2_score

from dlrecipes.errors import ArgumentError
from dlrecipes.results import ClassTarget, DataSpec, OrdinalTarget, ValueTarget
from dlrecipes.targets import (
    join_predictions,
    known_values,
    per_example_loss,
    proper_losses,
    score_predictions,
    split_predictions,
)

SICK = ClassTarget("sick", priors=(0.75, 0.25), known=8, class_names=("no", "yes"))
AGE = ValueTarget("age", mean=50.0, std=10.0, known=8)
GRADE = OrdinalTarget("grade", priors=(0.5, 0.3, 0.2), known=8, class_names=("a", "b", "c"))


def spec(*targets):
    return DataSpec("data", (2,), "float32", "table", targets, 8)


def test_skill_is_the_mean_share_of_the_base_loss():
    y = np.array([[0.0, 40.0], [1.0, np.nan], [0.0, 60.0], [np.nan, 55.0]])
    predictions = join_predictions(
        {
            "sick": [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7]],
            "age": [45.0, 1e6, 60.0, 50.0],
        }
    )
    scores = score_predictions(y, predictions, spec(SICK, AGE))
    error = 1 - accuracy_score([0, 1, 0], [0, 0, 0])
    mse = (25 + 0 + 25) / 3
    assert scores["skill"] == pytest.approx(((1 - error / 0.25) + (1 - mse / 100)) / 2)
    assert scores["sick_accuracy"] == pytest.approx(2 / 3)
    assert scores["age_rmse"] == pytest.approx(np.sqrt(mse))
    assert scores["age_r2"] == pytest.approx(r2_score([40, 60, 55], [45, 60, 50]))


def test_skill_of_values_is_r2_where_training_and_test_are_alike():
    generator = np.random.default_rng(0)
    y = generator.normal(size=50).astype("float32")
    target = ValueTarget("age", mean=float(y.mean()), std=float(y.std()), known=50)
    predictions = y + generator.normal(size=50) / 2
    scores = score_predictions(y[:, None], predictions[:, None], spec(target))
    assert scores["skill"] == pytest.approx(r2_score(y, predictions), rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 30))
def test_mean_loss_of_the_examples_is_what_skill_lacks(seed, examples):
    generator = np.random.default_rng(seed)
    y = np.stack(
        [
            generator.integers(0, 2, examples).astype(float),
            generator.normal(50, 10, examples),
            generator.integers(0, 3, examples).astype(float),
        ],
        axis=1,
    ).astype("float32")
    hidden = generator.random(y.shape) < 0.3
    hidden[0] = False  # each is known once
    y[hidden] = np.nan
    predictions = join_predictions(
        {
            "sick": generator.dirichlet([1, 1], examples),
            "age": generator.normal(50, 10, examples),
            "grade": generator.dirichlet([1, 1, 1], examples),
        }
    )
    data = spec(SICK, AGE, GRADE)
    losses = per_example_loss(y, predictions, data)
    assert losses.shape == (examples,)
    skill = score_predictions(y, predictions, data)["skill"]
    assert losses.mean() == pytest.approx(1 - skill, rel=1e-6, abs=1e-6)
    # ---- the same in log losses, each in units of its entropy
    scores, shares = score_predictions(y, predictions, data), []
    for target in (SICK, GRADE):
        priors = np.array(target.priors)
        entropy = -(priors * np.log(priors)).sum()
        shares.append(scores[f"{target.name}_log_loss"] / entropy)
    shares.append(scores["age_rmse"] ** 2 / AGE.base_loss)
    proper = proper_losses(y, predictions, data)
    assert proper.mean() == pytest.approx(np.mean(shares), rel=1e-6)


@pytest.mark.parametrize("before", [(), (2,)])
def test_there_and_back(before):
    generator = np.random.default_rng(0)
    by_target = {
        "sick": generator.random((*before, 5, 2)),
        "age": generator.random((*before, 5)),
        "grade": generator.random((*before, 5, 3)),
    }
    if before:
        joined = np.stack(
            [join_predictions({name: one[at] for name, one in by_target.items()}) for at in (0, 1)]
        )
    else:
        joined = join_predictions(by_target)
    found = split_predictions(joined, spec(SICK, AGE, GRADE))
    assert list(found) == ["sick", "age", "grade"]
    for name, one in by_target.items():
        np.testing.assert_array_equal(found[name], one)


def test_known_values_have_the_kind_of_their_target():
    y = np.array([[1, 40.5], [np.nan, 50.0]], "float32")
    known, values = known_values(y, spec(SICK, AGE), SICK)
    assert known.tolist() == [True, False]
    assert values.dtype == np.int32
    assert values.tolist() == [1]
    assert known_values(y, spec(SICK, AGE), AGE)[1].dtype == np.float32


@pytest.mark.parametrize(
    ("y", "predictions", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 3)), "one column for each of the 2 targets"),
        (np.zeros((2, 2)), np.zeros((2, 4)), "must have 3 columns"),
        (np.zeros((2, 2)), np.zeros(2), "must have 3 columns"),
    ],
)
def test_shapes_that_do_not_fit(y, predictions, message):
    with pytest.raises(ArgumentError, match=message):
        score_predictions(y, predictions, spec(SICK, AGE))


def test_a_target_that_nobody_has_counts_in_nothing():
    y = np.array([[0.0, np.nan], [1.0, np.nan]])
    predictions = join_predictions({"sick": [[0.9, 0.1], [0.1, 0.9]], "age": [1.0, 2.0]})
    scores = score_predictions(y, predictions, spec(SICK, AGE))
    assert scores["skill"] == 1.0
    assert not any(name.startswith("age") for name in scores)
