"""Where optimizers go on two surfaces: a ravine, and one with a local minimum.

Run it with `dlrecipes lesson optimiser_paths`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from dlrecipes.lesson import COLOURS, Descent, Lesson, Measured, descend, draw

RATES = {
    "sgd": 0.02,
    "momentum": 0.02,
    "nesterov": 0.02,
    "adagrad": 0.4,
    "rmsprop": 0.05,
    "adam": 0.05,
}
STEPS = 150
SHALLOW = 0.25


def run(*, full: bool = False) -> Measured:
    """Follow six rules on both surfaces and look at the size of their steps.

    Args:
        full: There is no longer form.
    """
    ravine = {
        rule: descend(rule, _ravine_slope(noise=0.5), [-1.5, 0.6], STEPS, rate=rate, decay=0.9)
        for rule, rate in RATES.items()
    }
    valley, deeper = (
        {
            rule: descend(rule, _wavy_slope(depth), [3.1, 0.0], STEPS, rate=rate, decay=0.9)
            for rule, rate in RATES.items()
        }
        for depth in (SHALLOW, 2 * SHALLOW)
    )
    kept = {rule: _kept(descent) for rule, descent in ravine.items()}
    ends = {rule: float(_ravine(*descent.path[-1])) for rule, descent in ravine.items()}
    others = {rule: [_end(rule, by * RATES[rule]) for by in (0.25, 2)] for rule in RATES}
    rows: list[tuple[str | float, ...]] = [
        (
            rule,
            RATES[rule],
            ends[rule],
            "yes" if _left(valley[rule]) else "no",
            "yes" if _left(deeper[rule]) else "no",
            kept[rule],
            *others[rule],
        )
        for rule in RATES
    ]
    figures = {
        "AdaGrad's rate at the end": kept["adagrad"],
        "RMSProp's rate at the end": kept["rmsprop"],
        "SGD's loss in the ravine": ends["sgd"],
        "momentum's loss in the ravine": ends["momentum"],
        "momentum leaves the local minimum": float(_left(valley["momentum"])),
        "momentum leaves one twice as deep": float(_left(deeper["momentum"])),
        "SGD leaves the local minimum": float(_left(valley["sgd"])),
    }
    return Measured(
        columns=(
            "rule",
            "learning rate",
            "loss in the ravine",
            "leaves a dip",
            "leaves one twice as deep",
            "step for the same gradient, last / first",
            "loss at a quarter of the rate",
            "at twice the rate",
        ),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"In the ravine plain steps (sgd) end at a loss of {ends['sgd']:.3g}, with momentum "
            f"at {ends['momentum']:.3g}. For the same gradient along the floor AdaGrad's steps "
            f"are after {STEPS} steps {kept['adagrad']:.3g} times as large as at first, RMSProp's "
            f"{kept['rmsprop']:.3g} times: the one divides by all squares so far, the other "
            f"forgets old ones. Out of a shallow dip come {_names(rows, 3)}; out of one twice as "
            f"deep {_names(rows, 4)}."
        ),
        differs=(
            "momentum leaves shallow dips only, and wins nothing in this ravine. Which rule ends "
            "lowest depends on its rate: with a quarter of it Adam ends at "
            f"{others['adam'][0]:.3g} instead of {ends['adam']:.3g}, and plain steps at "
            f"{others['sgd'][0]:.3g} instead of {ends['sgd']:.3g}."
        ),
        picture=_picture(ravine, valley),
    )


def _end(rule: str, rate: float) -> float:
    """Return the loss at which a rule ends in the ravine."""
    slope = _ravine_slope(noise=0.5)
    path = descend(rule, slope, [-1.5, 0.6], STEPS, rate=rate, decay=0.9).path
    return float(_ravine(*path[-1]))


def _left(descent: Descent) -> bool:
    return bool(descent.path[-1, 0] < 1.0)


def _names(rows: list[tuple[str | float, ...]], column: int) -> str:
    return ", ".join(str(row[0]) for row in rows if row[column] == "yes") or "none"


def _ravine(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    height: np.ndarray = 0.5 * (x**2 + 40 * y**2)
    return height


def _ravine_slope(*, noise: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return its gradient as batches show it: with the same noise for each rule."""
    generator = np.random.default_rng(0)

    def slope(place: np.ndarray) -> np.ndarray:
        exact: np.ndarray = place * np.array([1.0, 40.0])
        return exact + generator.normal(scale=noise, size=2)

    return slope


def _wavy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    height: np.ndarray = 0.15 * x**2 - SHALLOW * np.cos(3 * x) + y**2
    return height


def _wavy_slope(depth: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda place: np.array([0.3 * place[0] + 3 * depth * np.sin(3 * place[0]), 2 * place[1]])


def _kept(descent: Descent) -> float:
    """Return the step per gradient along the floor at the end, by that of the first steps."""
    rates = descent.rates[:, 0]
    return float(np.median(rates[-20:]) / np.median(rates[:20]))


def _picture(ravine: dict[str, Descent], valley: dict[str, Descent]) -> Figure:
    figure = draw(1, 3, size=(3.6, 3))
    left, middle, right = figure.axes
    x, y = np.meshgrid(np.linspace(-1.8, 0.8, 80), np.linspace(-0.8, 0.8, 80))
    left.contour(x, y, _ravine(x, y), levels=12, colors="#808080", linewidths=0.6)
    line = np.linspace(-3, 3, 200)
    middle.plot(line, _wavy(line, 0 * line), color="#808080", linewidth=1)
    for (rule, descent), colour in zip(ravine.items(), COLOURS, strict=False):
        left.plot(*descent.path.T, color=colour, label=rule, linewidth=1)
        places = valley[rule].path[:, 0]
        middle.plot(places[-1], _wavy(places[-1], np.zeros(())), "o", color=colour)
        if rule in ("sgd", "adagrad", "rmsprop"):
            right.plot(descent.rates[:, 0], color=colour, linewidth=1)
    left.set(title="a ravine", xlim=(-1.8, 0.8), ylim=(-0.8, 0.8))
    left.legend(fontsize=7)
    middle.set(title="where each ends; all begin at 3.1", xlabel="x")
    right.set(title="step per gradient along the floor", xlabel="step", yscale="log")
    return figure


LESSON = Lesson(
    name="optimiser_paths",
    lecture="S4",
    title="What momentum, AdaGrad, RMSProp and Adam do to a step",
    claim=(
        "An optimiser makes steps of gradients (the slope of the loss, the error). Momentum adds "
        "up past steps, so that it carries on through ravines and out of small dips; AdaGrad "
        "divides by the root of all squared gradients so far, so that its steps shrink; RMSProp "
        "forgets old gradients and goes on; Adam is RMSProp with momentum."
    ),
    advice=(
        "Whatever rule you take, search its learning rate; a comparison of rules at one rate each "
        "says nothing about the rules."
    ),
    run=run,
    holds={
        "AdaGrad's rate at the end": (0, 0.6),
        "RMSProp's rate at the end": (0.8, 10),
        "momentum leaves the local minimum": (1, 1),
        "momentum leaves one twice as deep": (0, 0),
        "SGD leaves the local minimum": (0, 0),
    },
    rows=("Optimisers",),
    seconds=2,
)
