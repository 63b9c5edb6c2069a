"""Small pictures as PNG data URIs, without an image library."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST = 160


def picture_uri(image: NDArray[Any], span: tuple[float, float]) -> str:
    """Return an image as a data URI.

    Args:
        image: `(height, width)` or `(height, width, channels)`; three channels or more are
            taken as red, green and blue, one or two as grey.
        span: The values that become black and white.
    """
    pixels = _to_bytes(image, span)
    height, width, channels = pixels.shape
    rows = b"".join(b"\x00" + row.tobytes() for row in pixels)
    colour_type = 2 if channels == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
    png += _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def value_span(images: NDArray[Any]) -> tuple[float, float]:
    """Return the values that stand for black and white in these images.

    Bytes are 0 to 255, floats within [0, 1] are taken as such, anything else by its extremes.
    """
    if images.dtype == np.uint8:
        return 0.0, 255.0
    finite = images[np.isfinite(images)] if images.dtype.kind == "f" else images
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return min(low, 0.0), high if high > min(low, 0.0) else low + 1


def _to_bytes(image: NDArray[Any], span: tuple[float, float]) -> NDArray[np.uint8]:
    if image.ndim == 2:
        image = image[:, :, None]
    step = -(-max(image.shape[:2]) // _LARGEST)
    image = image[::step, ::step, :3] if image.shape[2] >= 3 else image[::step, ::step, :1]
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    scaled = (values - span[0]) / (span[1] - span[0])
    return np.round(np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
