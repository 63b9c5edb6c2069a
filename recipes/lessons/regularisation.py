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
            "gap",
            "± starts",
            "right",
        ),
        rows=tuple(_row(way, one, ends) for way, one in ends.items()),
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
    return way, *spreads[0], less, *spreads[1], float(one.right.mean())


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
        f"{', '.join(f'{way} ({loss[way]:.2f})' for way in best)}."
    )


def _differs(ends: dict[str, Ends]) -> str:
    gap = {way: float(one.gap.mean()) for way, one in ends.items()}
    both, low, high = _less(ends["BN and dropout"], ends["dropout"])
    told = "better" if low > 0 else "worse" if high < 0 else "no better or worse, beyond the noise,"
    kept = min(gap["BN"] / gap["nothing"], gap["deep, skips"] / gap["deep, no skips"])
    little = "do little" if kept > 0.8 else "do something"
    return (
        f"as regularisers, batch normalisation (BN) and skips {little} here: with BN the gap is "
        f"{gap['BN']:.2f}, without {gap['nothing']:.2f}; in a network of six layers "
        f"{gap['deep, skips']:.2f} with skips, {gap['deep, no skips']:.2f} without. Dropout leaves "
        f"{gap['dropout']:.2f}. BN and dropout together are {told} than dropout alone "
        f"({both:+.2f} lower); whether to take both is to be tried. S4's threshold lets the loss "
        "rise by just that much before it stops, and keeps the weights from there: it is for "
        "noticing, and the best epoch's weights for using."
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
        "early (kind of a hack), fewer parameters, dropout, penalties L1 and L2, and, says one "
        "lecture, batch normalisation and skip connections; another, that dropout and batch "
        "normalisation may not be needed together."
    ),
    advice=(
        "Keep the best epoch's weights in any case; then tune dropout or an L2 penalty, one of "
        "them at first."
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
