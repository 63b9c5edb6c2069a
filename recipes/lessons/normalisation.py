"""Normalisation: epochs to a fixed loss from raw, min-max, z-scored and whitened features.

Run it with `dlrecipes lesson normalisation`.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from dlrecipes.layers import MinMaxScaling, PCAWhitening, Standardization
from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    draw,
    draw_networks,
    outputs_of,
    train_networks,
)

RATES = 10.0 ** np.arange(-5, 1.25, 0.5)
STARTS, EPOCHS, BATCH, GOAL = 3, 60, 50, 0.1
SAME_RATE = 0.1
LAYERS: dict[str, Callable[[], list[keras.Layer]]] = {
    "raw": lambda: [],
    "min-max, -1 to 1": lambda: [MinMaxScaling(-1.0, 1.0)],
    "z-score": lambda: [Standardization()],
    "whitened": lambda: [Standardization(), PCAWhitening(epsilon=0.0)],
}


def run(*, full: bool = False) -> Measured:
    """Train one network on each form of the features at many rates, and count the epochs.

    Args:
        full: There is no longer form.
    """
    x, y = load_breast_cancer(return_X_y=True)
    parts = train_test_split(x, y, test_size=0.3, stratify=y, random_state=0)
    train_y, new_y = (part[:, None].astype(float) for part in parts[2:])
    rows, figures, curves = [], {}, {}
    for name, make in LAYERS.items():
        train_x, new_x = parts[:2]
        for layer in make():
            layer.adapt(train_x)
            train_x, new_x = (np.asarray(layer(part)) for part in (train_x, new_x))
        losses, right = _train(train_x, train_y, new_x, new_y)
        needed = np.median(_epochs_to_goal(losses), axis=1)  # of each rate
        reached = np.isfinite(needed).any()
        best = int(np.argmin(needed if reached else np.nan_to_num(losses[:, :, -1], nan=9).mean(1)))
        same = int(np.argmin(np.abs(RATES - SAME_RATE)))
        rows.append(
            (
                name,
                _epochs(needed[same]),
                float(RATES[best]),
                _epochs(needed[best]),
                f"{np.median(right[best]):.3f} ({right[best].min():.3f} to "
                f"{right[best].max():.3f})",
            )
        )
        curves[name] = needed
        figures[f"epochs, {name}"] = float(min(needed[best], EPOCHS + 1))
        figures[f"accuracy, {name}"] = float(np.median(right[best]))
    accuracies = [figures[f"accuracy, {name}"] for name in LAYERS]
    return Measured(
        columns=(
            "features",
            f"epochs needed at learning rate {SAME_RATE}",
            "best learning rate",
            "epochs needed at the best",
            f"right on new rows, epoch {EPOCHS}",
        ),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"To bring the loss down to {GOAL}, each at the best of {len(RATES)} learning rates, "
            "took "
            + ", ".join(f"{row[3]} ({row[0]})" for row in rows)
            + f" epochs; all at the rate {SAME_RATE} "
            + ", ".join(str(row[1]) for row in rows)
            + f". On new rows the network of raw features was right for {accuracies[0]:.1%}, the "
            f"others for {min(accuracies[1:]):.1%} to {max(accuracies[1:]):.1%}."
        ),
        differs=(
            "whitening, the most thorough of the three, is not quicker than the z-score here."
            if figures["epochs, whitened"] >= figures["epochs, z-score"]
            else ""
        ),
        picture=_picture(curves),
    )


def _train(
    x: np.ndarray, y: np.ndarray, new_x: np.ndarray, new_y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the losses `(rates, starts, epochs)` and the accuracies `(rates, starts)`."""
    starts = draw_networks(STARTS, (x.shape[1], 16, 1), scale=2**0.5)
    often = (len(RATES), 1, 1)
    layers = [(np.tile(kernel, often), np.tile(bias, often)) for kernel, bias in starts]
    an_epoch = len(x) // BATCH
    trained, losses = train_networks(
        layers,
        x,
        y,
        rates=np.repeat(RATES, STARTS),
        steps=EPOCHS * an_epoch,
        loss="logistic",
        batch_size=BATCH,
    )
    right = (outputs_of(trained, new_x) > 0) == (new_y > 0)
    shape = (len(RATES), STARTS)
    each = losses.reshape(EPOCHS, an_epoch, *shape).mean(axis=1)
    return np.moveaxis(each, 0, -1), right.mean(axis=(1, 2)).reshape(shape)


def _epochs_to_goal(losses: np.ndarray) -> np.ndarray:
    reached = losses <= GOAL
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1.0, np.inf)


def _epochs(needed: float) -> str:
    return f"{needed:g}" if np.isfinite(needed) else f"more than {EPOCHS}"


def _picture(curves: dict[str, np.ndarray]) -> Figure:
    figure = draw(1, 1, size=(5.4, 2.9))
    (panel,) = figure.axes
    for colour, (name, needed) in zip(COLOURS, curves.items(), strict=False):
        shown = np.minimum(needed, EPOCHS + 1)
        panel.plot(RATES, shown, color=colour, label=name, marker="o", markersize=3)
    panel.set(xscale="log", xlabel="learning rate", ylabel=f"epochs to a loss of {GOAL}")
    panel.set_title(f"epochs needed ({EPOCHS + 1}: more than {EPOCHS})")
    panel.legend(loc="lower left")
    return figure


LESSON = Lesson(
    name="normalisation",
    lecture="S1",
    title="Features on one scale train in fewer epochs",
    claim=(
        "Features (the columns of a table) on one scale make training easier. Three ways: each "
        "mapped into a range (min-max), each brought to mean 0 and deviation 1 (z-score), or all "
        "together made uncorrelated, too (whitened). Easier means fewer epochs, passes over all "
        "examples, until the loss (how wrong the network is) is small."
    ),
    advice=(
        "Bring features to one scale; begin with the z-score (`dlr.layers.Standardization`), "
        "which needed the fewest epochs here, at its best rate and at the rate 0.1."
    ),
    run=run,
    holds={
        "epochs, raw": (30, 61),
        "epochs, min-max, -1 to 1": (1, 40),
        "epochs, z-score": (1, 15),
        "epochs, whitened": (1, 15),
        "accuracy, z-score": (0.94, 1),
    },
    rows=("Min-max", "Z-score", "Whitening"),
    seconds=3,
)
