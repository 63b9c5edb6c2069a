"""Arrays, of images above all, from NumPy archives and from MNIST's IDX files."""

from __future__ import annotations

import gzip
import math
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.sources.image_files import is_hidden
from dlrecipes.data.sources.open_text import check_file
from dlrecipes.errors import DataError
from dlrecipes.results import plural

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


_IDX = re.compile(r"(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?", re.IGNORECASE)
_FOUR = ("train-images", "train-labels", "t10k-images", "t10k-labels")
_MOST_CHANNELS = 4


@dataclass(frozen=True, eq=False)
class ImageArrays:
    """Images and labels of each part.

    Args:
        parts: `{"train", "validation" or "test": (images, labels)}`; what has only one part is
            called train. Images are `(examples, height, width)` or
            `(examples, height, width, channels)`.
    """

    parts: dict[str, tuple[NDArray[Any], NDArray[Any]]]


def read_image_archive(path: str | Path) -> ImageArrays:
    """Return the images of a NumPy archive.

    Args:
        path: An `.npz` file with `x_train`, `y_train` and, where there is an official test part,
            `x_test`, `y_test` (as Keras' data sets have them), where there is a validation part
            `x_validation` and `y_validation`; or with `x` and `y`.

    Raises:
        DataError: If it cannot be read, if arrays are missing, or if they are no images.
    """
    arrays = read_npz(path)
    pairs = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
    found = {
        part: (arrays[f"x_{name}"], arrays[f"y_{name}"])
        for name, part in pairs.items()
        if f"x_{name}" in arrays and f"y_{name}" in arrays
    }
    if "train" not in found and "x" in arrays and "y" in arrays:
        found["train"] = (arrays["x"], arrays["y"])
    halves = [name for name in pairs if (f"x_{name}" in arrays) != (f"y_{name}" in arrays)]
    if "train" not in found or halves:
        raise DataError(
            "An archive of images must have x_train and y_train (and x_test, y_test), or x and y.",
            received=f"{path} with {', '.join(arrays)}",
            fix="Write it with numpy.savez(path, x=images, y=labels).",
        )
    return _checked(found, str(path))


def is_idx_folder(folder: Path) -> bool:
    """Return whether a folder holds files with MNIST's names."""
    return any(_IDX.fullmatch(path.name) for path in folder.iterdir() if path.is_file())


def read_idx_folder(folder: str | Path) -> ImageArrays:
    """Return the images of a folder with MNIST's four files, packed with gzip or not.

    Args:
        folder: It has `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
            `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`.

    Raises:
        DataError: If one is missing or damaged, or if they are no images.
    """
    files: dict[str, Path] = {}
    for path in sorted(Path(folder).iterdir()):
        match = _IDX.fullmatch(path.name)
        if match and not is_hidden(path):
            part = "train" if match[1].lower() == "train" else "t10k"
            # Unpacked files sort before packed ones of the same name.
            files.setdefault(f"{part}-{match[2].lower()}", path)
    missing = [name for name in _FOUR if name not in files]
    if missing:
        raise DataError(
            "A folder of IDX files must have MNIST's four: train-images-idx3-ubyte, "
            "train-labels-idx1-ubyte and the same with t10k.",
            received=f"{folder} without {', '.join(missing)}",
        )
    images = {name: read_idx(path) for name, path in files.items()}
    return _checked(
        {
            "train": (images["train-images"], images["train-labels"]),
            "test": (images["t10k-images"], images["t10k-labels"]),
        },
        str(folder),
    )


def _checked(parts: dict[str, tuple[NDArray[Any], NDArray[Any]]], source: str) -> ImageArrays:
    for part, (x, y) in parts.items():
        _check_images(x, f"{part} images of {source}")
        if y.ndim == 0 or len(y) != len(x):
            raise DataError(
                "There must be one label for each image.",
                received=f"{plural(len(x), f'{part} image')} and labels of shape {y.shape} in "
                f"{source}",
            )
    return ImageArrays(parts)


def _check_images(x: NDArray[Any], what: str) -> None:
    fix = ""
    if x.ndim == 2:
        fix = "Give each row its form: x.reshape(-1, height, width)."
    elif x.ndim == 4 and x.shape[1] <= _MOST_CHANNELS < x.shape[3]:
        fix = "Put the channels last: x.transpose(0, 2, 3, 1)."
    good = x.ndim == 3 or (x.ndim == 4 and 1 <= x.shape[3] <= _MOST_CHANNELS)
    if not good or x.dtype.kind not in "biuf":
        raise DataError(
            "Images must be numbers, (images, height, width) or (images, height, width, 1 to 4 "
            "channels).",
            received=f"{x.dtype} of shape {x.shape}: the {what}",
            fix=fix,
        )
