"""One network that overfits, and what each remedy does to it.

Run it with `dlrecipes lesson regularisation`; `--full` trains ten of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, fit_from_starts
from dlrecipes.models import build_mlp
from dlrecipes.results import Objective, Stopping
from dlrecipes.training.outcome import BestEpoch

Array = NDArray[np.float64]

EXAMPLES, WRONG, BATCH, UNITS = 250, 0.2, 50, 64
EPOCHS, PASSES = 16, 2  # an epoch here goes twice through the training part
STARTS = {False: 3, True: 10}
BUILDERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "fewer parameters": {"hidden_units": (8, 8)},
    "L1": {"l1": 3e-3},
    "L2": {"l2": 1e-2},
    "elastic": {"l1": 1e-3, "l2": 5e-3},
    "dropout": {"dropout_rate": 0.5},
    "BN": {"batch_normalization": True},
    "BN and dropout": {"batch_normalization": True, "dropout_rate": 0.5},
}
DEEP = {"deep, no skips": False, "deep, skips": True}
WAYS = [*BUILDERS, *DEEP]
RULES = {
    "stop at the first rise (S3)": Stopping(patience=1),
    "stop 0.2 above the lowest (S4)": Stopping(max_loss_rise=0.2),
    "patience 5, best epoch": Stopping(patience=5),
}
SAFE = "patience 5, best epoch"
PANELS = (
    ("nothing", "fewer parameters", "dropout"),
    ("nothing", "L1", "L2", "elastic"),
    ("nothing", "BN", "dropout", "BN and dropout"),
    ("deep, no skips", "deep, skips"),
)


@dataclass(frozen=True)
class Ends:
    """What one remedy leads to, `(starts,)` each.

    Args:
        right: Share of right answers on the validation part.
        loss: Loss on the validation part, without penalty.
        gap: By how much that lies above the loss on the training part.
    """

    right: Array
    loss: Array
    gap: Array


def run(*, full: bool = False) -> Measured:
    """Train the same network with each remedy, and stop the one without by three rules.

    Args:
        full: Whether ten of each are trained, instead of three.
    """
    data = load_digits()
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, 10, len(data.target))
    labels = np.where(generator.random(len(drawn)) < WRONG, drawn, data.target)
    x, new, y, others = train_test_split(
        data.data / 16, labels, train_size=EXAMPLES, stratify=labels, random_state=0
    )
    keras.utils.set_random_seed(0)
    curves, finished = fit_from_starts(
        [_build(way) for way in WAYS],
        keras.optimizers.Adam(5e-3),
        np.tile(x, (PASSES, 1)),
        np.tile(y, PASSES),
        validation=(new, others),
        epochs=EPOCHS,
        batch_size=BATCH,
        starts=STARTS[full],
    )
    losses = {way: curves["val_loss"][:, at] for at, way in enumerate(WAYS)}
    ends = {
        way: Ends(
            curves["val_accuracy"][:, at, -1],
            losses[way][:, -1],
            losses[way][:, -1] - finished["loss"][:, at],
        )
        for at, way in enumerate(WAYS)
    }
    stops = {rule: _stops(losses["nothing"], rule) for rule in RULES}
    for rule, epochs in stops.items():
        there = [
            curves[name][np.arange(len(epochs)), 0, epochs]
            for name in ("val_accuracy", "val_loss", "loss")
        ]
        ends[rule] = Ends(there[0], there[1], there[1] - there[2])
    figures = {f"loss, {way}": float(one.loss.mean()) for way, one in ends.items()}
    figures |= {f"gap, {way}": float(one.gap.mean()) for way, one in ends.items()}
    figures["last over lowest loss"] = figures["loss, nothing"] / _lowest(losses["nothing"])
    return Measured(
        columns=(
            "remedy",
            "validation loss",
            "± starts",
            "less than without, 95 %",
            "gap (validation less training loss)",
            "± starts",
            "right",
            "epochs trained",
        ),
        rows=tuple(
            (*_row(way, one, ends), 1 + float(np.mean(stops[way])) if way in stops else EPOCHS)
            for way, one in ends.items()
        ),
        figures=figures,
        seen=_seen(losses, ends, stops),
        differs=_differs(ends),
        picture=_picture(losses, stops),
    )


def _build(way: str) -> keras.Model:
    if way in BUILDERS:
        return build_mlp((64,), 10, **{"hidden_units": (UNITS, UNITS), **BUILDERS[way]})
    inputs = keras.Input((64,))
    x = layers.Dense(UNITS, "relu")(inputs)
    for _ in range(2):
        inner = layers.Dense(UNITS)(layers.Dense(UNITS, "relu")(x))
        x = layers.ReLU()(layers.Add()([x, inner]) if DEEP[way] else inner)
    return keras.Model(inputs, layers.Dense(10)(x))


def _stops(losses: Array, rule: str) -> NDArray[np.int64]:
    """Return the epoch whose weights a rule ends with, for each curve of validation losses."""
    found = []
    for curve in losses:
        best = BestEpoch(Objective("val_loss", "min"), RULES[rule])
        epoch = 0
        for epoch, loss in enumerate(curve):
            best.update(epoch, loss, loss)
            if best.should_stop:
                break
        found.append(best.epoch if rule == SAFE else epoch)  # the lectures' keep the last weights
    return np.array(found)


def _lowest(losses: Array) -> float:
    return float(losses.min(axis=1).mean())


def _less(one: Ends, other: Ends) -> tuple[float, float, float]:
    """Return by how much the one's loss is lower, with the interval of pairs of starts."""
    change = other.loss - one.loss
    half = float(stats.t.ppf(0.975, len(change) - 1) * stats.sem(change))
    return float(change.mean()), float(change.mean()) - half, float(change.mean()) + half


