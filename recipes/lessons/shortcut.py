"""A planted shortcut, and how far networks rely on it under dropout.

Run it with `dlrecipes lesson shortcut`; `--full` trains twelve of each.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.layers import InvertedDropout
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, start_again

Array = NDArray[np.float64]

AGREES = 0.95  # of the training part; on new digits the shortcut says nothing
RATES, PLACES = (0.0, 0.2, 0.5, 0.8), ("hidden", "inputs")
EXAMPLES, UNITS, TIMES, BATCH = 300, 128, 25, 50
STARTS = {False: 4, True: 12}


def run(*, full: bool = False) -> Measured:
    """Train networks to tell odd digits from even ones, with a number beside that gives it away.

    Args:
        full: Whether twelve of each are trained, instead of four.
    """
    data = load_digits()
    odd = data.target % 2
    generator = np.random.default_rng(0)
    x, new, y, truth = train_test_split(
        data.data / 16, odd, train_size=EXAMPLES, stratify=odd, random_state=0
    )
    told = np.where(generator.random(EXAMPLES) < AGREES, 2 * y - 1, 1 - 2 * y)
    model = _build()
    seeds = range(STARTS[full])
    found: dict[tuple[str, float], Array] = {}
    for place in PLACES:
        for rate in RATES:
            if rate == 0.0 and place != PLACES[0]:
                found[place, rate] = found[PLACES[0], rate]
                continue
            ends = [
                _train(model, _beside(x, told), y, new, truth, {place: rate}, one) for one in seeds
            ]
            found[place, rate] = np.array(ends)
    mean = {key: values.mean(axis=0) for key, values in found.items()}
    figures = {}
    for place in PLACES:
        for rate in RATES:
            figures[f"reliance, {place}, {rate:g}"] = float(mean[place, rate][0])
            figures[f"right, {place}, {rate:g}"] = float(mean[place, rate][1])
    return Measured(
        columns=(
            "dropout on",
            "share dropped",
            "reliance (answers that the shortcut turns)",
            "± starts",
            "right on new digits",
            "± starts",
            "reliance more than without",
            "± starts",
        ),
        rows=tuple(
            (place, rate, *_pairs(found[place, rate]), *_more(found, place, rate))
            for place in PLACES
            for rate in RATES
        ),
        figures=figures,
        seen=_seen(figures),
        differs=_differs(found),
        picture=_picture(found),
    )


def _build() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((65,)),
            InvertedDropout(0.0, name="inputs"),
            layers.Dense(UNITS, "relu"),
            InvertedDropout(0.0, name="hidden"),
            layers.Dense(1),
        ]
    )
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(5e-3), loss, jit_compile=False)
    return model


def _beside(x: Array, told: Array) -> Array:
    return np.column_stack([x, told]).astype("float32")


def _train(
    model: keras.Model,
    x: Array,
    y: Array,
    new: Array,
    truth: Array,
    rates: dict[str, float],
    seed: int,
) -> tuple[float, float]:
    """Return the share of answers that the shortcut turns over, and that of right ones without it.

    Right is a mean over both values of the shortcut: on new digits it says nothing.
    """
    start_again(model, seed=seed)
    for name in PLACES:
        model.get_layer(name).rate.assign(rates.get(name, 0.0))
    # Each digit so many times, in one go: an epoch of 300 digits is shorter than its overhead.
    rows = np.tile(np.arange(len(x)), TIMES)
    model.fit(x[rows], y[rows], batch_size=BATCH, verbose=0)
    answers = [
        keras.ops.convert_to_numpy(model(_beside(new, np.full(len(new), sign))))[:, 0] > 0
        for sign in (-1.0, 1.0)
    ]
    right = np.mean([np.mean(one == truth) for one in answers])
    return float(np.mean(answers[0] != answers[1])), float(right)


def _pairs(values: Array) -> list[float]:
    """Return mean and spread of each column, in turn."""
    return np.stack([values.mean(axis=0), values.std(axis=0, ddof=1)], axis=1).ravel().tolist()


def _more(
    found: dict[tuple[str, float], Array], place: str, rate: float
) -> tuple[float | None, float | None]:
    """Return by how much the reliance differs from that without dropout, start by start."""
    if rate == 0.0:
        return None, None
    more = found[place, rate][:, 0] - found[place, 0.0][:, 0]
    return float(more.mean()), float(more.std(ddof=1))


def _seen(figures: dict[str, float]) -> str:
    def turned(place: str) -> str:
        shares = (f"{100 * figures[f'reliance, {place}, {rate:g}']:.0f} %" for rate in RATES[1:])
        return ", ".join(shares)

    return (
        f"One number beside the 64 pixels agrees with {100 * AGREES:.0f} % of the training labels, "
        "and with new ones by chance: the shortcut. Without dropout, changing it from -1 to 1 "
        f"changes {100 * figures['reliance, hidden, 0']:.0f} % of the answers on new digits, odd "
        "or even: the reliance. With dropout "
        f"at {', '.join(f'{rate:g}' for rate in RATES[1:])}: {turned('inputs')} where inputs are "
        f"dropped, {turned('hidden')} where units of the inner (hidden) layer are."
    )


def _differs(found: dict[tuple[str, float], Array]) -> str:
    without = found["hidden", 0.0][:, 0]
    hidden = found["hidden", RATES[-1]][:, 0] - without
    changes = [found[place, rate][:, 0] - without for place in PLACES for rate in RATES if rate > 0]
    lower = any(one.mean() < -2 * one.std(ddof=1) / np.sqrt(len(one)) for one in changes)
    return (
        f"dropping hidden units changes the reliance by {100 * hidden.mean():+.0f} points (± "
        f"{100 * hidden.std(ddof=1):.0f}) at {RATES[-1]:g}. The shortcut is an input: whichever "
        "hidden units stay can read it. "
        + (
            "Some of the rates lower the reliance, but none takes it away."
            if lower
            else "No rate, on inputs or on hidden units, lowers the reliance beyond the scatter of "
            "the starts: where inputs are dropped the shortcut is missing at times, and so are the "
            "pixels."
        )
    )


def _picture(found: dict[tuple[str, float], Array]) -> Figure:
    figure = draw(1, 2)
    names = ("answers that the shortcut turns over", "right on new digits")
    for panel, column, name in zip(figure.axes, (0, 1), names, strict=True):
        for place, colour in zip(PLACES, COLOURS, strict=False):
            values = np.array([found[place, rate][:, column] for rate in RATES])
            panel.errorbar(
                RATES,
                values.mean(axis=1),
                values.std(axis=1, ddof=1),
                fmt="o-",
                capsize=3,
                color=colour,
                label=f"dropout on {place}",
            )
        panel.set(xlabel="share dropped", ylabel=name)
    figure.axes[0].legend(fontsize=8)
    return figure


LESSON = Lesson(
    name="shortcut",
    lecture="S2, S3",
    title="A shortcut in the training part, and dropout",
    claim=(
        "Units that drop out at random keep a network from relying on any one feature: patterns "
        "without meaning may be missing at any time."
    ),
    advice=(
        "Look for features that give the label away (`dlr.check` names columns that know the "
        "answer), and do not count on dropout."
    ),
    run=run,
    holds={
        "reliance, hidden, 0": (0.1, 0.7),
        "reliance, hidden, 0.8": (0.1, 0.8),
        "right, hidden, 0": (0.65, 0.95),
    },
    rows=("S3 'dropout – why'",),
    seconds=25,
    full_minutes=1.5,
)
