"""Light curves: irregular times and errors of each point, left out and given to the network.

Run it with `dlrecipes lesson light_curves`.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure

from dlrecipes.data import from_arrays
from dlrecipes.lesson import (
    COLOURS,
    DECAYS,
    Lesson,
    LightCurves,
    Measured,
    draw,
    fit_flares,
    fit_in_turn,
    light_channels,
    make_light_curves,
)

STARS, NEW, EPOCHS, SEEDS = 1_000, 1_000, 20, 3
WAYS = {
    "brightness only": {"times": False, "errors": False},
    "and times": {"times": True, "errors": False},
    "and errors": {"times": True, "errors": True},
}


def run(*, full: bool = False) -> Measured:
    """Tell fast from slow flares by brightness, by times too, and by errors too.

    Args:
        full: Five starts instead of three.
    """
    seeds = range(5 if full else SEEDS)
    curves, new = make_light_curves(STARS), make_light_curves(NEW, seed=1)
    found: dict[str, list[float]] = {}
    for way, channels in WAYS.items():
        splits = from_arrays(light_channels(curves, **channels), curves.labels)
        spec = splits.raw_spec
        scores = fit_in_turn(
            lambda shape=spec.input_shape: _network(shape),
            keras.optimizers.Adam(3e-3),
            splits.train.x,
            splits.train.y,
            validation=(light_channels(new, **channels), new.labels),
            epochs=EPOCHS,
            seeds=seeds,
        )
        found[way] = scores["val_accuracy"][:, -1].tolist()
    fits = {
        "least squares, all points alike": float(
            np.mean(fit_flares(new, weighted=False) == new.labels)
        ),
        "least squares, weighted": float(np.mean(fit_flares(new) == new.labels)),
    }
    means = {way: float(np.mean(scores)) for way, scores in found.items()}
    gain = np.subtract(found["and errors"], found["brightness only"])
    return Measured(
        columns=("what is known", "right on new curves", "lowest", "highest"),
        rows=(
            *((f"network: {way}", means[way], min(one), max(one)) for way, one in found.items()),
            *((name, value, value, value) for name, value in fits.items()),
        ),
        figures={**means, **fits, "least gain of times and errors": float(gain.min())},
        seen=(
            f"Each curve is a sequence of up to {spec.input_shape[0]} points, filled up with zeros "
            "and marked where there is one. From the brightness alone, one point behind the other, "
            f"a network is right for {means['brightness only']:.0%} of new flares, with the days "
            f"between the points for {means['and times']:.0%}, and with the weight 1/σ² of each "
            f"point for {means['and errors']:.0%}. A least-squares fit by somebody who knows the "
            f"form of a flare gains as much from the weights: "
            f"{fits['least squares, all points alike']:.0%} without, "
            f"{fits['least squares, weighted']:.0%} with them."
        ),
        picture=_picture(curves, found),
    )


def _network(shape: tuple[int, ...]) -> keras.Model:
    inputs = keras.Input(shape)
    x = layers.Conv1D(32, 5, padding="same", activation="relu")(inputs)
    x = layers.Conv1D(32, 5, padding="same", activation="relu")(x)
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    x = layers.Dense(32, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(len(DECAYS))(x))


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
        bars.bar(way, np.mean(scores), color=COLOURS[at], alpha=0.6)
        bars.plot([way] * len(scores), scores, "o", color=COLOURS[at])
    bars.axhline(0.5, color="grey", linestyle="--")
    bars.set(title="new flares that are right", ylabel="accuracy", ylim=(0, 1))
    bars.tick_params(axis="x", labelrotation=20)
    return figure


LESSON = Lesson(
    name="light_curves",
    lecture="S3",
    title="Irregular times and errors belong into the input",
    claim=(
        "Astronomers' data are messy: a star is seen at irregular times, at another number of them "
        "each, and every point has an error of its own."
    ),
    advice=(
        "Give the network what you know of each point: the time since the last one, a weight "
        "1/σ², and whether there is a point at all. `dlr.data.from_arrays` takes such sequences, "
        "(examples, steps, channels)."
    ),
    run=run,
    holds={
        "brightness only": (0.5, 0.85),
        "and errors": (0.8, 1),
        "least gain of times and errors": (0.05, 0.5),
        "least squares, all points alike": (0.7, 0.82),
        "least squares, weighted": (0.95, 1),
    },
    rows=("Light curves", "Messy data"),
    seconds=20,
    full_minutes=1,
)
