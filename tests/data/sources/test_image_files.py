"""Tables of image files: which column is what, and what is refused."""

import unicodedata

import pandas as pd
import pytest

from dlrecipes.data.sources import list_image_table
from dlrecipes.errors import DataError
from dlrecipes.results import TableFile

TABLE = pd.DataFrame(
    {
        "file": ["x/1.png", "x/2.JPG", "3 ü.gif"],
        "patient": ["p", "q", "q"],
        "part": ["train", "train", "test"],
        "label": ["cat", "dog", "cat"],
    }
)


@pytest.fixture
def write(tmp_path):
    """`write(table, name)`: a file of the table."""

    def make(table, name="table.csv"):
        path = tmp_path / name
        if path.suffix == ".parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
        return path

    return make


@pytest.mark.parametrize("name", ["table.csv", "table.tsv", "table.parquet"])
def test_columns(write, tmp_path, name):
    found = list_image_table(write(TABLE, name), group="patient", part="part")
    assert found.paths == tuple(tmp_path / name for name in TABLE["file"])
    assert found.ids.tolist() == TABLE["file"].tolist()
    assert (found.target, found.labels.tolist()) == ("label", ["cat", "dog", "cat"])
    assert found.groups.tolist() == ["p", "q", "q"]
    assert found.parts.tolist() == ["train", "train", "test"]


def test_named_columns(write):
    table = TABLE.assign(mask=["m/1.png", "m/2.png", "m/3.png"])
    found = list_image_table(write(table), "patient", image="mask")
    assert found.ids[0] == "m/1.png"
    assert (found.labels.tolist(), found.groups, found.parts) == (["p", "q", "q"], None, None)


def test_separator_and_encoding(tmp_path):
    text = "file\tMaß\nx/ä, 1.png\tgroß\nx/2.png\tklein\n"
    (tmp_path / "table.csv").write_text(text, encoding="cp1252")
    file = TableFile(separator="\t", encoding="cp1252")
    found = list_image_table(tmp_path / "table.csv", file=file)
    assert (found.target, found.labels.tolist()) == ("Maß", ["groß", "klein"])
    assert found.paths[0] == tmp_path / "x" / "ä, 1.png"
    with pytest.raises(DataError, match=r"encoding 'utf-8'.*encoding='cp1252'"):
        list_image_table(tmp_path / "table.csv")


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("x\\deep\\1.png", "x/deep/1.png"),
        (".\\x\\1.png", "x/1.png"),
        ("x\\1.png", "x\\1.png"),  # such a file may stand there itself
        ("x/é.png", unicodedata.normalize("NFD", "x/é.png")),
        ("x\\" + unicodedata.normalize("NFD", "é.png"), unicodedata.normalize("NFC", "x/é.png")),
    ],
)
def test_paths_as_other_systems_write_them(write, tmp_path, cell, name):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    found = list_image_table(write(cells(cell, "2.png", "3.png")))
    assert found.paths[0].samefile(file)
    assert found.paths[1] == tmp_path / "2.png"  # to be missed when it is read
    assert found.ids[0] == cell


def test_a_file_of_the_very_name_comes_first(write, tmp_path):
    for name in ("a\\1.png", "a/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = list_image_table(write(cells("a\\1.png", "2.png", "3.png")))
    assert found.paths[0].name == "a\\1.png"


def cells(*names):
    return TABLE.assign(file=list(names))


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (TABLE, {"target": "breed"}, "target='breed'.*'file', 'patient', 'part', 'label'"),
        (TABLE, {"image": "path"}, "image='path'"),
        (TABLE, {"group": "g"}, "group='g'"),
        (TABLE, {"part": "g"}, "part='g'"),
        (TABLE.drop(columns="file"), {}, "one column of files.*0 such columns.*image=COLUMN"),
        (TABLE.assign(mask="m.png"), {"target": "label"}, "2 such columns"),
        (cells("1.png", "2.txt", "3.png"), {}, "0 such columns"),
        (TABLE[["file"]], {}, "a column to be predicted"),
        (cells("1.png", None, "3.png"), {}, "'file'.*1 of 3 cells missing, first in row 1"),
        (TABLE.assign(label=None), {}, "must have a target.*3 rows without 'label'"),
        (cells("/etc/1.png", "2.png", "3.png"), {}, "below, with paths relative.*1 of 3"),
        (cells("../1.png", "a/../../2.png", "a/../3.png"), {}, r"2 of 3 elsewhere: '\.\./1\.png'"),
        (cells("C:\\x\\1.png", "..\\2.png", "3.png"), {}, "2 of 3 elsewhere"),
    ],
)
def test_what_is_refused(write, table, options, message):
    with pytest.raises(DataError, match=message):
        list_image_table(write(table), **options)
