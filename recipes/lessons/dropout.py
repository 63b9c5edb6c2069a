"""Dropout: the whole network stands for the average of many thinned ones.

Run it with `dlrecipes lesson dropout`.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.layers import InvertedDropout
from dlrecipes.lesson import COLOURS, Lesson, Measured, compiled_together, draw, start_again

UNITS, KEPT, PASSES, SEEDS = 128, 0.5, 40, 3
DRAWS = (1, 3, 10, 30)
MASKS = 400


def run(*, full: bool = False) -> Measured:
    """Train with dropout, with a penalty and with neither, and average over thinned networks.

    Args:
        full: There is no longer form.
    """
    data = load_digits()
    x, new, y, truth = train_test_split(
        (data.data / 16).astype("float32"), data.target, train_size=300, random_state=0
    )
    ways = {"neither": (0.0, 0.0), "L2": (0.0, 3e-3), "dropout": (1 - KEPT, 0.0)}
    networks = {way: _network(*options) for way, options in ways.items()}
    together, names = compiled_together(list(networks.values()), keras.optimizers.Adam(3e-3))
    scores, thin, distances = [], [], []
    for seed in range(SEEDS):
        start_again(together, seed=seed)
        labels = dict.fromkeys(names, np.tile(y, PASSES))
        together.fit(np.tile(x, (PASSES, 1)), labels, batch_size=50, verbose=0)
        scores.append([_judge(one, new, truth) for one in networks.values()])
        thin.append(_thinned(networks["dropout"], new, truth))
        distances.append(_by_masks(networks["dropout"], new[:100]))
    judged = dict(zip(ways, np.swapaxes(scores, 0, 1), strict=True))
    thinned, by_masks = np.array(thin), float(np.mean(distances))
    right, apart = thinned[:, 0], thinned[:, 1]  # each (seeds, numbers of masks)
    (neither, size), (by_l2, size_l2), (whole, size_dropout) = (
        one.mean(axis=0) for one in judged.values()
    )
    single, many = right[:, 0].mean(), right[:, -1].mean()
    figures = {
        "right, neither": float(neither),
        "right, whole network": float(whole),
        "right, one mask": float(single),
        "right, average of 30 masks": float(many),
        "30 masks from the whole, by one mask": float(apart[:, -1].mean() / apart[:, 0].mean()),
        "mean over masks from p W, by its size": by_masks,
        "size of weights, dropout by neither": float(size_dropout / size),
    }
    helped = judged["dropout"][:, 0] - judged["neither"][:, 0]
    by_penalty = judged["L2"][:, 0] - judged["neither"][:, 0]
    return Measured(
        columns=(
            "network",
            "right on new digits",
            "± seeds",
            "size of weights (root of the sum of squares)",
            "scores apart from the whole network's, by their size",
        ),
        rows=(
            *(
                (
                    f"{way}, the whole network" if way == "dropout" else way,
                    *_middle(found[:, 0]),
                    float(found[:, 1].mean()),
                    None,
                )
                for way, found in judged.items()
            ),
            *(
                (f"dropout, {words}", *_middle(right[:, at]), None, f"{apart[:, at].mean():.0%}")
                for at, words in ((0, "one thinned network"), (-1, f"mean of {DRAWS[-1]} of them"))
            ),
            (f"last layer: halved weights, mean of {MASKS}", None, None, None, f"{by_masks:.1%}"),
        ),
        figures=figures,
        seen=(
            f"A network with half of its units left out at random is right for {single:.1%} of "
            f"new digits, the mean of {DRAWS[-1]} such networks for {many:.1%}, the whole network "
            f"for {whole:.1%}: in right answers it stands for the average, at the cost of one "
            "network. Its scores (a number for each digit, of which the largest is the answer) do "
            f"so roughly: {apart[:, 0].mean():.0%} of their size lie between them and one thinned "
            f"network's, {apart[:, -1].mean():.0%} with a mean of {DRAWS[-1]}. In the last layer "
            f"alone, halving the weights gives the mean of {MASKS} to {by_masks:.1%}."
        ),
        differs=(
            "dropout is meant to help with new data. Over these seeds the network trained with it "
            f"{_verdict(helped)} the one without, {whole:.1%} against {neither:.1%}; one with L2 "
            f"{_verdict(by_penalty)} it: {by_l2:.1%}. Weights do not shrink as with L2: they "
            f"have {size_dropout / size:.2f} times their size without dropout, with L2 "
            f"{size_l2 / size:.2f} times. And p is the share of units kept in some of the lectures "
            "and the share left out in others; Keras' `Dropout(p)` leaves p out."
        ),
        picture=_picture(right.mean(axis=0), apart.mean(axis=0), float(whole)),
    )


def _verdict(gains: np.ndarray) -> str:
    """Return the words between two networks; a difference within the scatter is none."""
    if abs(gains.mean()) <= 2 * gains.std(ddof=1) / np.sqrt(len(gains)):
        return "shows no clear difference to"
    return "is right more often than" if gains.mean() > 0 else "is right less often than"


def _middle(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1))


def _network(dropped: float, penalty: float) -> keras.Model:
    body: list[keras.layers.Layer] = []
    for _ in range(2):
        regularizer = keras.regularizers.L2(penalty) if penalty else None
        body.append(layers.Dense(UNITS, "relu", kernel_regularizer=regularizer))
        body += [InvertedDropout(dropped)] if dropped else []
    return keras.Sequential([keras.Input((64,)), *body, layers.Dense(10)])


def _scores(model: keras.Model, x: np.ndarray, *, training: bool = False) -> np.ndarray:
    logits = model(x, training=training)
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.softmax(logits)))


def _thinned(model: keras.Model, x: np.ndarray, y: np.ndarray) -> tuple[list[float], list[float]]:
    """Return how often means over thinned networks are right, and how far from the whole one."""
    whole = _scores(model, x)
    drawn = [_scores(model, x, training=True) for _ in range(max(DRAWS))]
    means = [np.mean(drawn[:count], axis=0) for count in DRAWS]
    right = [float(np.mean(one.argmax(axis=1) == y)) for one in means]
    size = np.mean(whole**2)
    return right, [float(np.sqrt(np.mean((one - whole) ** 2) / size)) for one in means]


def _judge(model: keras.Model, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the share of right answers and the size of the weights."""
    scores = _scores(model, x)
    right = np.mean(scores.argmax(axis=1) == y)
    kernels = [one for one in model.get_weights() if one.ndim == 2]
    return float(right), float(np.sqrt(sum(np.sum(one**2) for one in kernels)))


