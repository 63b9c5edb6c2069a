"""Optimizers by their formulas, step by step: where each goes, and how large its steps are."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError

Array = NDArray[np.float64]
Gradient = Callable[[Array], ArrayLike]
Number = float | Array
Stepper = Generator[Any, Any, None]

RULES = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adam, uncorrected", "adamw")
"""The rules that `descend` knows."""

_EPSILON = 1e-7  # where Keras has it: inside of the root, with Adam outside


@dataclass(frozen=True)
class Descent:
    """Where an optimizer went.

    Args:
        path: `(steps + 1, …)`: the start, and where each step led.
        rates: `(steps, …)`: the size of each step by that of its gradient; 0 where there was none.
    """

    path: Array
    rates: Array


def descend(
    rule: str,
    gradient: Gradient,
    start: ArrayLike,
    steps: int,
    *,
    rate: float,
    momentum: float = 0.9,
    decay: float = 0.999,
    penalty: float = 0.0,
) -> Descent:
    """Follow a gradient by one of the rules, as its formula says.

    Args:
        rule: One of `dlr.lesson.RULES`.
        gradient: `gradient(place)`, of the shape of `start`.
        start: Where it begins.
        steps: How many steps, at least 1.
        rate: The learning rate, above 0.
        momentum: Of momentum, Nesterov, and Adam (β₁), in [0, 1).
        decay: Of the mean of squares in RMSProp and Adam (β₂), in [0, 1).
        penalty: λ: the share of a weight that a unit of rate takes away (`"adamw"`), at least 0;
            for the other rules it is added to the gradient, as an L2 penalty of λ/2 times the
            squares is.

    Returns:
        The path and the effective rates.

    Raises:
        ArgumentError: If an argument is out of range or the gradient has another shape.

    Example:
        >>> descent = dlr.lesson.descend("adam", lambda w: [0.5, -2.0], [0, 0], 1, rate=1e-3)
        >>> [round(value, 6) for value in descent.path[1].tolist()]
        [-0.001, 0.001]
    """
    check_choice("rule", rule, RULES)
    check_integer("steps", steps, 1)
    check_real("rate", rate, 0, low_open=True)
    check_real("momentum", momentum, 0, 1, high_open=True)
    check_real("decay", decay, 0, 1, high_open=True)
    check_real("penalty", penalty, 0)
    place = np.asarray(start, dtype="float64")
    stepper = start_rule(rule, rate, momentum, decay)
    path, rates = [place], []
    for _ in range(steps):
        slope = np.asarray(gradient(place), dtype="float64")
        if slope.shape != place.shape:
            raise ArgumentError(
                "A gradient must have the shape of the place.",
                received=f"{slope.shape} at a place of {place.shape}",
            )
        shrunk = rate * penalty * place if rule == "adamw" else 0.0
        step = stepper.send(slope if rule == "adamw" else slope + penalty * place)
        sizes = np.divide(np.abs(step), np.abs(slope), np.zeros_like(step), where=slope != 0)
        rates.append(sizes)
        place = place - step - shrunk
        path.append(place)
    return Descent(np.stack(path), np.stack(rates))


def start_rule(rule: str, rate: Number, momentum: Number, decay: Number) -> Stepper:
    """Return what gives a rule's step for each gradient that is sent to it.

    Args:
        rule: One of `RULES`.
        rate: The learning rate; an array that the gradient's shape broadcasts to for one each.
        momentum: As in `descend`.
        decay: As in `descend`.
    """
    stepper = _RULES[rule](rate, momentum, decay)
    next(stepper)
    return stepper


def _sgd(rate: Number, momentum: Number, decay: Number) -> Stepper:  # noqa: ARG001
    gradient = yield None
    while True:
        gradient = yield rate * gradient


def _with_momentum(rate: Number, momentum: Number, decay: Number) -> Stepper:  # noqa: ARG001
    speed: Number = 0.0
    gradient = yield None
    while True:
        speed = momentum * speed + rate * gradient
        gradient = yield speed


def _nesterov(rate: Number, momentum: Number, decay: Number) -> Stepper:  # noqa: ARG001
    speed: Number = 0.0
    gradient = yield None
    while True:
        speed = momentum * speed + rate * gradient
        gradient = yield momentum * speed + rate * gradient


def _adagrad(rate: Number, momentum: Number, decay: Number) -> Stepper:  # noqa: ARG001
    squares: Number = 0.0
    gradient = yield None
    while True:
        squares = squares + gradient**2
        gradient = yield rate * gradient / np.sqrt(squares + _EPSILON)


def _rmsprop(rate: Number, momentum: Number, decay: Number) -> Stepper:  # noqa: ARG001
    squares: Number = 0.0
    gradient = yield None
    while True:
        squares = decay * squares + (1 - decay) * gradient**2
        gradient = yield rate * gradient / np.sqrt(squares + _EPSILON)


def _adam(*, corrected: bool) -> Callable[[Number, Number, Number], Stepper]:
    def steps(rate: Number, momentum: Number, decay: Number) -> Stepper:
        mean: Number = 0.0
        squares: Number = 0.0
        at, gradient = 0, (yield None)
        while True:
            at += 1
            mean = momentum * mean + (1 - momentum) * gradient
            squares = decay * squares + (1 - decay) * gradient**2
            first = 1 - momentum**at if corrected else 1.0
            second = 1 - decay**at if corrected else 1.0
            gradient = yield rate * mean / first / (np.sqrt(squares / second) + _EPSILON)

    return steps


_RULES: dict[str, Callable[[Number, Number, Number], Stepper]] = {
    "sgd": _sgd,
    "momentum": _with_momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam(corrected=True),
    "adam, uncorrected": _adam(corrected=False),
    "adamw": _adam(corrected=True),
}
