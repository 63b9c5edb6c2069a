import sys

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, SplitRule, from_arrays, from_table
from dlrecipes.data.audit import check_duplicates
from dlrecipes.data.audit.duplicates import equal_by_chance
from dlrecipes.data.parts.sealed_split import _peek


def check(splits):
    parts = {"train": splits.train, "validation": splits.validation, "test": _peek(splits.test)}
    return check_duplicates(parts, splits.raw_spec)


def passengers(rows=800, seed=0):
    """Return a table whose rows are equal by nature: few columns of few values."""
    generator = np.random.default_rng(seed)
    sex = generator.choice(["f", "m"], rows)
    return pd.DataFrame(
        {
            "sex": sex,
            "class": generator.integers(1, 4, rows),
            "age": np.where(sex == "f", 30, 35) + generator.integers(0, 12, rows),
            "port": generator.choice(["C", "Q", "S"], rows, p=[0.2, 0.1, 0.7]),
            "y": generator.choice(["no", "yes"], rows),
        }
    )


@pytest.mark.parametrize("seed", range(3))
def test_equal_rows_of_few_values_may_have_different_labels(seed):
    finding = check(from_table(passengers(seed=seed), "y"))
    assert finding.evidence["different labels"] > 50
    assert (finding.severity, finding.advice) == ("info", "")
    assert "no more than chance makes" in finding.verdict


def test_equal_rows_of_few_values_may_be_in_two_parts():
    generator = np.random.default_rng(0)
    table = passengers().assign(family=generator.integers(0, 60, 800).astype(str))
    finding = check(from_table(table, "y", split_rule=SplitRule(group="family")))
    assert finding.evidence["train and validation"] > 20
    assert finding.severity == "info"


def test_of_arrays_too():
    generator = np.random.default_rng(0)
    x = generator.integers(0, 4, (300, 4)).astype(float)
    finding = check(from_arrays(x, generator.integers(0, 2, 300)))
    assert finding.evidence["train and validation"] > 0
    assert finding.severity == "info"


@pytest.mark.parametrize("copies", [1, 5])
def test_a_row_stored_twice_among_rows_of_many_values(copies):
    table = passengers().assign(
        fare=np.random.default_rng(1).lognormal(3, 1, 800),
        part=np.repeat(["train", "validation", "test"], [480, 160, 160]),
    )
    assert check(from_table(table, "y", split_rule=SplitRule(part="part"))).severity == "info"
    inputs = ["sex", "class", "age", "port", "fare"]
    table.loc[500 : 499 + copies, inputs] = table.loc[100 : 99 + copies, inputs].to_numpy()
    finding = check(from_table(table, "y", split_rule=SplitRule(part="part")))
    assert (finding.severity, finding.evidence["train and validation"]) == ("warning", copies)


def test_copies_with_the_label_of_another():
    generator = np.random.default_rng(0)
    table = pd.DataFrame(generator.normal(size=(200, 3)).round(3), columns=list("abc"))
    table["y"] = np.where(generator.random(200) < 0.5, "no", "yes")
    twice = table.iloc[:5].assign(y=table["y"][:5].map({"no": "yes", "yes": "no"}))
    finding = check(from_table(pd.concat([table, twice], ignore_index=True), "y"))
    assert (finding.severity, finding.evidence["different labels"]) == ("warning", 5)


def messages(least, most, words=50):
    generator = np.random.default_rng(0)
    names = np.array([f"{first}{second}" for first in "abcdefghij" for second in "klmno"][:words])
    texts = [
        " ".join(generator.choice(names, size))
        for size in generator.integers(least, most + 1, 1000)
    ]
    table = pd.DataFrame({"text": texts, "y": generator.choice(["no", "yes"], 1000)})
    return from_table(table, "y", column_rules=ColumnRules(kinds={"text": "text"}))


@pytest.mark.parametrize(("least", "most", "words"), [(1, 3, 50), (4, 5, 12)])
def test_short_texts_are_equal_by_nature(least, most, words):
    finding = check(messages(least, most, words))
    assert finding.evidence["different labels"] > 0
    assert finding.severity == "info"


def test_a_long_text_with_two_labels():
    splits = messages(8, 12)
    assert check(splits).severity == "info"
    splits.train.x["text"][0] = splits.train.x["text"][1]
    splits.train.y[:2] = [0, 1]
    assert check(splits).severity == "warning"


def test_of_a_large_table_some_rows_stand_for_all(monkeypatch):
    monkeypatch.setattr(sys.modules[equal_by_chance.__module__], "MOST_ROWS", 400)
    assert check(from_table(passengers(), "y")).severity == "info"
    test_a_row_stored_twice_among_rows_of_many_values(5)
