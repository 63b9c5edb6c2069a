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
        columns=("activation", *(f"{depth} hidden layers" for depth in DEPTHS)),
        rows=tuple(
            (activation, *(float(np.median(one)) for one in shares[activation]))
            for activation in ACTIVATIONS
        ),
        figures=figures,
        seen=(
            "The table has the gradient of the first hidden layer, with that of the last one as 1, "
            f"before training. With {DEPTHS[-1]} hidden layers it is {deepest['sigmoid']:.3g} with "
            f"sigmoids, {deepest['tanh']:.3g} with tanh, {deepest['relu']:.3g} with ReLU, "
            f"{deepest['leaky_relu']:.3g} with leaky ReLU and {deepest['elu']:.3g} with ELU (the "
            f"middle one of {SEEDS} draws, each with first weights that fit it)."
        ),
        differs=(
            "tanh, an S like the sigmoid but with a slope of up to 1, does not let the gradient "
            "die at this depth either."
            if deepest["tanh"] > 0.1
            else ""
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
        xlabel="hidden layers", ylabel="gradient, first layer / last", yscale="log", xticks=DEPTHS
    )
    panel.legend(fontsize=8)
    return figure


LESSON = Lesson(
    name="vanishing_gradients",
    lecture="S2, S3, S4",
    title="Sigmoids let the gradient die on its way back",
    claim=(
        "A training step moves each weight by its gradient (how the loss, the error, changes with "
        "it), computed from the last layer back to the first. On the way it is multiplied by the "
        "slope of each activation, the function that bends what a unit sums up. A sigmoid's slope "
        "is at most a quarter, so that the first of many layers hardly learn; ReLU and its "
        "relatives have a slope of 1 where a unit is active."
    ),
    advice=(
        "Do not use sigmoids inside a network of more than a few layers. Networks of 20 and 56 "
        "layers are measured in `residual_depth`."
    ),
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
