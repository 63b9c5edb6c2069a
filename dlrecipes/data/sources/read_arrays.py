"""Arrays from NumPy archives and from MNIST's IDX files."""

from __future__ import annotations

import gzip
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.sources.open_text import check_file
from dlrecipes.errors import DataError

IDX_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
# RuntimeError: packed in a way that Python does not know, or with a password.
_DAMAGES = (ValueError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


def read_npz(path: str | Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a NumPy archive by their names.

    Args:
        path: A file that `numpy.savez` or `numpy.savez_compressed` wrote.

    Raises:
        DataError: If it is none, is damaged, holds no array, or holds Python objects, which
            could run code when they are read.
    """
    file = Path(path)
    check_file(file)
    arrays: dict[str, NDArray[Any]] = {}
    name = ""
    try:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise DataError(
                "A NumPy archive must be an .npz file.",
                received=f"one array in {file}",
                fix="Write it with numpy.savez(path, x=x, y=y).",
            )
        with archive:
            for name in archive.files:
                arrays[name] = np.asarray(archive[name])
    except DataError:
        raise
    except _DAMAGES as error:
        if "Object arrays" in str(error):
            raise DataError(
                "Arrays must hold numbers or text, no Python objects.",
                received=f"array {name!r} of {file} with dtype object",
                fix="Write it with a number or text dtype: array.astype(numpy.float32).",
            ) from error
        raise DataError(
            "A NumPy archive must be a whole .npz file.", received=f"{file}: {_reason(error)}"
        ) from error
    if not arrays:
        raise DataError("A NumPy archive must hold an array.", received=f"{file} without any")
    return arrays


def _reason(error: Exception) -> str:
    # NumPy takes all it does not know for a pickle.
    return "no archive" if "pickle" in str(error) else str(error)


def read_idx(path: str | Path) -> NDArray[Any]:
    """Return the array of an IDX file, the format of MNIST.

    Args:
        path: A file, packed with gzip or not.

    Returns:
        The array in the byte order of this machine: uint8, int8, int16, int32, float32 or
        float64.

    Raises:
        DataError: If the file is no IDX file, or is longer or shorter than it says.
    """
    file = Path(path)
    check_file(file)
    content = file.read_bytes()
    if content.startswith(GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                "A packed file must be whole.", received=f"{file}: {error}", fix="Fetch it again."
            ) from error
    magic = content[:4]
    known = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in IDX_DTYPES and magic[3] > 0
    if not known:
        raise DataError(
            "An IDX file must begin with 00 00, a type and the number of dimensions.",
            received=f"{file} begins with {magic.hex(' ') or 'nothing'}",
        )
    start = 4 + 4 * magic[3]
    if len(content) < start:
        raise DataError("An IDX file must be whole.", received=f"{file} ends inside its header")
    shape = struct.unpack(f">{magic[3]}I", content[4:start])
    dtype = np.dtype(IDX_DTYPES[magic[2]])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise DataError(
            "An IDX file must be as long as its header says.",
            received=f"{len(content):,} bytes of {expected:,} in {file}",
            fix="Fetch it again.",
        )
    values = np.frombuffer(content, dtype=dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="))
