from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import ColumnRules, Split, SplitRule, from_arrays, from_table, load
from dlrecipes.data.audit.drift import _ranks, check_drift


def check(splits):
    return check_drift(splits.train, splits.validation, splits.raw_spec)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_draw_by_chance_is_alike(people, seed):
    finding = check(from_table(people, "left", split_rule=SplitRule(split_seed=seed)))
    assert (finding.severity, finding.advice) == ("info", "")
    assert finding.evidence["area under the ROC curve"] == pytest.approx(0.5, abs=0.1)


def test_a_column_that_shifts(people):
    parts = np.repeat(["train", "validation", "test"], [600, 200, 200])
    people.loc[600:, "age"] += 15
    finding = check(
        from_table(people.assign(part=parts), "left", split_rule=SplitRule(part="part"))
    )
    assert finding.severity == "warning"
    assert finding.evidence["most different"][0] == "age"
    assert finding.evidence["95 % interval from"] > 0.6


def test_a_category_that_only_validation_has(people):
    parts = np.repeat(["train", "validation", "test"], [600, 200, 200])
    people.loc[600:, "job"] = "pilot"
    finding = check(
        from_table(people.assign(part=parts), "left", split_rule=SplitRule(part="part"))
    )
    assert (finding.severity, finding.evidence["most different"][0]) == ("warning", "job")


def test_the_order_of_time_explains_it(people):
    finding = check(from_table(people, "left", split_rule=SplitRule(time="day")))
    assert (finding.severity, finding.advice) == ("info", "")
    assert "as is to be expected of parts in the order of time" in finding.verdict
    assert finding.evidence["most different"][0] == "day"


def test_images():
    splits = load("digits")
    assert check(splits).severity == "info"
    darker = replace(splits, validation=Split(splits.validation.x * 0.5, splits.validation.y))
    assert check(darker).severity == "warning"


def test_texts():
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(["ba", "du", "ki", "lo"], 6)) for _ in range(300)]
    parts = np.repeat(["train", "validation", "test"], [160, 80, 60])
    table = pd.DataFrame({"text": texts, "y": np.arange(300) % 2, "part": parts})

    def drift(changed):
        return check(
            from_table(
                changed,
                "y",
                split_rule=SplitRule(part="part"),
                column_rules=ColumnRules(kinds={"text": "text"}),
            )
        )

    assert drift(table).severity == "info"
    table.loc[160:, "text"] = table.loc[160:, "text"] + " mu"
    finding = drift(table)
    assert finding.severity == "warning"
    assert "word 'mu' in 'text'" in finding.evidence["most different"]


def test_texts_beside_other_columns():
    generator = np.random.default_rng(0)
    parts = np.repeat(["train", "validation", "test"], [160, 80, 60])
    table = pd.DataFrame(
        {
            # ---- a column that is called like what is measured of texts
            "length": np.where(parts == "validation", 1.0, 0.0) + generator.normal(0, 0.1, 300),
            "text": [" ".join(generator.choice(["ba", "du", "ki"], 6)) for _ in range(300)],
            "note": [" ".join(generator.choice(["fo", "mu"], 5)) for _ in range(300)],
            "y": np.arange(300) % 2,
            "part": parts,
        }
    )
    kinds = {"text": "text", "note": "text"}

    def drift(changed):
        return check(
            from_table(
                changed,
                "y",
                split_rule=SplitRule(part="part"),
                column_rules=ColumnRules(kinds=kinds),
            )
        )

    assert drift(table).evidence["most different"][0] == "length"
    longer = table.assign(length=generator.normal(size=300))
    longer.loc[160:, "note"] = longer.loc[160:, "note"] + " la la la"
    assert "length of 'note'" in drift(longer).evidence["most different"]
    assert drift(table.assign(length=generator.normal(size=300))).severity == "info"


def test_few_examples_are_not_compared():
    finding = check(from_arrays(np.arange(40.0).reshape(20, 2), np.arange(20) % 2))
    assert finding.severity == "info"
    assert "Too few" in finding.verdict


def test_repeated_rows_are_one():
    splits = load("breast_cancer")
    train = splits.train
    rows = np.concatenate([np.arange(len(train)), *[np.flatnonzero(train.y == 0)] * 20])
    assert check(replace(splits, train=train.pick(rows))).severity == "info"


# ---- what differs by the luck of the draw is no drift


@pytest.mark.parametrize("seed", range(3))
def test_rare_categories_in_parts_dealt_by_chance(seed):
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "name": [f"car {at}" for at in generator.integers(0, 300, 400)],
            "weight": generator.normal(size=400),
            "y": generator.choice(["no", "yes"], 400),
        }
    )
    finding = check(from_table(table, "y", split_rule=SplitRule(split_seed=seed)))
    assert finding.severity == "info"
    assert finding.evidence["area under the ROC curve"] < 0.65


