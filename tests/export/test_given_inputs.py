"""Inputs from Python: the same data gives the same inputs as from a file."""

import dataclasses
import datetime
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import Columns, from_table, load_table
from dlrecipes.errors import DataError
from dlrecipes.export import given_inputs, read_inputs
from dlrecipes.results import Column

TOWNS = ["Oslo", "Rome", "São Paulo", None]


def people(rows=60, seed=0):
    generator = np.random.default_rng(seed)
    words = ["glad", "tired", "late", "busy", "well", "here", "gone", "soon", "much", "more"]
    return pd.DataFrame(
        {
            "age": np.where(
                generator.random(rows) < 0.1, np.nan, generator.normal(40, 10, rows).round(1)
            ),
            "rooms": pd.array(
                np.where(generator.random(rows) < 0.1, None, generator.integers(1, 9, rows)),
                dtype="Int64",
            ),
            "pay": generator.normal(3000, 500, rows).astype("float32"),
            "town": pd.Categorical(generator.choice(TOWNS[:3], rows)),
            "owner": generator.choice([True, False], rows),
            "since": pd.date_range("2020-01-01", periods=rows, freq="3D"),
            "note": [" ".join(generator.choice(words, 4)) for _ in range(rows)],
            "left": generator.choice(["yes", "no"], rows),
        }
    )


INPUTS = [name for name in people(1) if name != "left"]


@pytest.fixture(scope="module", params=["csv", "parquet", "frame"])
def trained(request, tmp_path_factory):
    """The spec of a model that learned from a file, or from a frame."""
    if request.param == "frame":
        return from_table(people(), "left").raw_spec
    file = tmp_path_factory.mktemp("given") / f"people.{request.param}"
    write = people().to_csv if request.param == "csv" else people().to_parquet
    write(file, index=False)
    return load_table(file, "left").raw_spec


@pytest.fixture(scope="module")
def of_file(tmp_path_factory):
    """`of_file(frame, spec)`: the inputs that a Parquet file of the frame gives."""
    file = tmp_path_factory.mktemp("file") / "new.parquet"

    def read(frame, spec):
        frame.to_parquet(file, index=False)
        return read_inputs(file, spec)

    return read


def assert_same(found, expected):
    assert isinstance(found, Columns)
    assert found.dtypes == expected.dtypes
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_a_frame_is_read_as_its_file(trained, of_file):
    frame = people(seed=1)
    expected = of_file(frame, trained)
    assert_same(given_inputs(frame, trained), expected)
    some = expected[np.arange(5, 9)]
    shuffled = frame[5:9].sample(frac=1.0, axis=1, random_state=0).assign(lists=[[1]] * 4)
    assert_same(given_inputs(shuffled, trained), some)
    assert_same(given_inputs(pa.Table.from_pandas(frame), trained), expected)
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert_same(given_inputs(records, trained), expected)
    assert_same(given_inputs(records[3], trained), expected[np.arange(3, 4)])
    assert_same(given_inputs(frame.astype(object).iloc[3], trained), expected[np.arange(3, 4)])


@pytest.mark.parametrize(
    "make",
    [list, np.asarray, tuple, lambda values: pd.Series(values, range(9, 9 - len(values), -1))],
)
def test_a_dictionary_is_a_table(trained, of_file, make):
    frame = people(seed=1).dropna()[:8]
    columns = {name: make(frame[name].tolist()) for name in reversed(INPUTS)}
    assert_same(given_inputs(columns, trained), of_file(frame, trained))


DTYPES = {
    "age": ["float64", "Float64", "object", "str"],
    "rooms": ["Int64", "float64", "object", "category"],
    "town": ["category", "object", "str", "string[pyarrow]"],
    "owner": ["bool", "boolean", "object", "str", "Int8"],
    "since": ["datetime64[ns]", "datetime64[s]", "object", "str"],
    "note": ["object", "str", "category"],
}


@settings(max_examples=10, deadline=None)
@given(
    rows=st.lists(st.integers(0, 59), min_size=1, max_size=6),
    order=st.permutations(INPUTS),
    kinds=st.fixed_dictionaries({name: st.sampled_from(kinds) for name, kinds in DTYPES.items()}),
)
def test_dtypes_do_not_matter(rows, order, kinds, csv_spec):
    spec, expected = csv_spec
    frame = people().iloc[rows][order].astype(kinds)
    assert_same(given_inputs(frame, spec), expected[np.array(rows)])


@pytest.fixture(scope="module")
def csv_spec(tmp_path_factory):
    file = tmp_path_factory.mktemp("kinds") / "people.csv"
    people().to_csv(file, index=False)
    spec = load_table(file, "left").raw_spec
    return spec, read_inputs(file, spec)


def test_cells_of_text_are_those_of_a_file(csv_spec):
    spec, expected = csv_spec
    frame = people().astype(object)
    frame["town"] = " " + people()["town"].astype(str) + " "
    frame["age"] = [" NA " if pd.isna(age) else f" {age}" for age in people()["age"]]
    assert_same(given_inputs(frame, spec), expected)


