"""How much of the gradient arrives in the first layer, by depth and activation.

Run it with `dlrecipes lesson vanishing_gradients`.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from dlrecipes.diagnose import gradient_norms
from dlrecipes.layers import matched_initializer
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")
DEPTHS = (2, 5, 10, 20)
UNITS, SEEDS = 50, 3


def run(*, full: bool = False) -> Measured:
    """Take the gradient of one batch before the first step.

    Args:
        full: There is no longer form.
    """
    data = load_digits()
    x, y = scale(data.data)[:200].astype("float32"), data.target[:200]
    shares = {
        activation: np.array([_shares(x, y, activation, depth) for depth in DEPTHS])
        for activation in ACTIVATIONS
    }
    deepest = {activation: float(np.median(one[-1])) for activation, one in shares.items()}
    figures = {f"{activation}, {DEPTHS[-1]} layers": one for activation, one in deepest.items()}
    return Measured(
        columns=("activation", *(f"{depth} layers" for depth in DEPTHS)),
        rows=tuple(
            (activation, *(float(np.median(one)) for one in shares[activation]))
            for activation in ACTIVATIONS
        ),
        figures=figures,
        seen=(
            f"In a network of {DEPTHS[-1]} hidden layers the gradient of the first layer is "
            f"{deepest['sigmoid']:.1g} of that of the last one with sigmoids, "
            f"{deepest['tanh']:.2g} with tanh, {deepest['relu']:.2g} with ReLU, "
            f"{deepest['leaky_relu']:.2g} with leaky ReLU and {deepest['elu']:.2g} with ELU "
            f"(medians over {SEEDS} draws, each with the initialiser that fits it)."
        ),
        picture=_picture(shares),
    )


def _shares(x: np.ndarray, y: np.ndarray, activation: str, depth: int) -> list[float]:
    """Return, by seed, the gradient of the first hidden kernel by that of the last."""
    found = []
    for seed in range(SEEDS):
        keras.utils.set_random_seed(seed)
        hidden = [
            layers.Dense(UNITS, activation, kernel_initializer=matched_initializer(activation))
            for _ in range(depth)
        ]
        model = keras.Sequential([keras.Input(x.shape[1:]), *hidden, layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss)
        norms = [one for path, one in gradient_norms(model, x, y).items() if "kernel" in path]
        found.append(norms[0] / norms[-1])
    return found


def _picture(shares: dict[str, np.ndarray]) -> Figure:
    figure = draw(1, 1, size=(5, 3.2))
    (panel,) = figure.axes
    for (activation, one), colour in zip(shares.items(), COLOURS, strict=False):
        panel.plot(DEPTHS, np.median(one, axis=1), "o-", color=colour, label=activation)
    panel.set(
        xlabel="hidden layers", ylabel="gradient, first layer by last", yscale="log", xticks=DEPTHS
    )
    panel.legend(fontsize=8)
    return figure


LESSON = Lesson(
    name="vanishing_gradients",
    lecture="S2, S3, S4",
    title="Sigmoids let the gradient die on its way back",
    claim=(
        "On the way back through a network the gradient is multiplied by the slope of each "
        "activation. A sigmoid's is at most a quarter, so that the first of many layers hardly "
        "learn; ReLU and its relatives have a slope of 1."
    ),
    advice="Use ReLU, leaky ReLU or ELU inside, and skip connections or normalisation when deep.",
    run=run,
    holds={
        "sigmoid, 20 layers": (0, 1e-6),
        "relu, 20 layers": (0.02, 20),
        "leaky_relu, 20 layers": (0.02, 20),
        "elu, 20 layers": (0.01, 20),
    },
    rows=("Vanishing fix", "Gradient stats"),
    seconds=15,
)
