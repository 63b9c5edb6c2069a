"""A penalty in the loss against weights that shrink by themselves, under SGD and under Adam.

Run it with `dlrecipes lesson weight_decay`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dlrecipes.lesson import COLOURS, Lesson, Measured, descend, draw

SLOPES = np.array([10.0, 1.0, 0.1, 0.01])
RATE, PENALTY, STEPS = 0.01, 0.1, 300


def run(*, full: bool = False) -> Measured:
    """Shrink weights whose gradients are noise of different sizes.

    Args:
        full: There is no longer form.
    """
    ways = {
        "SGD, L2 in the loss": ("sgd", PENALTY),
        "Adam, L2 in the loss": ("adam", PENALTY),
        "AdamW, decay beside": ("adamw", PENALTY),
        "Adam, no decay": ("adam", 0.0),
    }
    left = {}
    for way, (rule, penalty) in ways.items():
        ends = [
            descend(rule, _noise(seed), np.ones(4), STEPS, rate=RATE, penalty=penalty).path[-1]
            for seed in range(40)
        ]
        left[way] = np.mean(ends, axis=0)
    expected = (1 - RATE * PENALTY) ** STEPS
    rows: list[tuple[str | float, ...]] = [
        (way, *(float(one) for one in ends))
        for way, ends in {**left, "expected": np.full(len(SLOPES), expected)}.items()
    ]
    figures = {
        "expected of a decay": expected,
        "AdamW, largest gradients": float(left["AdamW, decay beside"][0]),
        "AdamW, smallest gradients": float(left["AdamW, decay beside"][-1]),
        "Adam with L2, largest gradients": float(left["Adam, L2 in the loss"][0]),
        "Adam with L2, smallest gradients": float(left["Adam, L2 in the loss"][-1]),
        "SGD with L2, smallest gradients": float(left["SGD, L2 in the loss"][-1]),
    }
    figure = draw(1, 1, size=(5.5, 3.2))
    (panel,) = figure.axes
    for (way, ends), colour in zip(left.items(), COLOURS, strict=False):
        panel.plot(SLOPES, ends, "o-", color=colour, label=way)
    panel.axhline(expected, color="#808080", linestyle=":")
    panel.set(
        xscale="log",
        xlabel="size of the weight's gradients",
        ylabel=f"left of a weight of 1 after {STEPS} steps",
    )
    panel.legend(fontsize=8)
    return Measured(
        columns=("share of a weight left", *(f"gradients of {slope:g}" for slope in SLOPES)),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"A decay of {PENALTY} at a learning rate of {RATE} takes {RATE * PENALTY:g} of each "
            f"weight in a step; after {STEPS} steps (1 - {RATE * PENALTY:g})^{STEPS} = "
            f"{expected:.3g} should be left. With the penalty in the loss plain steps (SGD) leave "
            f"{left['SGD, L2 in the loss'].min():.3g} to {left['SGD, L2 in the loss'].max():.3g}. "
            "Adam leaves "
            f"{figures['Adam with L2, largest gradients']:.3g} of weights with large gradients and "
            f"{figures['Adam with L2, smallest gradients']:.3g} of those with small ones: the "
            "penalty is part of the gradient, which Adam divides by its usual size. AdamW takes "
            "the decay from the weight directly, beside Adam's step, and leaves "
            f"{left['AdamW, decay beside'].min():.3g} to {left['AdamW, decay beside'].max():.3g}."
        ),
        differs=(
            "S4 calls the penalty weight decay whatever the rule. That is so for SGD; under Adam "
            "they are two things."
        ),
        picture=figure,
    )


def _noise(seed: int) -> Callable[[np.ndarray], np.ndarray]:
    generator = np.random.default_rng(seed)
    return lambda _: np.asarray(generator.normal(size=4) * SLOPES)


LESSON = Lesson(
    name="weight_decay",
    lecture="S4",
    title="L2 is weight decay for SGD, and not for Adam",
    claim=(
        "L2 adds the squares of the weights, times a factor, to the loss that the training makes "
        "small. Each step moves a weight against its gradient (how the loss changes with it), so "
        "that this penalty takes a small share of every weight: weight decay. Here the gradients "
        "of the loss itself are noise of four sizes, so only the decay moves weights far."
    ),
    advice="With Adam do not put L2 into the loss; take AdamW and its `weight_decay`.",
    run=run,
    holds={
        "AdamW, largest gradients": (0.65, 0.83),
        "AdamW, smallest gradients": (0.65, 0.83),
        "Adam with L2, largest gradients": (0.85, 1.1),
        "Adam with L2, smallest gradients": (-0.2, 0.3),
        "SGD with L2, smallest gradients": (0.73, 0.75),
    },
    rows=("L1/L2/elastic",),
    seconds=3,
)
