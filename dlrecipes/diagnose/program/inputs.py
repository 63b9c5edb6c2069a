"""What goes into the first layer: scale, gaps, constants, codes that are taken for numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, plural

_LAYERS = keras.layers
_NUMBERS = (_LAYERS.Dense, _LAYERS.LSTM, _LAYERS.GRU, _LAYERS.SimpleRNN, _LAYERS.Conv1D)
_PICTURES = (_LAYERS.Conv2D, _LAYERS.Conv3D, _LAYERS.SeparableConv2D, _LAYERS.DepthwiseConv2D)
_PASSED_ON = (
    _LAYERS.Flatten,
    _LAYERS.Reshape,
    _LAYERS.Dropout,
    _LAYERS.Permute,
    _LAYERS.Concatenate,
    _LAYERS.GaussianNoise,
    _LAYERS.ZeroPadding2D,
    _LAYERS.AveragePooling2D,
    _LAYERS.MaxPooling2D,
    _LAYERS.GlobalAveragePooling2D,
)
"""Layers that leave the scale of their inputs as it is."""
_GAPS_GO_ON = (
    *_NUMBERS,
    *_PICTURES,
    _LAYERS.BatchNormalization,
    _LAYERS.LayerNormalization,
    _LAYERS.Normalization,
    _LAYERS.Rescaling,
)
_ROWS = 8192
"""So many examples are looked at, from all over the data."""
_LARGE, _SMALL = 100.0, 0.02
_APART = 1e3
_FEWEST_ROWS = 40
_CODES = 8
"""Different whole numbers from which on a column may be one of codes."""
_SURE = 1e-8
_WORDS = 30
_FEW_COLUMNS = 5


def check_inputs(program: Program) -> Iterator[Finding]:
    """Say what of the inputs keeps the first layer from learning.

    Args:
        program: The training.
    """
    for name, x in program.x.items():
        whose = f" of {name!r}" if name else ""
        if x.dtype.kind not in "biuf":
            continue
        takers = first_layers(program, name)
        finite = float(np.isfinite(x).mean())
        # A layer of the user's own may fill gaps.
        if finite < 1 and takers and all(isinstance(one, _GAPS_GO_ON) for one in takers):
            yield Finding(
                "inputs",
                f"{100 * (1 - finite):.1f} % of the inputs{whose} are missing or infinite.",
                {"share": 1 - finite},
                "Fill the gaps, with a column that says where they were, or leave the rows out.",
                severity="error",
            )
        if finite < 1:
            continue
        rows = np.linspace(0, len(x) - 1, min(len(x), _ROWS)).astype(int)
        takers, numbers = _rescaled(takers, x[rows].astype(np.float64))
        if not takers or not all(isinstance(one, (*_NUMBERS, *_PICTURES)) for one in takers):
            continue
        words = _words(x, numbers, takers, whose)
        yield from words
        if not words:
            yield from _scale(numbers, whose)
            yield from _constants(numbers, whose)
            yield from _codes(program, rows, numbers, whose)


def _rescaled(
    takers: list[Any], numbers: NDArray[np.float64]
) -> tuple[list[Any], NDArray[np.float64]]:
    """Return what computes with inputs, and the inputs, behind a `Rescaling` of the network's."""
    if len(takers) == 1 and isinstance(takers[0], _LAYERS.Rescaling):
        layer = takers[0]
        if np.ndim(layer.scale) == 0 and np.ndim(layer.offset) == 0:
            return list(behind(layer)), numbers * float(layer.scale) + float(layer.offset)
    return takers, numbers


def behind(layer: keras.Operation) -> Iterator[keras.Operation]:
    """Yield what next computes with what a layer gives.

    Args:
        layer: Of a network that was built.
    """
    for node in getattr(layer, "_outbound_nodes", ()):
        following = node.operation
        if isinstance(following, _PASSED_ON):
            yield from behind(following)
        else:
            yield following


def first_layers(program: Program, name: str) -> list[Any]:
    """Return the layers that first compute with an input; nothing where that is unknown.

    Args:
        program: The training.
        name: The input's, empty where it is the only one.
    """
    model = program.network
    tensors = getattr(model, "inputs", None)
    if not tensors:
        return []
    at = 0
    if name:
        names = [one.name for one in tensors]
        known = [place for place, one in enumerate(names) if one.split("/")[-1] == name]
        at = known[0] if known else list(program.x).index(name)
    if at >= len(tensors):
        return []
    found: list[Any] = []
    waiting = [(model, tensors[at])]
    while waiting:
        inside, tensor = waiting.pop()
        for layer in _consumers(inside, tensor):
            if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
                waiting.append((layer, layer.inputs[0]))
            elif isinstance(layer, _PASSED_ON):
                waiting.append((inside, layer.output))
            else:
                found.append(layer)
    return found


def _consumers(model: keras.Model, tensor: keras.KerasTensor) -> Iterator[keras.Operation]:
    for layer in getattr(model, "operations", None) or model.layers:
        if any(
            any(one is tensor for one in node.input_tensors)
            for node in getattr(layer, "_inbound_nodes", ())
        ):
            yield layer


