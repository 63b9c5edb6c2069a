import numpy as np
import pytest

from dlrecipes.data import SplitRule, from_arrays, from_table
from dlrecipes.data.audit.outliers import _chance_of_gap, check_outliers


def check(splits):
    return check_outliers(splits.train, splits.validation, splits.raw_spec)


def test_ordinary_columns(people):
    finding = check(from_table(people, "left"))
    assert (finding.severity, finding.evidence, finding.advice) == ("info", {}, "")


@pytest.mark.parametrize("value", [455.0, -99_999.0])
def test_a_slip(people, value):
    splits = from_table(people, "left")
    row = int(splits.validation.ids[3])
    people.loc[row, "age"] = value
    finding = check(from_table(people, "left"))
    assert finding.severity == "warning"
    assert finding.evidence["rows"] == [str(row)]
    assert f"the furthest {value:g} (1 alone)" in finding.evidence["age"]


def test_a_code_for_a_missing_value_in_a_column_that_is_mostly_zero(people):
    generator = np.random.default_rng(0)
    gain = np.where(generator.random(1000) < 0.1, generator.integers(500, 9000, 1000), 0)
    ids = from_table(people, "left").train.ids
    gain[ids[5:9]] = [40_000, 30_000, 22_000, 15_000]
    rows = ids[:5]
    gain[rows] = 99_999
    finding = check(from_table(people.assign(gain=gain), "left"))
    assert finding.severity == "warning"
    assert "5 alone" in finding.evidence["gain"]
    assert set(finding.evidence["rows"]) == {str(row) for row in rows}
    gain[rows] = 90_000 + np.arange(5)  # five different ones are a tail
    assert check(from_table(people.assign(gain=gain), "left")).severity == "info"


def test_the_usual_value_of_a_column_is_not_far_from_the_others(people):
    loss = np.where(np.arange(1000) % 10 == 0, 1800 + np.arange(1000) / 10, 0)
    finding = check(from_table(people.assign(loss=loss), "left"))
    assert (finding.severity, finding.evidence) == ("info", {})


def test_a_long_tail_is_told(people):
    people["pay"] = np.random.default_rng(0).lognormal(0, 2, 1000)
    finding = check(from_table(people, "left"))
    assert finding.severity == "info"
    assert "'pay'" in finding.verdict
    assert "clips numbers" in finding.advice


def test_the_target_of_a_regression_and_an_array():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(300, 2)), generator.normal(size=300)
    row = int(from_arrays(x, y).validation.ids[0])
    y[row] = 1e6
    finding = check(from_arrays(x, y))
    assert next(iter(finding.evidence)) == "the target"
    assert finding.evidence["rows"] == [str(row)]
    assert "QuantileClip" in finding.advice


def test_flags_and_empty_columns_have_none(people):
    rare = (np.arange(1000) % 200 == 0).astype(float)
    empty = np.full(1000, np.nan)
    empty[:3] = [1.0, 2.0, 1e9]
    finding = check(from_table(people.assign(rare=rare, empty=empty), "left"))
    assert finding.severity == "info"


# ---- tails that are heavy by nature


TAILS = {
    "Cauchy": lambda generator, rows: generator.standard_cauchy(rows),
    "rounded": lambda generator, rows: generator.standard_cauchy(rows).round(),
    "Pareto": lambda generator, rows: np.floor(10 * (1 + generator.pareto(0.9, rows))),
    "lognormal": lambda generator, rows: generator.lognormal(3, 2, rows).round(2),
    "counts": lambda generator, rows: np.minimum(generator.zipf(2.0, rows), 10**9),
    "mostly zero": lambda generator, rows: np.where(
        generator.random(rows) < 0.3, 1 + generator.pareto(1.0, rows), 0.0
    ),
}


def alarms(make, tables=40):
    found = []
    for seed in range(tables):
        generator = np.random.default_rng([seed, 5])
        rows = int(generator.integers(60, 900))
        x = np.stack([make(generator, rows) for _ in range(3)], axis=1)
        found.append(check(from_arrays(x, np.arange(rows) % 2)).severity == "warning")
    return sum(found)


@pytest.mark.parametrize("make", TAILS.values(), ids=TAILS)
def test_gaps_belong_to_a_heavy_tail(make):
    assert alarms(make) <= 2  # of 40: the rate is below 1.6 %


def slips(make, change, rows, tables=20):
    """Return in how many tables a changed value is found."""
    found = 0
    for seed in range(tables):
        generator = np.random.default_rng(seed)
        x = np.stack([generator.normal(size=rows), make(generator, rows)], axis=1)
        row = from_arrays(x, np.arange(rows) % 2).train.ids[0]
        x[row, 1] = change(x[row, 1])
        finding = check(from_arrays(x, np.arange(rows) % 2))
        found += finding.severity == "warning" and finding.evidence["rows"] == [str(row)]
    return found


def test_slips_are_still_found():
    def ages(generator, rows):
        return generator.normal(40, 10, rows).round()

    def pay(generator, rows):
        return generator.lognormal(8, 0.5, rows).round(2)

    assert slips(ages, lambda _: 9999.0, 60) == 20
    assert slips(ages, lambda age: 10 * age, 200) >= 18
    assert slips(pay, lambda amount: 1000 * amount, 300) >= 18


def test_copies_of_a_far_row_are_no_code(people):
    people["pay"] = np.random.default_rng(0).pareto(1.0, 1000).round(2)
    furthest = people["pay"].nlargest(2)
    people.loc[furthest.index[0], "pay"] = 2.5 * furthest.iloc[1]
    copies = [furthest.index[0]] * 6
    table = people.iloc[[*range(1000), *copies]].reset_index(drop=True)
    for seed in range(3):
        assert (
            check(from_table(table, "left", split_rule=SplitRule(split_seed=seed))).severity
            == "info"
        )


@pytest.mark.parametrize(
    ("deviations", "chance"),
    [
        ([0.0, 1.0, 1.0, 55.0], 0.0),  # no gap further in
        ([0.0, 1.0, 1.0, 1.0], 1.0),
        ([0.0, 1.0, np.nextafter(1.0, 2.0), 1e300], 0.0),
    ],
)
def test_the_chance_of_a_gap_below_which_all_is_equal(deviations, chance):
    """Without a warning of NumPy's."""
    assert _chance_of_gap(np.array(deviations), 1) == pytest.approx(chance, abs=1e-12)
