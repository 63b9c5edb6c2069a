"""First weights: how far the signal gets through ten layers.

Run it with `dlrecipes lesson initialisation`.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from dlrecipes.diagnose import activation_spread
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

DEPTH, UNITS, SEEDS = 10, 100, 3
INITIALISERS = {
    "small (0.01)": lambda seed: keras.initializers.RandomNormal(0, 0.01, seed=seed),
    "large (1)": lambda seed: keras.initializers.RandomNormal(0, 1.0, seed=seed),
    "Xavier": lambda seed: keras.initializers.GlorotUniform(seed=seed),
    "He": lambda seed: keras.initializers.HeNormal(seed=seed),
}


def run(*, full: bool = False) -> Measured:
    """Send digits through networks that nobody has trained.

    Args:
        full: There is no longer form.
    """
    x = scale(load_digits().data)[:500].astype("float32")
    spread = {
        (activation, name): _spread(x, activation, name)
        for activation in ("tanh", "relu")
        for name in INITIALISERS
    }
    kept = {key: one[:, -1] / one[:, 0] for key, one in spread.items()}
    rows = [
        (*key, float(one[:, 0].mean()), float(one[:, -1].mean()), float(one[:, -1].std()))
        for key, one in spread.items()
    ]
    limit = _limit_of_xavier()
    figures = {
        "tanh, small weights: kept": float(kept["tanh", "small (0.01)"].mean()),
        "tanh, Xavier: kept": float(kept["tanh", "Xavier"].mean()),
        "ReLU, Xavier: kept": float(kept["relu", "Xavier"].mean()),
        "ReLU, He: kept": float(kept["relu", "He"].mean()),
        "tanh, large weights: spread at the end": float(spread["tanh", "large (1)"][:, -1].mean()),
        "largest Xavier weight, 300 to 100": limit,
    }
    return Measured(
        columns=("activation", "first weights", "spread, layer 1", f"layer {DEPTH}", "± seeds"),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"Of the spread of the first layer {figures['tanh, small weights: kept']:.1g} arrives "
            f"in layer {DEPTH} with small weights, {figures['tanh, Xavier: kept']:.2f} with "
            f"Xavier's, both under tanh. Under ReLU Xavier's weights leave "
            f"{figures['ReLU, Xavier: kept']:.2g}, He's {figures['ReLU, He: kept']:.2f}. With "
            f"large ones tanh sits at its ends: a spread of "
            f"{figures['tanh, large weights: spread at the end']:.2f}."
        ),
        differs=(
            f"the root stands over all of 6 / (inputs + outputs): from 300 to 100 units the "
            f"largest weight is {limit:.4f}, not .0061 as the slide's formula would have it."
        ),
        picture=_picture(spread),
    )


def _spread(x: np.ndarray, activation: str, name: str) -> np.ndarray:
    """Return the spread by seed and layer."""
    found = []
    for seed in range(SEEDS):
        hidden = [
            layers.Dense(UNITS, activation, kernel_initializer=INITIALISERS[name](100 * seed + at))
            for at in range(DEPTH)
        ]
        model = keras.Sequential([keras.Input(x.shape[1:]), *hidden])
        found.append(list(activation_spread(model, x).values()))
    return np.array(found)


def _limit_of_xavier() -> float:
    drawn = keras.initializers.GlorotUniform(seed=0)((300, 100))
    return float(np.abs(keras.ops.convert_to_numpy(drawn)).max())


def _picture(spread: dict[tuple[str, str], np.ndarray]) -> Figure:
    figure = draw(1, 2)
    for panel, activation in zip(figure.axes, ("tanh", "relu"), strict=True):
        for name, colour in zip(INITIALISERS, COLOURS, strict=False):
            means = spread[activation, name].mean(axis=0)
            panel.plot(range(1, DEPTH + 1), means, "o-", color=colour, label=name, markersize=3)
        panel.set(title=activation, xlabel="layer", yscale="log")
    figure.axes[0].set(ylabel="spread of the outputs")
    figure.axes[1].legend(fontsize=8)
    return figure


LESSON = Lesson(
    name="initialisation",
    lecture="S2, S4",
    title="First weights decide whether a signal gets through",
    claim=(
        "With weights drawn too small the outputs of a deep network shrink to nothing from layer "
        "to layer. Xavier's rule keeps their spread for tanh, He's, twice the variance, for ReLU."
    ),
    advice="Take the initialiser that fits the activation: `dlr.layers.matched_initializer`.",
    run=run,
    holds={
        "tanh, small weights: kept": (0, 1e-6),
        "tanh, Xavier: kept": (0.3, 1.1),
        "ReLU, Xavier: kept": (0, 0.15),
        "ReLU, He: kept": (0.4, 2.5),
        "tanh, large weights: spread at the end": (0.85, 1),
        "largest Xavier weight, 300 to 100": (0.122, 0.1225),
    },
    rows=("Init", "Activation spread by layer for small/Xavier init (Glorot figure)"),
    seconds=6,
)
