"""The mistakes that the network was surest of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns
from dlrecipes.report.format import format_number, format_value
from dlrecipes.report.png import picture_uri, value_span
from dlrecipes.report.saved_predictions import SavedPredictions
from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of

MOST = 12
_MOST_FEATURES = 10


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


def _example(x: NDArray[Any] | Columns, index: int) -> NDArray[Any] | Columns:
    return x[index : index + 1] if isinstance(x, Columns) else x[index]


def _words(true: str | float, predicted: str | float, weight: float) -> tuple[str, str, str]:
    """Return what was true, what was predicted, and how wrong that is, as text."""
    if isinstance(true, str) or isinstance(predicted, str):
        return str(true), str(predicted), _percent(weight)
    off = f"off by {'+' if weight > 0 else '−'}{format_number(abs(weight))}"
    return format_number(true), format_number(predicted), off


def _percent(probability: float) -> str:
    return ">99.9%" if probability > 0.999 else f"{probability:.1%}"


def _picture(
    example: NDArray[Any] | Columns | None, spec: DataSpec, span: tuple[float, float]
) -> str:
    if example is None or isinstance(example, Columns) or spec.kind != "image":
        return ""
    if example.ndim not in (2, 3) or not example.size:
        return ""
    return picture_uri(example, span)


def _features(
    example: NDArray[Any] | Columns | None, spec: DataSpec
) -> tuple[tuple[str, str], ...]:
    if example is None or spec.kind != "table":
        return ()
    if isinstance(example, Columns):
        pairs = [(name, values[0]) for name, values in example.items()]
    else:
        values = np.asarray(example).reshape(-1)
        pairs = [(f"x{at}", value.item()) for at, value in enumerate(values)]
    return tuple((name, format_value(value)) for name, value in pairs[:_MOST_FEATURES])
