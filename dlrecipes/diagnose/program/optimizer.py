"""The optimizer: rates and other numbers with which nothing moves, or everything flies apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding, plural
from dlrecipes.training.schedules import ScheduledAdamW

# By what the usual rates are left: a rate above or below is nearly always a slip.
_RATES = {
    "SGD": (1e-5, 5.0),
    "Adam": (1e-6, 0.2),
    "AdamW": (1e-6, 0.2),
    "Nadam": (1e-6, 0.2),
    "Adamax": (1e-6, 0.5),
    "RMSprop": (1e-6, 0.2),
    "Lion": (1e-7, 0.05),
    "Adagrad": (1e-4, 5.0),
    "Ftrl": (1e-4, 5.0),
    "Adadelta": (0.05, 10.0),
}
"""`{optimizer: (lowest, highest)}`."""
_LARGEST_EPSILON = 0.5
_SAMPLES = 200
_AWAKE = 0.05
_KEPT, _KEPT_EACH_TIME = 0.7, 0.9
_SHORTEST_SHARE = 0.03
_SHORTEST_WAY = 1e-2
"""Less than that no weight can move in a whole training: first weights are about 0.1."""


def check_optimizer(program: Program) -> Iterator[Finding]:
    """Say what of the optimizer's numbers keeps a network from learning.

    Args:
        program: The training.
    """
    for optimizer in program.optimizers:
        yield from _of_one(optimizer, program)


def _of_one(optimizer: Any, program: Program) -> Iterator[Finding]:  # noqa: ANN401  (Keras')
    rates = learning_rates(optimizer, program)
    if rates is not None:
        yield from _rate(type(optimizer).__name__, rates, program)
    yield from _numbers(optimizer, program)
    if rates is not None:
        yield from _clipping(optimizer, rates, program)
    yield from _average(optimizer, program)
    gathered = getattr(optimizer, "gradient_accumulation_steps", None)
    if gathered and gathered > program.steps:
        yield Finding(
            "optimizer",
            f"Gradients are gathered over {gathered} steps, and the training has {program.steps}: "
            "no weight is ever moved.",
            {"gathered": int(gathered), "steps": program.steps},
            "Gather fewer, or train longer.",
            severity="error",
        )


def learning_rates(optimizer: Any, program: Program) -> np.ndarray | None:  # noqa: ANN401  (Keras')
    """Return an optimizer's rate at up to 200 steps of the training; None where it is not known.

    Args:
        optimizer: One that moves weights.
        program: The training.
    """
    return _at_steps(getattr(optimizer, "_learning_rate", None), program)


def weight_decays(optimizer: Any, program: Program) -> np.ndarray | None:  # noqa: ANN401  (Keras')
    """Return an optimizer's decay at the same steps; None where there is none, or it is not known.

    Args:
        optimizer: One that moves weights.
        program: The training.
    """
    scheduled = isinstance(optimizer, ScheduledAdamW)
    decay = optimizer._weight_decay if scheduled else getattr(optimizer, "weight_decay", None)
    return _at_steps(decay, program)


def _at_steps(number: Any, program: Program) -> np.ndarray | None:  # noqa: ANN401
    steps = np.unique(np.linspace(0, max(program.steps - 1, 0), _SAMPLES).astype(int))
    if isinstance(number, keras.optimizers.schedules.LearningRateSchedule):
        return np.array([float(keras.ops.convert_to_numpy(number(int(step)))) for step in steps])
    if isinstance(number, keras.Variable | int | float):
        return np.full(len(steps), float(number))
    return None


def _rate(kind: str, rates: np.ndarray, program: Program) -> Iterator[Finding]:
    low, high = _RATES.get(kind, (0.0, math.inf))
    highest = float(rates.max())
    if highest > high:
        yield Finding(
            "learning rate",
            f"{kind} with a rate of {highest:g}: above {high:g} it hardly ever converges.",
            {"rate": highest},
            "Begin with 1e-3 for the Adam family, 1e-2 for SGD, or search it on a log scale.",
            severity="warning",
        )
    elif highest < low:
        yield Finding(
            "learning rate",
            f"{kind} with a rate of {highest:g}: below {low:g} it hardly moves"
            + (" (Keras' default is not the 1.0 of the paper)." if kind == "Adadelta" else "."),
            {"rate": highest},
            "Begin with 1.0." if kind == "Adadelta" else "Search it on a log scale up to 1e-1.",
            severity="warning",
        )
    elif highest > 0 and float((rates > 0.1 * highest).mean()) < _AWAKE and program.steps > 20:
        yield Finding(
            "learning rate",
            f"The schedule is above a tenth of its highest rate in "
            f"{100 * float((rates > 0.1 * highest).mean()):.1f} % of the "
            f"{plural(program.steps, 'step')} only.",
            {"highest": highest, "last": float(rates[-1])},
            "Count its steps in batches, not in epochs or the other way round.",
            severity="warning",
        )


def _numbers(optimizer: keras.optimizers.Optimizer, program: Program) -> Iterator[Finding]:
    kind = type(optimizer).__name__
    epsilon = getattr(optimizer, "epsilon", None)
    if isinstance(epsilon, int | float) and epsilon > _LARGEST_EPSILON and kind != "Ftrl":
        yield Finding(
            "optimizer",
            f"{kind} divides by the size of the gradients plus an epsilon of {epsilon:g}, beside "
            "which they vanish.",
            {"epsilon": float(epsilon)},
            "Use 1e-7, or 1e-3 where gradients are noisy.",
            severity="warning",
        )
    first: Any = getattr(optimizer, "beta_1", None)
    second: Any = getattr(optimizer, "beta_2", None)
    numbers = isinstance(first, int | float) and isinstance(second, int | float)
    if numbers and kind != "Lion" and 0 < second < 1 and first >= math.sqrt(second):
        yield Finding(
            "optimizer",
            f"{kind} averages gradients over longer (beta_1={first:g}) than their squares "
            f"(beta_2={second:g}).",
            {"beta_1": float(first), "beta_2": float(second)},
            "Use beta_1=0.9 and beta_2=0.999.",
            severity="warning",
        )
    momentum = getattr(optimizer, "momentum", None)
    if isinstance(momentum, int | float) and momentum >= 0.999:
        yield Finding(
            "optimizer",
            f"A momentum of {momentum:g} goes on for {1 / max(1 - momentum, 1e-9):,.0f} steps.",
            {"momentum": float(momentum)},
            "Use 0.9.",
            severity="warning",
        )


def _average(optimizer: keras.optimizers.Optimizer, program: Program) -> Iterator[Finding]:
    """Find an average of the weights that replaces them and lies far behind them."""
    if not getattr(optimizer, "use_ema", False):
        return
    momentum, every = optimizer.ema_momentum, optimizer.ema_overwrite_frequency
    steps = min(every or program.steps, program.steps)
    left = float(momentum) ** max(steps, 1)
    if left > (_KEPT_EACH_TIME if every else _KEPT):
        yield Finding(
            "optimizer",
            f"After {plural(steps, 'step')} the weights are replaced by their average with a "
            f"momentum of {momentum:g}, of which {100 * left:.0f} % is still what they began with.",
            {"momentum": float(momentum), "steps": steps, "left": left},
            f"Use an `ema_momentum` of about {max(0.0, round(1 - 10 / max(steps, 11), 3)):g}.",
            severity="warning",
        )


def _short_way(
    optimizer: Any,  # noqa: ANN401  (Keras')
    name: str,
    way: float,
    program: Program,
) -> Iterator[Finding]:
    """Compare the way that clipped steps can lead with the length of the weights."""
    limit = getattr(optimizer, name)
    squares = [
        float(np.square(keras.ops.convert_to_numpy(one)).sum())
        for one in program.moved_by(optimizer)
        if one.ndim >= 2
    ]
    if name == "global_clipnorm":
        length = math.sqrt(sum(squares))
    else:
        length = math.sqrt(min(squares, default=0.0))
    if way < _SHORTEST_SHARE * length:
        yield Finding(
            "optimizer",
            f"Gradients are cut to {name}={limit:g}: in {plural(program.steps, 'step')} the "
            f"weights, of a length of {length:.3g}, can move by no more than {way:.2g}.",
            {"limit": float(limit), "steps": program.steps, "way": way, "length": length},
            "Clip at about the 90th percentile of the gradients' norms; 1.0 is usual.",
            severity="warning",
        )


def _clipping(
    optimizer: keras.optimizers.Optimizer, rates: np.ndarray, program: Program
) -> Iterator[Finding]:
    for name in ("clipvalue", "clipnorm", "global_clipnorm"):
        limit = getattr(optimizer, name, None)
        if not isinstance(limit, int | float) or limit <= 0:
            continue
        epsilon = getattr(optimizer, "epsilon", None)
        plain = type(optimizer).__name__ == "SGD"
        way = float(rates.mean()) * program.steps * limit
        momentum = float(getattr(optimizer, "momentum", 0.0) or 0.0)
        way /= max(1 - momentum, 1e-3)
        if name != "clipvalue" and plain and way >= _SHORTEST_WAY:
            yield from _short_way(optimizer, name, way, program)
            continue
        drowned = isinstance(epsilon, int | float) and not plain and limit < 100 * epsilon
        if (plain and way < _SHORTEST_WAY) or drowned:
            yield Finding(
                "optimizer",
                f"Gradients are cut to {name}={limit:g}: "
                + (
                    f"in {plural(program.steps, 'step')} no weight can move by more than {way:.1g}."
                    if plain
                    else f"beside epsilon={epsilon:g} little is left of them."
                ),
                {"limit": float(limit), "steps": program.steps},
                "Clip at about the 90th percentile of the gradients' norms; 1.0 is usual.",
                severity="warning",
            )
