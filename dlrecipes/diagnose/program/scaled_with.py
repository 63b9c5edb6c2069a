"""Inputs that were scaled with numbers which are not theirs: twice, or with those of other data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.inputs import behind, first_layers
from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, significant

_LAYERS = keras.layers
_SCALING = (_LAYERS.Rescaling, _LAYERS.Normalization)
_NORMALISING = (
    _LAYERS.BatchNormalization,
    _LAYERS.LayerNormalization,
    _LAYERS.GroupNormalization,
)
_COMPUTING = (
    _LAYERS.Dense,
    _LAYERS.Conv1D,
    _LAYERS.Conv2D,
    _LAYERS.SimpleRNN,
    _LAYERS.LSTM,
    _LAYERS.GRU,
)
_ROWS = 2000
_FEWEST_ROWS = 20
_FEWEST_COLUMNS = 3
_OFF = 5.0
_WIDE, _NARROW = 10.0, 0.1
_STILL = 0.05
_LARGE = 100.0


def check_scaled_with(program: Program) -> Iterator[Finding]:
    """Look at inputs where they have passed the `Rescaling` and `Normalization` at the beginning.

    Args:
        program: The training.
    """
    for name, x in program.x.items():
        if x.dtype.kind not in "biuf" or len(x) < _FEWEST_ROWS:
            continue
        rows = np.linspace(0, len(x) - 1, min(len(x), _ROWS)).astype(int)
        values = np.asarray(x[rows], np.float32)
        if not np.isfinite(values).all():
            continue
        whose = f" of {name!r}" if name else ""
        layers = first_layers(program, name)
        passed: list[Any] = []
        while len(layers) == 1 and isinstance(layers[0], _SCALING):
            passed += layers
            try:
                values = keras.ops.convert_to_numpy(layers[0](values))
            except Exception:  # what does not fit says so itself
                return
            layers = list(behind(layers[0]))
        if not layers or not all(isinstance(one, _COMPUTING) for one in layers):
            continue
        columns = values.reshape(-1, values.shape[-1] if values.ndim > 1 else 1).astype(np.float64)
        columns = columns[:, np.ptp(columns, axis=0) > 0]
        if columns.size:
            normalised = any(isinstance(one, _LAYERS.Normalization) for one in passed)
            found = list(_not_normalised(columns, whose)) if normalised else []
            yield from found or _hardly_varying(program, columns, whose, values.ndim > 2)


def _not_normalised(columns: NDArray[np.float64], whose: str) -> Iterator[Finding]:
    means, spreads = columns.mean(axis=0), columns.std(axis=0)
    wrong = (np.abs(means) > _OFF) | (spreads > _WIDE) | (spreads < _NARROW)
    if wrong.mean() >= 0.5:
        yield Finding(
            "input scale",
            f"Behind the `Normalization`{whose} columns have means up to "
            f"{significant(np.abs(means).max())} and spreads from {significant(spreads.min())} to "
            f"{significant(spreads.max())}, where 0 and 1 are meant: it was adapted to other "
            "inputs, or not at all.",
            {"mean": float(np.abs(means).max()), "widest": float(spreads.max())},
            "Call its `adapt` with what goes into it, the training part, and scale nothing before.",
            severity="warning",
        )


def _hardly_varying(
    program: Program, columns: NDArray[np.float64], whose: str, pooled: bool
) -> Iterator[Finding]:
    """Find inputs whose offset is all that a first layer sees of them."""
    if any(isinstance(one, _NORMALISING) for one in program.layers):
        return
    if columns.shape[1] < _FEWEST_COLUMNS and not pooled:
        return
    offsets, spreads = np.abs(columns.mean(axis=0)), columns.std(axis=0)
    share = float(np.median(spreads / np.maximum(offsets, 1e-12)))
    if share < _STILL and float(np.abs(columns).max()) <= _LARGE:
        yield Finding(
            "input scale",
            f"Inputs{whose} lie at {significant(np.median(offsets))} and vary by "
            f"{significant(np.median(spreads))}, {100 * share:.1g} % of that: a first layer sees "
            "nearly the same in all examples. They may have been scaled twice.",
            {"offset": float(np.median(offsets)), "spread": float(np.median(spreads))},
            "Scale once, with the numbers of what is scaled: `Normalization` adapted on the "
            "training part.",
            severity="warning",
        )
