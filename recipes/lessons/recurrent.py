"""How far back the gradient of a recurrent network reaches: simple cell, GRU and LSTM.

Run it with `dlrecipes lesson recurrent`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from dlrecipes.diagnose import gradient_by_lag
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw
from dlrecipes.models import build_rnn

CELLS = {"simple": "simple cell", "gru": "GRU", "lstm": "LSTM"}
STEPS, UNITS, SEEDS, BATCH, UPDATES = 30, 16, 3, 128, 150
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
    networks = {cell: [_network(cell, seed) for seed in range(SEEDS)] for cell in CELLS}
    before = {cell: _by_lag(these, *batch) for cell, these in networks.items()}
    right = _train(networks, x, y, held_out)
    after = {cell: _by_lag(these, *batch) for cell, these in networks.items()}
    first = {cell: float(np.median(before[cell][:, -1])) for cell in CELLS}
    learned = {cell: float(np.median(right[cell])) for cell in CELLS}
    grown = {cell: float(np.median(after[cell][:, -1])) for cell in CELLS}
    figures = {
        **{f"{name}, at the start": first[cell] for cell, name in CELLS.items()},
        **{f"{name}, right": learned[cell] for cell, name in CELLS.items()},
        "LSTM, trained by start": grown["lstm"] / first["lstm"],
    }
    heads = [
        f"gradient {lag} steps back, {when}" for when in ("untrained", "trained") for lag in LAGS
    ]
    return Measured(
        columns=("cell", *heads, "% right, each seed"),
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
            f"{grown['simple']:.3g}, {grown['gru']:.3g} and {grown['lstm']:.3g}. Right are then "
            f"{', '.join(f'{name} {100 * learned[one]:.0f} %' for one, name in CELLS.items())} "
            f"(the middle one of {SEEDS} seeds; guessing has 50 %)."
        ),
        differs=_differs(first, learned),
        picture=_picture(before, after),
    )


def _sequences(generator: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noise, and whether the first number of each sequence is positive."""
    x = generator.normal(size=(count, STEPS, 1)).astype("float32")
    return x, (x[:, :1, 0] > 0).astype("float32")


def _network(cell: str, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    built = build_rnn((STEPS, 1), 1, cell=cell, recurrent_units=(UNITS,))
    model = keras.Model(built.inputs, built.outputs[0], name=f"{cell}_{seed}")
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def _by_lag(networks: list[keras.Model], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    found = np.array([gradient_by_lag(one, x, y) for one in networks])
    return np.asarray(found / found[:, :1])


def _train(
    networks: dict[str, list[keras.Model]],
    x: np.ndarray,
    y: np.ndarray,
    held_out: tuple[np.ndarray, np.ndarray],
) -> dict[str, np.ndarray]:
    """Train all side by side, which is the same as one by one, and return the shares right."""
    inputs = keras.Input((STEPS, 1))
    whole = keras.Model(inputs, [one(inputs) for these in networks.values() for one in these])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    whole.compile(keras.optimizers.Adam(0.01), [loss] * len(whole.outputs), jit_compile=False)
    whole.fit(x, [y] * len(whole.outputs), batch_size=BATCH, epochs=1, verbose=0)
    logits = np.array(whole.predict(held_out[0], batch_size=1000, verbose=0))
    right = np.mean((logits > 0) == (held_out[1] > 0.5), axis=(1, 2))
    return dict(zip(networks, right.reshape(len(networks), SEEDS), strict=True))


def _differs(first: dict[str, float], learned: dict[str, float]) -> str:
    if first["simple"] <= first["lstm"]:
        return ""
    return (
        "before training the gradient reaches further back in the simple cell than in the LSTM, "
        "whose gates (learned factors that say how much is kept) keep about three quarters of its "
        "state in each step at first, and the GRU's half. The LSTM's learn to keep more."
        + (" Nor is the simple cell behind it." if learned["simple"] >= learned["lstm"] else "")
    )


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
        "LSTM, trained by start": (3, 1e6),
    },
    rows=("Carry track: LSTM", "LSTM, time lag"),
    seconds=25,
)
