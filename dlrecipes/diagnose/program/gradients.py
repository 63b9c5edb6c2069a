"""Whether the gradient of one batch arrives in every layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.few_steps import (
    has_own_step,
    pick,
    quietly,
    spread_rows,
    train_on,
    trainable,
    weights_of,
)
from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, plural
from dlrecipes.training.model_state import left_as_they_were
from dlrecipes.training.recorded_gradients import GradientRecorder

Array = NDArray[Any]

_BATCH = 64
_VANISHED = 1e-6


def check_gradients(program: Program) -> Iterator[Finding]:
    """Take the gradient of one batch, and see whether it arrives in every layer.

    Args:
        program: The training.
    """
    model = trainable(program)
    if model is None:
        return
    rows = spread_rows(program.examples, min(_BATCH, max(program.batch_size, 2)))
    seen = GradientRecorder()
    try:
        with left_as_they_were(model), quietly():
            model.optimizer = seen
            model.train_function = None
            model.run_eagerly = True
            train_on(model, pick(program, rows), weights_of(program, rows))
            weights = [
                (variable, keras.ops.convert_to_numpy(variable))
                for variable in model.trainable_variables
            ]
    except Exception:  # what cannot be trained says so itself
        return
    if not seen.gradients:  # a step of one's own
        return
    yield from _of_gradients(program, weights, seen.gradients)


def _of_gradients(
    program: Program, weights: list[tuple[Any, Array]], gradients: dict[str, Array]
) -> Iterator[Finding]:
    broken = [path for path, gradient in gradients.items() if not np.isfinite(gradient).all()]
    if broken:
        yield Finding(
            "gradients",
            f"The first gradient of {broken[-1]!r} is no number.",
            {"weights": broken},
            "Look for a root, a logarithm or a division at 0: add a small number inside of it.",
            severity="error",
        )
        return
    # A step of one's own may move some weights otherwise: whether it does is seen as it goes on.
    by_rule = any(output.loss is None for output in program.outputs) or has_own_step(program.model)
    without = (
        []
        if by_rule
        else [variable.path for variable, _ in weights if variable.path not in gradients]
    )
    if without:
        yield Finding(
            "unused weights",
            f"{plural(len(without), 'weight')} can be trained and "
            f"{'has' if len(without) == 1 else 'have'} no part in the loss: "
            f"{', '.join(without[:4])}{' …' if len(without) > 4 else ''}.",
            {"weights": without},
            "Join the layer with what is put out, or leave it out.",
            severity="warning",
        )
    kernels = [(v.path, w, gradients[v.path]) for v, w in weights if v.path in gradients]
    moved = [
        (path, float(np.sqrt((g**2).mean())) / max(float(np.sqrt((w**2).mean())), 1e-6))
        for path, w, g in kernels
        if w.ndim >= 2 and np.any(w)
    ]
    if len(moved) >= 3 and moved[-1][1] > 0:
        path, least = moved[0]
        if 0 < least < _VANISHED * moved[-1][1]:
            yield Finding(
                "gradients",
                f"The gradient vanishes on its way back: in {path!r} it is {least:.1g} of the "
                f"weights, in the last layer {moved[-1][1]:.1g}.",
                {"first": least, "last": moved[-1][1]},
                'Use "relu" or "elu" with a matching initialiser, skip connections, or '
                "normalisation between the layers.",
                severity="warning",
            )
