"""How far back the gradient of a recurrent network reaches: simple cell, GRU and LSTM.

Run it with `dlrecipes lesson recurrent`.
"""

from __future__ import annotations

import math

import keras
import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from dlrecipes.diagnose import gradient_by_lag
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, start_again
from dlrecipes.models import build_rnn

CELLS = {"simple": "simple cell", "gru": "GRU", "lstm": "LSTM"}
STEPS, UNITS, SEEDS, BATCH, UPDATES = 30, 16, 8, 128, 150
LEARNED = 0.6  # of 1000 new sequences: guessing lies above 0.55 once in 1000 times
LAGS = [STEPS // 2, STEPS - 1]


def run(*, full: bool = False) -> Measured:
    """Take the gradient by lag before and after a training on the first number of a sequence.

    Args:
        full: There is no longer form.
    """
    generator = np.random.default_rng(0)
    x, y = _sequences(generator, BATCH * UPDATES)
    held_out = _sequences(generator, 1000)
    batch = _sequences(generator, 64)
    networks = {cell: _network(cell) for cell in CELLS}
    whole = _side_by_side(list(networks.values()))
    shares, lags = [], []
    for seed in range(SEEDS):
        start_again(whole, seed=seed)
        untrained = [_by_lag(one, *batch) for one in networks.values()]
        shares.append(_train(whole, x, y, held_out))
        lags.append((untrained, [_by_lag(one, *batch) for one in networks.values()]))
    right = dict(zip(CELLS, np.transpose(shares), strict=True))
    before, after = (
        dict(zip(CELLS, np.swapaxes(one, 0, 1), strict=True)) for one in zip(*lags, strict=True)
    )
    first = {cell: float(np.median(before[cell][:, -1])) for cell in CELLS}
    grown = {cell: float(np.median(after[cell][:, -1])) for cell in CELLS}
    means = {cell: float(right[cell].mean()) for cell in CELLS}
    learned = {cell: right[cell] > LEARNED for cell in CELLS}
    by_training = (after["lstm"] / before["lstm"])[learned["lstm"], -1]
    kept = float(np.median(by_training)) if len(by_training) else math.nan
    gains = {cell: right["lstm"] - right[cell] for cell in ("simple", "gru")}
    figures = {
        **{f"{name}, at the start": first[cell] for cell, name in CELLS.items()},
        **{f"{name}, right": means[cell] for cell, name in CELLS.items()},
        **{
            f"{name}, starts that learned": float(learned[cell].sum())
            for cell, name in CELLS.items()
        },
        "LSTM over simple cell, least of the 95 % interval": _interval(gains["simple"])[1],
        "LSTM that learned, gradient trained by untrained": kept,
    }
    heads = [
        f"gradient {lag} steps back, {when}" for when in ("untrained", "trained") for lag in LAGS
    ]
    return Measured(
        columns=("cell", *heads, "% right, each start"),
        rows=tuple(
            (
                name,
                *np.median(before[cell][:, LAGS], axis=0).tolist(),
                *np.median(after[cell][:, LAGS], axis=0).tolist(),
                " ".join(f"{100 * one:.0f}" for one in right[cell]),
            )
            for cell, name in CELLS.items()
        ),
        figures=figures,
        seen=(
            f"The network reads {STEPS} numbers and is asked about the first. Before training the "
            f"gradient {STEPS - 1} steps back, with that of the last step as 1, is "
            f"{first['simple']:.3g} in the simple cell, {first['gru']:.3g} in the GRU and "
            f"{first['lstm']:.3g} in the LSTM; after {UPDATES} training steps "
            f"{grown['simple']:.3g}, {grown['gru']:.3g} and {grown['lstm']:.3g} (each the middle "
            f"of {SEEDS} starts). Right are then, in the mean of the starts, "
            f"{', '.join(f'{name} {means[one]:.0%}' for one, name in CELLS.items())} (guessing has "
            f"50 %). From the simple cell to the LSTM that is {_said(gains['simple'])}, from the "
            f"GRU to the LSTM {_said(gains['gru'])}. It depends on the first weights: more than "
            f"{LEARNED:.0%} are right from "
            + ", ".join(
                f"{learned[one].sum()} of {SEEDS} starts ({name})" for one, name in CELLS.items()
            )
            + f". Where the LSTM learned, the training made its gradient {STEPS - 1} steps back "
            f"{kept:.3g} times as large (the middle of these starts)."
        ),
        differs=_differs(first, gains["simple"]),
        picture=_picture(before, after),
    )


def _sequences(generator: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noise, and whether the first number of each sequence is positive."""
    x = generator.normal(size=(count, STEPS, 1)).astype("float32")
    return x, (x[:, :1, 0] > 0).astype("float32")


def _network(cell: str) -> keras.Model:
    built = build_rnn((STEPS, 1), 1, cell=cell, recurrent_units=(UNITS,))
    model = keras.Model(built.inputs, built.outputs[0], name=cell)
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def _side_by_side(networks: list[keras.Model]) -> keras.Model:
    """Return one compiled program that trains all, each as it would be alone.

    Without XLA most of the time goes into starting the many small operations of each step back.
    """
    inputs = keras.Input((STEPS, 1))
    whole = keras.Model(inputs, [one(inputs) for one in networks])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    whole.compile(keras.optimizers.Adam(0.01), [loss] * len(networks), jit_compile=True)
    return whole


def _by_lag(network: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    found = gradient_by_lag(network, x, y)
    return np.asarray(found / found[0])


def _train(
    whole: keras.Model, x: np.ndarray, y: np.ndarray, held_out: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Train the networks and return the share of right answers of each."""
    whole.fit(x, [y] * len(whole.outputs), batch_size=BATCH, epochs=1, verbose=0)
    logits = np.array(whole.predict_on_batch(held_out[0]))
    return np.asarray(np.mean((logits > 0) == (held_out[1] > 0.5), axis=(1, 2)))


def _interval(gain: np.ndarray) -> tuple[float, float, float]:
    """Return the mean over the starts and its 95 % interval (Student's)."""
    low, high = stats.ttest_1samp(gain, 0).confidence_interval(0.95)
    return float(gain.mean()), float(low), float(high)


def _said(gain: np.ndarray) -> str:
    mean, low, high = (100 * one for one in _interval(gain))
    clear = "" if low > 0 or high < 0 else ": no clear difference"
    return f"{mean:+.0f} points (95 % interval {low:+.0f} to {high:+.0f}{clear})"


def _differs(first: dict[str, float], gain: np.ndarray) -> str:
    told = []
    if _interval(gain)[1] <= 0:
        told.append(
            "the LSTM did not learn what lies far back more often than the simple cell, as far as "
            f"{len(gain)} starts can tell."
        )
    if first["simple"] >= first["lstm"]:
        told.append(
            "Before training the gradient reaches no further back in it: its gates (learned "
            "factors that say how much is kept) keep about three quarters of its state in each "
            "step at first, and the GRU's half."
        )
    return " ".join(told)


def _picture(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> Figure:
    figure = draw(1, 2)
    for panel, found, when in zip(figure.axes, (before, after), ("before", "after"), strict=True):
        for (cell, name), colour in zip(CELLS.items(), COLOURS, strict=False):
            panel.plot(np.median(found[cell], axis=0), color=colour, label=name)
            for one in found[cell]:
                panel.plot(one, color=colour, alpha=0.3, linewidth=0.8)
        panel.set(
            title=f"{when} training",
            xlabel="steps back",
            ylabel="gradient (last step: 1)",
        )
        panel.set(yscale="log", ylim=(1e-8, 1e2))
    figure.axes[0].legend()
    return figure


LESSON = Lesson(
    name="recurrent",
    lecture="S2, S4",
    title="How far back a recurrent network learns",
    claim=(
        "A recurrent network reads a sequence step by step and carries a state along. The "
        "gradient (how the error changes with what was read) is handed back through every step "
        "and dies out on the way, so that what lies far back is not learned. LSTM and GRU are "
        "cells with a track on which the state is carried along nearly unchanged, so that it can "
        "be."
    ),
    advice=(
        "Do not take an LSTM or GRU unseen: try a simple cell beside it, and look at "
        "`dlr.diagnose.gradient_by_lag` where what lies far back should count."
    ),
    run=run,
    holds={
        "simple cell, at the start": (1e-4, 1),
        "GRU, at the start": (0, 1e-4),
        "LSTM, at the start": (0, 0.02),
        "LSTM, right": (0.55, 1),
        "LSTM, starts that learned": (2, 8),
        "GRU, starts that learned": (0, 2),
        "LSTM that learned, gradient trained by untrained": (2, 1e6),
    },
    rows=("Carry track: LSTM", "LSTM, time lag"),
    seconds=53,
)
