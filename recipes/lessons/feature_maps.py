"""What the units of a network look for, layer by layer, as images.

Run it with `dlrecipes lesson feature_maps`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from dlrecipes.diagnose import class_share, layer_outputs, tile_images, unit_images
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, move_images, start_again

SEEDS = 3
STEPS, BATCH = 300, 64
LAYERS = ("pixels", "convolution_1", "convolution_2", "hidden", "outputs")


def run(*, full: bool = False) -> Measured:
    """Look at the first weights with and without moved digits, and at what deeper units tell.

    Args:
        full: There is no longer form.
    """
    digits = load_digits()
    x = np.pad(digits.images[..., None] / 16, ((0, 0), (1, 1), (1, 1), (0, 0))).astype("float32")
    dense, deep = _dense(), _deep()
    smooth = np.zeros((2, SEEDS))
    shares = np.zeros((len(LAYERS), SEEDS))
    weights = {}
    for seed in range(SEEDS):
        generator = np.random.default_rng(seed)
        order = generator.permutation(len(x))
        test, rows = order[:400], generator.choice(order[400:], STEPS * BATCH)
        moves = generator.integers(-1, 2, (2, len(rows)))
        for at, given in enumerate((x[rows], move_images(x[rows], *moves))):
            start_again(dense, seed=seed)
            dense.fit(given, digits.target[rows], batch_size=BATCH, shuffle=False, verbose=0)
            weights[at] = unit_images(dense, x, "first", view="weights")
            smooth[at, seed] = _smoothness(weights[at])
        start_again(deep, seed=seed)
        deep.fit(x[rows], digits.target[rows], batch_size=BATCH, shuffle=False, verbose=0)
        outputs = [x[test], *(layer_outputs(deep, x[test], name) for name in LAYERS[1:])]
        for at, values in enumerate(outputs):
            told = class_share(values, digits.target[test])
            shares[at, seed] = told[told > 0].mean()  # of the units that are not always silent
    told = shares.mean(axis=1)
    before, after = smooth.mean(axis=1)
    rising = bool((np.diff(told) > 0).all())
    figures = {
        "class share, pixels": float(told[0]),
        "class share, first convolution": float(told[1]),
        "class share, hidden": float(told[3]),
        "hidden - first convolution, least of the seeds": float((shares[3] - shares[1]).min()),
        "neighbours alike, moved - still": float(after - before),
    }
    return Measured(
        columns=("layer", "variance told by the digit; likeness", "± seeds"),
        rows=(
            *(
                (name, float(of_seeds.mean()), float(of_seeds.std(ddof=1)))
                for name, of_seeds in zip(LAYERS, shares, strict=True)
            ),
            ("likeness of neighbours, first weights", float(before), float(smooth[0].std(ddof=1))),
            ("the same, trained on moved digits", float(after), float(smooth[1].std(ddof=1))),
        ),
        figures=figures,
        seen=(
            f"Knowing the digit tells {told[0]:.0%} of how a pixel varies from image to image, "
            f"{told[1]:.0%} of a unit of the first convolution, {told[2]:.0%} of the second, "
            f"{told[3]:.0%} of the hidden layer, {told[4]:.0%} of an output: "
            f"{'more with every layer' if rising else 'not more with every layer'}. Weights of "
            f"pixels side by side in the first layer are alike by {before:.2f} (a correlation: 1 "
            f"is the same), and by {after:.2f} if the digits were moved in the training: they "
            "look for larger patterns."
        ),
        differs=("" if rising else "units do not belong more to a class with every layer here."),
        picture=_picture(weights, deep, x[order[:400]], told),
    )


def _smoothness(images: np.ndarray) -> float:
    """Return the correlation of the weights of two pixels side by side."""
    pairs = [(images[:, 1:], images[:, :-1]), (images[:, :, 1:], images[:, :, :-1])]
    one, other = (np.concatenate([pair[at].ravel() for pair in pairs]) for at in (0, 1))
    return float(np.corrcoef(one, other)[0, 1])


def _dense() -> keras.Model:
    layers = [
        keras.layers.Flatten(),
        keras.layers.Dense(100, "relu", name="first"),
        keras.layers.Dense(10),
    ]
    return _compiled(layers)


def _deep() -> keras.Model:
    _, first, second, hidden, outputs = LAYERS
    layers = [
        keras.layers.Conv2D(8, 3, activation="relu", name=first),
        keras.layers.Conv2D(16, 3, activation="relu", name=second),
        keras.layers.Flatten(),
        keras.layers.Dense(32, "relu", name=hidden),
        keras.layers.Dense(10, name=outputs),
    ]
    return _compiled(layers)


def _compiled(layers: list[keras.layers.Layer]) -> keras.Model:
    model = keras.Sequential([keras.Input((10, 10, 1)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.Adam(0.003), loss, jit_compile=False, steps_per_execution=STEPS // 10
    )
    return model


def _picture(
    weights: dict[int, np.ndarray], deep: keras.Model, x: np.ndarray, told: np.ndarray
) -> Figure:
    figure = draw(2, 3, size=(2.7, 2.5))
    galleries = {
        "first weights, dense": weights[0][:64],
        "the same, moved digits": weights[1][:64],
        "maps, first convolution": unit_images(deep, x, LAYERS[1], view="maps"),
        "maps, second convolution": unit_images(deep, x, LAYERS[2], view="maps"),
        "outputs answer to": unit_images(deep, x, LAYERS[4]),
    }
    for panel, (title, images) in zip(figure.axes, galleries.items(), strict=False):
        panel.imshow(tile_images(images), cmap="coolwarm", vmin=-1, vmax=1)
        panel.set(title=title, xticks=[], yticks=[])
        panel.grid(visible=False)
    figure.axes[5].plot(range(len(told)), told, "o-", color=COLOURS[0])
    figure.axes[5].set(title="told by the digit", xlabel="layer", ylim=(0, 1))
    return figure


LESSON = Lesson(
    name="feature_maps",
    lecture="S1",
    title="Units of deeper layers know more of the class",
    claim=(
        "Each unit of the first layer looks for a pattern of pixels, which can be drawn as an "
        "image. Deeper layers (further from the pixels) look for what is more abstract, nearer to "
        "the class, here the digit."
    ),
    advice=(
        "To see what a network looks for, draw its units (`dlr.diagnose.unit_images`). To reuse "
        "what it has learned for the same classes, take the outputs of a deep layer."
    ),
    run=run,
    holds={
        "class share, pixels": (0.1, 0.4),
        "class share, hidden": (0.2, 0.8),
        "hidden - first convolution, least of the seeds": (0.02, 0.7),
    },
    rows=("Feature maps",),
    seconds=10,
)
