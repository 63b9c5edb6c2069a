"""What is handed to `fit`: how long it is to last, and its callbacks."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, plural

_FEW_STEPS = 10
_CROWDED = 0.5


def check_fitting(program: Program) -> Iterator[Finding]:
    """Say what of the arguments of `fit` keeps a network from learning, or hides that it does not.

    Args:
        program: The training.
    """
    yield from _duration(program)
    yield from _callbacks(program)


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
