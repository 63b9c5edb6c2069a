"""How noisy the gradient of a batch is, by its size.

Run it with `dlrecipes lesson gradient_noise`.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw
from dlrecipes.training import gradients_of

SIZES = (4, 8, 16, 32, 64, 128, 256)
BATCHES, SEEDS = 24, 2


def run(*, full: bool = False) -> Measured:
    """Compare gradients of random batches with that of all examples, before training.

    Args:
        full: There is no longer form.
    """
    data = load_digits()
    x, y = (data.data / 16).astype("float32"), data.target
    noise = np.array([_noise(x, y, seed) for seed in range(SEEDS)])
    slopes = [np.polyfit(np.log(SIZES), np.log(one), 1)[0] for one in noise]
    mean = noise.mean(axis=0)
    figures = {"slope": float(np.mean(slopes)), "noise at 4 by noise at 256": mean[0] / mean[-1]}
    figure = draw(1, 1, size=(4.6, 3.2))
    (panel,) = figure.axes
    panel.plot(SIZES, mean, "o", color=COLOURS[0], label="measured")
    panel.plot(
        SIZES, mean[0] * np.sqrt(SIZES[0] / np.array(SIZES)), color=COLOURS[1], label="1 / √batch"
    )
    panel.set(
        xscale="log",
        yscale="log",
        xlabel="examples in a batch",
        ylabel="distance from the whole gradient, by its size",
    )
    panel.legend()
    return Measured(
        columns=("batch", "noise by gradient", "± draws"),
        rows=tuple(
            (size, float(one), float(spread))
            for size, one, spread in zip(SIZES, mean, noise.std(axis=0), strict=True)
        ),
        figures=figures,
        seen=(
            f"In log-log the noise falls with a slope of {figures['slope']:.2f}: four times as "
            f"many examples halve it. With {SIZES[0]} examples there is {mean[0]:.1f} times as "
            f"much noise as gradient, with {SIZES[-1]} {mean[-1]:.2f} times."
        ),
        picture=figure,
    )


def _noise(x: np.ndarray, y: np.ndarray, seed: int) -> list[float]:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((64,)), layers.Dense(32, "relu"), layers.Dense(10)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    whole = _flat(model, x, y)
    generator = np.random.default_rng(seed)
    found = []
    for size in SIZES:
        apart = []
        for _ in range(BATCHES):
            rows = generator.choice(len(x), size, replace=False)
            apart.append(np.sum((_flat(model, x[rows], y[rows]) - whole) ** 2))
        found.append(float(np.sqrt(np.mean(apart) / np.sum(whole**2))))
    return found


def _flat(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.concatenate([one.ravel() for one in gradients_of(model, x, y).values()])


LESSON = Lesson(
    name="gradient_noise",
    lecture="S2",
    title="Four times the batch halves the noise of its gradient",
    claim=(
        "A batch's gradient is an estimate of that of all examples. Larger batches estimate it "
        "better, so that batch size and learning rate belong together: less noise bears larger "
        "steps."
    ),
    advice="Change the rate with the batch size: `dlr.training.scale_learning_rate`.",
    run=run,
    holds={"slope": (-0.62, -0.42), "noise at 4 by noise at 256": (5, 13)},
    rows=("LR∝batch", "S2 interdependence"),
    seconds=15,
)
