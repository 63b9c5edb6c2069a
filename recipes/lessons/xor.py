"""XOR: what a hidden layer makes of points that no straight line parts.

Run it with `dlrecipes lesson xor`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from dlrecipes.lesson import COLOURS, Lesson, Measured, best_line, draw, xor_examples
from dlrecipes.models import build_mlp

SEEDS, STEPS = 10, 200
UNITS, MORE = 2, 6


def run(*, full: bool = False) -> Measured:
    """Train a hidden layer of two units from several starts; a line before and behind it.

    Args:
        full: There is no longer form.
    """
    (x, y), (new_x, new_y) = (xor_examples(200, seed=seed) for seed in (0, 1))
    new_x = new_x.astype("float32")
    networks = {units: [_network(units, seed) for seed in range(SEEDS)] for units in (UNITS, MORE)}
    random = [best_line(_hidden(one, new_x), new_y) for one in networks[UNITS]]
    _train([one for several in networks.values() for one in several], x, y)
    hidden = [_hidden(one, new_x) for one in networks[UNITS]]
    trained = [best_line(one, new_y) for one in hidden]
    learned = {
        units: sum(bool(((np.ravel(one(new_x)) > 0) == new_y).mean() > 0.98) for one in several)
        for units, several in networks.items()
    }
    raw = best_line(new_x, new_y)
    rows: list[tuple[str | float | None, ...]] = [
        ("the data", raw, raw, raw, None),
        *(
            (name, float(np.median(found)), min(found), max(found), count)
            for name, found, count in (
                (f"{UNITS} hidden units, random", random, None),
                (f"{UNITS} hidden units, trained", trained, learned[UNITS]),
            )
        ),
        (f"{MORE} hidden units, trained", None, None, None, learned[MORE]),
    ]
    return Measured(
        columns=(
            "a straight line through",
            "share right, middle start",
            "lowest",
            "highest",
            f"starts of {SEEDS} that learned it",
        ),
        rows=tuple(rows),
        figures={
            "best line, data": raw,
            "best line, random units": float(np.median(random)),
            "best line, trained units": max(trained),
            **{f"starts that learned it, {units} units": float(n) for units, n in learned.items()},
        },
        seen=(
            f"The best straight line parts {raw:.0%} of the points rightly, "
            f"{np.median(random):.0%} behind {UNITS} hidden units with random weights, and up to "
            f"{max(trained):.0%} behind {UNITS} trained ones. {learned[UNITS]} of {SEEDS} starts "
            f"(first weights) learned it with {UNITS} units, {learned[MORE]} of {SEEDS} with "
            f"{MORE}."
        ),
        differs=(
            ""
            if learned[UNITS] == SEEDS
            else f"two units are enough, but training did not find them from "
            f"{SEEDS - learned[UNITS]} of {SEEDS} starts."
        ),
        picture=_picture(new_x, hidden[int(np.argmax(trained))], new_y),
    )


def _network(units: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = build_mlp((2,), 1, hidden_units=(units,), activation="tanh")
    model.name = f"units_{units}_start_{seed}"
    return model


def _hidden(model: keras.Model, x: np.ndarray) -> np.ndarray:
    inner = keras.Model(model.input, model.get_layer("hidden_1_activation").output)
    return np.asarray(inner(x))


def _train(models: list[keras.Model], x: np.ndarray, y: np.ndarray) -> None:
    """Train networks side by side: one loss, their sum, and steps of Adam, which has no scale."""
    inputs = keras.Input((2,))
    both = keras.Model(inputs, keras.layers.Concatenate()([one(inputs) for one in models]))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    both.compile(keras.optimizers.Adam(0.1), loss, jit_compile=False)
    labels = np.repeat(y[:, None], len(models), axis=1)
    often = (STEPS, 1)  # an epoch of many steps, each on all examples
    both.fit(np.tile(x, often), np.tile(labels, often), len(x), shuffle=False, verbose=0)


def _picture(x: np.ndarray, hidden: np.ndarray, y: np.ndarray) -> Figure:
    figure = draw(1, 2)
    for panel, points, title, axis in zip(
        figure.axes,
        (x, hidden),
        ("the data", "behind the hidden layer"),
        ("input", "hidden unit"),
        strict=True,
    ):
        for kind in (0, 1):
            first, second = points[y == kind].T
            panel.scatter(first, second, s=8, color=COLOURS[kind], label=f"class {kind}")
        panel.set(title=title, xlabel=f"first {axis}", ylabel=f"second {axis}")
    figure.axes[1].legend()
    return figure


LESSON = Lesson(
    name="xor",
    lecture="S1",
    title="A hidden layer moves the data until a line can part them",
    claim=(
        "Data that no straight line can part become easy once they are transformed. A network "
        "learns such a transformation by itself, in its hidden layer, the units between inputs and "
        "output; the classic example is 'one or the other, but not both'."
    ),
    advice=(
        "Where a straight line does badly, try one hidden layer, with a few more units than are "
        "needed; with few units, from more than one start."
    ),
    run=run,
    holds={
        "best line, data": (0.7, 0.8),
        "best line, random units": (0.5, 0.9),
        "best line, trained units": (0.97, 1),
        "starts that learned it, 2 units": (1, 10),
        "starts that learned it, 6 units": (7, 10),
    },
    rows=("XOR: data separable once transformed by the hidden layer",),
    seconds=11,
)
