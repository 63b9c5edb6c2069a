"""Image files as one array."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from dlrecipes.errors import DataError
from dlrecipes.results import plural

MOST_MEGABYTES = 2000
"""Megabytes that images may take as float32, unless more are asked for."""

MOST_PIXELS = 100_000_000
"""Pixels of one file beyond which it is taken for a decompression bomb."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF")
_NAMED = 5
_LYING = range(5, 9)  # EXIF orientations in which height and width change places
# What Pillow's decoders raise for files that are cut off or damaged.
_DAMAGES = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Images:
    """Images that were read.

    Args:
        pixels: Values from 0 (black) to 255, float32, `(images, height, width, channels)`.
        rows: Which of the given files they are, `(images,)`.
        damaged: The files that were left out, each with the reason.
    """

    pixels: NDArray[np.float32]
    rows: NDArray[np.int64]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Header:
    height: int
    width: int
    grey: bool


class _Damaged(Exception):
    """A file that is no image, with the reason."""


def read_images(
    paths: Sequence[Path],
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    most_megabytes: float = MOST_MEGABYTES,
    skip_damaged: bool = False,
) -> Images:
    """Return PNG, JPEG, BMP and GIF files as one array.

    Images of another size are stretched to it (bilinear, averaging where they shrink); the
    aspect ratio is not kept. Transparency is laid over white. Colour becomes grey as luma (ITU-R
    601-2), grey becomes colour as three equal channels. CMYK becomes RGB. 16-bit grey keeps its
    steps, as fractions. Photographs are turned as their EXIF orientation says.

    Args:
        paths: The files, at least one. What is in a file counts, not its name.
        size: Height and width in pixels; None if all have the same.
        channels: 1 for grey, 3 for colour; None for 1 if all files store grey, else 3.
        most_megabytes: Limit of the array's size, as float32.
        skip_damaged: Whether files that cannot be read are left out.

    Raises:
        DataError: If a file is missing, empty, damaged, animated, huge or no image and is not to
            be left out, if sizes differ and none is given, or if the images take too much memory.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        found = _each(_header, paths)
        headers = {row: header for row, header in enumerate(found) if isinstance(header, _Header)}
        damaged = {row: header for row, header in enumerate(found) if isinstance(header, str)}
        if damaged and not (skip_damaged and headers):
            raise _damaged_error(paths, damaged)
        height, width = size or _common_size(headers, paths)
        if channels is None:
            channels = 1 if all(header.grey for header in headers.values()) else 3
        shape = (len(headers), height, width, channels)
        check_image_memory(shape, most_megabytes)
        pixels = np.empty(shape, dtype=np.float32)
        rows = np.fromiter(headers, dtype=np.int64)

        def decode(place: int) -> None:
            pixels[place] = _decoded(paths[rows[place]], height, width, grey=channels == 1)

        results = _each(decode, range(len(rows)))
    late = {
        int(rows[place]): result for place, result in enumerate(results) if isinstance(result, str)
    }
    if late and not (skip_damaged and len(late) < len(rows)):
        raise _damaged_error(paths, late)
    if late:
        kept = ~np.isin(rows, list(late))
        pixels, rows = pixels[kept], rows[kept]
    damaged |= late
    reasons = tuple(f"{paths[row]} ({damaged[row]})" for row in sorted(damaged))
    return Images(pixels, rows, reasons)


def check_image_memory(shape: tuple[int, ...], most_megabytes: float = MOST_MEGABYTES) -> None:
    """Check that images fit into the memory that they may take.

    Args:
        shape: `(images, height, width, channels)`.
        most_megabytes: The limit; training takes several times as much.

    Raises:
        DataError: If they do not.
    """
    needed = float(np.prod(shape, dtype=np.float64)) * 4 / 1e6
    if needed > most_megabytes:
        count, *sides = shape
        raise DataError(
            f"Images must take at most {most_megabytes:,.0f} MB as float32; training takes "
            "several times as much.",
            received=f"{plural(count, 'image')} of {'x'.join(map(str, sides))}: {needed:,.0f} MB",
            fix="Give a smaller size=HEIGHTxWIDTH, take fewer images, or raise most_megabytes.",
        )


def _each(work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made | str]:
    """Return what `work` makes of each item, or the reason why it is damaged."""

    def tried(item: Item) -> Made | str:
        try:
            return work(item)
        except _Damaged as error:
            return str(error)

    # Pillow decodes without holding Python's lock.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(tried, items))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image; whatever goes wrong inside the `with` block is a damaged file."""
    try:
        if not path.is_file():
            raise _Damaged("a folder" if path.is_dir() else "no such file")
        if not path.stat().st_size:
            raise _Damaged("0 bytes")
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _Damaged(f"{image.height}x{image.width} pixels, over {MOST_PIXELS:,}")
            # The further pictures that a camera puts into a JPEG are no animation.
            if image.format in ("GIF", "PNG") and getattr(image, "is_animated", False):
                raise _Damaged(f"animated, {getattr(image, 'n_frames', 'several')} pictures")
            yield image
    except UnidentifiedImageError as error:
        raise _Damaged("no PNG, JPEG, BMP or GIF image") from error
    except Image.DecompressionBombError as error:
        raise _Damaged(f"over {MOST_PIXELS:,} pixels") from error
    except _DAMAGES as error:
        raise _Damaged(str(error).splitlines()[0] if str(error) else "damaged") from error


