"""How noisy the gradient of a batch is, by its size, and which rate is best with it.

Run it with `dlrecipes lesson gradient_noise`.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    draw,
    draw_networks,
    outputs_of,
    train_networks,
)
from dlrecipes.training import gradients_of

SIZES = (4, 8, 16, 32, 64, 128, 256)
BATCHES, SEEDS = 24, 2
RATES = 2.0 ** np.arange(0, 4.5, 0.5)
STARTS, STEPS = 3, 60


def run(*, full: bool = False) -> Measured:
    """Compare gradients of batches with that of all examples, and train at many rates.

    Args:
        full: There is no longer form.
    """
    data = load_digits()
    x, y = (data.data / 16).astype("float32"), data.target
    noise = np.array([_noise(x, y, seed) for seed in range(SEEDS)])
    slopes = [np.polyfit(np.log(SIZES), np.log(one), 1)[0] for one in noise]
    mean = noise.mean(axis=0)
    best = [_best_rates(x, y, size) for size in SIZES]
    rate = np.array([np.exp(np.log(one).mean()) for one in best])
    rise, times = float(rate[-1] / rate[0]), SIZES[-1] / SIZES[0]
    figures = {
        "slope": float(np.mean(slopes)),
        "noise at 4 by noise at 256": mean[0] / mean[-1],
        "best rate at 256 by that at 4": rise,
    }
    return Measured(
        columns=("batch", "noise / gradient", "± draws", "best learning rate", "least to most"),
        rows=tuple(
            (
                size,
                float(mean[at]),
                float(noise[:, at].std()),
                float(rate[at]),
                f"{best[at].min():.3g} to {best[at].max():.3g}",
            )
            for at, size in enumerate(SIZES)
        ),
        figures=figures,
        seen=(
            f"With {SIZES[0]} examples the noise is {mean[0]:.3g} times as large as the gradient "
            f"itself, with {SIZES[2]} {mean[2]:.3g} times, with {SIZES[-1]} {mean[-1]:.3g} times: "
            "four times as many examples about halve it. The learning rate with the lowest loss "
            f"after {STEPS} steps rises from {rate[0]:.3g} to {rate[-1]:.3g}."
        ),
        differs=(
            f"the best rate rises little, {rise:.2g}-fold, where {times:.0f} times as many "
            f"examples divide the noise by {mean[0] / mean[-1]:.2g}. Rules in use multiply the "
            f"rate by {times**0.5:.0f} (the root of {times:.0f}) or by {times:.0f}. Perhaps the "
            "steepness of the loss, and not the noise alone, limits it in so short a training."
            if rise < times**0.5
            else ""
        ),
        picture=_picture(mean, best, rate),
    )


def _best_rates(x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
    """Return the rate with the lowest loss of all examples, for each start."""
    starts = draw_networks(STARTS, (64, 32, 10), scale=2**0.5)
    often = (len(RATES), 1, 1)
    wanted = np.eye(10)[y]
    trained, _ = train_networks(
        [(np.tile(kernel, often), np.tile(bias, often)) for kernel, bias in starts],
        x,
        wanted,
        rates=np.repeat(RATES, STARTS),
        steps=STEPS,
        loss="logistic",
        batch_size=size,
    )
    losses = np.logaddexp(0, outputs_of(trained, x) * (1 - 2 * wanted)).mean(axis=(1, 2))
    ends = np.nan_to_num(losses, nan=np.inf).reshape(len(RATES), STARTS)
    return np.asarray(RATES[ends.argmin(axis=0)])


def _picture(mean: np.ndarray, best: list[np.ndarray], rate: np.ndarray) -> Figure:
    figure = draw(1, 2)
    left, right = figure.axes
    root = np.sqrt(np.array(SIZES) / SIZES[0])
    left.plot(SIZES, mean, "o", color=COLOURS[0], label="measured")
    left.plot(SIZES, mean[0] / root, color=COLOURS[1], label="1 / √batch")
    left.set(title="noise / gradient", yscale="log")
    low, high = ([end(one) for one in best] for end in (np.min, np.max))
    right.fill_between(SIZES, low, high, color=COLOURS[0], alpha=0.2)
    right.plot(SIZES, rate, "o-", color=COLOURS[0], label="measured")
    right.plot(SIZES, rate[0] * root, color=COLOURS[1], label="√batch")
    right.set(title="best learning rate", yscale="log")
    for panel in (left, right):
        panel.set(xscale="log", xlabel="examples in a batch")
        panel.legend()
    return figure


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
        "A training step moves the weights against the gradient (how the loss, the error, changes "
        "with each weight), times the learning rate. It is computed from a batch of some examples "
        "and only estimates that of all. Larger batches estimate it better, with less noise, and "
        "so bear larger steps: batch size and learning rate belong together."
    ),
    advice=(
        "Search the learning rate anew when the batch size changes, upwards for a larger batch; "
        "take rules (`dlr.training.scale_learning_rate`) for a first guess only."
    ),
    run=run,
    holds={
        "slope": (-0.62, -0.42),
        "noise at 4 by noise at 256": (5, 13),
        "best rate at 256 by that at 4": (1.3, 8),
    },
    rows=("LR∝batch", "S2 interdependence"),
    seconds=15,
)
