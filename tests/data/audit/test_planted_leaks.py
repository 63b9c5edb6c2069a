"""Leaks that are planted on purpose: the audit finds each."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import (
    ColumnRules,
    SealedSplit,
    Split,
    SplitRule,
    TablePreprocess,
    TextTokens,
    from_arrays,
    from_table,
)
from dlrecipes.data.parts.sealed_split import _peek


def test_nothing_planted(people, named):
    found = named(from_table(people, "left"))
    assert {one.severity for one in found.values()} == {"info"}


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_duplicate_row(people, named, part):
    table = people.assign(part=np.repeat(["train", "validation", "test"], [600, 200, 200]))
    row = {"validation": 700, "test": 900}[part]
    table.loc[row] = table.loc[17].where(table.columns != "part", part)
    finding = named(from_table(table, "left", split_rule=SplitRule(part="part")))["duplicates"]
    assert finding.severity == "warning"
    assert finding.evidence[f"train and {part}"] == 1
    assert finding.evidence["ids"] == ["17", str(row)]


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_group_on_two_sides(people, named, part):
    families = [f"family {at % 60}" for at in range(len(people))]
    splits = from_table(
        people.assign(family=families), "left", split_rule=SplitRule(group="family")
    )
    assert named(splits)["groups"].severity == "info"
    changed = splits.validation if part == "validation" else _peek(splits.test)
    changed.groups[0] = splits.train.groups[0]
    moved = changed if part == "validation" else SealedSplit(changed)
    finding = named(replace(splits, **{part: moved}))["groups"]
    assert finding.severity == ("error" if part == "validation" else "warning")
    assert finding.evidence["groups"] == [splits.train.groups[0]]
    assert finding.evidence[f"train and {part}"] == 1


def test_a_future_row(people, named):
    splits = from_table(people, "left", split_rule=SplitRule(time="day"))
    assert named(splits)["order of time"].severity == "info"
    train = splits.train
    train.time[5] = splits.validation.time.max()
    finding = named(splits)["order of time"]
    assert finding.severity == "error"
    assert finding.evidence["rows"] == [str(train.ids[5])]


@pytest.mark.parametrize(
    "change",
    [
        lambda y: y,
        lambda y: y.map({"yes": "left the firm", "no": "stayed"}),
        lambda y: y.map({"yes": 0.0, "no": 17.5}),
    ],
)
def test_a_column_that_is_the_target(people, named, change):
    splits = from_table(people.assign(ended=change(people["left"])), "left")
    finding = named(splits)["target leak"]
    assert finding.severity == "error"
    assert finding.evidence["same as the target"] == ["ended"]


def test_a_column_that_is_the_target_in_999_of_1000_rows(people, named):
    ended = people["left"].copy()
    ended[17] = "no" if ended[17] == "yes" else "yes"
    finding = named(from_table(people.assign(ended=ended), "left"))["target leak"]
    assert finding.severity == "warning"
    assert finding.evidence["almost tell the target"] == ["ended"]


def test_a_regression_target_in_another_unit(people, named):
    table = people.drop(columns="left").assign(tax=0.19 * people["pay"])
    finding = named(from_table(table, "pay"))["target leak"]
    assert finding.severity == "error"
    assert finding.evidence["same as the target"] == ["tax"]


# ---- statistics learned on all data: no way leads there


def weights(layer):
    variables = [keras.ops.convert_to_numpy(variable).tobytes() for variable in layer.variables]
    if isinstance(layer, keras.Sequential):  # whose layers have names of their own
        return variables
    return [*variables, repr(layer.get_config())]


def with_other_rows(splits, change):
    """Change the rows of validation and test part."""
    test = _peek(splits.test)
    return replace(
        splits,
        validation=Split(change(splits.validation.x), splits.validation.y),
        test=SealedSplit(Split(change(test.x), test.y)),
    )


@pytest.mark.parametrize(
    "make",
    [
        keras.layers.Normalization,
        lambda: keras.layers.Discretization(num_bins=5),
        lambda: keras.Sequential([keras.layers.Normalization(), keras.layers.Dense(2)]),
    ],
)
def test_other_validation_and_test_rows_change_no_statistic(make):
    x = np.random.default_rng(0).normal(size=(90, 3))
    splits = from_arrays(x, np.arange(90) % 2)
    others = with_other_rows(splits, lambda part: 1000.0 - 7 * part)
    results = []
    for some in (splits, others):
        keras.utils.set_random_seed(0)
        layer = make()
        layer.name = "same"
        results.append(weights(some.with_preprocess(layer).preprocess))
    assert results[0] == results[1]
    # The same test sees statistics of other training rows.
    moved = replace(splits, train=Split(splits.train.x + 1, splits.train.y))
    keras.utils.set_random_seed(0)
    layer = make()
    layer.name = "same"
    assert weights(moved.with_preprocess(layer).preprocess) != results[0]


def other_cells(columns):
    return {
        name: np.array([f"other {value}" for value in values], dtype=object)
        if values.dtype == object
        else 1000.0 - 7 * values
        for name, values in columns.items()
    }


def test_other_validation_and_test_rows_change_nothing_of_a_table(people):
    splits = from_table(people.drop(columns="day"), "left")
    others = with_other_rows(splits, other_cells)
    layers = [
        some.with_preprocess(TablePreprocess(some.raw_spec.columns, name="same")).preprocess
        for some in (splits, others)
    ]
    assert weights(layers[0]) == weights(layers[1])
    train = Split(other_cells(splits.train.x), splits.train.y)
    moved = replace(splits, train=train).with_preprocess(
        TablePreprocess(splits.raw_spec.columns, name="same")
    )
    assert weights(moved.preprocess) != weights(layers[0])


def test_other_validation_and_test_rows_change_no_vocabulary():
    texts = [f"the word {'abc'[at % 3]}{at % 7} is there" for at in range(90)]
    table = pd.DataFrame({"text": texts, "y": np.arange(90) % 2})
    splits = from_table(table, "y", column_rules=ColumnRules(kinds={"text": "text"}))
    others = with_other_rows(splits, other_cells)
    layers = [
        some.with_preprocess(TextTokens(some.raw_spec.columns, name="same")).preprocess
        for some in (splits, others)
    ]
    assert weights(layers[0]) == weights(layers[1])
