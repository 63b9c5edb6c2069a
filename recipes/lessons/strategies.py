"""Two strategies of normalisation: by the training part, or each part by itself.

Run it with `dlrecipes lesson strategies`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from dlrecipes.data import from_arrays
from dlrecipes.errors import DataError
from dlrecipes.layers import MinMaxScaling
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

SIZES = (1, 5, 20, 60, 120, 240)
DRAWS = 10
SHIFTS = {
    "no shift": "as it is",
    "another instrument": "all numbers 1.5 times as large",
    "other patients": "one class only",
}


def run(*, full: bool = False) -> Measured:
    """Score one classifier on test samples of several sizes, normalised in both ways.

    Args:
        full: There is no longer form.
    """
    x, y = load_breast_cancer(return_X_y=True)
    scores: dict[tuple[str, int, str], list[float]] = {}
    ranges: dict[str, list[float]] = {"training": [], "own": []}
    for seed in range(DRAWS):
        train_x, test_x, train_y, test_y = train_test_split(
            x, y, test_size=0.5, stratify=y, random_state=seed
        )
        layer = _adapted(train_x)
        model = LogisticRegression(C=10, max_iter=2000).fit(_apply(layer, train_x), train_y)
        for shift in SHIFTS:
            new_x, new_y = _shifted(shift, test_x, test_y)
            for size in SIZES:
                chosen = np.random.default_rng(seed).permutation(len(new_x))[:size]
                some = new_x[chosen]
                for strategy, one in (("training", layer), ("own", _adapted(some))):
                    values = _apply(one, some)
                    right = float((model.predict(values) == new_y[chosen]).mean())
                    scores.setdefault((shift, size, strategy), []).append(right)
                    if shift == "another instrument" and size == max(SIZES):
                        ranges[strategy].append(float(np.abs(values).max()))
    mean = {key: float(np.mean(found)) for key, found in scores.items()}
    rows: list[tuple[str | float, ...]] = [
        (
            f"{shift}: {what}",
            strategy,
            *(mean[shift, size, strategy] for size in SIZES),
        )
        for shift, what in SHIFTS.items()
        for strategy in ("training", "own")
    ]
    largest = max(SIZES)
    lost = mean["other patients", 120, "training"] - mean["other patients", 120, "own"]
    return Measured(
        columns=("test part", "statistics", *(f"{size} rows" for size in SIZES)),
        rows=tuple(rows),
        figures={
            "largest value, training": float(np.max(ranges["training"])),
            "largest value, own": float(np.max(ranges["own"])),
            "gain, another instrument": mean["another instrument", largest, "own"]
            - mean["another instrument", largest, "training"],
            "loss, other patients": lost,
            "loss, 5 rows": mean["no shift", 5, "training"] - mean["no shift", 5, "own"],
            "own, single row": mean["no shift", 1, "own"],
            "refused": float("at least" in _refusal(x, y)),
        },
        seen=(
            "By the training part's statistics the shifted values reach "
            f"{np.max(ranges['training']):.1f}, by their own exactly {np.max(ranges['own']):.3f}. "
            f"With another instrument and {largest} rows the accuracy is "
            f"{mean['another instrument', largest, 'training']:.1%} and "
            f"{mean['another instrument', largest, 'own']:.1%}; without a shift and with 5 rows "
            f"{mean['no shift', 5, 'training']:.1%} and {mean['no shift', 5, 'own']:.1%}. A small "
            f"sample is refused: {_refusal(x, y)}"
        ),
        differs=(
            "that the test data fit the interval exactly is no gain by itself: where the patients "
            f"differ and not the instrument, their own statistics cost {100 * lost:.0f} points, "
            "as they take out what the network is to see."
            if lost > 0.02
            else ""
        ),
        picture=_picture(mean),
    )


def _adapted(x: np.ndarray) -> MinMaxScaling:
    layer = MinMaxScaling(-1.0, 1.0, clip=False)
    layer.adapt(x)
    return layer


def _apply(layer: MinMaxScaling, x: np.ndarray) -> np.ndarray:
    return np.asarray(layer(x))


def _shifted(shift: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if shift == "another instrument":
        return 1.5 * x, y
    kept = slice(None) if shift == "no shift" else y == 1
    return x[kept], y[kept]


def _refusal(x: np.ndarray, y: np.ndarray) -> str:
    """Return what the library says to a test part of 50 rows with statistics of its own."""
    splits = from_arrays(x, y, test=(x[:50], y[:50]), validation=(x[50:200], y[50:200]))
    try:
        splits.with_preprocess(MinMaxScaling(), test_statistics="own")
    except DataError as error:
        return str(error).split(" Received")[0]
    return "nothing"


def _picture(mean: dict[tuple[str, int, str], float]) -> Figure:
    figure = draw(1, len(SHIFTS), size=(2.9, 2.6))
    for panel, shift in zip(figure.axes, SHIFTS, strict=True):
        for colour, strategy in zip(COLOURS, ("training", "own"), strict=False):
            values = [mean[shift, size, strategy] for size in SIZES]
            panel.plot(SIZES, values, color=colour, marker="o", markersize=3, label=strategy)
        panel.set(xscale="log", xlabel="rows of the test sample", title=shift, ylim=(0, 1.05))
    figure.axes[0].set_ylabel("accuracy")
    figure.axes[0].legend(loc="lower right")
    return figure


LESSON = Lesson(
    name="strategies",
    lecture="S1",
    title="Normalise new data by the training data's numbers, or by their own?",
    claim=(
        "New data can be normalised by what was learned from the training data, and may then leave "
        "the interval; or by their own smallest and largest values, and then fit it exactly. The "
        "second way needs a large sample of them before the first prediction."
    ),
    advice=(
        "Normalise by the training part. Use statistics of the new data's own only where you know "
        "that the instrument has changed and nothing else, and have at least a hundred rows."
    ),
    run=run,
    holds={
        "largest value, training": (1.2, 10),
        "largest value, own": (1 - 1e-4, 1 + 1e-4),
        "gain, another instrument": (0.05, 0.9),
        "loss, 5 rows": (0.05, 0.9),
        "refused": (1, 1),
    },
    rows=("Normalisation, strategy 2", "Strategy 1/2"),
    seconds=3,
)
