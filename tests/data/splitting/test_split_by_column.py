import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.splitting import PARTS, may_be_part, part_named, split_by_column
from dlrecipes.errors import ArgumentError, DataError

WORDS = {
    "train": ["train", "Train", "TRAINING", " train ", "train_set", "01 train", "TrainData"],
    "validation": ["validation", "val", "Valid", "DEV", "development-set", "val2"],
    "test": ["test", "Test", "testing", "tests", "test1", "public_test", "test split"],
}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(sorted(WORDS)), max_size=30), st.data())
def test_parts_are_those_of_the_column(parts, data):
    parts = ["train", "test", *parts]
    column = [data.draw(st.sampled_from(WORDS[part])) for part in parts]
    for name, rows in zip(WORDS, split_by_column(column), strict=True):
        expected = np.flatnonzero(np.array(parts) == name)
        if name == "validation" and not len(expected):
            assert rows is None
        else:
            assert rows.dtype == np.int64
            np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize(
    "column",
    [
        [0, 1, 2, 0],
        [0.0, 1.0, 2.0, 0.0],
        ["0", "1", "2", "0"],
        pd.Series([0, 1, 2, 0], dtype="Int64"),
        pd.Categorical([0, 1, 2, 0]),
    ],
)
def test_names(column):
    train, validation, test = split_by_column(column, {0: "train", 1: "validation", "2": "test"})
    assert [train.tolist(), validation.tolist(), test.tolist()] == [[0, 3], [1], [2]]


def test_names_add_to_the_known_ones():
    train, validation, test = split_by_column(["Fit", "dev", "test"], {"fit": "train"})
    assert [train.tolist(), validation.tolist(), test.tolist()] == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            ["train", "test", "holdout", "other"],
            r"must name.*'holdout', 'other'.*Write train, validation or test into the column",
        ),
        ([0, 1, 2], "must name.*'0', '1', '2'"),
        ([f"p{number:02}" for number in range(15)], "'p09' and 5 more"),
        (["train", None, "test"], "1 of 3 missing, first in row 1"),
        (["train", "val"], "rows to the test part.*only train, val"),
        (["test", "val"], "rows to the training part"),
        ([], "one value for each example"),
    ],
)
def test_malformed(column, message):
    with pytest.raises(DataError, match=message):
        split_by_column(column)


def test_malformed_names():
    with pytest.raises(ArgumentError, match="`names` must be one of 'test', 'train', 'validation'"):
        split_by_column([0, 1], {0: "fit"})


WORDS_OF_PARTS = {
    "train": ["train", "training"],
    "validation": ["validation", "valid", "val", "dev"],
    "test": ["test", "tests", "testing"],
}
around = st.lists(st.sampled_from(["set", "data", "images", "split", "public", "part"]), max_size=2)
apart = st.sampled_from(["", "_", "-", " ", ".", "1", "_01_"])


@settings(deadline=None)
@given(st.sampled_from(PARTS), st.data(), around, around, apart)
def test_words_around_digits_and_case_do_not_count(part, data, before, after, between):
    word = data.draw(st.sampled_from(WORDS_OF_PARTS[part]))
    name = between.join([*before, word, *after])
    for written in (name, name.upper(), name.title(), f"{name}2", f"3-{name}"):
        assert part_named(written) == part
        assert may_be_part(written)


@pytest.mark.parametrize("name", ["eval", "Evaluation", "hold_out", "hold-out", "unseen"])
def test_unclear(name):
    assert may_be_part(name)
    assert part_named(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "7", "0", "data", "set", "images", "trains", "contest", "latest", "attest", "interval"]
    + [
        "invalid",
        "trainer",
        "tram",
        "device",
        "tested",
        "protest",
        "train_small",
        "medieval",
        "cat",
    ],
)
def test_what_is_no_part(name):
    assert not may_be_part(name)