def _row(way: str, one: Ends, ends: dict[str, Ends]) -> tuple[str | float | None, ...]:
    less = None
    if way != "nothing":
        without = ends["deep, no skips" if way == "deep, skips" else "nothing"]
        less = "{:+.2f} ({:+.2f} to {:+.2f})".format(*_less(one, without))
    spreads = [(float(part.mean()), float(part.std(ddof=1))) for part in (one.loss, one.gap)]
    name = f"{way} (less than: deep, no skips)" if way == "deep, skips" else way
    return name, *spreads[0], less, *spreads[1], float(one.right.mean())


def _seen(losses: dict[str, Array], ends: dict[str, Ends], stops: dict[str, Any]) -> str:
    loss = {way: float(one.loss.mean()) for way, one in ends.items()}
    stopped = ", ".join(
        f"{rule} after {1 + np.mean(epochs):.0f} epochs with {loss[rule]:.2f}"
        for rule, epochs in stops.items()
    )
    best = sorted(BUILDERS, key=lambda way: loss[way])[:3]
    return (
        f"Without a remedy the validation loss falls to {_lowest(losses['nothing']):.2f} and rises "
        f"to {loss['nothing']:.2f}. Early stopping: {stopped}. Trained to the end, the lowest are "
        f"{', '.join(f'{way} ({loss[way]:.2f})' for way in best)}; the lowest of these is "
        f"{_told(ends[best[0]], ends[SAFE], 'the best epoch alone')}. With fewer parameters "
        f"{ends['fewer parameters'].right.mean():.0%} are right, without "
        f"{ends['nothing'].right.mean():.0%}."
    )


def _told(one: Ends, other: Ends, name: str) -> str:
    """Return how the one's loss stands to the other's, by the interval of their difference."""
    mean, low, high = _less(one, other)
    told = (
        "clearly better than"
        if low > 0
        else "clearly worse than"
        if high < 0
        else "not clearly apart from"
    )
    return f"{told} {name} ({mean:+.2f} less, {low:+.2f} to {high:+.2f})"


def _differs(ends: dict[str, Ends]) -> str:
    gap = {way: float(one.gap.mean()) for way, one in ends.items()}
    return (
        "by its loss, the network with batch normalisation is "
        f"{_told(ends['BN'], ends['nothing'], 'the one without')}, and its gap is "
        f"{gap['BN']:.2f} instead of {gap['nothing']:.2f}. In a network of six layers, that with "
        f"skips is {_told(ends['deep, skips'], ends['deep, no skips'], 'that without')}. BN with "
        f"dropout is {_told(ends['BN and dropout'], ends['dropout'], 'dropout alone')}. S4's rule "
        "stops only when the loss has risen by 0.2, and keeps those weights: that notices the "
        "overfitting, but the weights of the best epoch are the ones to use."
    )


def _picture(losses: dict[str, Array], stops: dict[str, Any]) -> Figure:
    figure = draw(2, 2, size=(3.9, 2.6))
    colours = dict(zip(WAYS, ("#808080", *COLOURS, COLOURS[0]), strict=True))
    epochs = np.arange(1, EPOCHS + 1)
    for panel, ways in zip(figure.axes, PANELS, strict=True):
        for way in ways:
            low, high = losses[way].min(axis=0), losses[way].max(axis=0)
            panel.fill_between(epochs, low, high, color=colours[way], alpha=0.2, linewidth=0)
            panel.plot(epochs, losses[way].mean(axis=0), color=colours[way], label=way)
        panel.set(xlabel="epoch", ylabel="validation loss", ylim=(1.1, 2.4))
    curve = losses["nothing"].mean(axis=0)
    for (rule, found), marker in zip(stops.items(), "v^o", strict=True):
        at = float(np.mean(found))
        height = float(np.interp(at, epochs - 1, curve))
        figure.axes[0].plot(at + 1, height, marker, color=COLOURS[6], markersize=5, label=rule)
    for panel in figure.axes:
        panel.legend(fontsize=6.5, loc="upper right", ncols=2)
    return figure


LESSON = Lesson(
    name="regularisation",
    lecture="S2, S3, S4",
    title="One network that overfits, and each remedy",
    claim=(
        "A network that learns its training part by heart is worse on new examples. Remedies: stop "
        "early (a makeshift), fewer parameters, dropout (leaving out random units), penalties on "
        "the size of weights (L1), on their squares (L2) or both (elastic), and, says one lecture, "
        "batch normalisation (BN: each unit to mean 0 and spread 1) and skip connections (a "
        "layer's input is added to its output); another, that dropout and BN may not be needed "
        "together."
    ),
    advice=(
        "Keep the best epoch's weights first: it costs nothing, and was about as good as penalties "
        "and dropout. Then try one of these, and keep it if it is clearly better still; do not "
        "count on BN or skips against overfitting."
    ),
    run=run,
    holds={
        "last over lowest loss": (1.1, 3),
        "gap, nothing": (0.5, 4),
        "gap, dropout": (-0.5, 0.6),
        "gap, L2": (-0.5, 0.6),
        "gap, BN": (0.3, 4),
    },
    rows=(
        "Regularization ladder",
        "BN and skip connections as regularisers",
        "Early stopping",
    ),
    seconds=35,
    full_minutes=2,
)
