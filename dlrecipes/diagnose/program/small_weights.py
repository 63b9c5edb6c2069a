"""What holds weights so small that outputs cannot move: decay and constraints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from dlrecipes.diagnose.program.optimizer import learning_rates, weight_decays
from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, plural

_ADAPTIVE = ("Adam", "AdamW", "Nadam", "Adamax", "RMSprop", "Lion")
"""Their steps are about as long as the rate, whatever the gradient."""
_LEAST = 0.1
_LEFT = 0.5
_AT_ONCE = 0.05
_CUT = 0.2
_FEWEST = 8


def check_small_weights(program: Program) -> Iterator[Finding]:
    """Say what keeps weights far below the size with which they begin.

    Args:
        program: The training.
    """
    for optimizer in program.optimizers:
        yield from _decay(optimizer, program)
    yield from _constraints(program)


def _decay(optimizer: Any, program: Program) -> Iterator[Finding]:  # noqa: ANN401  (Keras')
    """Find a decay that shrinks weights faster than any gradient lets them grow.

    With a step of at most `rate` an adaptive optimizer cannot hold a weight above `1 / decay`,
    where what is gained, `rate`, is lost again, `rate * decay * weight`.
    """
    decays, rates = weight_decays(optimizer, program), learning_rates(optimizer, program)
    if decays is None or rates is None or not decays.max() > 0:
        return
    decay = float(decays.max())
    a_step = float((rates * decays).max())
    if decay < _LEAST and a_step < _AT_ONCE:
        return
    sizes = [
        float(np.sqrt(np.square(keras.ops.convert_to_numpy(one)).mean()))
        for one in program.moved_by(optimizer)
        if one.ndim >= 2 and _decays(optimizer, one)
    ]
    sizes = [size for size in sizes if size > 0]
    if not sizes:
        return
    size = float(np.median(sizes))
    left = float(np.exp(-float((rates * decays).mean()) * program.steps))
    adaptive = type(optimizer).__name__ in _ADAPTIVE
    bound = 1 / decay
    held = adaptive and bound < size and left < _LEFT
    if held or (not adaptive and a_step >= _AT_ONCE and left < _LEFT):
        yield Finding(
            "regularisation",
            f"A weight decay of {decay:g} takes {100 * min(a_step, 1.0):.2g} % of every weight in "
            "each step"
            + (
                f", and no gradient can hold one above {bound:.2g}, where they begin at {size:.2g}."
                if held
                else "."
            ),
            {"decay": float(decay), "a_step": a_step, "size": size},
            "Begin with 0.004 to 0.05 for AdamW, 1e-4 for SGD.",
            severity="warning",
        )


def _decays(optimizer: Any, variable: Any) -> bool:  # noqa: ANN401  (Keras')
    """Whether the decay is meant for a variable; `exclude_from_weight_decay` leaves some out."""
    used = getattr(optimizer, "_use_weight_decay", None)
    try:
        return bool(used(variable)) if used is not None else True
    except Exception:  # an optimizer of one's own
        return True


def _constraints(program: Program) -> Iterator[Finding]:
    """Find constraints that leave next to nothing of the first weights."""
    cut: dict[str, float] = {}
    for variable in program.network.trainable_variables:
        constraint = getattr(variable, "constraint", None)
        if constraint is None:
            continue
        values = np.asarray(keras.ops.convert_to_numpy(variable), np.float64)
        if values.size < _FEWEST or not values.any():
            continue
        try:
            kept = np.asarray(keras.ops.convert_to_numpy(constraint(keras.ops.array(variable))))
        except Exception:  # a constraint of one's own
            continue
        share = float(np.linalg.norm(kept) / np.linalg.norm(values))
        if share < _CUT:
            cut[variable.path] = share
    if cut:
        path, least = min(cut.items(), key=lambda item: item[1])
        more = f" and {plural(len(cut) - 1, 'other')}" if len(cut) > 1 else ""
        yield Finding(
            "regularisation",
            f"The constraint of {path!r}{more} leaves {100 * least:.2g} % of the length of the "
            "first weights after every step: the outputs can hardly differ.",
            {"weights": list(cut), "share": least},
            "Allow a norm of 1 to 4 for each unit, or leave the constraint out.",
            severity="warning",
        )
