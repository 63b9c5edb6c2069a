"""What is handed to `fit`: the order of the examples, weights, callbacks, duration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding, plural

_FEWEST = 50
_FEW_STEPS = 10
_RARE = 0.1


def check_fitting(program: Program) -> Iterator[Finding]:
    """Say what of the arguments of `fit` keeps a network from learning, or hides that it does not.

    Args:
        program: The training.
    """
    yield from _order(program)
    yield from _duration(program)
    yield from _callbacks(program)
    for output in program.outputs:
        if output.classes is not None:
            yield from _rare_classes(program, output, output.classes)


def _order(program: Program) -> Iterator[Finding]:
    if program.fit.get("shuffle", True):
        return
    for output in program.outputs:
        classes = output.classes
        if classes is None or len(classes) < _FEWEST:
            continue
        present, counts = np.unique(classes, return_counts=True)
        changes = int((np.diff(classes) != 0).sum())
        by_chance = len(classes) * (1 - float(((counts / len(classes)) ** 2).sum()))
        if len(present) > 1 and changes < 0.1 * by_chance:
            yield Finding(
                "batches",
                f"The examples are sorted by class ({plural(changes, 'change')} of class in "
                f"{len(classes):,} examples) and are not shuffled: a batch has one class only.",
                {"changes": changes},
                "Leave `shuffle=False` out, or shuffle the data once.",
                severity="warning",
            )


def _duration(program: Program) -> Iterator[Finding]:
    if program.steps < _FEW_STEPS:
        yield Finding(
            "duration",
            f"The whole training has {plural(program.steps, 'step')}.",
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


def _begins_at_the_shares(output: Output) -> bool:
    """Whether the last bias was set by somebody who knows that a class is rare."""
    bias = getattr(output.layer, "bias", None)
    return bias is not None and bool(np.any(keras.ops.convert_to_numpy(bias)))


def _rare_classes(
    program: Program, output: Output, classes: NDArray[np.int64]
) -> Iterator[Finding]:
    present, counts = np.unique(classes, return_counts=True)
    if len(present) != 2 or len(classes) < _FEWEST:
        return
    shares = counts / counts.sum()
    rare = int(present[shares.argmin()])
    weights = program.fit.get("class_weight")
    if isinstance(weights, Mapping):
        of_rare = float(weights.get(rare, 1.0))
        of_other = float(weights.get(int(present[shares.argmax()]), 1.0))
        if of_rare < of_other and float(shares.min()) < 2 * _RARE:
            yield Finding(
                "imbalance",
                f"The class of {100 * float(shares.min()):.1f} % of the examples has the smaller "
                f"weight ({of_rare:g} against {of_other:g}).",
                {"share": float(shares.min()), "weight": of_rare},
                "Swap them: weights usually go against the shares.",
                severity="warning",
            )
        return
    weighted = program.fit.get("sample_weight") is not None
    focal = "focal" in output.loss_name
    aware = weighted or focal or _begins_at_the_shares(output)
    if float(shares.min()) < _RARE and not aware and _by_accuracy(program):
        yield Finding(
            "imbalance",
            f"Class {rare} is {100 * float(shares.min()):.1f} % of the examples, and the training "
            "is judged by accuracy: naming the other class always is right in "
            f"{100 * float(shares.max()):.1f} %.",
            {"share": float(shares.min())},
            "Judge it by precision and recall, or the area under the precision-recall curve, and "
            "weigh the classes.",
            severity="warning",
        )


def _by_accuracy(program: Program) -> bool:
    """Whether accuracy is all that a training is judged by."""
    compiled = program.model._compile_metrics
    given = keras.tree.flatten(getattr(compiled, "_user_metrics", None) or [])
    names = [
        one if isinstance(one, str) else str(getattr(one, "name", getattr(one, "__name__", "")))
        for one in given
        if one is not None
    ]
    return bool(names) and all("acc" in name for name in names)
