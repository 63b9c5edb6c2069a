import gzip
import struct

import numpy as np
import pytest

from dlrecipes.data.sources import (
    is_idx_folder,
    read_idx,
    read_idx_folder,
    read_image_archive,
    read_npz,
)
from dlrecipes.errors import DataError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array):
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim])
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return header + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


SMALL = idx(np.arange(6, dtype=np.uint8).reshape(2, 3))


@pytest.mark.parametrize("dtype", list(CODES))
@pytest.mark.parametrize("packed", [False, True])
def test_idx_round_trip(tmp_path, dtype, packed):
    array = (np.arange(24).reshape(2, 3, 4) * 5).astype(dtype)
    path = tmp_path / ("t.gz" if packed else "train-images-idx3-ubyte")
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    found = read_idx(path)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    assert found.flags.writeable


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must not be empty"),
        (b"\0\0", "must begin with.*00 00"),
        (b"\x89PNG....", "must begin with.*89 50 4e 47"),
        (b"\0\0\x07\x01\0\0\0\0", "must begin with"),
        (b"\0\0\x08\0", "must begin with"),
        (SMALL[:6], "ends inside its header"),
        (SMALL[:-1], "17 bytes of 18"),
        (SMALL + b"\0", "19 bytes of 18"),
        (gzip.compress(SMALL, mtime=0)[:-9], "packed file must be whole"),
        (gzip.compress(SMALL[:-1], mtime=0), "17 bytes of 18"),
    ],
)
def test_malformed_idx(tmp_path, content, message):
    path = tmp_path / "t"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_npz_round_trip(tmp_path):
    path = tmp_path / "t.npz"
    np.savez_compressed(path, x=np.eye(3), y=np.array(["a", "b"]))
    arrays = read_npz(path)
    assert sorted(arrays) == ["x", "y"]
    np.testing.assert_array_equal(arrays["x"], np.eye(3))
    np.testing.assert_array_equal(arrays["y"], ["a", "b"])


def saved(tmp_path, save, **arrays):
    path = tmp_path / "saved"
    with path.open("wb") as file:
        save(file, **arrays)
    return path.read_bytes()


def test_malformed_npz(tmp_path):
    whole = saved(tmp_path, np.savez, x=np.arange(1000))
    cases = [
        (b"", "must not be empty"),
        (b"hello", "whole .npz file.*no archive"),
        (whole[:-40], "whole .npz file"),
        (whole[:200] + b"\xff" * 50 + whole[250:], "whole .npz file"),
        (saved(tmp_path, np.save, arr=np.eye(2)), "must be an .npz file.*one array"),
        (saved(tmp_path, np.savez), "must hold an array"),
        (saved(tmp_path, np.savez, x=np.array([{}])), "no Python objects.*'x'.*astype"),
    ]
    for content, message in cases:
        path = tmp_path / "t.npz"
        path.write_bytes(content)
        with pytest.raises(DataError, match=message):
            read_npz(path)


@pytest.mark.parametrize("read", [read_npz, read_idx])
def test_no_file(tmp_path, read):
    with pytest.raises(DataError, match="must exist"):
        read(tmp_path / "t")
    with pytest.raises(DataError, match="must be no directory"):
        read(tmp_path)


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


def idx_bytes(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """`mnist(packed, separator)`: a folder with the four files."""

    def write(packed=False, separator="-"):
        for part in ("train", "t10k"):
            for what, array in (("images", X), ("labels", Y)):
                name = f"{part}-{what}{separator}idx{array.ndim}-ubyte"
                content = idx_bytes(array)
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
