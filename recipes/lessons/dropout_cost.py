"""What dropout costs: the time of a step, the epochs to a score, and memory.

Run it with `dlrecipes lesson dropout_cost`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, peak_memory, start_again

Array = NDArray[np.float64]

RATE, UNITS = 0.5, 1024
TIMED, ROUNDS, STEPS = 512, 9, 4  # examples a step; rounds of so many steps, in turn
LARGE = 16_384  # examples of the step whose memory is measured: 64 MiB a layer's outputs
SCORE, EPOCHS, STARTS = 0.9, 13, 3


def run(*, full: bool = False) -> Measured:
    """Train one network with dropout and without, side by side.

    Args:
        full: There is no longer form.
    """
    data = load_digits()
    x, new, y, truth = train_test_split(
        (data.data / 16).astype("float32"), data.target, train_size=600, random_state=0
    )
    models = {name: _build(rate) for name, rate in (("without", 0.0), ("dropout", RATE))}
    curves = {
        name: np.array([_curve(one, x, y, new, truth, seed) for seed in range(STARTS)])
        for name, one in models.items()
    }
    times = _time_steps(models, np.resize(x, (TIMED, 64)), np.resize(y, TIMED))
    right = {name: found[:, -1] for name, found in curves.items()}
    memory = _memory()
    epochs = {name: _epochs(found) for name, found in curves.items()}
    ratio = times["dropout"] / times["without"]
    figures = {
        "time of a step, dropout by without": float(np.median(ratio)),
        "epochs to the score, dropout by without": float(
            np.mean(epochs["dropout"]) / np.mean(epochs["without"])
        ),
    }
    more = None
    spread = {name: float(found.std(ddof=1)) for name, found in right.items()}
    if memory["dropout"] and memory["without"]:
        more = memory["dropout"] / memory["without"]
        figures["memory of a step, dropout by without"] = more
    return Measured(
        columns=(
            "network",
            "ms a step",
            "lowest to highest",
            f"epochs to {SCORE:g} right",
            f"right after {EPOCHS} epochs",
            "± starts",
            "MiB a step",
        ),
        rows=(
            *(
                (
                    name,
                    1e3 * float(np.median(times[name])),
                    f"{1e3 * times[name].min():.3g} to {1e3 * times[name].max():.3g}",
                    ", ".join(map(str, epochs[name])),
                    float(right[name].mean()),
                    spread[name],
                    None if used is None else used / 2**20,
                )
                for name, used in memory.items()
            ),
            (
                "dropout by without (times: round by round)",
                float(np.median(ratio)),
                f"{ratio.min():.2f} to {ratio.max():.2f}",
                f"{figures['epochs to the score, dropout by without']:.2f}",
                None,
                None,
                more,
            ),
        ),
        figures=figures,
        seen=(
            f"With dropout a step takes {np.median(ratio):.2f} times as long: the middle one of "
            f"{ROUNDS} rounds in which both take turns, {ratio.min():.2f} to {ratio.max():.2f}; it "
            f"is the longer one in {np.sum(ratio > 1)} of them. {SCORE:.0%} right on new digits is "
            f"reached after {np.mean(epochs['dropout']):.1f} epochs (times through the training "
            f"part), without dropout after {np.mean(epochs['without']):.1f}"
            + (f", and a step takes {more:.2f} times the memory." if more else ".")
            + f" After {EPOCHS} epochs {right['dropout'].mean():.1%} are right with it, "
            f"{right['without'].mean():.1%} without: {_told(right['dropout'] - right['without'])}."
        ),
        differs=(
            f"{'none' if min(figures.values()) > 1 else 'not all'} of time, epochs and memory is "
            "smaller with dropout here. Nothing is left out of the sums: Keras multiplies the "
            "outputs by random zeros, one more table of numbers that is drawn, and kept until the "
            "gradient is computed. Less would be computed only if units were really taken out."
        ),
        picture=_picture(times, curves, memory),
    )


def _told(gains: Array) -> str:
    """Return which is right more often, pair by pair, or that it cannot be told."""
    if abs(gains.mean()) <= 2 * gains.std(ddof=1) / np.sqrt(len(gains)):
        return "no difference beyond the scatter of the starts"
    return "more with dropout" if gains.mean() > 0 else "fewer with dropout"


def _build(rate: float) -> keras.Model:
    inner = [layers.Dense(UNITS, "relu"), *([layers.Dropout(rate)] if rate else [])]
    model = keras.Sequential([keras.Input((64,)), *inner, layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-4), loss, metrics=["accuracy"], jit_compile=False)
    return model


def _curve(
    model: keras.Model, x: Array, y: Array, new: Array, truth: Array, seed: int
) -> list[float]:
    """Return the share of right answers on new digits after each epoch."""
    start_again(model, seed=seed)
    options = {"epochs": EPOCHS, "verbose": 0, "validation_batch_size": len(new)}
    fitted = model.fit(x, y, batch_size=50, validation_data=(new, truth), **options)
    right: list[float] = fitted.history["val_accuracy"]
    return right


def _epochs(curves: Array) -> list[int]:
    """Return after how many epochs each reaches the score; all of them where none does."""
    return [int(np.argmax(one >= SCORE)) + 1 if (one >= SCORE).any() else EPOCHS for one in curves]


def _time_steps(models: dict[str, keras.Model], x: Array, y: Array) -> dict[str, Array]:
    """Return the seconds of a step in each round; the networks take turns, as the load changes."""
    for model in models.values():
        model.train_on_batch(x, y)  # is compiled here
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, model in models.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                model.train_on_batch(x, y)
            seconds[name].append((time.perf_counter() - start) / STEPS)
    return {name: np.array(found) for name, found in seconds.items()}


def _memory() -> dict[str, int | None]:
    """Return what a step takes for a while, without and with dropout, in a process of its own.

    There without oneDNN, with which TensorFlow computes on some processors: its allocator keeps
    what it once had, so that nothing is seen of a step.
    """
    done = subprocess.run(
        [sys.executable, "-P", __file__],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(done.stdout))


def _step_bytes(rate: float) -> int | None:
    """Return what a step of a network takes, the mean of two, after one to warm up."""
    model = _build(rate)
    data = load_digits()
    x, y = np.resize(data.data / 16, (LARGE, 64)), np.resize(data.target, LARGE)
    model.train_on_batch(x, y)
    found = [peak_memory(lambda: model.train_on_batch(x, y)) for _ in range(2)]
    known = [one for one in found if one is not None]
    return int(np.mean(known)) if known else None


def _picture(
    times: dict[str, Array], curves: dict[str, Array], memory: dict[str, int | None]
) -> Figure:
    figure = draw(1, 3, size=(2.9, 2.7))
    left, middle, right = figure.axes
    for at, (name, colour) in enumerate(zip(times, COLOURS, strict=False)):
        left.plot(np.full(ROUNDS, at), 1e3 * times[name], "o", color=colour, alpha=0.6)
        middle.plot(np.arange(1, EPOCHS + 1), curves[name].T, color=colour, linewidth=1)
        right.bar(name, (memory[name] or 0) / 2**20, color=colour)
    left.set(xticks=range(len(times)), xticklabels=list(times), xlim=(-0.6, 1.6))
    left.set(ylabel="ms a step", ylim=(0, None))
    middle.axhline(SCORE, color="#808080", linestyle=":")
    middle.set(xlabel="epoch", ylabel="right on new digits", ylim=(0.5, 1))
    right.set(ylabel="MiB of a large step")
    return figure


LESSON = Lesson(
    name="dropout_cost",
    lecture="S4",
    title="What dropout costs in time and memory",
    claim=(
        "Dropout leaves out random units (the sums that a layer consists of) in each step of the "
        "training. This makes it faster and takes less memory."
    ),
    advice=(
        "Do not take dropout to save time or memory: expect to pay with both. Take it only where a "
        "validation part, examples kept out of the training, shows that more answers are right."
    ),
    run=run,
    holds={
        "time of a step, dropout by without": (0.8, 8),
        "epochs to the score, dropout by without": (0.6, 4),
        "memory of a step, dropout by without": (1.05, 5),
    },
    rows=("S4 'why dropout'",),
    seconds=25,
)

if __name__ == "__main__":
    print(json.dumps({"without": _step_bytes(0.0), "dropout": _step_bytes(RATE)}))