def _by_masks(model: keras.Model, x: np.ndarray) -> float:
    """Return how far the mean score over masks lies from the score with p W, by its size."""
    hidden = keras.ops.convert_to_numpy(keras.Model(model.inputs, model.layers[2].output)([x]))
    kernel = model.layers[-1].get_weights()[0]
    generator = np.random.default_rng(0)
    drawn = [hidden * (generator.uniform(size=hidden.shape) < KEPT) @ kernel for _ in range(MASKS)]
    scaled = hidden @ (KEPT * kernel)
    return float(np.sqrt(np.mean((np.mean(drawn, axis=0) - scaled) ** 2) / np.mean(scaled**2)))


def _picture(right: np.ndarray, apart: np.ndarray, whole: float) -> Figure:
    figure = draw(1, 2)
    left, other = figure.axes
    left.plot(DRAWS, right, "o-", color=COLOURS[0], label="average of thinned networks")
    left.axhline(whole, color=COLOURS[1], linestyle="--", label="whole network")
    left.set(xscale="log", xlabel="thinned networks", ylabel="right on new digits")
    left.legend(fontsize=8)
    other.plot(DRAWS, apart, "o-", color=COLOURS[0])
    other.set(xscale="log", yscale="log", xlabel="thinned networks averaged")
    other.set_title("scores apart from the whole network's")
    return figure


LESSON = Lesson(
    name="dropout",
    lecture="S2, S3, S4",
    title="Dropout trains many networks, and the whole one stands for their average",
    claim=(
        "In each step of the training a random half of the units is left out, another half each "
        "time: of n units that makes up to 2^n thinned networks. For predictions all units "
        "stay, their weights scaled down: this stands for the average of all thinned networks. "
        "Weights stay smaller, as with L2, a penalty on the squares of the weights."
    ),
    advice=(
        "Predict with the whole network, as Keras does by itself: averaging thinned ones takes "
        "many networks for no more right answers. Use dropout only if a validation part (examples "
        "kept out of the training) says that it helps."
    ),
    run=run,
    holds={
        "right, whole network": (0.85, 1),
        "30 masks from the whole, by one mask": (0, 0.6),
        "mean over masks from p W, by its size": (0, 0.1),
        "size of weights, dropout by neither": (0.8, 1.3),
    },
    rows=("Dropout", "Dropout as 2ⁿ networks / ensemble"),
    seconds=14,
)
