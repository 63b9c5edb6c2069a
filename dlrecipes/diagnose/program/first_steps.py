"""How a training begins: its first steps, as its user would take them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.beginning import costs_of_nothing
from dlrecipes.diagnose.program.few_steps import first_loss, pick, quietly, trainable, weights_of
from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, plural
from dlrecipes.training.model_state import left_as_they_were

_SECONDS = 6.0
_BEGUN = 60
_HELD = 256
_GROWN = 10.0
_STILL = 5e-4
_SHARE = 0.05


def check_first_steps(program: Program) -> Iterator[Finding]:
    """Begin as the user does, with the own optimizer, and see whether the loss can be borne.

    Args:
        program: The training.
    """
    model = trainable(program)
    if model is None:
        return
    steps = min(program.steps, _BEGUN)
    of_each = 3 * program.seconds / len(keras.tree.flatten(program.few)[0])
    if of_each * min(program.batch_size, program.examples) * steps > 2 * _SECONDS:
        return  # so slow a network is not judged by a few steps
    generator = np.random.default_rng(0)
    losses: list[float] = []
    start = 0.0
    size = min(program.batch_size, program.examples, 256)
    fixed = generator.permutation(program.examples)[:_HELD]
    try:
        with left_as_they_were(model), quietly():
            model.run_eagerly = False
            model.jit_compile = False
            model.train_function = None
            held = pick(program, fixed)
            before = first_loss(model.test_on_batch(*held))
            order = np.zeros(0, np.int64)
            for _ in range(steps):
                if len(order) < size:
                    order = generator.permutation(program.examples)
                rows, order = order[:size], order[size:]
                weights = weights_of(program, rows)
                losses.append(first_loss(model.train_on_batch(*pick(program, rows), **weights)))
                if not np.isfinite(losses[-1]):
                    break
                if len(losses) == 1:  # the first one is compiled
                    start = time.monotonic()
                elif (time.monotonic() - start) * steps > _SECONDS * (len(losses) - 1):
                    return
            after = first_loss(model.test_on_batch(*held))
    except Exception:  # what cannot be trained says so itself
        return
    yield from _of_beginning(program, np.array(losses), before, after)


def _of_beginning(
    program: Program, losses: NDArray[np.float64], before: float, after: float
) -> Iterator[Finding]:
    if not np.isfinite(losses).all():
        step = int(np.flatnonzero(~np.isfinite(losses))[0]) + 1
        finite = all(np.isfinite(one).all() for one in program.x.values() if one.dtype.kind == "f")
        yield Finding(
            "first steps",
            f"The loss is no number in step {step}.",
            {"step": step},
            "Lower the learning rate tenfold, or clip gradients; look for a division or a "
            "logarithm at 0 before."
            if finite
            else "Fill what is missing in the inputs first.",
            severity="error",
        )
        return
    if len(losses) >= 10 and after > _GROWN * max(before, 1e-9) and losses[-1] > losses[0]:
        yield Finding(
            "first steps",
            f"In {plural(len(losses), 'step')} the loss of the same examples went from "
            f"{before:.3g} to {after:.3g}.",
            {"before": before, "after": after},
            "Lower the learning rate tenfold; `dlr.lr_range_test` finds one.",
            severity="warning",
        )
        return
    change = abs(after - before) / max(abs(before), 1e-9)
    whole = change * program.steps / max(len(losses), 1)
    if len(losses) >= 10 and change < _STILL and whole < _SHARE:
        yield Finding(
            "first steps",
            f"In {plural(len(losses), 'step')} of {program.steps:,} the loss went from "
            f"{before:.6g} to {after:.6g}: it hardly moves.",
            {"before": before, "after": after},
            "Raise the learning rate tenfold; `dlr.lr_range_test` finds one.",
            severity="warning",
        )
        return
    yield from _without_inputs(program, losses, after)


def _without_inputs(
    program: Program, losses: NDArray[np.float64], after: float
) -> Iterator[Finding]:
    """Say how far the first steps lead beside an answer that has seen no input."""
    if len(program.outputs) > 1 or len(losses) < _BEGUN:
        return
    (output,) = program.outputs
    costs = costs_of_nothing(output)
    blind = min(costs.values(), default=0.0)
    if blind > 0:
        said = "below" if after < blind else "not yet below"
        yield Finding(
            "zero-input baseline",
            f"After {plural(len(losses), 'step')} the loss is {after:.4g}, {said} the {blind:.4g} "
            "of the best answer that sees no input.",
            {"loss": after, "without_inputs": blind},
        )
