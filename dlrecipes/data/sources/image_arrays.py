"""Images as arrays: NumPy archives and folders of MNIST's IDX files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dlrecipes.data.sources.image_files import is_hidden
from dlrecipes.data.sources.read_arrays import read_idx, read_npz
from dlrecipes.errors import DataError
from dlrecipes.results import plural

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
