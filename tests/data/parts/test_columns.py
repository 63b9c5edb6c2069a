import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st

from dlrecipes.data import Columns, Split, pack_inputs, pack_subgroups, unpack_inputs
from dlrecipes.data.parts.columns import unpack_subgroups
from dlrecipes.data.parts.split import fingerprint
from dlrecipes.errors import DataError


@pytest.fixture
def columns():
    return Columns({"age": [31, None, 40], "job": ["clerk", None, ""]})


def test_numbers_and_text(columns):
    assert columns.names == ("age", "job")
    assert columns.shape == (3, 2)
    assert columns.dtypes == {"age": "float32", "job": "string"}
    np.testing.assert_array_equal(columns["age"], np.array([31, np.nan, 40], "float32"))
    assert columns["job"].tolist() == ["clerk", "", ""]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, False], [1.0, 0.0]),
        (np.array([1, 2], "uint8"), [1.0, 2.0]),
        ([1.5, np.nan], [1.5, np.nan]),
        ([None, None], [np.nan, np.nan]),
        (["a", "b"], ["a", "b"]),
        ([pd.NA, "b"], ["", "b"]),
        ([np.nan, "b"], ["", "b"]),
        (pd.Series(["a", None], dtype="string"), ["a", ""]),
        (pd.Series([1, None], dtype="Int64"), [1.0, np.nan]),
    ],
    ids=str,
)
def test_what_a_column_can_be(values, expected):
    found = Columns({"x": values})["x"]
    assert found.dtype == ("float32" if not isinstance(expected[1], str) else object)
    assert all(
        one == other or (one != one and other != other)
        for one, other in zip(found.tolist(), expected, strict=True)
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "at least one column"),
        ({"x": [[1], [2]]}, r"x of shape \(2, 1\)"),
        ({"x": [1, 2], "y": [1]}, "x: 2 rows, y: 1 row"),
        ({"x": [1.0, np.inf]}, "infinity in 1 of 2 rows, first in row 1"),
        ({"x": [1e300, 1.0]}, "infinity in 1 of 2 rows, first in row 0"),
        ({"x": [object(), 1]}, "column 'x' with int and object"),
        ({"x": ["a", 1]}, "column 'x' with int and str"),
        ({"x": np.array(["2024-01-01"], "datetime64[D]")}, "column 'x' of datetime64"),
    ],
)
def test_wrong_columns(columns, message):
    with pytest.raises(DataError, match=message):
        Columns(columns)


def test_rows_are_copies(columns):
    few = columns[np.array([2, 0])]
    assert few["age"].tolist() == [40, 31]
    few["age"][0] = 1
    assert columns["age"][2] == 40
    assert len(columns[1:]) == 2


def test_a_split_of_columns(columns):
    split = Split({"age": [31, 40], "job": ["a", "b"]}, [0, 1])
    assert len(split) == 2
    assert repr(split) == "Split(2 examples, x: age, job)"
    with pytest.raises(DataError, match="All arrays of a split must have the same length"):
        Split(columns, [0, 1])
    with pytest.raises(DataError, match="These inputs must be one array"):
        _ = split.array


def test_the_fingerprint_sees_every_cell(columns):
    same = Columns({"age": [31, None, 40], "job": ["clerk", "", None]})
    assert fingerprint(columns) == fingerprint(same)
    others = [
        {"age": [31, None, 41], "job": ["clerk", "", ""]},
        {"age": [31, None, 40], "job": ["", "clerk", ""]},
        {"age": [31, None, 40], "job": ["cler", "k", ""]},
        {"years": [31, None, 40], "job": ["clerk", "", ""]},
    ]
    found = {fingerprint(Columns(one)) for one in others}
    assert len(found) == 4
    assert fingerprint(columns) not in found


def test_packed_without_pickling(columns, tmp_path):
    np.savez(tmp_path / "x.npz", **pack_inputs(columns), y=np.arange(3))
    with np.load(tmp_path / "x.npz", allow_pickle=False) as saved:
        found = unpack_inputs(dict(saved))
    assert isinstance(found, Columns)
    assert fingerprint(found) == fingerprint(columns)
    array = np.ones((2, 3))
    assert unpack_inputs(pack_inputs(array)) is array
    with pytest.raises(LookupError):
        unpack_inputs({"y": array})


NASTY = ["x", "x.npy", "x.npy.npy", "a\0b", "a\0c", "a/b", "a\\b", "../a", "", "y", "50%", "%2F"]
names = st.lists(st.text(max_size=8) | st.sampled_from(NASTY), unique=True, min_size=1)


@settings(deadline=None, max_examples=40)
@example(NASTY)
@given(names)
def test_columns_of_any_name(tmp_path_factory, columns):
    file = tmp_path_factory.mktemp("packed") / "x.npz"
    x = Columns({name: np.array([at, at + 0.5]) for at, name in enumerate(columns)})
    groups = Columns({name: [f"group {at}", "b"] for at, name in enumerate(columns)})
    np.savez(file, **pack_inputs(x), **pack_subgroups(groups), y=np.zeros(2), ids=np.arange(2))
    with np.load(file, allow_pickle=False) as saved:
        arrays = dict(saved)
    for before, after in ((x, unpack_inputs(arrays)), (groups, unpack_subgroups(arrays))):
        assert after.names == before.names
        for name, values in before.items():
            assert after[name].tolist() == values.tolist()


def test_an_ordinary_name_is_read_as_it_stands():
    assert list(pack_inputs(Columns({"home town": ["Oslo"], "a.b": [1]}))) == [
        "x:home town",
        "x:a.b",
    ]
