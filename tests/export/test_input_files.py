"""Image files to predict: what is read, and how."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dlrecipes.errors import DataError
from dlrecipes.export import find_image_inputs, find_text_inputs, read_inputs
from dlrecipes.results import Column, TableFile

GREY = np.arange(30, dtype=np.uint8).reshape(6, 5) * 8


@pytest.fixture
def images(tmp_path):
    """A folder with two grey images, and what file managers leave."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    Image.fromarray(GREY).save(folder / "b.PNG")
    Image.fromarray(GREY[::-1].copy()).save(folder / "more" / "a.bmp")
    (folder / ".DS_Store").write_bytes(b"x")
    return folder


@pytest.fixture
def image_spec(spec):
    """`image_spec(shape)`: the description of images from files."""

    def make(shape=(6, 5, 1), eight_bit=True):
        return dataclasses.replace(spec(shape=shape), kind="image", eight_bit=eight_bit)

    return make


def test_one_file(images, image_spec):
    found = read_inputs(images / "b.PNG", image_spec())
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, GREY[np.newaxis, :, :, np.newaxis])


def test_folder_of_images(images, image_spec):
    found = read_inputs(images, image_spec())
    np.testing.assert_array_equal(found[..., 0], [GREY, GREY[::-1]])
    assert find_image_inputs(images, image_spec()).names == ("b.PNG", "more/a.bmp")


@pytest.mark.parametrize("name", ["table.csv", "table.tsv", "table.parquet"])
def test_table_of_paths(images, image_spec, name):
    frame = pd.DataFrame({"id": [7, 8], "file": ["more/a.bmp", "b.PNG"], "label": ["x", "y"]})
    if name.endswith("parquet"):
        frame.to_parquet(images / name)
    else:
        frame.to_csv(images / name, index=False, sep="\t" if name.endswith("tsv") else ",")
    found = read_inputs(images / name, image_spec())
    np.testing.assert_array_equal(found[..., 0], [GREY[::-1], GREY])


def test_table_in_the_encoding_and_separator_of_training(images, image_spec):
    (images / "b.PNG").rename(images / "größe.PNG")
    text = "datei;größe\nmore\\a.bmp;1,5\ngröße.PNG;2,5\n"
    (images / "table.csv").write_text(text, encoding="cp1252")
    file = TableFile(separator=";", encoding="cp1252")
    trained = dataclasses.replace(image_spec(), file=file)
    found = read_inputs(images / "table.csv", trained)
    np.testing.assert_array_equal(found[..., 0], [GREY[::-1], GREY])
    assert find_image_inputs(images / "table.csv", trained).names == ("more\\a.bmp", "größe.PNG")
    with pytest.raises(DataError, match="encoding of the training table, 'utf-8'.*Save it in that"):
        read_inputs(images / "table.csv", image_spec())


def test_size_and_channels_are_those_of_training(images, image_spec):
    assert read_inputs(images, image_spec((3, 4, 3))).shape == (2, 3, 4, 3)


def test_table_of_pixels_stays_a_table(tmp_path, image_spec):
    pd.DataFrame(GREY.reshape(1, -1)).to_csv(tmp_path / "x.csv", index=False, header=False)
    found = read_inputs(tmp_path / "x.csv", image_spec())
    np.testing.assert_array_equal(found[0, ..., 0], GREY)


def test_archive_stays_an_archive(tmp_path, image_spec):
    np.savez(tmp_path / "x.npz", x=GREY[np.newaxis])
    np.testing.assert_array_equal(read_inputs(tmp_path / "x.npz", image_spec())[0, ..., 0], GREY)


def test_what_is_refused(images, image_spec, spec):
    with pytest.raises(DataError, match="trained on image files, or on arrays of bytes.*b.PNG"):
        read_inputs(images / "b.PNG", image_spec(eight_bit=False))
    with pytest.raises(DataError, match="with 1 or 3 channels"):
        read_inputs(images / "b.PNG", image_spec((6, 5, 2)))
    (images / "notes.txt").write_text("one\ntwo\n")
    with pytest.raises(DataError, match=r"1 of 3 that are not: \S*notes\.txt"):
        read_inputs(images, image_spec())
    (images / "none").mkdir()
    with pytest.raises(DataError, match="must hold some"):
        read_inputs(images / "none", image_spec())
    frame = pd.DataFrame({"file": ["b.PNG"], "mask": ["b.PNG"]})
    frame.to_csv(images / "two.csv", index=False)
    with pytest.raises(DataError, match="one column of files.*2 in"):
        read_inputs(images / "two.csv", image_spec())
    with pytest.raises(DataError, match="must exist"):
        read_inputs(images / "missing.png", image_spec())
    Image.fromarray(GREY).save(images / "x.tiff")
    with pytest.raises(DataError, match="or PNG, JPEG, BMP or GIF images"):
        read_inputs(images / "x.tiff", image_spec())
    with pytest.raises(DataError, match=r"\.csv, an \.npy or an \.npz file\. "):
        read_inputs(images / "b.PNG", spec())


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


def test_folder_of_texts(folder, text_spec):
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
