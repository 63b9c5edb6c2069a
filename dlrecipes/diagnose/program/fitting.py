"""What is handed to `fit`: validation, callbacks, duration."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding, plural

_FEW_STEPS = 10
_CROWDED = 0.5
_SAME = 0.3
_COMPARED = 2000
_AT_ONCE = 1024


def check_fitting(program: Program) -> Iterator[Finding]:
    """Say what of the arguments of `fit` keeps a network from learning, or hides that it does not.

    Args:
        program: The training.
    """
    yield from _duration(program)
    yield from _callbacks(program)
    yield from _same_rows(program)
    for output in program.outputs:
        if output.classes is not None:
            yield from _held_out_classes(program, output, output.classes)


def _duration(program: Program) -> Iterator[Finding]:
    if program.steps < _FEW_STEPS:
        crowded = program.epochs > 1 and program.batch_size > _CROWDED * program.examples
        yield Finding(
            "batches" if crowded else "duration",
            f"The whole training has {plural(program.steps, 'step')}"
            + (" of nearly all examples at once." if crowded else "."),
            {"steps": program.steps},
            "Take smaller batches, or more epochs.",
            severity="warning",
        )


def _callbacks(program: Program) -> Iterator[Finding]:
    given = program.fit.get("callbacks") or ()
    for callback in given if isinstance(given, list | tuple) else [given]:
        if not isinstance(callback, keras.callbacks.EarlyStopping):
            continue
        loss = "loss" in str(callback.monitor)
        rises = getattr(callback, "mode", "auto") == "max"
        if loss and rises:
            yield Finding(
                "duration",
                f"Early stopping waits for `{callback.monitor}` to rise, and it is to fall.",
                {},
                'Use `mode="min"`, or leave it out.',
                severity="error",
            )


def _same_rows(program: Program) -> Iterator[Finding]:
    """Find validation examples that are training examples."""
    if program.validation is None:
        return
    held_out, _ = program.validation
    if set(held_out) != set(program.x):
        return
    train = _rows(program.x, len(next(iter(program.x.values()))))
    seen = Counter(train)
    rows = _rows(held_out, _COMPARED)
    share = float(np.mean([row in seen for row in rows])) if rows else 0.0
    # Of few columns with few values, examples are alike by themselves.
    by_itself = float(np.mean([seen[row] > 1 for row in train])) if train else 0.0
    if share > _SAME and share > 2 * by_itself:
        yield Finding(
            "validation",
            f"{100 * share:.0f} % of the validation examples are among the training examples.",
            {"share": share},
            "Hold examples out: `dlr.data.from_arrays(x, y)` does, or `validation_split=0.2`.",
            severity="error",
        )


def _rows(x: Mapping[str, NDArray[np.generic]], most: int) -> list[bytes]:
    """Return a digest of each of the first examples; none of examples that are no numbers."""
    digests: list[bytes] = []
    if any(one.dtype.kind not in "biuf" for one in x.values()):
        return digests
    length = min(most, *(len(one) for one in x.values()))
    for start in range(0, length, _AT_ONCE):
        parts = [np.asarray(one[start : min(start + _AT_ONCE, length)]) for one in x.values()]
        joined = np.concatenate(
            [part.reshape(len(part), -1).astype(np.float32) for part in parts], axis=1
        )
        digests += [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in joined]
    return digests


def _held_out_classes(
    program: Program, output: Output, classes: NDArray[np.int64]
) -> Iterator[Finding]:
    share = float(program.fit.get("validation_split") or 0.0)
    if not share:
        return
    at = int(len(classes) * (1 - share))
    missing = sorted(set(classes[at:].tolist()) - set(classes[:at].tolist()))
    if missing:
        yield Finding(
            "validation",
            f"`validation_split` takes the last examples, and of {plural(len(missing), 'class')}"
            f"{output.whose} ({', '.join(map(str, missing[:5]))}) none is left for training.",
            {"missing": len(missing)},
            "Shuffle the data once before, or split it by class.",
            severity="error",
        )