def _scale(numbers: NDArray[np.float64], whose: str) -> Iterator[Finding]:
    largest = float(np.abs(numbers).max())
    advice = (
        "Bring inputs to a spread of about 1: `Normalization` adapted on the training part, or "
    )
    advice += "`Rescaling(1 / 255)` for pixels."
    flat = numbers.reshape(len(numbers), -1)
    spreads = flat.std(axis=0)
    varied = spreads[spreads > 0]
    if largest > _LARGE:
        yield Finding(
            "input scale",
            f"Inputs{whose} go up to {largest:,.0f}, where a first layer is made for about 1.",
            {"largest": largest, "spread": float(flat.std())},
            advice,
            severity="warning",
        )
    elif varied.size > 1 and float(varied.max() / varied.min()) > _APART:
        yield Finding(
            "input scale",
            f"The widest column{whose} varies {varied.max() / varied.min():,.0f} times as much as "
            "the narrowest.",
            {"widest": float(varied.max()), "narrowest": float(varied.min())},
            advice,
            severity="warning",
        )
    elif 0 < largest < _SMALL:
        yield Finding(
            "input scale",
            f"No input{whose} is larger than {largest:.2g}: they may have been divided twice.",
            {"largest": largest},
            advice,
            severity="warning",
        )


def _constants(numbers: NDArray[np.float64], whose: str) -> Iterator[Finding]:
    if len(numbers) < _FEWEST_ROWS:
        return
    if np.ptp(numbers) == 0:
        yield Finding(
            "inputs",
            f"All inputs{whose} are {numbers.flat[0]:g}: nothing can be learned from them.",
            {"value": float(numbers.flat[0])},
            "Look at how they were made: a division of whole numbers, a cast or a parsing that "
            "failed leaves one value everywhere.",
            severity="error",
        )
        return
    if numbers.ndim != 2:
        return
    constant = int((np.ptp(numbers, axis=0) == 0).sum())
    if constant * 2 >= numbers.shape[1] and constant:
        yield Finding(
            "inputs",
            f"{constant} of {plural(numbers.shape[1], 'column')}{whose} are constant.",
            {"constant": constant, "columns": numbers.shape[1]},
            "Look at how they were made: a join by the wrong key, or a parsing that failed, fills "
            "columns with one value.",
            severity="warning",
        )


def _words(
    x: NDArray[Any], numbers: NDArray[np.float64], takers: list[Any], whose: str
) -> list[Finding]:
    """Find rows of codes, such as those of words, that go into a layer of numbers."""
    if (
        x.ndim != 2
        or x.shape[1] < _FEW_COLUMNS
        or any(isinstance(one, _PICTURES) for one in takers)
    ):
        return []
    whole = bool((numbers == np.round(numbers)).all()) and float(numbers.min()) >= 0
    highest = numbers.max(axis=0)
    alike = float(highest.min()) > 0.5 * float(highest.max())
    pixels = float(numbers.max()) <= 16 or float(numbers.max()) == 255
    if not whole or pixels or float(numbers.max()) < _WORDS or not alike:
        return []
    return [
        Finding(
            "inputs",
            f"Whole numbers from 0 to {numbers.max():.0f} in every column{whose} look like codes "
            "of words or categories, and are taken for amounts.",
            {"largest": float(numbers.max()), "columns": x.shape[1]},
            "Begin with an `Embedding(codes, width)`.",
            severity="warning",
        )
    ]


def _codes(
    program: Program, rows: NDArray[np.int64], numbers: NDArray[np.float64], whose: str
) -> Iterator[Finding]:
    """Find columns whose numbers are names: the target follows them, but not their order."""
    if numbers.ndim != 2 or len(numbers) < _FEWEST_ROWS or len(program.outputs) != 1:
        return
    output = program.outputs[0]
    target = output.classes if output.classes is not None else None
    if target is None and output.one_column and output.targets.dtype.kind in "biuf":
        target = output.column
    if target is None:
        return
    score = np.asarray(target, np.float64)[rows]
    if not np.isfinite(score).all():
        return
    if np.ptp(score) == 0:
        return
    for at in range(min(numbers.shape[1], 200)):
        column = numbers[:, at]
        if (column != np.round(column)).any() or (column < 0).any():
            continue
        codes, groups = np.unique(column, return_inverse=True)
        if not _CODES <= len(codes) <= len(column) / 5:
            continue
        explained, p = _between(score, groups, len(codes))
        smooth = np.polynomial.Polynomial.fit(column, score, 3)(column)
        by_order = 1 - float(((score - smooth) ** 2).sum() / ((score - score.mean()) ** 2).sum())
        if p < _SURE and explained > 0.1 and by_order < explained / 3:
            yield Finding(
                "inputs",
                f"Column {at}{whose} has {len(codes)} whole numbers that tell "
                f"{100 * explained:.0f} % of the target one by one, and {100 * by_order:.0f} % as "
                "amounts: they look like codes of categories.",
                {"column": at, "by_code": explained, "by_order": by_order},
                "Give it an `Embedding` or one-hot columns (`CategoryEncoding`).",
                severity="warning",
            )
            return


def _between(score: NDArray[np.float64], groups: NDArray[Any], count: int) -> tuple[float, float]:
    """Return the share of the variance that lies between groups, and how likely it is by chance."""
    sizes = np.bincount(groups, minlength=count)
    means = np.bincount(groups, score, minlength=count) / sizes
    whole = float(((score - score.mean()) ** 2).sum())
    between = float((sizes * (means - score.mean()) ** 2).sum())
    rest = len(score) - count
    ratio = (between / (count - 1)) / max((whole - between) / rest, 1e-300)
    shrunk = max(between - (count - 1) * (whole - between) / rest, 0.0)
    return shrunk / whole, float(stats.f.sf(ratio, count - 1, rest))
