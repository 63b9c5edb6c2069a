"""Dropout: an average of many networks, at the price of longer training.

Run it with `dlrecipes lesson dropout`.
"""

from __future__ import annotations

import time

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.layers import InvertedDropout
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

UNITS, KEPT, EPOCHS, SEEDS = 128, 0.5, 40, 3
DRAWS = (1, 3, 10, 30)


def run(*, full: bool = False) -> Measured:
    """Train with dropout, with a penalty and with neither, and average over masks.

    Args:
        full: There is no longer form.
    """
    data = load_digits()
    x, new, y, truth = train_test_split(
        (data.data / 16).astype("float32"), data.target, train_size=300, random_state=0
    )
    ways = {"neither": (0.0, 0.0), "dropout": (1 - KEPT, 0.0), "L2": (0.0, 3e-3)}
    trained = {
        way: [_train(x, y, *options, seed=seed) for seed in range(SEEDS)]
        for way, options in ways.items()
    }
    judged = {way: [_judge(one, new, truth) for one, _ in found] for way, found in trained.items()}
    right_of = {way: [one for one, _ in found] for way, found in judged.items()}
    size = {way: float(np.mean([one for _, one in found])) for way, found in judged.items()}
    step = {way: float(np.median([one for _, one in found])) for way, found in trained.items()}
    model = trained["dropout"][0][0]
    whole = keras.ops.convert_to_numpy(model(new, training=False))
    masks = np.stack(
        [keras.ops.convert_to_numpy(model(new, training=True)) for _ in range(max(DRAWS))]
    )
    averages = [masks[:count].mean(axis=0) for count in DRAWS]
    right = [float(np.mean(one.argmax(axis=1) == truth)) for one in averages]
    apart = [float(np.sqrt(np.mean((one - whole) ** 2))) for one in averages]
    figures = {
        "right, whole network": float(np.mean(whole.argmax(axis=1) == truth)),
        "right, one mask": right[0],
        "right, average of 30 masks": right[-1],
        "30 masks from the whole, by one mask": apart[-1] / apart[0],
        "mean over masks from p W, by its size": _by_masks(model, new[:100]),
        "size of weights, dropout by neither": size["dropout"] / size["neither"],
        "time of a step, dropout by neither": step["dropout"] / step["neither"],
    }
    return Measured(
        columns=("way", "right on new digits", "± seeds", "size of weights", "ms a step"),
        rows=tuple(
            (
                way,
                float(np.mean(right_of[way])),
                float(np.std(right_of[way])),
                size[way],
                step[way] * 1e3,
            )
            for way in ways
        ),
        figures=figures,
        seen=(
            f"One network with half of its units dropped is right in {100 * right[0]:.1f} %, the "
            f"average over {DRAWS[-1]} of them in {100 * right[-1]:.1f} %, the whole network with "
            f"scaled weights in {100 * figures['right, whole network']:.1f} %: it stands for the "
            "average. Multiplying weights by the share kept, at test time, gives the mean over "
            "masks, as dividing by it in training does."
        ),
        differs=(
            "S4 has weights shrink as with L2: here they are "
            f"{figures['size of weights, dropout by neither']:.2f} times as large as without "
            f"dropout, with L2 {size['L2'] / size['neither']:.2f} times. It says that dropout "
            "trains faster and takes less memory. Here a step takes "
            f"{figures['time of a step, dropout by neither']:.2f} times as long, and the mask is "
            "one more tensor to keep; and the lectures' p is now the share kept, now the share "
            "dropped: in Keras it is the latter."
        ),
        picture=_picture(right, apart, figures["right, whole network"]),
    )


def _train(
    x: np.ndarray, y: np.ndarray, dropped: float, penalty: float, *, seed: int
) -> tuple[keras.Model, float]:
    """Return a trained network, and the seconds of one of its steps."""
    keras.utils.set_random_seed(seed)
    body: list[keras.layers.Layer] = []
    for _ in range(2):
        regularizer = keras.regularizers.L2(penalty) if penalty else None
        body.append(layers.Dense(UNITS, "relu", kernel_regularizer=regularizer))
        body += [InvertedDropout(dropped)] if dropped else []
    model = keras.Sequential([keras.Input((64,)), *body, layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=50, epochs=EPOCHS, verbose=0)
    model.train_on_batch(x[:50], y[:50])  # is compiled here
    start = time.perf_counter()
    for _ in range(20):
        model.train_on_batch(x[:50], y[:50])
    return model, (time.perf_counter() - start) / 20


def _judge(model: keras.Model, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the share of right answers and the size of the weights."""
    right = np.mean(model.predict(x, verbose=0).argmax(axis=1) == y)
    kernels = [one for one in model.get_weights() if one.ndim == 2]
    return float(right), float(np.sqrt(sum(np.sum(one**2) for one in kernels)))


def _by_masks(model: keras.Model, x: np.ndarray) -> float:
    """Return how far the mean score over masks lies from the score with p W, by its size."""
    hidden = keras.ops.convert_to_numpy(keras.Model(model.inputs, model.layers[2].output)([x]))
    kernel = model.layers[-1].get_weights()[0]
    generator = np.random.default_rng(0)
    drawn = [hidden * (generator.uniform(size=hidden.shape) < KEPT) @ kernel for _ in range(400)]
    scaled = hidden @ (KEPT * kernel)
    return float(np.sqrt(np.mean((np.mean(drawn, axis=0) - scaled) ** 2) / np.mean(scaled**2)))


def _picture(right: list[float], apart: list[float], whole: float) -> Figure:
    figure = draw(1, 2)
    left, other = figure.axes
    left.plot(DRAWS, right, "o-", color=COLOURS[0], label="average over masks")
    left.axhline(whole, color=COLOURS[1], linestyle="--", label="whole network, scaled")
    left.set(xscale="log", xlabel="masks", ylabel="right on new digits")
    left.legend(fontsize=8)
    other.plot(DRAWS, apart, "o-", color=COLOURS[0])
    other.set(xscale="log", yscale="log", xlabel="masks", title="distance from the whole network")
    return figure


LESSON = Lesson(
    name="dropout",
    lecture="S2, S3, S4",
    title="Dropout trains many networks, and the whole one is their average",
    claim=(
        "Dropping units at random trains a new network, out of 2^n, in each step. At test time all "
        "units stay and weights are scaled, which stands for the average. Weights are spread and "
        "stay smaller, as with L2."
    ),
    advice="Use Keras' `Dropout` (or `dlr.layers.InvertedDropout`); tune its rate with the width.",
    run=run,
    holds={
        "right, whole network": (0.85, 1),
        "30 masks from the whole, by one mask": (0, 0.6),
        "mean over masks from p W, by its size": (0, 0.1),
        "time of a step, dropout by neither": (0.5, 5),
    },
    rows=("Dropout", "Dropout as 2ⁿ networks / ensemble"),
    seconds=20,
)
