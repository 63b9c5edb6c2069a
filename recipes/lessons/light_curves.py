"""Light curves: irregular times and errors of each point, left out and given to the network.

Run it with `dlrecipes lesson light_curves`.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dlrecipes.data import from_arrays
from dlrecipes.lesson import (
    COLOURS,
    DECAYS,
    Lesson,
    LightCurves,
    Measured,
    draw,
    fit_flares,
    fit_together,
    light_channels,
    light_grid,
    make_light_curves,
)
from dlrecipes.models import build_mlp

STARS, NEW, EPOCHS, BATCH, SEEDS = 3_000, 1_000, 20, 128, 3
ORDER, CHANNELS = "brightness, in order", "times and errors as channels"
DAYS, WEIGHTED = "on a grid of days", "on a grid, weighted 1/σ²"
WAYS: dict[str, Callable[[LightCurves], NDArray[np.float32]]] = {
    ORDER: lambda curves: light_channels(curves, times=False, errors=False),
    CHANNELS: light_channels,
    DAYS: lambda curves: light_grid(curves, weighted=False),
    WEIGHTED: light_grid,
}


def run(*, full: bool = False) -> Measured:
    """Tell fast from slow flares, with less and with more of what is known of each point.

    Args:
        full: Five starts instead of three.
    """
    curves, new = make_light_curves(STARS), make_light_curves(NEW, seed=1)
    found: dict[str, list[float]] = {}
    for way, written in WAYS.items():
        splits = from_arrays(written(curves), curves.labels)
        networks = []
        for seed in range(5 if full else SEEDS):
            keras.utils.set_random_seed(seed)
            networks.append(
                build_mlp(splits.raw_spec.input_shape, len(DECAYS), hidden_units=(64,), l2=1e-3)
            )
        passes = np.tile(np.arange(len(splits.train.y)), EPOCHS)
        passes = passes[: len(passes) // BATCH * BATCH]  # whole batches are traced but once
        scores = fit_together(
            networks,
            keras.optimizers.Adam(3e-3),
            splits.train.array[passes],
            splits.train.y[passes],
            validation=(written(new), new.labels),
            epochs=1,
            batch_size=BATCH,
        )
        found[way] = scores["val_accuracy"][:, -1].tolist()
    fits = {
        f"least squares, {name}": float(np.mean(fit_flares(new, weighted=weighted) == new.labels))
        for name, weighted in (("all points alike", False), ("weighted", True))
    }
    means = {way: float(np.mean(scores)) for way, scores in found.items()}
    gain = np.subtract(found[WEIGHTED], found[ORDER])
    return Measured(
        columns=("how the curve is written", "right on new curves", "lowest", "highest"),
        rows=(
            *(
                (
                    f"network: {way}" + (", and how much is known" if way == WEIGHTED else ""),
                    means[way],
                    min(one),
                    max(one),
                )
                for way, one in found.items()
            ),
            *((name, value, value, value) for name, value in fits.items()),
        ),
        figures={**means, **fits, "least gain of times and weights": float(gain.min())},
        seen=(
            "Each star has a flare, and the question is whether it fades fast or slowly "
            f"({DECAYS[0]:g} or {DECAYS[1]:g} days). From the brightness alone, one point behind "
            f"the other, a network is right for {means[ORDER]:.0%} of new flares (guessing gives "
            f"50 %). On a grid, a mean for each two days (a bin), it is right for "
            f"{means[DAYS]:.0%}; if points count by 1/σ², σ being a point's error, and the network "
            f"is told how much is known of each bin, for {means[WEIGHTED]:.0%} (which of the two "
            "helps was not measured apart). Somebody who knows the form of a flare and draws the "
            "curve that fits best (least squares) gains from the weights as well: "
            f"{fits['least squares, all points alike']:.0%} without, "
            f"{fits['least squares, weighted']:.0%} with them."
        ),
        differs=(
            "the lecture only shows such data. That nothing is lost is not enough: the same times "
            "and errors as further inputs of each point (channels), from which a network would "
            "have to find out by itself what a mean and a distance are, give "
            f"{means[CHANNELS]:.0%}."
        ),
        picture=_picture(curves, found),
    )


def _picture(curves: LightCurves, found: dict[str, list[float]]) -> Figure:
    figure = draw(1, 2, size=(3.8, 2.8))
    sky, bars = figure.axes
    for star, name in ((0, "fast"), (1, "slow")):
        seen = curves.seen[star]
        sky.errorbar(
            curves.times[star][seen],
            curves.flux[star][seen],
            curves.errors[star][seen],
            fmt="o",
            markersize=3,
            color=COLOURS[star],
            label=f"{name}, {DECAYS[star]:g} days",
        )
    sky.set(title="two flares", xlabel="day", ylabel="brightness")
    sky.legend()
    for at, (way, scores) in enumerate(found.items()):
        label = way.replace(" ", "\n").replace("a\n", "a ").replace("of\n", "of ")
        bars.bar(label, np.mean(scores), color=COLOURS[at], alpha=0.6)
        bars.plot([label] * len(scores), scores, "o", color=COLOURS[at])
    bars.axhline(0.5, color="grey", linestyle="--")
    bars.set(title="new flares that are right", ylabel="accuracy", ylim=(0, 1))
    bars.tick_params(axis="x", labelsize=7)
    return figure


LESSON = Lesson(
    name="light_curves",
    lecture="S3",
    title="Irregular times and errors must be used",
    claim=(
        "Astronomers' data are messy: a star is seen at irregular times, at another number of them "
        "each, and every point has an error of its own."
    ),
    advice=(
        "Where the form of the curve is known, fit it with weights 1/σ²: no network came near "
        "that. Else put irregular points on a grid of equal times, weigh each by 1/σ², and tell "
        "the network how much is known of each bin, 0 where nothing is. `dlr.data.from_arrays` "
        "takes such sequences, (examples, steps, channels)."
    ),
    run=run,
    holds={
        ORDER: (0.55, 0.75),
        WEIGHTED: (0.82, 1),
        "least gain of times and weights": (0.12, 0.45),
        "least squares, all points alike": (0.7, 0.82),
        "least squares, weighted": (0.95, 1),
    },
    rows=("Light curves", "Messy data"),
    seconds=20,
    full_minutes=1,
)