def _header(path: Path) -> _Header:
    """Return an image's size as it is seen, and whether it stores grey."""
    with _opened(path) as image:
        height, width = image.height, image.width
        # A PNG's own method would decode it first.
        if Image.Image.getexif(image).get(ExifTags.Base.Orientation) in _LYING:
            height, width = width, height
        return _Header(height, width, _is_grey(image))


def _is_grey(image: Image.Image) -> bool:
    if image.mode in ("P", "PA"):
        palette = np.reshape(image.getpalette() or [], (-1, 3))
        return bool((palette == palette[:, :1]).all())
    return image.mode in ("1", "L", "LA") or _is_deep(image)


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith("I")


def _decoded(path: Path, height: int, width: int, *, grey: bool) -> NDArray[np.float32]:
    """Return an image's pixels, `(height, width, 1 or 3)`."""
    with _opened(path) as image:
        upright = ImageOps.exif_transpose(image)
        if _is_deep(upright):
            # From 0…65535 to 0…255.
            picture = Image.fromarray(np.asarray(upright, dtype=np.float32) / np.float32(257))
        else:
            if upright.has_transparency_data:
                upright = upright.convert("RGBA")
                paper = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(paper, upright)
            picture = upright.convert("L" if grey else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        values = np.asarray(picture, dtype=np.float32)
        return values[..., np.newaxis] if values.ndim == 2 else values


def _common_size(headers: dict[int, _Header], paths: Sequence[Path]) -> tuple[int, int]:
    counts = Counter((header.height, header.width) for header in headers.values())
    (common, most), *others = counts.most_common()
    if others:
        odd = next(
            row for row, header in headers.items() if (header.height, header.width) != common
        )
        one = headers[odd]
        raise DataError(
            "Images must have one size, or be brought to one.",
            received=f"{len(counts)} sizes: {most:,} of {len(headers):,} images are "
            f"{common[0]}x{common[1]}, {paths[odd]} is {one.height}x{one.width}",
            fix=f"Give it as size=HEIGHTxWIDTH, for example size={common[0]}x{common[1]}: "
            "images are stretched to it.",
        )
    return common


def _damaged_error(paths: Sequence[Path], damaged: dict[int, str]) -> DataError:
    first = [f"{paths[row]} ({damaged[row]})" for row in sorted(damaged)[:_NAMED]]
    more = ", …" if len(damaged) > _NAMED else ""
    return DataError(
        "Every image must be a whole PNG, JPEG, BMP or GIF file with one picture.",
        received=f"{len(damaged):,} of {len(paths):,} that are not: {', '.join(first)}{more}",
        fix="Replace or delete what is no image; to train without, pass skip_damaged=yes.",
    )
