import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, SplitRule, from_arrays, from_table
from dlrecipes.data.audit import check_identifiers


def check(splits):
    return check_identifiers(splits.train, splits.validation, splits.raw_spec, 1000)


@pytest.mark.parametrize(
    "numbers",
    [
        np.arange(1000),
        np.random.default_rng(0).permutation(1000) + 50_000,
        np.arange(1000) * 997 + 13,
        np.where(np.arange(1000) % 100 == 0, np.nan, np.arange(1000)),
    ],
)
def test_numbers_of_rows(numbers):
    x = np.random.default_rng(0).normal(size=(1000, 2))
    table = pd.DataFrame(x, columns=["a", "b"]).assign(number=numbers, y=x[:, 0] > 0)
    splits = from_table(table, "y", column_rules=ColumnRules(kinds={"number": "number"}))
    finding = check(splits)
    assert finding.severity == "warning"
    assert list(finding.evidence) == ["number"]
    assert "drop=['number']" in finding.advice


def test_numbers_of_rows_in_an_array():
    x = np.random.default_rng(0).normal(size=(1000, 2))
    finding = check(from_arrays(np.column_stack([x, np.arange(1000)]), x[:, 0] > 0))
    assert list(finding.evidence) == ["2"]


def test_names(people):
    generator = np.random.default_rng(0)
    names = [f"name {at}" for at in generator.integers(0, 100_000, len(people))]
    finding = check(from_table(people.assign(name=names), "left"))
    assert list(finding.evidence) == ["name"]
    assert "training never saw" in finding.evidence["name"]


def test_ordinary_columns(people):
    generator = np.random.default_rng(0)
    table = people.assign(
        year=generator.integers(1900, 2020, 1000),
        price=generator.integers(10_000, 1_000_000, 1000),
        count=np.arange(1000) // 2,
        often=generator.choice([f"street {at}" for at in range(400)], 1000),
        whole=generator.normal(0, 1e6, 1000).round(),
    )
    finding = check(from_table(table, "left"))
    assert (finding.severity, finding.evidence, finding.advice) == ("info", {}, "")


def test_few_numbers_from_a_range_of_their_own_need_not_repeat():
    """24 of 120 numbers by chance: in one table of ten they all differ."""
    different = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        floors = np.where(generator.random(60) < 0.45, generator.integers(0, 110, 60), np.nan)
        x = np.column_stack([generator.normal(size=60), floors])
        table = pd.DataFrame(x, columns=["a", "floor"]).assign(y=np.arange(60) % 2)
        splits = from_table(table, "y")
        known = np.concatenate([part.x["floor"] for part in (splits.train, splits.validation)])
        different += pd.Series(known[~np.isnan(known)]).is_unique
        finding = check_identifiers(splits.train, splits.validation, splits.raw_spec, 60)
        assert finding.severity == "info"
    assert different > 0


@pytest.mark.parametrize(
    "prices",
    [lambda g: g.normal(5e5, 1e5, 1000).round(), lambda g: g.lognormal(12, 1, 1000).round()],
)
def test_a_table_that_is_sorted_by_a_column(people, prices):
    table = people.assign(price=np.sort(prices(np.random.default_rng(0))))
    assert table["price"].nunique() > 990
    assert check(from_table(table, "left")).severity == "info"


def test_categories_of_several_words_are_text_rather():
    generator = np.random.default_rng(0)
    words = [f"word{at}" for at in range(50)]
    notes = np.array([" ".join(generator.choice(words, 6)) for _ in range(200)])
    table = pd.DataFrame({"note": notes, "a": generator.normal(size=200)})
    table["y"] = generator.choice(["no", "yes"], 200)
    table = table.iloc[np.repeat(np.arange(200), 3)].reset_index(drop=True)
    splits = from_table(table, "y")
    assert {column.name: column.kind for column in splits.raw_spec.columns}["note"] == "category"
    finding = check(splits)
    assert finding.verdict == "These categories have several words and hardly repeat: 'note'."
    assert finding.advice == "Read them as text: --kinds note=text."
    assert (
        check(from_table(table, "y", column_rules=ColumnRules(kinds={"note": "text"}))).severity
        == "info"
    )


def test_a_category_whose_levels_chance_dealt_to_one_part_each():
    generator = np.random.default_rng(0)
    levels = np.repeat(["first", "second", "third"], [180, 60, 60])
    table = pd.DataFrame({"level": levels, "sex": generator.choice(["f", "m"], 300)})
    table["part"] = np.repeat(["train", "validation", "test"], [180, 60, 60])
    table["y"] = generator.choice(["no", "yes"], 300)
    assert check(from_table(table, "y", split_rule=SplitRule(part="part"))).severity == "info"