def test_numbers_and_dates_that_python_has(csv_spec):
    spec, expected = csv_spec
    row = people().iloc[3]
    given_row = {
        **row.to_dict(),
        "pay": decimal.Decimal(str(row["pay"])),
        "since": datetime.datetime(2020, 1, 10),
        "rooms": int(row["rooms"]),
    }
    assert_same(given_inputs(given_row, spec), expected[np.arange(3, 4)])
    given_row["since"] = datetime.date(2020, 1, 10)
    assert_same(given_inputs(given_row, spec), expected[np.arange(3, 4)])


def changed(frame, **changes):
    return frame.assign(**changes)


ROW = people().iloc[3].to_dict()
WRONG = {
    "a missing column": (
        lambda: people().drop(columns=["age", "note"]),
        r"all columns.*Received: none named 'age', 'note'; there are 'rooms', ",
    ),
    "a dictionary without": ({"town": ["Oslo"]}, r"none named 'age', .*; there are 'town'"),
    "an empty dictionary": ({}, r"at least one example"),
    "no rows": (lambda: people()[:0], r"at least one example\. Received: no rows"),
    "a cell of another kind": (
        lambda: changed(people(), age="old"),
        r"Column 'age' must hold numbers.*60 cells of 60.*'old' in row 0",
    ),
    "lists": (
        lambda: changed(people(), town=[["a"]] * 60),
        r"must hold numbers, text, dates or booleans\. Received: column 'town' with list",
    ),
    "complex": (lambda: changed(people(), age=1j), r"column 'age' with complex"),
    "too large": (lambda: {**ROW, "age": 10**400}, r"column 'age' with int"),
    "infinity": (lambda: changed(people(), pay=np.inf), r"finite.*'pay'"),
    "another length": (
        lambda: {**{name: ["1"] for name in INPUTS}, "age": [1, 2]},
        r"same length.*age: 2 rows",
    ),
    "one value and several": (
        lambda: {**ROW, "age": [1, 2]},
        r"the values of each column, or one row.*one value for 'rooms', and several for 'age'",
    ),
    "two axes": (lambda: {**people(), "age": np.ones((60, 1))}, r"age of shape \(60, 1\)"),
    "rows that differ": (
        [ROW, {name: value for name, value in ROW.items() if name != "age"}],
        r"same columns. Received: row 1 unlike row 0\. Write None",
    ),
    "columns twice": (
        lambda: pd.concat([people(), people()[["age"]]], axis=1),
        r"different names\. Received: 'age' more than once",
    ),
    "an array": (
        np.ones((2, 7)),
        r"takes a file, a DataFrame, a dictionary \{column: values\} or a list of rows\. "
        r"Received: ndarray of shape \(2, 7\)\. Its columns are 'age', ",
    ),
    "a number": (7, r"Received: int"),
    "nothing": (None, r"Received: NoneType"),
    "a set": ({1, 2}, r"Received: set"),
    "a list of nothing": ([], r"Received: list"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_tables(csv_spec, case):
    made, pattern = WRONG[case]
    with pytest.raises(DataError, match=pattern):
        given_inputs(made() if callable(made) else made, csv_spec[0])


# ---- models of one column


@pytest.mark.parametrize("make", [list, tuple, np.array, pd.Series, pd.Index, pa.array])
def test_texts(spec, make):
    model = dataclasses.replace(
        spec(shape=(1,)), input_dtype="columns", columns=(Column("text", "text"),)
    )
    texts = ["a good film", "no", "São"]
    assert given_inputs(make(texts), model)["text"].tolist() == texts


# ---- models of arrays


@pytest.mark.parametrize("make", [list, tuple, np.asarray, lambda x: x.tolist()])
def test_arrays(spec, make):
    images = np.arange(24).reshape(2, 4, 3, 1)
    found = given_inputs(make(images), spec(shape=(4, 3, 1)))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, images)


def test_a_frame_of_numbers_is_an_array(spec):
    frame = pd.DataFrame({"b": [1, 2], "a": [0.5, 0.25]})
    np.testing.assert_array_equal(given_inputs(frame, spec(shape=(2,))), [[1, 0.5], [2, 0.25]])


@pytest.mark.parametrize(
    ("wrong", "pattern"),
    [
        ([np.ones((4, 3)), np.ones((3, 4))], r"must have the shape \(4, 3, 1\).*different ones"),
        ([np.ones((2, 2))], r"An example must have the shape \(4, 3, 1\), 12 value"),
        ({"x": np.ones((1, 4, 3, 1))}, r"takes a file, or an array .*Received: dict"),
        (["a.png"], r"must be numbers"),
        ([], r"at least one example"),
        (7, r"Received: int"),
        (None, r"Received: NoneType"),
        (Columns({"a": [1.0]}), r"one array"),
    ],
)
def test_wrong_arrays(spec, wrong, pattern):
    with pytest.raises(DataError, match=pattern):
        given_inputs(wrong, spec(shape=(4, 3, 1)))