def test_the_order_of_the_rows_does_not_number_the_categories():
    values = np.array(["b", "a", "c", "c", "d", "a", "b", "c"], dtype=object)
    places = dict(zip(values, _ranks(values), strict=True))
    assert dict(zip(values[::-1], _ranks(values[::-1]), strict=True)) == places
    assert places == {"c": 0, "a": 1, "b": 2, "d": 3}


def copied(rows, shift=0.0):
    """Return a table of three copies a row that were kept together, and two parts that differ."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(rows, 4))
    parts = np.repeat(["train", "validation", "test"], [rows * 6 // 10, rows // 5, rows // 5])
    x[parts != "train", 0] += shift
    table = pd.DataFrame(x, columns=list("abcd")).assign(part=parts, y=np.arange(rows) % 2)
    return table.iloc[np.repeat(np.arange(rows), 3)].reset_index(drop=True)


def test_copies_that_were_kept_together():
    split_rule = SplitRule(part="part")
    alike = check(from_table(copied(300), "y", split_rule=split_rule))
    assert alike.severity == "info"
    assert alike.evidence["training examples"] == 180  # each different row once
    apart = check(from_table(copied(300, shift=1.5), "y", split_rule=split_rule))
    assert (apart.severity, apart.evidence["most different"][0]) == ("warning", "a")


def test_copies_dealt_by_chance():
    rows = copied(200).drop(columns="part")
    assert check(from_table(rows, "y", split_rule=SplitRule(split_seed=3))).severity == "info"


def test_short_texts_dealt_by_chance():
    generator = np.random.default_rng(0)
    words = [f"{first}{second}" for first in "bdfgk" for second in "aeiou"]
    texts = [" ".join(generator.choice(words, generator.integers(1, 4))) for _ in range(800)]
    table = pd.DataFrame({"text": texts, "y": np.arange(800) % 2})
    for seed in range(3):  # "ba du" and "du ba" are alike to the forest, and split apart
        splits = from_table(
            table,
            "y",
            split_rule=SplitRule(split_seed=seed),
            column_rules=ColumnRules(kinds={"text": "text"}),
        )
        assert check(splits).severity == "info"


def test_rows_that_are_equal_by_nature_each_count():
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "sex": generator.choice(["f", "m"], 1000),
            "smoker": generator.choice(["no", "yes"], 1000),
            "y": generator.choice(["no", "yes"], 1000),
            "part": np.repeat(["train", "validation", "test"], [600, 200, 200]),
        }
    )
    split_rule = SplitRule(part="part")
    assert check(from_table(table, "y", split_rule=split_rule)).severity == "info"
    table.loc[600:, "smoker"] = generator.choice(["no", "yes"], 400, p=[0.1, 0.9])
    finding = check(from_table(table, "y", split_rule=split_rule))
    assert (finding.severity, finding.evidence["training examples"]) == ("warning", 600)


def families(shift=0.0, *, count=100):
    """Return 1,000 rows of families whose members are alike; some families are shifted."""
    generator = np.random.default_rng(2)
    family = np.sort(generator.integers(0, count, 1000))
    x = generator.normal(size=(count, 4))[family] + 0.3 * generator.normal(size=(1000, 4))
    table = pd.DataFrame(x, columns=list("abcd"))
    table = table.assign(family=[f"family {at}" for at in family], y=np.arange(1000) % 2)
    splits = from_table(table, "y", split_rule=SplitRule(group="family"))
    splits.validation.x["a"][:] += shift
    return splits


def test_the_unit_of_a_draw_by_group_is_the_group():
    finding = check(families())
    assert finding.severity == "info"
    assert finding.evidence["training groups"] + finding.evidence["validation groups"] < 100
    assert "groups" in finding.verdict
    apart = check(families(shift=4.0))
    assert (apart.severity, apart.evidence["most different"][0]) == ("warning", "a")
    assert "folds=5" in apart.advice


def test_too_few_groups_are_not_compared():
    finding = check(families(count=12))
    assert finding.severity == "info"
    assert finding.verdict.startswith("Too few groups")


# The same tables each time: of many others, one in some hundred is apart by chance.
@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 12))
def test_parts_of_one_distribution_are_alike(seed, copies, levels):
    generator = np.random.default_rng(seed)
    rows = np.repeat(np.arange(int(generator.integers(40, 150))), copies)
    table = pd.DataFrame(
        {
            "code": generator.integers(0, levels, rows.max() + 1)[rows],
            "amount": generator.standard_cauchy(rows.max() + 1)[rows],
            "kind": generator.integers(0, levels * 8, rows.max() + 1)[rows].astype(str),
            "y": np.arange(len(rows)) % 2,
        }
    )
    splits = from_table(
        table,
        "y",
        split_rule=SplitRule(split_seed=seed % 100),
        column_rules=ColumnRules(kinds={"kind": "category"}),
    )
    assert check(splits).severity == "info"
