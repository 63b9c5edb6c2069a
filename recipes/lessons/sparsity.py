"""What L1, L2 and both do to the weights of a network.

Run it with `dlrecipes lesson sparsity`.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from dlrecipes.lesson import COLOURS, Lesson, Measured, compiled_together, draw, start_again

PENALTIES: dict[str, Callable[[], keras.Regularizer | None]] = {
    "none": lambda: None,
    "L2": lambda: keras.regularizers.L2(0.01),
    "L1": lambda: keras.regularizers.L1(0.01),
    "elastic": lambda: keras.regularizers.L1L2(0.005, 0.005),
}
PASSES, BATCH, SEEDS, NOTHING = 40, 40, 3, 1e-2


def run(*, full: bool = False) -> Measured:
    """Train the same network with each penalty.

    Args:
        full: There is no longer form.
    """
    data = load_breast_cancer()
    x, new, y, truth = train_test_split(
        scale(data.data).astype("float32"), data.target, train_size=10 * BATCH, random_state=0
    )
    networks = [_network(penalty()) for penalty in PENALTIES.values()]
    together, names = compiled_together(networks, keras.optimizers.Adam(0.003))
    kernels, scores = [], []
    for seed in range(SEEDS):
        start_again(together, seed=seed)
        labels = dict.fromkeys(names, np.tile(y, PASSES))
        together.fit(np.tile(x, (PASSES, 1)), labels, BATCH, verbose=0)
        kernels.append([one.layers[0].get_weights()[0].ravel() for one in networks])
        logits = together.predict_on_batch(new)
        scores.append([np.mean(logits[name].argmax(axis=1) == truth) for name in names])
    weights = dict(zip(PENALTIES, np.concatenate(kernels, axis=1), strict=True))
    right = dict(zip(PENALTIES, np.transpose(scores), strict=True))
    empty = {name: float(np.mean(np.abs(one) < NOTHING)) for name, one in weights.items()}
    size = {name: float(np.sqrt(np.mean(one**2))) for name, one in weights.items()}
    figures = {
        "weights at 0, L1": empty["L1"],
        "weights at 0, L2": empty["L2"],
        "weights at 0, none": empty["none"],
        "size, L2 by none": size["L2"] / size["none"],
    }
    figure = draw(1, 1, size=(5, 3.2))
    (panel,) = figure.axes
    for (name, one), colour in zip(weights.items(), COLOURS, strict=False):
        panel.plot(np.sort(np.abs(one)), np.linspace(0, 1, len(one)), color=colour, label=name)
    panel.set(
        xscale="log", xlim=(1e-5, 2), xlabel="size of a weight", ylabel="share that is smaller"
    )
    panel.legend(fontsize=8)
    return Measured(
        columns=(
            "penalty",
            f"share of weights below {NOTHING}",
            "usual size of a weight",
            "right on new rows",
            "± seeds",
        ),
        rows=tuple(
            (name, empty[name], size[name], float(np.mean(right[name])), float(np.std(right[name])))
            for name in PENALTIES
        ),
        figures=figures,
        seen=(
            f"With L1 {empty['L1']:.0%} of the first layer's weights are next to 0 (below "
            f"{NOTHING}), with L2 {empty['L2']:.0%}, without a penalty {empty['none']:.0%}. With "
            f"L2 they are {size['L2'] / size['none']:.2f} times as large as without (root mean "
            "square)."
        ),
        differs=(
            "Keras follows the gradient of the penalty, which steps over 0: weights come to lie "
            "next to it and not at it, as a solver such as scikit-learn's puts them."
        ),
        picture=figure,
    )


def _network(penalty: keras.Regularizer | None) -> keras.Model:
    first = layers.Dense(32, "relu", kernel_regularizer=penalty)
    return keras.Sequential([keras.Input((30,)), first, layers.Dense(2)])


LESSON = Lesson(
    name="sparsity",
    lecture="S3",
    title="L1 empties weights, L2 shrinks them",
    claim=(
        "A penalty is added to the loss that the training makes small, to keep weights small. One "
        "on their sizes (L1) pulls each by the same force, down to nothing; one on their squares "
        "(L2) pulls small ones hardly at all, and leaves many small weights. Elastic is half of "
        "each."
    ),
    advice=(
        "Where few weights should count, take L1: it emptied most of them here and was right no "
        "less often than without a penalty. To have all of them small, take L2."
    ),
    run=run,
    holds={
        "weights at 0, L1": (0.7, 1),
        "weights at 0, L2": (0, 0.6),
        "weights at 0, none": (0, 0.15),
        "size, L2 by none": (0.05, 0.9),
    },
    rows=("L1 makes weights sparse, L2 small",),
    seconds=12,
)
