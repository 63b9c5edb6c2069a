"""Images and labels from any source, before they are split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_flag, check_integer, check_list, check_real
from dlrecipes.data.parts.split import Split
from dlrecipes.data.sources import (
    MOST_MEGABYTES,
    ImageArrays,
    ImageFiles,
    check_image_memory,
    is_idx_folder,
    is_tfds,
    list_image_folder,
    list_image_table,
    read_idx_folder,
    read_image_archive,
    read_images,
    read_tfds,
)
from dlrecipes.data.splitting import PARTS, split_by_column
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Finding, TableFile


@dataclass(frozen=True)
class ImageReading:
    """How images are read.

    Args:
        image: The column of paths, of a table; None for the only one with names of images.
        size: Height and width in pixels, or one number for both; None if all files have the same.
        channels: 1 for grey, 3 for colour; None for 1 if all files store grey, else 3.
        skip_damaged: Whether files that are no whole image with one picture are left out, with a
            finding; otherwise they are an error.
        most_megabytes: Limit of the images' size as float32, above 0; training takes several times
            as much.
        data_dir: Folder of prepared data sets, for `tfds:`; None for `~/tensorflow_datasets`.
        separator: Of a table: one character, or `"tab"`; None to tell it from the first lines.
        encoding: Of a table: its text encoding; None for UTF-8.
        missing: Of a table: cells that stand for a missing label, whose rows are left out; None for
            the usual ones.

    Raises:
        ArgumentError: If an argument is outside its range.

    Example:
        >>> dlr.data.ImageReading(size=32).shape
        (32, 32)
    """

    image: str | None = None
    size: int | tuple[int, int] | None = None
    channels: int | None = None
    skip_damaged: bool = False
    most_megabytes: float = MOST_MEGABYTES
    data_dir: str | Path | None = None
    separator: str | None = None
    encoding: str | None = None
    missing: Sequence[str] | None = None

    def __post_init__(self) -> None:
        check_flag("skip_damaged", self.skip_damaged)
        check_real("most_megabytes", self.most_megabytes, 0, low_open=True)
        if self.channels not in (None, 1, 3):
            raise ArgumentError(
                "`channels` is 1 for grey or 3 for colour.", received=f"channels={self.channels!r}"
            )
        if self.missing is not None:
            check_list("missing", self.missing)
        if isinstance(self.size, tuple | list) and len(self.size) != 2:
            raise ArgumentError(
                "`size` is height and width in pixels.", received=f"size={self.size!r}"
            )
        for at, side in enumerate(self.shape or ()):
            check_integer(f"size[{at}]", side, 1)

    @property
    def shape(self) -> tuple[int, int] | None:
        """Height and width; None where the files tell them."""
        if self.size is None or isinstance(self.size, tuple | list):
            return self.size
        return (self.size, self.size)

    @property
    def file(self) -> TableFile:
        """How a table's file is read."""
        return TableFile(
            separator="\t" if self.separator == "tab" else self.separator,
            encoding=self.encoding or "utf-8",
            missing=None if self.missing is None else tuple(self.missing),
        )


@dataclass(frozen=True)
class ImageColumns:
    """Columns of a table of images; None for what it has not.

    Args:
        target: Column to be predicted.
        group: Column of a patient, camera, …
        part: Column of the part.
    """

    target: str | None = None
    group: str | None = None
    part: str | None = None


@dataclass(frozen=True, eq=False)
class ImageData:
    """Images with labels, ids and, where there are some, groups; one `Split` a given part.

    Args:
        parts: `{"train", "validation" or "test": part}`; only `"train"` if parts are to be split.
            Labels are as they were read.
        eight_bit: Whether the values are those of image files, 0 to 255.
        damaged: Files that were left out, each with the reason.
        target: The column that labels came from; None if from no table.
        file: How the table was read; None if there was none.
        noticed: Findings about rows that were left out.
    """

    parts: dict[str, Split]
    eight_bit: bool
    damaged: tuple[str, ...] = ()
    target: str | None = None
    file: TableFile | None = None
    noticed: tuple[Finding, ...] = ()


