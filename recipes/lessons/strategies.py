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
    ranges: dict[tuple[str, str], list[float]] = {}
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
                    if size == max(SIZES):
                        ranges.setdefault((shift, strategy), []).append(float(np.abs(values).max()))
    mean = {key: float(np.mean(found)) for key, found in scores.items()}
    rows: list[tuple[str | float, ...]] = [
        (
            f"{shift}: {what}",
            strategy,
            *(mean[shift, size, strategy] for size in SIZES),
            float(np.max(ranges[shift, strategy])),
        )
        for shift, what in SHIFTS.items()
        for strategy in ("training", "own")
    ]
    largest = max(SIZES)
    lost = mean["other patients", 120, "training"] - mean["other patients", 120, "own"]
    return Measured(
        columns=(
            "new data",
            "normalised by",
            *(f"right of {size}" for size in SIZES),
            "largest value",
        ),
        rows=tuple(rows),
        figures={
            "largest value, training": float(np.max(ranges["another instrument", "training"])),
            "largest value, own": float(np.max(ranges["another instrument", "own"])),
            "gain, another instrument": mean["another instrument", largest, "own"]
            - mean["another instrument", largest, "training"],
            "loss, other patients": lost,
            "loss, 5 rows": mean["no shift", 5, "training"] - mean["no shift", 5, "own"],
            "own, single row": mean["no shift", 1, "own"],
            "refused": float("at least" in _refusal(x, y)),
        },
        seen=(
            "By the training data's numbers the values of another instrument reach "
            f"{np.max(ranges['another instrument', 'training']):.3g}, by their own "
            f"{np.max(ranges['another instrument', 'own']):.3g}. With {largest} rows of it "
            f"{mean['another instrument', largest, 'training']:.3f} and "
            f"{mean['another instrument', largest, 'own']:.3f} are right; where nothing has "
            f"changed and there are 5 rows {mean['no shift', 5, 'training']:.3f} and "
            f"{mean['no shift', 5, 'own']:.3f}. So dlrecipes refuses a small sample: "
            f"'{_refusal(x, y)}'"
        ),
        differs=(
            "to fit the interval exactly is no gain by itself: where the patients differ and not "
            f"the instrument, their own numbers cost {lost:.2f} of the right answers (120 rows), "
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
        "Normalise by the training data. Use the numbers of the new data only where you know "
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
