"""Several heads beside each other: what part each has in the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dlrecipes.diagnose.program.beginning import costs_of_nothing
from dlrecipes.diagnose.program.losses import mean_loss
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding

_NOTHING = 3e-4


def check_shares(program: Program) -> Iterator[Finding]:
    """Find a head whose loss is drowned by those of the others.

    What counts is a head's loss before it has learned anything, times its weight. A head of weight
    0 is left out on purpose.

    Args:
        program: The training.
    """
    if len(program.outputs) < 2:
        return
    weights = _loss_weights(program)
    if weights is None:
        return
    parts: list[float] = []
    for output, weight in zip(program.outputs, weights, strict=True):
        if output.loss is None or weight == 0:
            parts.append(0.0)
            continue
        cost = _at_stake(output)
        if cost is None:
            return
        parts.append(abs(weight) * cost)
    whole = sum(parts)
    for output, weight, part in zip(program.outputs, weights, parts, strict=True):
        if 0 < part < _NOTHING * whole:
            yield Finding(
                "loss",
                f"The loss{output.whose} has a part of {part / whole:.1g} in the whole (its weight "
                f"is {weight:g}): the layers that it shares learn for the others alone.",
                {"part": part, "whole": whole},
                "Choose `loss_weights` so that what the heads can gain is of the same size, and "
                "standardise targets that are numbers.",
                severity="warning",
            )


def _at_stake(output: Output) -> float | None:
    """Return what a head's loss is at the start, or where it knows nothing if that is more."""
    start = mean_loss(output, output.outputs)
    if start is None or not np.isfinite(start):
        return None
    known = [abs(cost) for cost in costs_of_nothing(output).values()]
    return max(abs(start), min(known, default=0.0))


def _loss_weights(program: Program) -> list[float] | None:
    """Return the weight of each output's loss; None if they are given in a form of one's own."""
    given: Any = getattr(program.model._compile_loss, "_user_loss_weights", None)
    count = len(program.outputs)
    if given is None:
        return [1.0] * count
    try:
        if isinstance(given, Mapping):
            return [float(given.get(output.name, 1.0)) for output in program.outputs]
        weights = [float(one) for one in given]
    except (TypeError, ValueError):
        return None
    return weights if len(weights) == count else None
