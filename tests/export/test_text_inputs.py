"""Text files to predict."""

import dataclasses

import pytest

from dlrecipes.errors import DataError
from dlrecipes.export import find_text_inputs, read_inputs
from dlrecipes.results import Column, TableFile


@pytest.fixture
def text_spec(spec):
    """`text_spec(kinds)`: the description of a table with columns of these kinds."""

    def make(*kinds, encoding="utf-8"):
        columns = tuple(Column(f"c{at}", kind) for at, kind in enumerate(kinds))
        return dataclasses.replace(
            spec(), columns=columns, input_dtype="columns", file=TableFile(encoding=encoding)
        )

    return make


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "new" / "more").mkdir(parents=True)
    (tmp_path / "new" / "b.txt").write_bytes(b" two words \n")
    (tmp_path / "new" / "more" / "a").write_bytes("für".encode("latin-1"))
    (tmp_path / "new" / "z.txt").write_bytes(b"")
    (tmp_path / "new" / ".DS_Store").write_bytes(b"\0")
    return tmp_path / "new"


def test_folder(folder, text_spec):
    given = text_spec("text", encoding="latin-1")
    assert read_inputs(folder, given)["c0"].tolist() == ["two words", "für", ""]
    assert find_text_inputs(folder, given).names == ("b.txt", "more/a", "z.txt")


def test_the_encoding_is_that_of_training(folder, text_spec):
    with pytest.raises(DataError, match="must be a text file.*encoding"):
        read_inputs(folder, text_spec("text"))


def test_a_model_of_other_inputs(folder, text_spec):
    with pytest.raises(DataError, match="one text and nothing else"):
        read_inputs(folder, text_spec("text", "number"))


@pytest.mark.parametrize(("files", "message"), [((), "must hold some"), (("a",), "empty files")])
def test_nothing_to_read(tmp_path, text_spec, files, message):
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=message):
        read_inputs(tmp_path, text_spec("text"))
