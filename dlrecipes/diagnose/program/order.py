"""The order in which examples are handed to a training that does not shuffle them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding, plural

Array = NDArray[Any]

_FEWEST = 50
_SMALLEST = 16
"""Of smaller batches several in a row are looked at: they lead the same way."""
_BETWEEN = 0.5
_FOLLOWS = 0.8
"""From that correlation of neighbours on, a column follows a course, as in a series."""


def check_order(program: Program) -> Iterator[Finding]:
    """Find examples that are sorted, or lie in blocks, by what is to be learned, and stay so.

    By how much of the targets' variance lies between batches rather than within them: of examples
    in a random order next to nothing does.

    Args:
        program: The training.
    """
    shuffle = program.fit.get("shuffle", True)
    if shuffle and shuffle != "batch":
        return
    for output in program.outputs:
        targets = _targets(output)
        if targets is None or len(targets) < _FEWEST:
            continue
        targets = targets[: program.examples]
        share = _between_batches(targets, max(program.batch_size, _SMALLEST))
        if share < _BETWEEN:
            continue
        if output.classes is not None:
            changes = int((np.diff(output.classes) != 0).sum())
            yield Finding(
                "batches",
                f"The examples are sorted by class ({plural(changes, 'change')} of class in "
                f"{len(targets):,} examples) and are not shuffled: a batch has few classes.",
                {"changes": changes, "between_batches": share},
                "Leave `shuffle=False` out, or shuffle the data once.",
                severity="warning",
            )
        elif not _is_series(program):
            yield Finding(
                "batches",
                f"The examples are sorted by their targets{output.whose} and are not shuffled: "
                f"{100 * share:.0f} % of the targets' variance lies between the batches, and the "
                "last ones are what is remembered.",
                {"between_batches": share},
                "Leave `shuffle=False` out, or shuffle the data once.",
                severity="warning",
            )


def _targets(output: Output) -> Array | None:
    """Return what varies with the examples, `(examples, numbers)`; None where that is unknown."""
    classes = output.classes
    if classes is not None:
        present, of_class = np.unique(classes, return_inverse=True)
        return np.eye(len(present))[of_class] if 1 < len(present) <= 1000 else None
    if not output.one_column or output.targets.dtype.kind not in "biuf":
        return None
    values = output.column.astype(np.float64)
    return values[:, np.newaxis] if np.isfinite(values).all() else None


def _between_batches(targets: Array, size: int) -> float:
    """Return the share of the variance between batches, less what chance would give."""
    count, groups = len(targets), -(-len(targets) // size)
    if groups < 2 or groups >= count:
        return 0.0
    batch = np.arange(count) // size
    sizes = np.bincount(batch)
    sums = np.stack([np.bincount(batch, column) for column in targets.T], axis=1)
    within = float((targets**2).sum() - (sums**2 / sizes[:, np.newaxis]).sum())
    whole = float(((targets - targets.mean(axis=0)) ** 2).sum())
    return 1 - (within / (count - groups)) / (whole / (count - 1)) if whole > 0 else 0.0


def _is_series(program: Program) -> bool:
    """Whether the examples follow each other in time, so that their order is what it is.

    In a file that is sorted by its targets, most columns still jump from row to row.
    """
    if any(isinstance(one, keras.layers.RNN) for one in program.layers):
        return True
    courses = []
    for x in program.x.values():
        if x.dtype.kind not in "biuf":
            continue
        flat = x.reshape(len(x), -1)[:5000, :50].astype(np.float64)
        varied = flat[:, flat.std(axis=0) > 0]
        steps = np.square(np.diff(varied, axis=0)).mean(axis=0)
        courses += (1 - steps / (2 * varied.var(axis=0))).tolist()
    return bool(courses) and float(np.median(courses)) > _FOLLOWS
