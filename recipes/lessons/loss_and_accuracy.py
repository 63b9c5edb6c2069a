"""Loss and accuracy: a loss that hardly moves while the accuracy rises; smooth and rough losses.

Run it with `dlrecipes lesson loss_and_accuracy`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.diagnose import smoothness
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, fit_together
from dlrecipes.models import build_mlp

RATES = {"low": 0.01, "fair": 0.3, "high": 1.5}
SEEDS, EPOCHS = 3, 15
FLAT = 0.1


def run(*, full: bool = False) -> Measured:
    """Train networks on digits at three rates and read both curves.

    Args:
        full: There is no longer form.
    """
    x, y = load_digits(return_X_y=True)
    train_x, new_x, train_y, new_y = train_test_split(
        x / 16, y, test_size=0.3, stratify=y, random_state=0
    )
    curves, rows = {}, []
    for name, rate in RATES.items():
        keras.utils.set_random_seed(0)
        models = [build_mlp((64,), 10, hidden_units=(32,)) for _ in range(SEEDS)]
        curves[name] = fit_together(
            models,
            keras.optimizers.SGD(rate),
            train_x,
            train_y,
            validation=(new_x, new_y),
            epochs=EPOCHS,
        )
        scores = [smoothness(np.nan_to_num(one, nan=1e3)) for one in curves[name]["loss"]]
        rows.append(
            (
                f"{name}, {rate:g}",
                *(_spread(curves[name][f"val_{kind}"][:, -1]) for kind in ("loss", "accuracy")),
                _spread(np.array([_gain(*one) for one in _held_out(curves[name])])),
                _spread(np.array(scores)),
            )
        )
        curves[name]["smoothness"] = np.array(scores)
    gains = {name: [_gain(*one) for one in _held_out(found)] for name, found in curves.items()}
    smooth = {name: float(np.median(found["smoothness"])) for name, found in curves.items()}
    gain = float(np.median(gains["low"]))
    return Measured(
        columns=(
            "learning rate",
            "loss, new rows",
            "accuracy",
            f"most accuracy gained while the loss moves {FLAT:.0%}",
            "smoothness",
        ),
        rows=tuple(rows),
        figures={
            "accuracy gained at a flat loss": gain,
            **{f"smoothness, {name}": score for name, score in smooth.items()},
        },
        seen=(
            f"At the low rate the accuracy on new rows rose by {100 * gain:.0f} points while the "
            f"loss moved by no more than {FLAT:.0%} of itself. The training loss was smooth at the "
            "low and the fair rate "
            f"({smooth['low']:.2f} and {smooth['fair']:.2f}, where 1 only falls), and rough at the "
            f"high one ({smooth['high']:.2f})."
        ),
        differs=(
            "a smooth loss alone says little: the low rate's is as smooth as the fair one's, "
            f"with {np.median(curves['low']['val_accuracy'][:, -1]):.0%} instead of "
            f"{np.median(curves['fair']['val_accuracy'][:, -1]):.0%} right."
            if smooth["low"] >= smooth["fair"] - 0.05
            else ""
        ),
        picture=_picture(curves),
    )


def _held_out(curves: dict[str, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(curves["val_loss"], curves["val_accuracy"], strict=True))


def _gain(loss: np.ndarray, accuracy: np.ndarray) -> float:
    """Return the most that the accuracy rises between two epochs of nearly the same loss."""
    change = np.abs(loss[None, :] - loss[:, None]) / loss[:, None]
    rise = accuracy[None, :] - accuracy[:, None]
    return float(np.where(np.triu(change <= FLAT), rise, 0.0).max())


def _spread(values: np.ndarray) -> str:
    return f"{np.median(values):.2f} ({values.min():.2f} to {values.max():.2f})"


def _picture(curves: dict[str, dict[str, np.ndarray]]) -> Figure:
    figure = draw(1, 2)
    epochs = np.arange(1, EPOCHS + 1)
    for kind, colour in (("loss", COLOURS[0]), ("accuracy", COLOURS[1])):
        figure.axes[0].plot(epochs, curves["low"][f"val_{kind}"][0], color=colour, label=kind)
    figure.axes[0].set(title=f"rate {RATES['low']:g}, new rows", xlabel="epoch", ylim=(0, None))
    for colour, (name, rate) in zip(COLOURS[2:], RATES.items(), strict=False):
        figure.axes[1].plot(epochs, curves[name]["loss"][0], color=colour, label=f"rate {rate:g}")
    figure.axes[1].set(title="training loss", xlabel="epoch", yscale="log")
    for panel in figure.axes:
        panel.legend()
    return figure


LESSON = Lesson(
    name="loss_and_accuracy",
    lecture="S2, S1",
    title="Accuracy can rise while the loss hardly moves",
    claim=(
        "A loss counts how sure the network is, the accuracy only which class comes first. So the "
        "accuracy may rise while the loss is flat. And a training that goes well has a loss that "
        "falls smoothly."
    ),
    advice=(
        "Watch both curves, and do not call the rate too low, or stop, because the loss looks "
        "flat; where it jumps, lower the rate."
    ),
    run=run,
    holds={
        "accuracy gained at a flat loss": (0.1, 0.9),
        "smoothness, low": (0.9, 1),
        "smoothness, fair": (0.9, 1),
        "smoothness, high": (-1, 0.9),
    },
    rows=("Loss≠metric", "Simple, not too simple"),
    seconds=10,
)
