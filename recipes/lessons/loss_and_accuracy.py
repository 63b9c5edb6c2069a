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
            "accuracy, new rows",
            f"most accuracy gained while the loss moves {FLAT:.0%}",
            "smoothness of the training loss",
        ),
        rows=tuple(rows),
        figures={
            "accuracy gained at a flat loss": gain,
            **{f"smoothness, {name}": score for name, score in smooth.items()},
        },
        seen=(
            f"At the low rate the accuracy on new rows rose by {gain:.2f} while the loss moved by "
            f"no more than {FLAT:.0%} of itself. The training loss fell smoothly at the low and "
            f"the fair rate ({smooth['low']:.2f} and {smooth['fair']:.2f}; 1 is a loss that never "
            f"rises), and jumped at the high one ({smooth['high']:.2f})."
        ),
        differs=(
            "a smooth loss alone says little: the low rate's is as smooth as the fair one's, but "
            f"after {EPOCHS} epochs {np.median(curves['low']['val_accuracy'][:, -1]):.2f} instead "
            f"of {np.median(curves['fair']['val_accuracy'][:, -1]):.2f} are right. The flat loss "
            "was a sign of a rate too low, and the rising accuracy one that it still learned."
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
        "The loss, which the training makes small, counts how sure of the right answer the "
        "network is; the accuracy counts how often the right answer is the one that it is surest "
        "of. So the accuracy may rise while the loss is flat. And a training that goes well has a "
        "loss that falls smoothly. (The learning rate is the size of the training's steps; an "
        "epoch is one pass over the examples; new rows are not in the training.)"
    ),
    advice=(
        "Watch both curves. Where the loss is flat and the accuracy rises, go on, and try a "
        "higher rate; where the loss jumps, lower the rate."
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
