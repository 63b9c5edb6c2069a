"""Archives and IDX folders of images: what is read, and what is refused."""

import gzip
import struct

import numpy as np
import pytest

from dlrecipes.data.sources import is_idx_folder, read_idx_folder, read_image_archive
from dlrecipes.errors import DataError

X = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)
Y = np.arange(4, dtype=np.uint8)


@pytest.mark.parametrize(
    ("arrays", "parts"),
    [
        ({"x": X, "y": Y}, ["train"]),
        ({"x_train": X, "y_train": Y}, ["train"]),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y[:, None]}, ["train", "test"]),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y}, ["train", "test"]),
        (
            {"x_train": X, "y_train": Y, "x_val": X, "y_val": Y, "x_test": X, "y_test": Y, "n": Y},
            ["train", "validation", "test"],
        ),
        ({"x": X[..., None].repeat(3, -1) / 255, "y": Y.astype(str)}, ["train"]),
    ],
)
def test_archives(tmp_path, arrays, parts):
    np.savez(tmp_path / "a.npz", **arrays)
    found = read_image_archive(tmp_path / "a.npz").parts
    assert sorted(found) == sorted(parts)
    np.testing.assert_array_equal(found["train"][0], arrays.get("x", X))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": X, "labels": Y}, "x_train and y_train.*with images, labels"),
        ({"x": X}, "x_train and y_train"),
        ({"x": X, "y": Y, "x_test": X}, "x_train and y_train"),
        ({"x_train": X, "y_train": Y, "x_test": X}, "x_train and y_train"),
        ({"x_test": X, "y_test": Y}, "x_train and y_train"),
        ({"x": X, "y": Y[:3]}, r"one label for each image.*4 train images.*\(3,\)"),
        ({"x": X, "y": np.uint8(3)}, r"one label for each image.*\(\)"),
        ({"x": X.reshape(4, 6), "y": Y}, r"\(4, 6\).*x\.reshape"),
        ({"x": np.zeros((4, 3, 8, 8)), "y": Y}, r"channels.*transpose\(0, 2, 3, 1\)"),
        ({"x": np.zeros((4, 8, 8, 5)), "y": Y}, "1 to 4 channels"),
        ({"x": X.astype(str), "y": Y}, "must be numbers"),
        ({"x": X.astype(object), "y": Y}, "no Python objects"),
    ],
)
def test_archives_that_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_image_archive(tmp_path / "a.npz")


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """`mnist(packed, separator)`: a folder with the four files."""

    def write(packed=False, separator="-"):
        for part in ("train", "t10k"):
            for what, array in (("images", X), ("labels", Y)):
                name = f"{part}-{what}{separator}idx{array.ndim}-ubyte"
                content = idx(array)
                if packed:
                    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
                else:
                    (tmp_path / name).write_bytes(content)
        return tmp_path

    return write


@pytest.mark.parametrize("separator", "-.")
@pytest.mark.parametrize("packed", [False, True])
def test_idx_folder(mnist, packed, separator):
    folder = mnist(packed, separator)
    assert is_idx_folder(folder)
    parts = read_idx_folder(folder).parts
    for part in ("train", "test"):
        np.testing.assert_array_equal(parts[part][0], X)
        np.testing.assert_array_equal(parts[part][1], Y)


def test_other_folders_are_no_idx_folders(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "train-images.png").write_bytes(b"")
    assert not is_idx_folder(tmp_path)


def test_missing_idx_file(mnist):
    folder = mnist()
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="MNIST's four.*without t10k-labels"):
        read_idx_folder(folder)


@pytest.mark.parametrize("packed", [False, True])
def test_cut_idx_file(mnist, packed):
    folder = mnist(packed)
    file = next(folder.glob("train-images*"))
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(DataError, match="must be whole|as long as its header says"):
        read_idx_folder(folder)
