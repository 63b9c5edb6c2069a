"""The largest learning rate that is stable, by depth and by the size of the first weights.

Run it with `dlrecipes lesson largest_rate`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes

from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    draw,
    draw_networks,
    largest_stable,
    train_networks,
)

RATES = 2.0 ** np.arange(-26, 4)
DEPTHS = (1, 2, 4, 8, 16)
SCALES = {"small, 0.7": 0.7, "He, 1.41": 2**0.5, "large, 2": 2.0}
STARTS, STEPS, UNITS, EXAMPLES = 5, 60, 10, 40


def run(*, full: bool = False) -> Measured:
    """Train networks of several depths and first weights at many rates, and see which diverge.

    Args:
        full: There is no longer form.
    """
    data = load_diabetes()
    x = (data.data - data.data.mean(axis=0)) / data.data.std(axis=0)
    y = (data.target - data.target.mean()) / data.target.std()
    x, y = x[:EXAMPLES], y[:EXAMPLES, None]
    found: dict[str, list[np.ndarray]] = {name: [] for name in SCALES}
    left: dict[str, list[float]] = {name: [] for name in SCALES}
    for depth in DEPTHS:
        for name, scale in SCALES.items():
            losses = _train(depth, scale, x, y)  # (rates, starts, steps)
            ends = largest_stable(RATES, losses)
            found[name].append(ends)
            last = np.nan_to_num(losses[:, :, -1], nan=np.inf)
            left[name].append(float(np.median(last.min(axis=0))))  # of the best rate there is
    middle = {name: [float(np.median(one)) for one in ends] for name, ends in found.items()}
    rows: list[tuple[str | float, ...]] = [
        (
            depth,
            *(_spread(found[name][at]) for name in SCALES),
            *(left[name][at] for name in SCALES),
        )
        for at, depth in enumerate(DEPTHS)
    ]
    fall = {name: rates[0] / rates[-1] for name, rates in middle.items()}
    return Measured(
        columns=(
            "hidden layers",
            *(f"largest stable rate, weights {name}" for name in SCALES),
            *(f"loss, weights {name}" for name in SCALES),
        ),
        rows=tuple(rows),
        figures={
            **{f"fall of the rate, {name}": fall[name] for name in SCALES},
            **{f"loss at depth {DEPTHS[-1]}, {name}": left[name][-1] for name in SCALES},
        },
        seen=(
            f"From {DEPTHS[0]} to {DEPTHS[-1]} hidden layers the largest stable rate goes "
            + ", ".join(
                f"from {middle[name][0]:.2g} to {middle[name][-1]:.2g} ({name})" for name in SCALES
            )
            + "; in brackets stand the least and the most of "
            f"{STARTS} starts. At {DEPTHS[-1]} layers the loss after {STEPS} steps, at the rate "
            "that made it smallest, was "
            + ", ".join(f"{left[name][-1]:.2f} ({name})" for name in SCALES)
            + "; a network that has learned nothing has 1."
        ),
        differs=(
            "depth alone does not ask for small rates: it depends on the first weights. Where "
            "they are small the gradient gets lost on its way back instead of exploding: the rate "
            "may be large, but next to nothing is learned."
            if fall["small, 0.7"] < 4
            else ""
        ),
        picture=_picture(middle, left),
    )


def _train(depth: int, scale: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    sizes = (x.shape[1], *[UNITS] * depth, 1)
    starts = draw_networks(STARTS, sizes, scale=scale)
    layers = [
        (np.tile(one, (len(RATES), 1, 1)), np.tile(two, (len(RATES), 1, 1))) for one, two in starts
    ]
    _, losses = train_networks(layers, x, y, rates=np.repeat(RATES, STARTS), steps=STEPS)
    return np.moveaxis(losses.reshape(STEPS, len(RATES), STARTS), 0, -1)


def _spread(rates: np.ndarray) -> str:
    return f"{np.median(rates):.2g} ({rates.min():.2g} to {rates.max():.2g})"


def _picture(middle: dict[str, list[float]], left: dict[str, list[float]]) -> Figure:
    figure = draw(1, 2)
    for colour, name in zip(COLOURS, SCALES, strict=False):
        for panel, values in zip(figure.axes, (middle[name], left[name]), strict=True):
            panel.plot(DEPTHS, values, color=colour, marker="o", markersize=3, label=name)
    figure.axes[0].set(yscale="log", ylabel="largest stable rate")
    figure.axes[1].set(ylabel="loss after training, best rate", ylim=(0, 1.1))
    for panel in figure.axes:
        panel.set(xscale="log", xlabel="hidden layers", xticks=DEPTHS, xticklabels=DEPTHS)
        panel.minorticks_off()
    figure.axes[0].legend()
    return figure


LESSON = Lesson(
    name="largest_rate",
    lecture="S1",
    title="Deep networks with large weights need small learning rates",
    claim=(
        "A training step moves each weight against its gradient (how much the loss, the error, "
        "grows with the weight), times the learning rate. In a deep network each layer multiplies "
        "the gradients; they become huge, and only a small rate is stable: the loss never rises "
        "above its first value. Here the random first weights have three sizes: their spread is a "
        "factor (0.7, 1.41 or 2) over the root of the number of inputs. 1.41 is He's rule, made "
        "for units that cut off what is below 0 (ReLU)."
    ),
    advice=(
        "First take first weights that fit the activation, the function that each unit applies "
        "(He's for ReLU), and only then lower the rate; look for it anew when the depth changes."
    ),
    run=run,
    holds={
        "fall of the rate, small, 0.7": (0.1, 4),
        "fall of the rate, He, 1.41": (0.5, 60),
        "fall of the rate, large, 2": (500, 1e7),
        "loss at depth 16, small, 0.7": (0.8, 1.05),
        "loss at depth 16, He, 1.41": (0, 0.9),
    },
    rows=("S1 'Difficulty'",),
    seconds=8,
)
