import gzip
import struct

import numpy as np
import pytest

from dlrecipes.data.sources import read_idx, read_npz
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
