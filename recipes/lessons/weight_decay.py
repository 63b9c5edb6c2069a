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
        "AdamW, decoupled": ("adamw", PENALTY),
        "Adam, none": ("adam", 0.0),
    }
    left = {}
    for way, (rule, penalty) in ways.items():
        ends = [
            descend(rule, _noise(seed), np.ones(4), STEPS, rate=RATE, penalty=penalty).path[-1]
            for seed in range(40)
        ]
        left[way] = np.mean(ends, axis=0)
    expected = (1 - RATE * PENALTY) ** STEPS
    figures = {
        "expected of a decay": expected,
        "AdamW, largest gradients": float(left["AdamW, decoupled"][0]),
        "AdamW, smallest gradients": float(left["AdamW, decoupled"][-1]),
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
        columns=("way", *(f"gradients of {slope:g}" for slope in SLOPES)),
        rows=tuple((way, *(float(one) for one in ends)) for way, ends in left.items()),
        figures=figures,
        seen=(
            f"A decay of {PENALTY} at a rate of {RATE} should leave {expected:.2f} of each weight. "
            f"SGD and AdamW do that. Adam with the penalty in the loss leaves "
            f"{figures['Adam with L2, largest gradients']:.2f} of weights with large gradients and "
            f"{figures['Adam with L2, smallest gradients']:.2f} of those with small ones: it "
            "divides the penalty by the size of the gradients, too."
        ),
        differs=(
            "S4 calls the L2 penalty weight decay. That is so for SGD; under Adam they are two "
            "things."
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
        "A penalty of squared weights in the loss shrinks every weight a little in every step, "
        "which is why it is called weight decay."
    ),
    advice="With Adam take AdamW's `weight_decay`, and search it on a log scale with the rate.",
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
