import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import ColumnRules, SplitRule, from_table
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.data.tables.table_columns import Subgroups, subgroup_columns
from dlrecipes.errors import DataError

ROWS = 400


def people(rows=ROWS, seed=0):
    generator = np.random.default_rng(seed)
    sex = generator.choice(["f", "m"], rows)
    return pd.DataFrame(
        {
            "age": generator.integers(18, 80, rows),
            "pay": generator.normal(0, 1, rows).round(3),
            "sex": np.where(generator.random(rows) < 0.1, None, sex),
            "left": generator.choice(["no", "yes"], rows),
        }
    )


def groups(values, train=None, **options):
    table = pd.DataFrame({"one": values})
    train = np.arange(len(table)) if train is None else np.asarray(train)
    groups = Subgroups(["one"], table, train, "target", {}, options.get("kinds", {}))
    return subgroup_columns(table, groups)["one"].tolist()


def test_values_and_missing_ones():
    assert groups(["b", None, "a", "b", ""]) == ["b", "missing", "a", "b", "missing"]
    assert groups([1.0, np.nan, 0.0, 1.0]) == ["1", "missing", "0", "1"]
    assert groups([True, False, True]) == ["True", "False", "True"]
    assert groups(pd.Series(["x", "y", "x"], dtype="category")) == ["x", "y", "x"]


def test_numbers_are_cut_at_training_quartiles():
    ages = np.concatenate([np.arange(20, 60), [5.0, 99.0, np.nan]])
    found = groups(ages, np.arange(40))
    assert found[:10] == ["1. up to 29"] * 10
    assert found[10:20] == ["2. over 29 to 39"] * 10
    assert found[20:30] == ["3. over 39 to 49"] * 10
    assert found[30:40] == ["4. over 49"] * 10
    assert found[40:] == ["1. up to 29", "4. over 49", "missing"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-50, 50), min_size=12, max_size=80))
def test_quarters_are_those_of_numpy(values):
    numbers = np.array(values, dtype=float)
    if len(np.unique(numbers)) <= 10:
        return
    found = pd.Series(groups(numbers)).groupby(numbers).first()
    cuts = np.unique(np.quantile(numbers, [0.25, 0.5, 0.75], method="inverted_cdf"))
    cuts = cuts[cuts < numbers.max()] if cuts[0] < numbers.max() else np.unique(numbers)[-2:-1]
    expected = np.searchsorted(cuts, found.index.to_numpy())
    assert [int(name.split(".")[0]) - 1 for name in found] == expected.tolist()
    assert sorted(set(found)) == list(dict.fromkeys(found))


def test_numbers_that_are_mostly_one_value():
    gains = np.concatenate([np.zeros(900), np.arange(1, 101) * 100.0])
    found = groups(gains)
    assert (found[0], found[-1]) == ("1. up to 0", "2. over 0")
    assert sorted(set(groups(-gains))) == ["1. up to -100", "2. over -100"]


def test_dates_are_cut_as_well():
    days = pd.date_range("2024-01-01", periods=40).strftime("%Y-%m-%d")
    found = groups(days)
    assert found[0] == "1. up to 2024-01-10"
    assert found[-1] == "4. over 2024-01-30"


def test_row_numbers_are_numbers():
    assert groups(np.arange(100))[0] == "1. up to 24"


def test_many_values_are_pooled_and_said_so():
    generator = np.random.default_rng(0)
    frequent = [f"z{at}" for at in range(20)] * 3
    rare = [f"rare {at}" for at in range(9_980)]
    values = generator.permutation(frequent + rare)
    found = groups(values)
    assert len(set(found)) == 21
    assert found.count("other (9,980 rarer values)") == 9_980
    assert {name for name in found if name.startswith("z")} == set(frequent)


def test_a_value_that_training_lacks():
    assert groups(["a", "b", "c"], [0, 1]) == ["a", "b", "not in training"]


@pytest.mark.parametrize("values", [["a"] * 9, [3.5] * 9, [None] * 9])
def test_one_group_only(values):
    with pytest.raises(DataError, match="at least two groups.*in 9 rows of 'one'"):
        groups(values)


def test_kinds_that_are_known_better():
    numbers = np.arange(40) % 20
    assert groups(numbers, kinds={"one": "category"})[:3] == ["0", "1", "2"]
    assert groups(numbers, kinds={"one": "ignored"})[0] == "1. up to 4"


# ---- in a table


def test_subgroups_travel_though_they_are_no_inputs():
    table = people()
    splits = from_table(
        table, "left", column_rules=ColumnRules(drop=["sex"], subgroup=["sex", "age"])
    )
    assert [column.name for column in splits.raw_spec.columns] == ["age", "pay"]
    for part in (splits.train, splits.validation, _peek(splits.test)):
        assert part.subgroups.names == ("sex", "age")
        expected = table["sex"].iloc[part.ids].fillna("missing").tolist()
        assert part.subgroups["sex"].tolist() == expected


def test_subgroups_of_an_official_test_part(tmp_path):
    test = people(60, seed=1).assign(sex="x")
    splits = from_table(people(), "left", test=test, column_rules=ColumnRules(subgroup=["sex"]))
    opened = splits.test.open("look", ledger=tmp_path / "ledger.jsonl")
    assert set(opened.subgroups["sex"]) == {"not in training"}
    assert set(splits.train.subgroups["sex"]) == {"f", "m", "missing"}


def test_subgroups_move_no_row():
    plain = from_table(people(), "left")
    measured = from_table(people(), "left", column_rules=ColumnRules(subgroup=["sex"]))
    assert measured.test.fingerprint == plain.test.fingerprint
    assert plain.train.subgroups is None


@pytest.mark.parametrize(
    ("subgroup", "message"),
    [
        (["gone"], r"subgroup\[0\]='gone'"),
        (["sex", "left"], "so the target is none.*target='left' and subgroup=sex, left"),
    ],
)
def test_wrong_subgroups(subgroup, message):
    with pytest.raises(DataError, match=message):
        from_table(
            people(),
            "left",
            split_rule=SplitRule(split_seed=1),
            column_rules=ColumnRules(subgroup=subgroup),
        )
