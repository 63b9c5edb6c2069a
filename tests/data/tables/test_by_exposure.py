import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import PoissonRegressor

from dlrecipes.data import ColumnRules, by_exposure, from_table, load_table
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import ArgumentError, DataError

ROWS = 400


@pytest.fixture
def table():
    generator = np.random.default_rng(0)
    age, hours = generator.uniform(20, 80, ROWS), generator.choice([0.5, 1.0, 4.0, 10.0], ROWS)
    falls = generator.poisson(hours * np.exp(-2 + 0.04 * age))
    return pd.DataFrame({"age": age, "hours": hours, "falls": falls})


def read(table, **options):
    kinds = {"hours": "number"}
    return from_table(
        table, "falls", task="count", **options, column_rules=ColumnRules(kinds=kinds)
    )


def test_counts_become_rates_with_weights(table):
    counts, rates = read(table), by_exposure(read(table), "hours")
    for before, after in (
        (counts.train, rates.train),
        (counts.validation, rates.validation),
        (_peek(counts.test), _peek(rates.test)),
    ):
        np.testing.assert_array_equal(before.ids, after.ids)
        np.testing.assert_allclose(after.y * before.x["hours"], before.y, rtol=1e-6, atol=1e-6)
        assert after.x.names == ("age",)
    weights, hours = rates.train.sample_weight, counts.train.x["hours"]
    assert weights.mean() == pytest.approx(1, rel=1e-6)
    np.testing.assert_allclose(weights / hours, weights[0] / hours[0], rtol=1e-5)
    assert _peek(rates.test).sample_weight is None
    target = rates.raw_spec.target
    assert target.exposure == "hours"
    assert target.mean == pytest.approx(counts.train.y.sum() / hours.sum(), rel=1e-5)
    assert [column.name for column in rates.raw_spec.columns] == ["age"]
    assert rates.raw_spec.input_shape == (1,)


def test_the_weighted_rates_have_the_likelihood_of_the_counts(table):
    """The same optimum as that of a Poisson model with the log of the exposure as offset."""
    counts, rates = read(table), by_exposure(read(table), "hours")
    age, hours = counts.train.x["age"] / 50 - 1, counts.train.x["hours"]

    def loss(coefficients):
        log = np.log(hours) + coefficients[0] + coefficients[1] * age
        return np.sum(np.exp(log) - counts.train.y * log)

    expected = minimize(loss, [0.0, 0.0], tol=1e-12).x
    model = PoissonRegressor(alpha=0.0, tol=1e-10, max_iter=1000)
    model.fit(age.reshape(-1, 1), rates.train.y, sample_weight=rates.train.sample_weight)
    assert [model.intercept_, model.coef_[0]] == pytest.approx(expected.tolist(), abs=1e-4)


def test_an_option_of_a_table(table, tmp_path, as_written):
    table.to_csv(tmp_path / "falls.csv", index=False)
    options = {"task": "count", "exposure": "hours", "kinds": "hours=number"}
    splits = as_written(load_table, tmp_path / "falls.csv", "falls", **options)
    assert splits.raw_spec.target.exposure == "hours"


@pytest.mark.parametrize(
    ("change", "column", "error", "message"),
    [
        ({}, "minutes", ArgumentError, r"column of the table.*'minutes'.*'age', 'hours'"),
        ({"hours": 0.0}, "hours", DataError, "above 0"),
        ({"hours": "long"}, "hours", DataError, "must be a number"),
        ({"age": None}, "hours", DataError, "beside the exposure"),
    ],
)
def test_what_is_no_exposure(table, change, column, error, message):
    changed = table.assign(**{name: value for name, value in change.items() if value is not None})
    if change.get("hours") == 0.0:
        changed["hours"] = np.r_[0.0, table["hours"][1:]]
    if change.get("hours") == "long":
        changed["hours"] = np.where(table["hours"] > 1, "long", "short")
    changed = changed.drop(columns=[name for name, value in change.items() if value is None])
    kinds = {"hours": "category"} if change.get("hours") == "long" else {"hours": "number"}
    with pytest.raises(error, match=message):
        by_exposure(
            from_table(changed, "falls", task="count", column_rules=ColumnRules(kinds=kinds)),
            column,
        )


def test_only_counts_have_one(table):
    with pytest.raises(ArgumentError, match=r"Only counts.*regression data.*task='count'"):
        by_exposure(from_table(table, "falls", task="regression"), "hours")
