"""Images and labels from any source, before they are split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
class ImageOptions:
    """How images are read; the arguments of `load_images` without what splits them into parts.

    Args:
        target: Column to be predicted.
        image: Column of files.
        group: Column of a patient, camera, …
        part: Column of the part.
        size: Height and width in pixels.
        channels: 1 or 3.
        skip_damaged: Whether damaged files are left out.
        most_megabytes: Limit of the images' size, as float32.
        data_dir: Folder of the data sets of TensorFlow Datasets.
        separator: Of a table, one character; None to tell it from the first lines.
        encoding: Of a table; None for UTF-8.
        missing: Cells of a table that stand for a missing label; None for the usual ones.
    """

    target: str | None = None
    image: str | None = None
    group: str | None = None
    part: str | None = None
    size: tuple[int, int] | None = None
    channels: int | None = None
    skip_damaged: bool = False
    most_megabytes: float = MOST_MEGABYTES
    data_dir: str | Path | None = None
    separator: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None

    @property
    def file(self) -> TableFile:
        """How a table's file is read."""
        return TableFile(
            separator=self.separator, encoding=self.encoding or "utf-8", missing=self.missing
        )


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
    path: str | Path, options: ImageOptions, *, shape: tuple[int, ...] | None = None
) -> ImageData:
    """Return the images of a folder, a table of files or an archive.

    Args:
        path: A folder of classes or of IDX files, a table, an `.npz` file, or `tfds:NAME`.
        options: How they are read.
        shape: Height, width and channels that files shall have, instead of those in `options`.

    Raises:
        DataError: If they cannot be read.
        ArgumentError: If an option does not belong to this kind of source.
    """
    source = Path(path)
    columns = ("target", "image", "group", "part", "separator", "encoding", "missing")
    if is_tfds(path):
        _refuse(options, (*columns, "size", "channels"), f"the data set {path}")
        data = read_tfds(str(path), options.data_dir, most_megabytes=options.most_megabytes)
        return _from_arrays(ImageArrays(data.arrays()), options)
    if source.is_dir():
        idx = is_idx_folder(source)
        _refuse(options, (*columns, *(("size", "channels") if idx else ())), f"the folder {source}")
        if idx:
            return _from_arrays(read_idx_folder(source), options)
        return _from_files(list_image_folder(source), options, shape)
    if source.suffix.lower() == ".npz":
        _refuse(options, (*columns, "size", "channels"), f"the archive {source}")
        return _from_arrays(read_image_archive(source), options)
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
        options.target,
        image=options.image,
        group=options.group,
        part=options.part,
        file=options.file,
    )
    images = _from_files(listed, options, shape)
    return replace(images, file=options.file, noticed=listed.noticed)


def _refuse(options: ImageOptions, names: tuple[str, ...], what: str) -> None:
    given = [name for name in names if getattr(options, name) is not None]
    if given:
        raise ArgumentError(
            "Columns, separator and encoding are those of a table of paths, and size and channels "
            "are for image files.",
            received=f"{', '.join(f'{name}={getattr(options, name)!r}' for name in given)} "
            f"for {what}",
            fix="Leave them out.",
        )


def _from_files(
    files: ImageFiles, options: ImageOptions, shape: tuple[int, ...] | None
) -> ImageData:
    images = read_images(
        files.paths,
        size=options.size if shape is None else (shape[0], shape[1]),
        channels=options.channels if shape is None else shape[2],
        most_megabytes=options.most_megabytes,
        skip_damaged=options.skip_damaged,
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


def _from_arrays(arrays: ImageArrays, options: ImageOptions) -> ImageData:
    parts = {}
    for part, (x, y) in arrays.parts.items():
        check_image_memory(x.shape, options.most_megabytes)
        rows: NDArray[Any] = np.arange(len(x))
        ids = rows if part == "train" else np.array([f"{part} {row}" for row in rows])
        parts[part] = Split(x=x, y=y, ids=ids)
    eight_bit = all(part.array.dtype == np.uint8 for part in parts.values())
    return ImageData(parts, eight_bit=eight_bit)
