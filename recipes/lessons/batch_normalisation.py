"""BatchNormalization: what it can undo, what lags behind, and what it does to the loss.

Run it with `dlrecipes lesson batch_normalisation`.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from dlrecipes.lesson import COLOURS, Lesson, Measured, condition_number, draw, hessian
from dlrecipes.training import recalibrate

STEPS, SEEDS = 40, 3


def run(*, full: bool = False) -> Measured:
    """Undo it, train a few steps with it, and measure the curvature with and without it.

    Args:
        full: There is no longer form.
    """
    data = load_digits()
    x, y = (data.data / 16).astype("float32"), data.target
    lagging = np.array([_train_briefly(16 * x[:500], y[:500], seed) for seed in range(SEEDS)])
    curved = {
        normalised: [_condition(x, y, seed, normalised=normalised) for seed in range(SEEDS)]
        for normalised in (False, True)
    }
    means = lagging.mean(axis=0)
    figures = {
        "identity, largest error": _undone(x),
        "right in training mode": float(means[0]),
        "right in inference mode": float(means[1]),
        "after recalibration": float(means[2]),
        "condition number without": float(np.median(curved[False])),
        "condition number with": float(np.median(curved[True])),
    }
    figure = draw(1, 2)
    left, other = figure.axes
    names = ("by the batch", "by averages", "by new averages")
    left.bar(names, means, yerr=lagging.std(axis=0), color=COLOURS[:3])
    left.set(title=f"right, the same digits, {STEPS} steps", ylim=(0, 1.05))
    for at, (normalised, values) in enumerate(curved.items()):
        label = "with" if normalised else "without"
        other.plot([at] * SEEDS, values, "o", color=COLOURS[at], label=label)
    other.set(title="unevenness of the loss", yscale="log", xticks=[], xlim=(-1, 2))
    other.legend()
    without, with_it = (np.array(one) for one in curved.values())
    side = np.sign(with_it - without)
    return Measured(
        columns=("what", "measured", "± seeds"),
        rows=(
            ("γ and β set to undo it: largest change of a number", _undone(x), None),
            *(
                (f"share right, {name}", float(mean), float(spread))
                for name, mean, spread in zip(names, means, lagging.std(axis=0), strict=True)
            ),
            *(
                (
                    f"unevenness (condition number) {'with' if normalised else 'without'} it",
                    float(np.median(values)),
                    float(np.std(values)),
                )
                for normalised, values in curved.items()
            ),
        ),
        figures=figures,
        seen=(
            f"With γ and β set to the spread and mean of its inputs the layer changes nothing "
            f"(no number by more than {figures['identity, largest error']:.0e}). After {STEPS} "
            f"training steps the network is right for {means[0]:.0%} of the digits it was trained "
            "on if it normalises them by their own mean and spread, but for "
            f"{means[1]:.0%} by the averages that it has gathered during the training and uses "
            "for predictions: they still hold much of their first values. Computed anew from the "
            f"data they give {means[2]:.0%}."
        ),
        differs=(
            "'easier' was measured as the condition number: how many times steeper the loss "
            "curves in its steepest direction than in a flat one; 1 would be even. It is "
            f"{np.median(without):.3g} without and {np.median(with_it):.3g} with normalisation"
            + (
                ", in each of the draws on the same side."
                if abs(side.sum()) == SEEDS
                else f", where draws scatter by {without.std():.0f} and {with_it.std():.0f}: no "
                "difference is seen in so small a network."
            )
            + " S4 normalises by the batch in predictions, too; a single example has no spread, "
            "which is why averages are needed there."
        ),
        picture=figure,
    )


def _undone(x: np.ndarray) -> float:
    """Return how far a layer that is to undo itself is from changing nothing."""
    layer = layers.BatchNormalization()
    layer.build(x.shape)
    mean, variance = x.mean(axis=0), x.var(axis=0)
    layer.set_weights([np.sqrt(variance + layer.epsilon), mean, mean, variance])
    found = keras.ops.convert_to_numpy(layer(x, training=False))
    return float(np.max(np.abs(found - x)))


def _train_briefly(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Return the share of right answers in training mode, in inference, and recalibrated."""
    keras.utils.set_random_seed(seed)
    body: list[keras.layers.Layer] = []
    for _ in range(3):
        body += [layers.Dense(64), layers.BatchNormalization(), layers.Activation("relu")]
    model = keras.Sequential([keras.Input((64,)), *body, layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    for _ in range(STEPS):
        model.train_on_batch(x, y)
    shares = [_right(model, x, y, training=training) for training in (True, False)]
    recalibrate(model, x, batch_size=len(x))
    return shares[0], shares[1], _right(model, x, y, training=False)


def _right(model: keras.Model, x: np.ndarray, y: np.ndarray, *, training: bool) -> float:
    scores = keras.ops.convert_to_numpy(model(keras.ops.convert_to_tensor(x), training=training))
    return float(np.mean(scores.argmax(axis=1) == y))


def _condition(x: np.ndarray, y: np.ndarray, seed: int, *, normalised: bool) -> float:
    """Return the condition number of a small network's Hessian, before training."""
    keras.utils.set_random_seed(seed)
    few = scale(x[:200] @ np.random.default_rng(seed).normal(size=(64, 4))) * [1, 3, 10, 30]
    body: list[keras.layers.Layer] = []
    for _ in range(2):
        body += [layers.Dense(4, use_bias=not normalised)]
        body += [layers.BatchNormalization()] if normalised else []
        body += [layers.Activation("tanh")]
    model = keras.Sequential([keras.Input((4,)), *body, layers.Dense(1)])
    model.compile("sgd", "mse")
    return condition_number(
        hessian(model, few.astype("float32"), (y[:200] > 4).astype("float32")), 0.5
    )


LESSON = Lesson(
    name="batch_normalisation",
    lecture="S2, S4",
    title="BatchNormalization can undo itself, and its averages lag behind",
    claim=(
        "This layer brings the numbers of each batch (the few examples of one training step) to "
        "mean 0 and spread 1, then multiplies them by γ and adds β. Both are learned, so that the "
        "network can take the normalisation back. Training gets easier."
    ),
    advice=(
        "Where a training had only tens of steps (here 40), run `dlr.recalibrate(model, x)`, "
        "which computes the averages anew, before you judge it."
    ),
    run=run,
    holds={
        "identity, largest error": (0, 1e-5),
        "right in training mode": (0.95, 1),
        "right in inference mode": (0, 0.97),
        "after recalibration": (0.95, 1),
    },
    rows=("BN", "BN can learn to undo itself (γ, β)", "BatchNormalization"),
    seconds=15,
)