def read_image_data(
    path: str | Path,
    reading: ImageReading,
    columns: ImageColumns,
    *,
    shape: tuple[int, ...] | None = None,
) -> ImageData:
    """Return the images of a folder, a table of files or an archive.

    Args:
        path: A folder of classes or of IDX files, a table, an `.npz` file, or `tfds:NAME`.
        reading: How they are read.
        columns: What a table says of them.
        shape: Height, width and channels that files shall have, instead of those in `reading`.

    Raises:
        DataError: If they cannot be read.
        ArgumentError: If an option does not belong to this kind of source.
    """
    source = Path(path)
    of_tables = {
        **vars(columns),
        "image": reading.image,
        "separator": reading.separator,
        "encoding": reading.encoding,
        "missing": reading.missing,
    }
    of_files = {"size": reading.size, "channels": reading.channels}
    if is_tfds(path):
        _refuse(of_tables | of_files, f"the data set {path}")
        data = read_tfds(str(path), reading.data_dir, most_megabytes=reading.most_megabytes)
        return _from_arrays(ImageArrays(data.arrays()), reading)
    if source.is_dir():
        idx = is_idx_folder(source)
        _refuse(of_tables | (of_files if idx else {}), f"the folder {source}")
        if idx:
            return _from_arrays(read_idx_folder(source), reading)
        return _from_files(list_image_folder(source), reading, shape)
    if source.suffix.lower() == ".npz":
        _refuse(of_tables | of_files, f"the archive {source}")
        return _from_arrays(read_image_archive(source), reading)
    if source.suffix.lower() == ".npy":
        raise DataError(
            "Images to learn from have labels beside them: an .npz file holds both.",
            received=f"{source}, one array",
            fix="Write it with numpy.savez(path, x=images, y=labels).",
        )
    if not source.exists():
        raise DataError(
            "Images come from a folder of classes, a table of paths or an .npz file.",
            received=f"{source}, which does not exist",
        )
    listed = list_image_table(
        source,
        columns.target,
        image=reading.image,
        group=columns.group,
        part=columns.part,
        file=reading.file,
    )
    images = _from_files(listed, reading, shape)
    return replace(images, file=reading.file, noticed=listed.noticed)


def _refuse(options: Mapping[str, object], what: str) -> None:
    given = [f"{name}={value!r}" for name, value in options.items() if value is not None]
    if given:
        raise ArgumentError(
            "Columns, separator and encoding are those of a table of paths, and size and channels "
            "are for image files.",
            received=f"{', '.join(given)} for {what}",
            fix="Leave them out.",
        )


def _from_files(
    files: ImageFiles, reading: ImageReading, shape: tuple[int, ...] | None
) -> ImageData:
    images = read_images(
        files.paths,
        size=reading.shape if shape is None else (shape[0], shape[1]),
        channels=reading.channels if shape is None else shape[2],
        most_megabytes=reading.most_megabytes,
        skip_damaged=reading.skip_damaged,
    )
    kept = images.rows
    places = {"train": np.arange(len(kept))}
    if files.parts is not None:
        rows_of_parts = split_by_column(files.parts[kept])
        places = {
            part: rows for part, rows in zip(PARTS, rows_of_parts, strict=True) if rows is not None
        }
    parts = {
        part: Split(
            x=images.pixels[rows],
            y=files.labels[kept[rows]],
            ids=files.ids[kept[rows]],
            groups=None if files.groups is None else files.groups[kept[rows]],
        )
        for part, rows in places.items()
    }
    return ImageData(parts, eight_bit=True, damaged=images.damaged, target=files.target)


def _from_arrays(arrays: ImageArrays, reading: ImageReading) -> ImageData:
    parts = {}
    for part, (x, y) in arrays.parts.items():
        check_image_memory(x.shape, reading.most_megabytes)
        rows: NDArray[Any] = np.arange(len(x))
        ids = rows if part == "train" else np.array([f"{part} {row}" for row in rows])
        parts[part] = Split(x=x, y=y, ids=ids)
    eight_bit = all(part.array.dtype == np.uint8 for part in parts.values())
    return ImageData(parts, eight_bit=eight_bit)
