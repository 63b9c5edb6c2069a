"""Precision-recall against ROC: what a rare class does to either.

Run it with `dlrecipes lesson precision_recall`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn import metrics

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw
from dlrecipes.metrics import precision_at_share, precision_recall_steps

SHARES = (0.5, 0.1, 0.01, 0.001)
TRAINED = 0.005
RECALL = 0.8
SEEDS = 3
Numbers = dict[str, list[float]]
Scored = list[tuple[np.ndarray, np.ndarray]]


def run(*, full: bool = False) -> Measured:
    """Score a network on four test sets that differ in nothing but the share of a class.

    Args:
        full: There is no longer form.
    """
    scored = [_scored(seed) for seed in range(SEEDS)]
    numbers = [_numbers(of_seed) for of_seed in scored]
    mean = {name: np.mean([of_seed[name] for of_seed in numbers], axis=0) for name in numbers[0]}
    apart = {name: np.std([of_seed[name] for of_seed in numbers], axis=0) for name in numbers[0]}
    roc, area, precision, formula, by_keras = mean.values()
    figures = {
        "ROC AUC, largest - smallest": float(np.ptp(roc)),
        "average precision at 50%": float(area[0]),
        "average precision at 0.1%": float(area[-1]),
        "precision - formula, at most": float(np.abs(precision - formula).max()),
        "Keras' ROC AUC at 0.1%, too low by": float(roc[-1] - by_keras[-1]),
    }
    return Measured(
        columns=("share of positives", *mean),
        rows=tuple(
            (
                f"{share:.1%}",
                *(f"{mean[name][at]:.3f} ± {apart[name][at]:.3f}" for name in mean),
            )
            for at, share in enumerate(SHARES)
        ),
        figures=figures,
        seen=(
            "The area below the ROC curve is the same within "
            f"{np.ptp(roc):.3f}, whether half of the examples are positive or one in a thousand: "
            "it does not notice that they are rare. The average precision falls from "
            f"{area[0]:.3f} to {area[-1]:.3f}. To find {RECALL:.0%} of the positives, "
            f"{precision[0]:.1%} of the alarms are right in the one case and {precision[-1]:.1%} "
            "in the other. (That fall can be computed from the ROC curve and the share alone: "
            f"the next column says so, within {figures['precision - formula, at most']:.3f}.) The "
            "accuracy would hide it: a network that never raises an alarm is right for "
            f"{1 - SHARES[-1]:.1%} of the examples where {SHARES[-1]:.1%} are positive. Keras' AUC "
            f"gives {by_keras[-1]:.3f} there instead of {roc[-1]:.3f}: it looks at 200 thresholds "
            "between 0 and 1 only, and of a rare class most scores lie close to 0."
        ),
        differs=(
            "of the two areas one is blind to rarity. The lecture's slide on precision and recall "
            "gives the two rates of the ROC curve; the formula of precision is missing."
        ),
        picture=_picture(scored[0]),
    )


def _scored(seed: int) -> Scored:
    """Return the labels of the test sets and what a network makes of them."""
    generator = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    rare = keras.initializers.Constant(np.log(TRAINED / (1 - TRAINED)))
    output = keras.layers.Dense(1, "sigmoid", bias_initializer=rare)
    model = keras.Sequential([keras.Input((4,)), output])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", jit_compile=False)
    model.fit(*_examples(generator, 40_000, TRAINED), batch_size=2000, epochs=6, verbose=0)
    found = []
    for share in SHARES:
        x, y = _examples(generator, 100_000, share)
        found.append((y, model.predict(x, batch_size=20_000, verbose=0)[:, 0]))
    return found


def _examples(
    generator: np.random.Generator, count: int, share: float
) -> tuple[np.ndarray, np.ndarray]:
    y = (np.arange(count) < share * count).astype("int64")
    generator.shuffle(y)
    x = generator.normal(size=(count, 4)) + y[:, None]
    return x.astype("float32"), y


def _numbers(scored: Scored) -> Numbers:
    found: Numbers = {}
    false_alarms, recall, _ = metrics.roc_curve(*scored[0])
    at_recall = float(np.interp(RECALL, recall, false_alarms))
    for share, (y, scores) in zip(SHARES, scored, strict=True):
        by_keras = keras.metrics.AUC()
        by_keras.update_state(y, scores)
        steps = precision_recall_steps(y, scores)
        row = {
            "area below the ROC curve": metrics.roc_auc_score(y, scores),
            "average precision": metrics.average_precision_score(y, scores),
            f"precision where {RECALL:.0%} are found": np.interp(RECALL, *steps),
            "that precision, computed from the first row": precision_at_share(
                RECALL, at_recall, share
            ),
            "area below the ROC curve, by Keras": by_keras.result(),
        }
        for name, number in row.items():
            found.setdefault(name, []).append(float(number))
    return found


def _picture(scored: Scored) -> Figure:
    figure = draw(1, 2)
    left, right = figure.axes
    for colour, share, (y, scores) in zip(COLOURS, SHARES, scored, strict=False):
        false_alarms, recall, _ = metrics.roc_curve(y, scores)
        grid = np.linspace(0, 1, 201)
        left.plot(
            grid, np.interp(grid, false_alarms, recall), color=colour, label=f"{share:.1%} positive"
        )
        recall, precision = precision_recall_steps(y, scores)
        at = np.linspace(len(recall) // 200, len(recall) - 1, 200).astype(int)
        right.plot(recall[at], precision[at], color=colour, label=f"{share:.1%} positive")
    left.set(title="ROC: the same curve", xlabel="false alarms among negatives", ylabel="recall")
    right.set(title="precision falls with the share", xlabel="recall", ylabel="precision")
    left.legend(loc="lower right")
    return figure


LESSON = Lesson(
    name="precision_recall",
    lecture="S2",
    title="A rare class is seen in the precision, not in the ROC curve",
    claim=(
        "A network gives a score; an alarm is a score above a threshold. A low threshold finds "
        "more of the positives (recall: the share of them that is found), and fewer of its alarms "
        "are right (precision). Two curves go through all thresholds: precision over recall, "
        "summed up by the average precision, and the ROC curve, recall over the share of negatives "
        "that raise an alarm, summed up by the area below it (AUC: 1 is perfect, 0.5 is chance). "
        "Both say more than the accuracy, the share of right answers."
    ),
    advice=(
        "Where a class is rare, judge by precision and recall, on data in which it is as rare as "
        "in use. Compute areas from all scores, as scikit-learn does."
    ),
    run=run,
    holds={
        "ROC AUC, largest - smallest": (0, 0.03),
        "average precision at 50%": (0.85, 0.97),
        "average precision at 0.1%": (0.005, 0.3),
        "precision - formula, at most": (0, 0.03),
        "Keras' ROC AUC at 0.1%, too low by": (0.03, 0.5),
    },
    rows=("PR/ROC/AUC",),
    seconds=8,
)
