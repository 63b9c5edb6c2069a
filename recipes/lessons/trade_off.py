"""Bias and variance of networks: against width, with and without a penalty, and against data.

Run it with `dlrecipes lesson trade_off`; `--full` has two hidden layers and more data sets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import make_friedman1

from dlrecipes.diagnose import ErrorParts, decompose_predictions
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

WIDTHS = {False: (1, 2, 4, 8, 16, 32, 64), True: (1, 2, 4, 8, 16, 32, 64, 128, 256)}
EXAMPLES = (30, 60, 120, 240)
FIXED, AMOUNT = 32, 120  # the width where data grow, and the examples where networks grow
PENALTIES = (0.0, 0.01, 0.03, 0.1, 0.3)
NOISE = 0.4  # by the deviation of the truth
SETS, STEPS, RATE, BATCH = {False: 10, True: 30}, {False: 400, True: 1000}, 0.02, 60


@dataclass(frozen=True)
class Cell:
    """Networks of one width on data sets of one size.

    Args:
        plain: Their error, taken apart, without a penalty.
        tuned: With the best penalty of this cell.
        penalty: Which that is.
    """

    plain: ErrorParts
    tuned: ErrorParts
    penalty: float


def run(*, full: bool = False) -> Measured:
    """Take the error apart over widths and over numbers of examples, on data drawn anew.

    Args:
        full: Whether two hidden layers up to 256 wide are trained on 30 data sets.
    """
    widths = WIDTHS[full]
    by_width = {0: _mean(SETS[full])} | {width: _cell(width, AMOUNT, full=full) for width in widths}
    by_amount = {
        amount: by_width[FIXED] if amount == AMOUNT else _cell(FIXED, amount, full=full)
        for amount in EXAMPLES
    }
    best, worst = _turns(by_width)
    figures = _figures(by_width, by_amount, best, worst)
    return Measured(
        columns=(
            "experiment",
            "width",
            "examples",
            "penalty",
            "error (± 95 %)",
            "bias²",
            "variance",
        ),
        rows=(
            *(("1: width", *_row(at, AMOUNT, cell, tuned=False)) for at, cell in by_width.items()),
            *(
                ("2: width, best penalty", *_row(at, AMOUNT, cell, tuned=True))
                for at, cell in by_width.items()
                if at
            ),
            *(
                ("3: examples", *_row(FIXED, at, cell, tuned=False))
                for at, cell in by_amount.items()
            ),
        ),
        figures=figures,
        seen=_seen(by_width, by_amount),
        differs=_differs(by_width, best, worst),
        picture=_picture(by_width, by_amount),
    )


def _data(examples: int, seed: int, noise: float) -> tuple[Array, Array]:
    """Return ten inputs and a target with mean 0 and deviation 1 that five of them decide."""
    x, y = make_friedman1(examples, random_state=seed)
    generator = np.random.default_rng(seed)
    return (2 * x - 1) * np.sqrt(3), ((y - 14.4) / 4.9 + noise * generator.normal(size=examples))


CHOOSE, NEW = _data(300, 10_001, NOISE), _data(500, 10_002, 0.0)


def _mean(sets: int) -> Cell:
    """Return the error of the smallest model of all, the mean of the targets."""
    means = np.array([_data(AMOUNT, seed, NOISE)[1].mean() for seed in range(sets)])
    found = np.tile(means[:, np.newaxis], len(NEW[1]))
    parts = decompose_predictions(found, NEW[1], noise=NOISE**2)
    return Cell(parts, parts, 0.0)


def _turns(by_width: dict[int, Cell]) -> tuple[int, int]:
    """Return the width of the lowest error, and that of the highest beyond it."""
    errors = {width: cell.plain.error for width, cell in by_width.items()}
    best = min(errors, key=errors.__getitem__)
    return best, max((width for width in errors if width >= best), key=errors.__getitem__)


def _cell(width: int, examples: int, *, full: bool) -> Cell:
    sets, hidden = SETS[full], (width,) * (2 if full else 1)
    x, y = (
        np.stack(one)
        for one in zip(*(_data(examples, seed, NOISE) for seed in range(sets)), strict=True)
    )
    networks = sets * len(PENALTIES)
    trained, _ = train_networks(
        draw_networks(networks, (10, *hidden, 1), scale=np.sqrt(2), seed=width),
        np.tile(x, (len(PENALTIES), 1, 1)),
        np.tile(y, (len(PENALTIES), 1))[..., np.newaxis],
        rates=RATE,
        steps=STEPS[full],
        batch_size=min(BATCH, examples),
        rule="adam",
        penalty=np.repeat(PENALTIES, sets),
    )
    chosen_by, found = (
        outputs_of(trained, part)[..., 0].reshape(len(PENALTIES), sets, -1)
        for part in (CHOOSE[0], NEW[0])
    )
    best = int(np.mean((chosen_by - CHOOSE[1]) ** 2, axis=(1, 2)).argmin())
    plain, tuned = (decompose_predictions(found[at], NEW[1], noise=NOISE**2) for at in (0, best))
    return Cell(plain, tuned, PENALTIES[best])


def _figures(
    by_width: dict[int, Cell], by_amount: dict[int, Cell], best: int, worst: int
) -> dict[str, float]:
    narrow, wide = by_width[2], by_width[max(by_width)]
    few, many = by_amount[min(EXAMPLES)].plain, by_amount[max(EXAMPLES)].plain
    lowest = by_width[best].plain.error
    return {
        "best width": float(best),
        "worst width beyond it": float(worst),
        "error of the mean over the best": by_width[0].plain.error / lowest,
        "error of the worst over the best": by_width[worst].plain.error / lowest,
        "error of the widest over the worst": wide.plain.error / by_width[worst].plain.error,
        "error of the widest, tuned over plain": wide.tuned.error / wide.plain.error,
        "bias, width 2 to widest, tuned": wide.tuned.bias - narrow.tuned.bias,
        "variance, width 2 to widest, tuned": wide.tuned.variance - narrow.tuned.variance,
        "variance, width 2 to widest, plain": wide.plain.variance - narrow.plain.variance,
        "variance, most examples over fewest": many.variance / few.variance,
        "bias, fewest to most examples": many.bias - few.bias,
    }


def _seen(by_width: dict[int, Cell], by_amount: dict[int, Cell]) -> str:
    narrow, wide = by_width[2], by_width[max(by_width)]
    few, many = by_amount[min(EXAMPLES)].plain, by_amount[max(EXAMPLES)].plain
    return (
        "Width is the number of units; at 0 the mean of the targets stands for a model. Each row "
        "trains on data drawn anew several times. From width 2 to "
        f"{max(by_width)}, with the penalty tuned, the bias² changes by "
        f"{_change(narrow.tuned, wide.tuned, 'bias')} and the variance by "
        f"{_change(narrow.tuned, wide.tuned, 'variance')}; without a penalty the variance by "
        f"{_change(narrow.plain, wide.plain, 'variance')}. From {min(EXAMPLES)} to {max(EXAMPLES)} "
        f"examples the variance changes by {_change(few, many, 'variance')}, the bias by "
        f"{_change(few, many, 'bias')} (± is 95 %). Bias², variance and the noise, which no model "
        f"explains ({NOISE**2:.2f}), make up each error."
    )


def _differs(by_width: dict[int, Cell], best: int, worst: int) -> str:
    plain = {width: cell.plain.error for width, cell in by_width.items()}
    tuned = {width: cell.tuned.error for width, cell in by_width.items()}
    widest, lowest = max(by_width), min(tuned, key=tuned.__getitem__)
    end, top = by_width[widest].plain, by_width[worst].plain
    clear = top.error - end.error > 2 * np.hypot(top.error_interval, end.error_interval)
    bend = (
        f"is {plain[widest]:.2f} at {widest}, a change of {_change(top, end, 'error')}: "
        + ("it falls again ('double descent')" if clear else "not clearly lower again")
        if widest > worst
        else "is highest at the widest"
    )
    return (
        f"without a penalty the error falls to {plain[best]:.2f} at width {best}, rises to "
        f"{plain[worst]:.2f} at {worst}, and {bend}. With a tuned penalty nothing is lost by "
        f"width: the lowest error, {tuned[lowest]:.2f}, is that of width {lowest}, and width "
        f"{widest} has {tuned[widest]:.2f}. More data lower the bias, too."
    )


def _change(first: ErrorParts, second: ErrorParts, part: str) -> str:
    """Return by how much a part changes; the interval is for parts that have no data in common."""
    change = getattr(second, part) - getattr(first, part)
    half = np.hypot(getattr(first, f"{part}_interval"), getattr(second, f"{part}_interval"))
    return f"{change:+.2f} (± {half:.2f})"


def _row(width: int, examples: int, cell: Cell, *, tuned: bool) -> tuple[int | float | str, ...]:
    parts = cell.tuned if tuned else cell.plain
    values = (
        f"{getattr(parts, name):.3f} ± {getattr(parts, f'{name}_interval'):.3f}"
        for name in ("error", "bias", "variance")
    )
    return width, examples, cell.penalty if tuned else 0.0, *values


def _picture(by_width: dict[int, Cell], by_amount: dict[int, Cell]) -> Figure:
    figure = draw(1, 3, size=(3.2, 2.9))
    panels = figure.axes
    _draw(panels[0], {at: cell.plain for at, cell in by_width.items()}, "width, no penalty")
    _draw(panels[1], {at: cell.tuned for at, cell in by_width.items()}, "width, tuned penalty")
    _draw(panels[2], {at: cell.plain for at, cell in by_amount.items()}, "examples, no penalty")
    panels[0].legend(fontsize=8)
    return figure


def _draw(panel: Axes, parts: dict[int, ErrorParts], name: str) -> None:
    for part, colour in zip(("error", "bias", "variance"), COLOURS, strict=False):
        panel.errorbar(
            list(parts),
            [getattr(one, part) for one in parts.values()],
            [getattr(one, f"{part}_interval") for one in parts.values()],
            fmt="o-",
            markersize=3,
            capsize=2,
            color=colour,
            label={"bias": "bias²"}.get(part, part),
        )
    panel.set_xscale("symlog", linthresh=1)  # a width of 0 is the mean of the targets
    panel.set(xlabel=name, ylim=(0, 1.3), xticks=list(parts), xticklabels=map(str, parts))
    panel.minorticks_off()


LESSON = Lesson(
    name="trade_off",
    lecture="S4",
    title="A wider network with a penalty, and more data",
    claim=(
        "Train on many data sets: how far the mean of the predictions is off, squared, is the "
        "bias²; how much they differ from set to set is the variance. The error of a model falls "
        "with its size and then rises, as variance takes over from bias. In deep learning this is "
        "less of a trade-off: a larger network lowers the bias without much variance, if large "
        "weights are penalised; more data lower the variance without bias."
    ),
    advice="Take a network that is wide enough, tune its penalty, and look for more data.",
    run=run,
    holds={
        "error of the mean over the best": (1.5, 5),
        "error of the worst over the best": (1.2, 3),
        "error of the widest, tuned over plain": (0.4, 0.9),
        "bias, width 2 to widest, tuned": (-0.3, -0.02),
        "variance, width 2 to widest, tuned": (-0.05, 0.15),
        "variance, most examples over fewest": (0.2, 0.7),
    },
    rows=("Trade-off in deep learning (S4)", "U-shaped error against complexity"),
    seconds=13,
    full_minutes=10,
)
