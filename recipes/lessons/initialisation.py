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
        (
            *key,
            float(one[:, 0].mean()),
            float(one[:, -1].mean()),
            float(one[:, -1].std()),
            float(kept[key].mean()),
        )
        for key, one in spread.items()
    ]
    limit = _limit_of_xavier()
    figures = {
        "tanh, small weights: kept": float(kept["tanh", "small (0.01)"].mean()),
        "tanh, Xavier: kept": float(kept["tanh", "Xavier"].mean()),
        "tanh, He: kept": float(kept["tanh", "He"].mean()),
        "ReLU, Xavier: kept": float(kept["relu", "Xavier"].mean()),
        "ReLU, He: kept": float(kept["relu", "He"].mean()),
        "tanh, large weights: spread at the end": float(spread["tanh", "large (1)"][:, -1].mean()),
        "largest Xavier weight, 300 to 100": limit,
    }
    return Measured(
        columns=(
            "activation",
            "first weights",
            "spread, layer 1",
            f"spread, layer {DEPTH}",
            f"± seeds, layer {DEPTH}",
            f"layer {DEPTH} / layer 1",
        ),
        rows=tuple(rows),
        figures=figures,
        seen=(
            "The spread is the standard deviation of a layer's outputs, the root of their "
            "variance; the numbers in brackets are that of the weights. With small weights "
            f"{figures['tanh, small weights: kept']:.1g} of the spread of layer 1 is left in layer "
            f"{DEPTH} under tanh. With large ones the outputs explode "
            f"under ReLU, to {spread['relu', 'large (1)'][:, -1].mean():.1e}, and under tanh they "
            f"have a spread of {figures['tanh, large weights: spread at the end']:.2f} between -1 "
            "and 1, so nearly all sit at these ends, where tanh is flat and hardly answers to a "
            f"change. Under ReLU Xavier's weights leave {figures['ReLU, Xavier: kept']:.2g} and "
            f"He's {figures['ReLU, He: kept']:.2f} times the spread."
        ),
        differs=(
            "Xavier's weights do not keep the spread for tanh: "
            f"{figures['tanh, Xavier: kept']:.2f} times as much is left, with He's "
            f"{figures['tanh, He: kept']:.2f} times. The rule takes tanh for the straight line "
            "that it is near 0; farther out it is flatter, which costs some spread in each layer, "
            "and He's larger weights make up for part of that. That large weights keep it, too, "
            "does not make them good: their outputs sit at the flat ends. And a slide has a slip "
            "in Xavier's largest weight from 300 to 100 units: it takes the root of the 6 only, "
            f"which gives .0061; √(6 / 400) is {limit:.4f}."
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
    figure.axes[0].set(ylabel="spread of the outputs (log)")
    figure.axes[1].legend(fontsize=8)
    return figure


LESSON = Lesson(
    name="initialisation",
    lecture="S2, S4",
    title="First weights decide whether a signal gets through",
    claim=(
        "Each unit of a layer sums its inputs, each times a weight, and bends the sum by an "
        "activation: tanh, an S between -1 and 1, or ReLU, which cuts off what is below 0. The "
        "first weights are random. Drawn too small, the outputs shrink to nothing from layer to "
        "layer; too large, they grow without end, or sit where tanh is flat. Xavier's rule "
        "(variance 2 / (inputs + outputs)) keeps their spread for tanh; He's (2 / inputs: twice as "
        "much where both are 100, as here) keeps it for ReLU."
    ),
    advice=(
        "For ReLU take He's rule; for tanh either keeps the signal alive in ten layers, which is "
        "all that was measured: nothing is trained here. "
        "`dlr.layers.matched_initializer` chooses, `dlr.diagnose.activation_spread` shows the "
        "spread in your network."
    ),
    run=run,
    holds={
        "tanh, small weights: kept": (0, 1e-6),
        "tanh, Xavier: kept": (0.3, 1.1),
        "tanh, He: kept": (0.6, 1.1),
        "ReLU, Xavier: kept": (0, 0.15),
        "ReLU, He: kept": (0.4, 2.5),
        "tanh, large weights: spread at the end": (0.85, 1),
        "largest Xavier weight, 300 to 100": (0.122, 0.1225),
    },
    rows=("Init", "Activation spread by layer for small/Xavier init (Glorot figure)"),
    seconds=6,
)
