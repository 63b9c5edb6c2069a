"""Inputs from files: what is read, in which shape. What is refused: `tests/cli`."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dlrecipes.errors import DataError
from dlrecipes.export import read_inputs
from dlrecipes.results import Column, TableFile

ROWS = [[1.0, 2.0, 3.0], [4.0, 5.5, -6.0]]


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3\n4,5.5,-6\n",
        "a,b,c\n1,2,3\n4,5.5,-6\n",
        "a,b,c\r\n1,2,3\r\n4,5.5,-6\r\n",
        "1,2,3\n4,5.5,-6",
        "1e0,2E0,3\n4, 5.5, -6\n",
        "\ufeffa,b,c\n1,2,3\n4,5.5,-6\n",
        '"a","b, too","c"\n1,2,3\n4,5.5,-6\n',
    ],
)
def test_csv(tmp_path, spec, text):
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    found = read_inputs(tmp_path / "x.csv", spec())
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, ROWS)


def test_whether_a_csv_has_a_header_may_be_said(tmp_path, spec):
    (tmp_path / "x.csv").write_text("1,2,3\n4,5.5,-6\n")
    named = read_inputs(tmp_path / "x.csv", spec(), header=True)
    np.testing.assert_array_equal(named, ROWS[1:])
    plain = read_inputs(tmp_path / "x.csv", spec(), header=False)
    np.testing.assert_array_equal(plain, ROWS)


def test_csv_of_one_feature(tmp_path, spec):
    (tmp_path / "x.csv").write_text("a\n1\n2\n")
    assert read_inputs(tmp_path / "x.csv", spec(shape=(1,))).shape == (2, 1)


def test_csv_of_images_is_flattened_row_by_row(tmp_path, spec):
    (tmp_path / "x.csv").write_text("1,2,3,4,5,6\n")
    found = read_inputs(tmp_path / "x.csv", spec(shape=(2, 3, 1)))
    np.testing.assert_array_equal(found[0, :, :, 0], [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("kind", [np.float64, np.float16, np.int64, np.uint8])
@pytest.mark.parametrize("shape", [(5, 2, 3, 1), (5, 2, 3), (5, 6)])
def test_npz(tmp_path, spec, kind, shape):
    x = np.arange(30).astype(kind).reshape(shape)
    np.savez(tmp_path / "x.npz", x=x, y=np.arange(5))
    found = read_inputs(str(tmp_path / "x.npz"), spec(shape=(2, 3, 1)))
    assert (found.shape, found.dtype) == ((5, 2, 3, 1), np.float32)
    np.testing.assert_array_equal(found.ravel(), np.arange(30))


def test_npz_with_a_single_array_of_any_name(tmp_path, spec):
    np.savez_compressed(tmp_path / "x.npz", ROWS)
    np.testing.assert_array_equal(read_inputs(tmp_path / "x.npz", spec()), ROWS)


@pytest.mark.parametrize("kind", ["u1", ">i4", "f8", "?"])
def test_npy(tmp_path, spec, kind):
    x = np.asfortranarray(np.arange(12).reshape(2, 6).astype(kind))
    np.save(tmp_path / "x.npy", x)
    found = read_inputs(tmp_path / "x.npy", spec(shape=(2, 3, 1)))
    assert (found.shape, found.dtype) == ((2, 2, 3, 1), np.float32)
    np.testing.assert_array_equal(found.reshape(2, 6), x)


class Malicious:
    def __reduce__(self):
        return (exec, ("raise SystemExit",))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[1.0, np.nan, 2.0]]), "finite float32 numbers.*row 0"),
        (np.ones((0, 3)), "at least one example"),
        (np.float64(1.0), "at least one example"),
        (np.ones((2, 4)), r"must have the shape \(3,\)"),
        (np.array([["a", "b", "c"]]), "must be numbers.*<U1"),
        (np.array([[1j, 2, 3]]), "must be numbers.*complex"),
        (np.zeros(2, dtype=[("a", "f4"), ("b", "f4")]), "must be numbers"),
        (np.array([[Malicious()] * 3]), "whole .npy of numbers.*Object arrays.*numpy.save"),
    ],
)
def test_npy_that_is_refused(tmp_path, spec, array, message):
    np.save(tmp_path / "x.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=message):
        read_inputs(tmp_path / "x.npy", spec())


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", None])
def test_npy_that_is_damaged(tmp_path, spec, content):
    np.save(tmp_path / "x.npy", ROWS)
    whole = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(whole[:-4] if content is None else content)
    with pytest.raises(DataError, match="whole .npy of numbers"):
        read_inputs(tmp_path / "x.npy", spec())


def test_too_large_for_float32(tmp_path, spec):
    np.savez(tmp_path / "x.npz", x=[[1.0, 2.0, 1e39]])
    with pytest.raises(DataError, match=r"finite float32 numbers.*row 0"):
        read_inputs(tmp_path / "x.npz", spec())


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_columns_of_a_table(tmp_path, spec, name):
    columns = (Column("age", "number"), Column("job", "category"))
    frame = pd.DataFrame({"id": [1, 2], "job": ["cook", "clerk"], "age": [31.5, 40.0]})
    write = frame.to_parquet if name.endswith("parquet") else frame.to_csv
    write(tmp_path / name, index=False)
    table = dataclasses.replace(spec(shape=(2,)), input_dtype="columns", columns=columns)
    found = read_inputs(tmp_path / name, table)
    assert found.names == ("age", "job")
    assert found["age"].tolist() == [31.5, 40.0]


def test_a_table_is_read_as_the_training_table_was(tmp_path, spec):
    (tmp_path / "x.csv").write_text("40.0;cook;1\n-9;none;2\n")
    table = dataclasses.replace(
        spec(shape=(2,)),
        input_dtype="columns",
        columns=(Column("age", "number"), Column("job", "category")),
        file=TableFile(("age", "job", "pay"), ("pay",), missing=("-9", "none")),
    )
    found = read_inputs(tmp_path / "x.csv", table)
    np.testing.assert_array_equal(found["age"], [40.0, np.nan])
    assert found["job"].tolist() == ["cook", ""]
