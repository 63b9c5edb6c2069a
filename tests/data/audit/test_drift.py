from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import Drawing, Split, from_arrays, from_table, load
from dlrecipes.data.audit.drift import check_drift


def check(splits):
    return check_drift(splits.train, splits.validation, splits.spec)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_draw_by_chance_is_alike(people, seed):
    finding = check(from_table(people, "left", drawing=Drawing(seed=seed)))
    assert (finding.severity, finding.advice) == ("info", "")
    assert finding.evidence["area under the ROC curve"] == pytest.approx(0.5, abs=0.1)


def test_a_column_that_shifts(people):
    parts = np.repeat(["train", "validation", "test"], [600, 200, 200])
    people.loc[600:, "age"] += 15
    finding = check(from_table(people.assign(part=parts), "left", drawing=Drawing(part="part")))
    assert finding.severity == "warning"
    assert finding.evidence["most different"][0] == "age"
    assert finding.evidence["95 % interval from"] > 0.6


def test_a_category_that_only_validation_has(people):
    parts = np.repeat(["train", "validation", "test"], [600, 200, 200])
    people.loc[600:, "job"] = "pilot"
    finding = check(from_table(people.assign(part=parts), "left", drawing=Drawing(part="part")))
    assert (finding.severity, finding.evidence["most different"][0]) == ("warning", "job")


def test_the_order_of_time_explains_it(people):
    finding = check(from_table(people, "left", drawing=Drawing(time="day")))
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
        return check(from_table(changed, "y", drawing=Drawing(part="part"), kinds={"text": "text"}))

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
        return check(from_table(changed, "y", drawing=Drawing(part="part"), kinds=kinds))

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
