"""Accuracy on digits that are moved: dense and convolutional networks, with and without help.

Run it with `dlrecipes lesson translation`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, move_images, moves_of, start_again

MARGIN = 3  # empty pixels around a digit, so that a moved one is whole
PIXELS = (0, 1, 2, 3)
MOVES = [move for pixels in PIXELS for move in moves_of(pixels)]
STEPS, BATCH = 300, 64
Layers = list[keras.layers.Layer]


def run(*, full: bool = False) -> Measured:
    """Train on digits in the middle, or moved by up to two pixels, and score on moved ones.

    Args:
        full: Five seeds instead of three.
    """
    seeds = 5 if full else 3
    digits = load_digits()
    edge = (MARGIN, MARGIN)
    x = np.pad(digits.images[..., None] / 16, ((0, 0), edge, edge, (0, 0))).astype("float32")
    models = {name: _network(layers) for name, layers in _designs().items()}
    scores = {name: np.zeros((len(PIXELS), seeds)) for name in models}
    distance = np.abs(MOVES).sum(axis=1)
    for seed in range(seeds):
        generator = np.random.default_rng(seed)
        order = generator.permutation(len(x))
        test, rows = order[:300], generator.choice(order[300:], STEPS * BATCH)
        everywhere = np.concatenate([move_images(x[test], *move) for move in MOVES])
        moves = generator.integers(-2, 3, (2, len(rows)))
        for name, model in models.items():
            start_again(model, seed=seed)
            given = move_images(x[rows], *moves) if "moved" in name else x[rows]
            model.fit(given, digits.target[rows], batch_size=BATCH, shuffle=False, verbose=0)
            logits = model.predict(everywhere, batch_size=len(test), verbose=0)
            right = logits.argmax(axis=1).reshape(-1, len(test)) == digits.target[test]
            scores[name][:, seed] = [right[distance == pixels].mean() for pixels in PIXELS]
    mean = {name: found.mean(axis=1) for name, found in scores.items()}
    still = [float(mean[name][2]) for name in ("CNN", "CNN, max pooling", "CNN, global pooling")]
    maps = keras.Model(models["CNN"].inputs[0], models["CNN"].layers[0].output)
    moved = keras.ops.convert_to_numpy(maps(move_images(x[:50], 2, 1)))
    apart = np.abs(moved - move_images(keras.ops.convert_to_numpy(maps(x[:50])), 2, 1))
    equal = float(apart[:, 2:, 1:].max())  # but for what has come in at the edge
    figures = {
        "MLP at 0 pixels": float(mean["MLP"][0]),
        "MLP at 1 pixel": float(mean["MLP"][1]),
        "MLP trained on moved ones, at 1 pixel": float(mean["MLP, moved digits"][1]),
        "CNN at 2 pixels": still[0],
        "CNN with global pooling at 2 pixels": still[2],
        "maps of a moved digit - moved maps": equal,
    }
    return Measured(
        columns=("moved by, pixels", *mean),
        rows=tuple(
            (
                pixels,
                *(f"{one[at].mean():.3f} ± {one[at].std(ddof=1):.3f}" for one in scores.values()),
            )
            for at, pixels in enumerate(PIXELS)
        ),
        figures=figures,
        seen=(
            f"A dense network (MLP) falls from {mean['MLP'][0]:.3f} right to {mean['MLP'][1]:.3f} "
            "where digits are moved by one pixel; trained on moved digits it has "
            f"{mean['MLP, moved digits'][1]:.3f} there, and {mean['MLP, moved digits'][0]:.3f} in "
            f"the middle. At two pixels a convolutional network (CNN) has {still[0]:.3f}, "
            f"{still[1]:.3f} if it keeps the largest of every 2 x 2 outputs (max pooling), and "
            f"{still[2]:.3f} if it keeps only the largest of each kernel's outputs, wherever it is "
            "(global pooling)."
        ),
        differs=(
            "convolutions do not do so by themselves. What they put out moves along with the "
            f"digit (equivariance; apart by at most {equal:.1g}), but the answer does not stay the "
            "same (invariance), as the last layer has weights for each place."
        ),
        picture=_picture(mean, x[0, :, :, 0]),
    )


def _designs() -> dict[str, Layers]:
    def dense() -> Layers:
        return [keras.layers.Flatten(), keras.layers.Dense(100, "relu")]

    def convolution(filters: int, padding: str = "same") -> keras.layers.Layer:
        return keras.layers.Conv2D(
            filters, 3, padding=padding, activation="relu", kernel_initializer="he_normal"
        )

    pooling = keras.layers.MaxPooling2D
    flat = keras.layers.Flatten
    return {
        "MLP": dense(),
        "MLP, moved digits": dense(),
        "CNN": [convolution(8), convolution(16), flat()],
        "CNN, max pooling": [convolution(8), pooling(), convolution(16), pooling(), flat()],
        "CNN, global pooling": [
            convolution(8),
            convolution(16, "valid"),
            convolution(32, "valid"),
            keras.layers.GlobalMaxPooling2D(),
        ],
    }


def _network(layers: Layers) -> keras.Model:
    side = 8 + 2 * MARGIN
    model = keras.Sequential([keras.Input((side, side, 1)), *layers, keras.layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.Adam(0.003), loss, jit_compile=False, steps_per_execution=STEPS // 10
    )
    return model


def _picture(mean: dict[str, np.ndarray], digit: np.ndarray) -> Figure:
    figure = draw(1, 2)
    left, right = figure.axes
    moved = move_images(digit[None, :, :, None], 2, 0)[0, :, :, 0]
    left.imshow(np.hstack([digit, moved]))
    left.set(title="a digit, and moved by 2 pixels", xticks=[], yticks=[])
    left.grid(visible=False)
    for colour, (name, found) in zip(COLOURS, mean.items(), strict=False):
        right.plot(PIXELS, found, "o--" if name == "CNN" else "o-", color=colour, label=name)
    right.set(title="digits right", xlabel="moved by pixels", xticks=PIXELS, ylim=(0, 1.02))
    right.legend(fontsize=7)
    return figure


LESSON = Lesson(
    name="translation",
    lecture="S1, S3",
    title="What moves, and what stays, where an image is moved",
    claim=(
        "Training on images that are moved a little makes a network look for features wherever "
        "they are. Convolutional networks, which move a small window of weights over the image, "
        "do so by themselves, more or less."
    ),
    advice=(
        "If objects may be moved and places do not matter, pool over the whole map; a dense "
        "network must be trained on moved ones, which costs it some right answers in the middle."
    ),
    run=run,
    holds={
        "MLP at 0 pixels": (0.93, 1),
        "MLP at 1 pixel": (0.25, 0.7),
        "MLP trained on moved ones, at 1 pixel": (0.7, 1),
        "CNN with global pooling at 2 pixels": (0.75, 1),
        "maps of a moved digit - moved maps": (0, 1e-4),
    },
    rows=("Translation and invariance",),
    seconds=20,
    full_minutes=1,
)
