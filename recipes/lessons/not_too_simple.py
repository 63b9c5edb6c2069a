"""Not too simple: four networks at one budget, on digits in the middle and anywhere.

Run it with `dlrecipes lesson not_too_simple`.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, fit_together
from dlrecipes.models import build_cnn, build_mlp, build_resnet

SHAPE = (12, 12, 1)
NETWORKS: dict[str, Callable[[], keras.Model]] = {
    "linear": lambda: build_mlp(SHAPE, 10, hidden_units=()),
    "MLP": lambda: build_mlp(SHAPE, 10, hidden_units=(32,)),
    "CNN": lambda: build_cnn(SHAPE, 10, filters=(8, 16), dense_units=(24,)),
    "ResNet": lambda: build_resnet(SHAPE, 10, filters=(8, 16)),
}
SEEDS, EPOCHS, BATCH, RATE = 3, 12, 64, 0.005


def run(*, full: bool = False) -> Measured:
    """Train each network for as many epochs on two versions of the digits.

    Args:
        full: Five starts and five times as many epochs.
    """
    seeds, epochs = (5, 60) if full else (SEEDS, EPOCHS)
    versions = {"in the middle": _canvas(moved=False), "anywhere": _canvas(moved=True)}
    scores: dict[str, dict[str, np.ndarray]] = {version: {} for version in versions}
    counts = {}
    for name, build in NETWORKS.items():
        for version, (train_x, new_x, train_y, new_y) in versions.items():
            keras.utils.set_random_seed(0)
            models = [build() for _ in range(seeds)]
            counts[name] = sum(int(np.prod(one.shape)) for one in models[0].trainable_weights)
            curves = fit_together(
                models,
                keras.optimizers.Adam(RATE),
                train_x,
                train_y,
                validation=(new_x, new_y),
                epochs=epochs,
                batch_size=BATCH,
            )
            scores[version][name] = curves["val_accuracy"][:, -1]
    middle = {
        version: {name: float(np.median(found)) for name, found in several.items()}
        for version, several in scores.items()
    }
    rows = [
        (name, counts[name], *(_spread(scores[version][name]) for version in versions))
        for name in NETWORKS
    ]
    best = {version: max(found, key=lambda name: found[name]) for version, found in middle.items()}
    return Measured(
        columns=("network", "parameters", *(f"accuracy, digits {version}" for version in versions)),
        rows=tuple(rows),
        figures={
            f"{name}, {version}": middle[version][name] for version in versions for name in NETWORKS
        },
        seen=(
            f"With digits in the middle, {epochs} epochs gave "
            + ", ".join(f"{middle['in the middle'][name]:.3f} ({name})" for name in NETWORKS)
            + "; with digits anywhere in the image "
            + ", ".join(f"{middle['anywhere'][name]:.3f} ({name})" for name in NETWORKS)
            + f". The best were {best['in the middle']} and {best['anywhere']}."
        ),
        differs=(
            "the most complex one is not the best at this budget: the ResNet is "
            f"{'behind' if middle['anywhere']['ResNet'] < middle['anywhere']['CNN'] else 'before'} "
            "the CNN on digits anywhere. The simple networks are too weak for the harder images, "
            "and good enough for the easy ones."
            if "ResNet" not in best.values()
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
    return tuple(train_test_split(x, y, test_size=0.3, stratify=y, random_state=0))


def _spread(values: np.ndarray) -> str:
    return f"{np.median(values):.3f} ({values.min():.3f} to {values.max():.3f})"


def _picture(scores: dict[str, dict[str, np.ndarray]]) -> Figure:
    figure = draw(1, 1, size=(5.4, 2.9))
    (panel,) = figure.axes
    for at, (version, several) in enumerate(scores.items()):
        places = np.arange(len(NETWORKS)) + 0.36 * at - 0.18
        medians = [np.median(several[name]) for name in NETWORKS]
        panel.bar(places, medians, 0.34, color=COLOURS[at], label=f"digits {version}")
        for place, name in zip(places, NETWORKS, strict=True):
            panel.plot([place] * len(several[name]), several[name], "o", color="#808080", ms=3)
    panel.set(xticks=range(len(NETWORKS)), xticklabels=list(NETWORKS), ylabel="accuracy, new rows")
    panel.set(ylim=(0, 1.25), title="as many epochs, about as many parameters")
    panel.legend(loc="upper left", ncols=2)
    return figure


LESSON = Lesson(
    name="not_too_simple",
    lecture="S1",
    title="Simple first, but not simpler than the images",
    claim=(
        "Start with a simple model. But where images are complex, a network of few layers is too "
        "weak, and a standard architecture is needed, a smaller version of it first."
    ),
    advice="Begin with the simple network; take the larger one when it stays behind.",
    run=run,
    holds={
        "MLP, in the middle": (0.9, 1),
        "linear, anywhere": (0.1, 0.7),
        "MLP, anywhere": (0.3, 0.93),
        "CNN, anywhere": (0.85, 1),
    },
    rows=("S1 'not too simple'", "Simple, not too simple"),
    seconds=20,
    full_minutes=8,
)
