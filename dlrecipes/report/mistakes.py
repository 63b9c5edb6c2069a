"""The mistakes that the network was surest of."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs
from dlrecipes.report.format import format_number, format_value
from dlrecipes.report.saved_predictions import SavedPredictions
from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of

MOST = 12
_MOST_FEATURES = 10
_LARGEST = 160


@dataclass(frozen=True)
class Mistake:
    """One example that the exported network got wrong.

    Args:
        name: The example's id.
        true: The true class or value.
        predicted: The predicted class or value.
        weight: How wrong, as text: the probability, or the error.
        picture: A data URI; empty where there is no picture.
        features: `(name, value)` of a table's first features.
    """

    name: str
    true: str
    predicted: str
    weight: str
    picture: str = ""
    features: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Mistakes:
    """The worst mistakes, worst first.

    Args:
        mistakes: At most `MOST`.
        wrong: How many there are among the examples looked at; all of them for values.
        looked_at: Among how many examples they were chosen.
        examples: How many test examples there are.
    """

    mistakes: tuple[Mistake, ...]
    wrong: int
    looked_at: int
    examples: int


def find_mistakes(saved: SavedPredictions, spec: DataSpec) -> Mistakes:
    """Return the mistakes of the exported refit, the first one.

    Where inputs were saved, only among the examples that have them, so that each can be shown.

    Args:
        saved: The saved predictions.
        spec: The data as loaded.
    """
    shown = spec.kind in ("image", "table") and len(saved.x) > 0
    count = len(saved.x) if shown else len(saved.y)
    predictions, y = saved.predictions[0][:count], saved.y[:count]
    kind = kind_of(spec.target)
    badness = kind.badness(y, predictions)
    order = [int(i) for i in np.argsort(-badness, kind="stable")[:MOST] if badness[i] > 0]
    images = shown and spec.kind == "image" and isinstance(saved.x, np.ndarray)
    span = value_span(np.asarray(saved.x)) if images else (0.0, 1.0)
    found = []
    for index in order:
        true, predicted, weight = _words(*kind.mistake(y[index], predictions[index]))
        example = _example(saved.x, index) if shown else None
        found.append(
            Mistake(
                name=saved.ids[index],
                true=true,
                predicted=predicted,
                weight=weight,
                picture=_picture(example, spec, span),
                features=_features(example, spec),
            )
        )
    return Mistakes(tuple(found), int((badness > 0).sum()), count, len(saved.y))


def _example(x: NDArray[Any] | Columns | Inputs, index: int) -> NDArray[Any] | Columns | Inputs:
    return x[index] if isinstance(x, np.ndarray) else x[index : index + 1]


def _words(true: str | float, predicted: str | float, weight: float) -> tuple[str, str, str]:
    """Return what was true, what was predicted, and how wrong that is, as text."""
    if isinstance(true, str) or isinstance(predicted, str):
        return str(true), str(predicted), _percent(weight)
    off = f"off by {'+' if weight > 0 else '−'}{format_number(abs(weight))}"
    return format_number(true), format_number(predicted), off


def _percent(probability: float) -> str:
    return ">99.9%" if probability > 0.999 else f"{probability:.1%}"


def _picture(
    example: NDArray[Any] | Columns | Inputs | None, spec: DataSpec, span: tuple[float, float]
) -> str:
    if not isinstance(example, np.ndarray) or spec.kind != "image":
        return ""
    if example.ndim not in (2, 3) or not example.size:
        return ""
    return picture_uri(example, span)


def _features(
    example: NDArray[Any] | Columns | Inputs | None, spec: DataSpec
) -> tuple[tuple[str, str], ...]:
    if example is None or isinstance(example, Inputs) or spec.kind != "table":
        return ()
    if isinstance(example, Columns):
        pairs = [(name, values[0]) for name, values in example.items()]
    else:
        values = np.asarray(example).reshape(-1)
        pairs = [(f"x{at}", value.item()) for at, value in enumerate(values)]
    return tuple((name, format_value(value)) for name, value in pairs[:_MOST_FEATURES])


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
