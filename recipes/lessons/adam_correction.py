"""Adam's correction of its first steps, against the same steps without it.

Run it with `dlrecipes lesson adam_correction`.
"""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.lesson import COLOURS, Lesson, Measured, descend, draw

GRADIENT = np.array([0.5, -2.0])
RATE, STEPS = 0.001, 10


def run(*, full: bool = False) -> Measured:
    """Take ten steps along one gradient, with the correction, without it, and by Keras.

    Args:
        full: There is no longer form.
    """
    sizes = {
        rule: np.abs(np.diff(descend(rule, lambda _: GRADIENT, [0, 0], STEPS, rate=RATE).path.T))
        for rule in ("adam", "adam, uncorrected")
    }
    by_keras = np.abs(np.diff(_keras_path().T))
    rows = [
        (
            step + 1,
            float(sizes["adam"][0, step]),
            float(sizes["adam, uncorrected"][0, step]),
            float(by_keras[0, step]),
            1 - 0.9 ** (step + 1),
            1 - 0.999 ** (step + 1),
        )
        for step in range(STEPS)
    ]
    figures = {
        "first step, corrected": rows[0][1],
        "first step, uncorrected": rows[0][2],
        "tenth step, uncorrected": rows[-1][2],
        "apart from Keras": float(np.max(np.abs(sizes["adam"] - by_keras))),
    }
    figure = draw(1, 1, size=(5, 3))
    (panel,) = figure.axes
    at = np.arange(1, STEPS + 1)
    for (rule, size), colour in zip(sizes.items(), COLOURS, strict=False):
        panel.plot(at, size[0], "o-", color=colour, label=rule)
    panel.set(xlabel="step", ylabel="size of the step", ylim=0, title="the same gradient ten times")
    panel.legend()
    return Measured(
        columns=(
            "step t",
            "size, corrected",
            "size, uncorrected",
            "size, Keras",
            "1 - 0.9^t",
            "1 - 0.999^t",
        ),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"Given the same gradient ten times, each corrected step is {rows[0][1]:.2g} large: "
            "the learning rate. Without the correction the steps are too large, the first "
            f"{rows[0][2] / rows[0][1]:.1f} times and the tenth {rows[-1][2] / rows[-1][1]:.1f} "
            "times: the average of the squares, by whose root Adam divides, is the slower one and "
            f"has only {rows[-1][5]:.3g} of its value in step 10, the average of the gradients "
            f"{rows[-1][4]:.3g}. So one divides by far too small a number."
        ),
        differs=(
            "the lecture shows the factor 0.1 (1 - 0.9), which holds in the first step only. And "
            "the tiny number that keeps Adam from dividing by 0 stands inside the root on the "
            "slide, and outside in Keras."
        ),
        picture=figure,
    )


def _keras_path() -> np.ndarray:
    weights = keras.Variable(np.zeros(2))
    optimizer = keras.optimizers.Adam(RATE)
    optimizer.build([weights])
    path = [np.zeros(2)]
    for _ in range(STEPS):
        optimizer.apply([keras.ops.convert_to_tensor(GRADIENT, "float32")], [weights])
        path.append(np.array(keras.ops.convert_to_numpy(weights)))
    return np.stack(path)


LESSON = Lesson(
    name="adam_correction",
    lecture="S2",
    title="Adam's averages begin at 0, and are corrected for it",
    claim=(
        "Adam is a rule that makes training steps of gradients (how the error changes with each "
        "weight): the learning rate times a running average of the gradients (which keeps 0.9 of "
        "itself in each step) over the root of one of their squares (which keeps 0.999). Both "
        "begin at 0 and are too small at first; dividing them by 1 - 0.9^t and 1 - 0.999^t in step "
        "t puts that right."
    ),
    advice="Nothing: Keras' Adam makes the correction, as its column says.",
    run=run,
    holds={
        "first step, corrected": (0.00099, 0.00101),
        "first step, uncorrected": (0.0031, 0.0032),
        "tenth step, uncorrected": (0.004, 0.01),
        "apart from Keras": (0, 1e-6),
    },
    rows=("Adam",),
    seconds=2,
)
