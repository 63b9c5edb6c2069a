"""Not too simple: four networks at one budget, on digits anywhere in an image.

Run it with `dlrecipes lesson not_too_simple`.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, fit_in_turn
from dlrecipes.models import build_cnn, build_mlp, build_resnet

SHAPE = (12, 12, 1)
NETWORKS: dict[str, Callable[[], keras.Model]] = {
    "linear": lambda: build_mlp(SHAPE, 10, hidden_units=()),
    "MLP": lambda: build_mlp(SHAPE, 10, hidden_units=(32,)),
    "CNN": lambda: build_cnn(SHAPE, 10, filters=(8, 16), dense_units=(24,)),
    "ResNet": lambda: build_resnet(SHAPE, 10, filters=(8, 16)),
}
SEEDS, EPOCHS, BATCH, RATE = 3, 8, 128, 0.01


def run(*, full: bool = False) -> Measured:
    """Train each network for as many epochs, from several starts.

    Args:
        full: Five starts, five times as many epochs, and digits in the middle, too.
    """
    seeds, epochs = (5, 5 * EPOCHS) if full else (SEEDS, EPOCHS)
    versions = {"anywhere": _canvas(moved=True)}
    if full:
        versions["in the middle"] = _canvas(moved=False)
    scores: dict[str, dict[str, np.ndarray]] = {version: {} for version in versions}
    counts = {}
    for name, build in NETWORKS.items():
        for version, (train_x, new_x, train_y, new_y) in versions.items():
            counts[name] = sum(int(np.prod(one.shape)) for one in build().trainable_weights)
            curves = fit_in_turn(
                build,
                keras.optimizers.Adam(RATE),
                np.tile(train_x, (epochs, 1, 1, 1)),  # one long epoch: a score at its end is enough
                np.tile(train_y, epochs),
                validation=(new_x, new_y),
                epochs=1,
                batch_size=BATCH,
                seeds=range(seeds),
            )
            scores[version][name] = curves["val_accuracy"][:, -1]
    middle = {
        version: {name: float(np.median(found)) for name, found in several.items()}
        for version, several in scores.items()
    }
    rows: list[tuple[str | float, ...]] = [
        (name, counts[name], *(_spread(scores[version][name]) for version in versions))
        for name in NETWORKS
    ]
    best = {version: max(found, key=lambda name: found[name]) for version, found in middle.items()}
    return Measured(
        columns=("network", "parameters", *(f"accuracy, digits {version}" for version in versions)),
        rows=tuple(rows),
        figures={
            **{f"{name}, {at}": middle[at][name] for at in versions for name in NETWORKS},
            "CNN - MLP": middle["anywhere"]["CNN"] - middle["anywhere"]["MLP"],
            "ResNet - linear": middle["anywhere"]["ResNet"] - middle["anywhere"]["linear"],
        },
        seen=f"After {epochs} epochs "
        + "; ".join(
            f"with digits {version} "
            + ", ".join(f"{found[name]:.0%} ({name})" for name in NETWORKS)
            + f" were right, {best[version]} the best"
            for version, found in middle.items()
        )
        + ".",
        differs=(
            "the most complex network is not clearly ahead of the plain CNN at this budget: from "
            f"start to start it got {_spread(scores['anywhere']['ResNet'])}."
            if scores["anywhere"]["ResNet"].min() < scores["anywhere"]["CNN"].max()
            else ""
        ),
        picture=_picture(scores),
    )


def _canvas(*, moved: bool) -> tuple[np.ndarray, ...]:
    """Return training and new images of 12 x 12 pixels, and their classes."""
    images, y = load_digits(return_X_y=True)
    generator = np.random.default_rng(0)
    x = np.zeros((len(y), *SHAPE), "float32")
    for image, digit in zip(x, images.reshape(-1, 8, 8) / 16, strict=True):
        top, left = generator.integers(0, 5, size=2) if moved else (2, 2)
        image[top : top + 8, left : left + 8, 0] = digit
    # Whole batches: with odd ones TensorFlow's convolutions of stride 2 have crashed on some CPUs.
    rows = 9 * BATCH
    return tuple(train_test_split(x, y, train_size=rows, stratify=y, random_state=0))


def _spread(values: np.ndarray) -> str:
    return f"{np.median(values):.3f} ({values.min():.3f} to {values.max():.3f})"


def _picture(scores: dict[str, dict[str, np.ndarray]]) -> Figure:
    figure = draw(1, 1, size=(5.4, 2.9))
    (panel,) = figure.axes
    for at, (version, several) in enumerate(scores.items()):
        places = np.arange(len(NETWORKS)) + 0.36 * (at - (len(scores) - 1) / 2)
        medians = [np.median(several[name]) for name in NETWORKS]
        panel.bar(places, medians, 0.34, color=COLOURS[at], label=f"digits {version}")
        for place, name in zip(places, NETWORKS, strict=True):
            panel.plot([place] * len(several[name]), several[name], "o", color="#808080", ms=3)
    panel.set(xticks=range(len(NETWORKS)), xticklabels=list(NETWORKS), ylabel="accuracy, new rows")
    panel.set(ylim=(0, 1.2), title="as many epochs, about as many parameters")
    panel.legend(loc="upper left", ncols=2)
    return figure


LESSON = Lesson(
    name="not_too_simple",
    lecture="S1",
    title="Simple first, but not simpler than the images",
    claim=(
        "Start with a simple model. But where images are complex, a network of few layers is too "
        "weak, and a standard architecture is needed, a smaller version of it first. (Linear: no "
        "hidden layer; MLP: one that joins all pixels; CNN: small windows moved over the image; "
        "ResNet: many such layers with shortcuts.)"
    ),
    advice=(
        "Begin with the simple network, and keep it only if a larger one is not better on a "
        "validation part, examples kept out of the training."
    ),
    run=run,
    holds={
        "linear, anywhere": (0.15, 0.45),
        "MLP, anywhere": (0.3, 0.75),
        "CNN - MLP": (0.05, 0.6),
        "ResNet - linear": (0.1, 0.8),
    },
    rows=("S1 'not too simple'", "Simple, not too simple"),
    seconds=23,
    full_minutes=10,
)
