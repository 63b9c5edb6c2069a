"""The same overfit, answered with half the parameters and with twice the data.

Run it with `dlrecipes lesson half_parameters`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats
from sklearn.datasets import load_digits

from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    draw,
    draw_networks,
    outputs_of,
    train_networks,
)

Array = NDArray[np.float64]

UNITS, EXAMPLES, HELD_OUT = 64, 120, 500
SHARES, TIMES = (1, 2, 4, 8), (1, 2, 4)
DRAWS, STEPS, BATCH, RATE = 10, 500, 40, 0.01
BY_HEART = 0.2  # a training loss below this


@dataclass(frozen=True)
class Fits:
    """Networks of one size, each trained on examples of its own.

    Args:
        parameters: Of one of them.
        train: Loss on its training part, `(draws,)`.
        new: Loss on digits that none has seen.
        right: Share of right answers on these.
    """

    parameters: int
    train: Array
    new: Array
    right: Array


def run(*, full: bool = False) -> Measured:
    """Train networks of several sizes on several numbers of digits, ten draws of each.

    Args:
        full: There is no longer form.
    """
    smaller = {share: _fit(UNITS // share, EXAMPLES) for share in SHARES}
    more = {times: smaller[1] if times == 1 else _fit(UNITS, times * EXAMPLES) for times in TIMES}
    first = smaller[1]
    halved, doubled = _interval(smaller[2].new - first.new), _interval(more[2].new - first.new)
    best = min(SHARES, key=lambda share: float(smaller[share].new.mean()))
    figures = {
        "gap at first": float(np.mean(first.new - first.train)),
        "loss on new digits at first": float(first.new.mean()),
        "change with half the parameters": halved[0],
        "change with twice the data": doubled[0],
        "change with an eighth of the parameters": _interval(smaller[8].new - first.new)[0],
        "right at first": float(first.right.mean()),
        "right with half the parameters": float(smaller[2].right.mean()),
        "right with twice the data": float(more[2].right.mean()),
    }
    rows = [
        *(
            _row(f"1/{share} of the parameters", EXAMPLES, smaller[share], first)
            for share in SHARES
        ),
        *(
            _row(f"{times} times the data", times * EXAMPLES, more[times], first)
            for times in TIMES[1:]
        ),
    ]
    return Measured(
        columns=(
            "change",
            "digits",
            "parameters",
            "training loss",
            "loss on new digits",
            "change of it, 95 % interval",
            "right",
        ),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"A network of {first.parameters:,} parameters (numbers that are learned) comes to a "
            "loss (how wrong it is; 0 is perfect) of "
            f"{first.train.mean():.3f} on its {EXAMPLES} training digits, which it has learned by "
            f"heart, and to {first.new.mean():.2f} on new ones. Twice the digits change the loss "
            f"on new ones by {_written(doubled)}, half the parameters by {_written(halved)}."
        ),
        differs=_differs(smaller, halved, best),
        picture=_picture(smaller, more),
    )


def _fit(units: int, examples: int) -> Fits:
    """Return networks of one size, each drawn and trained on examples drawn for it."""
    data = load_digits()
    x, y = data.data / 16, np.eye(10)[data.target]
    order = np.random.default_rng(0).permutation(len(x))
    held_out, pool = order[:HELD_OUT], order[HELD_OUT:]
    # A larger draw has the smaller one in it.
    rows = np.stack(
        [np.random.default_rng(1 + at).permutation(pool)[:examples] for at in range(DRAWS)]
    )
    trained, _ = train_networks(
        draw_networks(DRAWS, (64, units, 10), scale=np.sqrt(2)),
        x[rows],
        y[rows],
        rates=RATE,
        steps=STEPS,
        batch_size=BATCH,
        loss="logistic",
        rule="adam",
    )
    train, _ = _judge(outputs_of(trained, x[rows]), y[rows])
    new, right = _judge(outputs_of(trained, x[held_out]), y[held_out])
    return Fits(sum(k[0].size + b[0].size for k, b in trained), train, new, right)


def _judge(logits: Array, y: Array) -> tuple[Array, Array]:
    losses = np.logaddexp(0, (1 - 2 * y) * logits).sum(axis=-1).mean(axis=-1)
    return losses, np.mean(logits.argmax(axis=-1) == y.argmax(axis=-1), axis=-1)


def _interval(differences: Array) -> tuple[float, float, float]:
    mean = float(differences.mean())
    half = float(stats.t.ppf(0.975, len(differences) - 1) * stats.sem(differences))
    return mean, mean - half, mean + half


def _written(interval: tuple[float, float, float]) -> str:
    return "{:+.2f} ({:+.2f} to {:+.2f})".format(*interval)


def _row(change: str, examples: int, found: Fits, first: Fits) -> tuple[str | float | None, ...]:
    interval = None
    if found is not first:
        interval = _written(_interval(found.new - first.new))
    means = (float(one.mean()) for one in (found.train, found.new))
    return change, examples, found.parameters, *means, interval, float(found.right.mean())


def _differs(smaller: dict[int, Fits], halved: tuple[float, float, float], best: int) -> str:
    if halved[2] < 0:
        return ""
    what = "makes it worse" if halved[1] > 0 else "makes no difference beyond the noise"
    least = max(share for share, one in smaller.items() if one.train.mean() < BY_HEART)
    last = smaller[max(SHARES)]
    lowest = (
        "no smaller network is better"
        if best == 1
        else f"the best of these sizes is 1/{best}, with {smaller[best].new.mean():.2f}"
    )
    return (
        f"half the parameters {what} here, though these are half as many 'knobs': {lowest}. Even "
        f"1/{least} of them, {smaller[least].parameters:,}, still fit the training part closely "
        f"(loss {smaller[least].train.mean():.2f}). With 1/{max(SHARES)} it is "
        f"{last.train.mean():.2f}, and {last.new.mean():.2f} on new digits: a network too small to "
        "learn its training part is no better on new digits."
    )


def _picture(smaller: dict[int, Fits], more: dict[int, Fits]) -> Figure:
    figure = draw(1, 2)
    for panel, found, name in zip(
        figure.axes, (smaller, more), ("parameters", "training digits"), strict=True
    ):
        at = [
            one.parameters if found is smaller else times * EXAMPLES for times, one in found.items()
        ]
        for part, colour in (("new", COLOURS[1]), ("train", COLOURS[0])):
            values = np.array([getattr(one, part) for one in found.values()])
            half = [_interval(one)[2] - one.mean() for one in values]
            label = {"new": "new digits", "train": "training part"}[part]
            panel.errorbar(
                at, values.mean(axis=1), half, fmt="o-", capsize=3, color=colour, label=label
            )
        panel.set(xscale="log", xlabel=name, ylabel="loss", xticks=at, xticklabels=map(str, at))
        panel.minorticks_off()
    figure.axes[1].set_ylim(figure.axes[0].get_ylim())
    figure.axes[0].legend(fontsize=8)
    return figure


LESSON = Lesson(
    name="half_parameters",
    lecture="S3",
    title="Half the parameters, or twice the data",
    claim=(
        "More parameters are more knobs to learn something that holds for the training part only. "
        "Against this (overfitting) take a smaller network, or else more data."
    ),
    advice=(
        "Look for more data first. Take a smaller network to save memory and time, and look "
        "whether it is as good; do not expect it to be better."
    ),
    run=run,
    holds={
        "gap at first": (0.2, 2),
        "change with half the parameters": (-0.15, 0.3),
        "change with twice the data": (-1, -0.1),
        "right with twice the data": (0.9, 0.98),
    },
    rows=("S3 'reduce parameters'", "Reduce params"),
    seconds=15,
)
