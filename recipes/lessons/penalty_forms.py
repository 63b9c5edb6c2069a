"""One λ in the forms of four lectures, and what each of them does.

Run it with `dlrecipes lesson penalty_forms`.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.preprocessing import scale

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw
from dlrecipes.losses import PENALTY_FORMS, penalty_strength

LECTURES = {"plain": "S2", "half": "S1", "over examples": "S4", "summed loss": "S3"}
STRENGTHS = np.logspace(-3, 4, 29)


def run(*, full: bool = False) -> Measured:
    """Fit the same linear model with the same λ in each form.

    Args:
        full: There is no longer form.
    """
    data = load_diabetes()
    x, y = scale(data.data), scale(data.target)
    m = len(x)
    sizes = {
        form: np.array(
            [_size(x, y, penalty_strength(float(one), form, examples=m)) for one in STRENGTHS]
        )
        for form in PENALTY_FORMS
    }
    free = _size(x, y, 0.0)
    halved = {form: float(STRENGTHS[np.argmax(size < free / 2)]) for form, size in sizes.items()}
    at_one = {form: penalty_strength(1.0, form, examples=m) for form in PENALTY_FORMS}
    left = {form: _size(x, y, l2) / free for form, l2 in at_one.items()}
    figure = draw(1, 1, size=(5.5, 3.2))
    (panel,) = figure.axes
    for (form, size), colour in zip(sizes.items(), COLOURS, strict=False):
        panel.plot(STRENGTHS, size / free, color=colour, label=f"{LECTURES[form]}: {form}")
    panel.set(xscale="log", xlabel="λ", ylabel="size of the weights, by that without")
    panel.legend()
    figures = {
        **{f"weights left at λ = 1, {form}": share for form, share in left.items()},
        "λ of S3 by that of S2 for the same": at_one["plain"] / at_one["summed loss"],
        "apart from scikit-learn's ridge": _apart(x, y),
    }
    return Measured(
        columns=("lecture", "form", "l2 for Keras at λ = 1", "weights left", "λ that halves them"),
        rows=tuple(
            (LECTURES[form], PENALTY_FORMS[form], at_one[form], left[form], halved[form])
            for form in PENALTY_FORMS
        ),
        figures=figures,
        seen=(
            f"With λ = 1 and {m} examples the weights keep {100 * left['plain']:.0f} % of their "
            f"size in the form of S2, {100 * left['over examples']:.1f} % in that of S4. To halve "
            f"them takes λ = {halved['plain']:.2g} in the one and {halved['over examples']:.2g} in "
            "the other."
        ),
        differs=(
            "the lectures call all of these λ; S3 also writes the regulariser as `l1(lambda)`, "
            "which is no Python, and lets the penalty hold for the bias, which is left out here."
        ),
        picture=figure,
    )


def _size(x: np.ndarray, y: np.ndarray, l2: float) -> float:
    """Return the size of the weights where the mean squared error and the penalty are least."""
    w = np.linalg.solve(x.T @ x / len(x) + l2 * np.eye(x.shape[1]), x.T @ y / len(x))
    return float(np.linalg.norm(w))


def _apart(x: np.ndarray, y: np.ndarray) -> float:
    ours = _size(x, y, penalty_strength(10.0, "summed loss", examples=len(x)))
    return abs(ours - float(np.linalg.norm(Ridge(10.0, fit_intercept=False).fit(x, y).coef_)))


LESSON = Lesson(
    name="penalty_forms",
    lecture="S1, S2, S3, S4",
    title="The same λ means four penalties",
    claim=(
        "A penalty on large weights is added to the loss: λ times the sum of their squares. "
        "Whether the loss is a mean or a sum, and whether λ is halved or divided by the number of "
        "examples, differs from lecture to lecture."
    ),
    advice="Convert a λ that you read somewhere with `dlr.losses.penalty_strength`, or search it.",
    run=run,
    holds={
        "weights left at λ = 1, plain": (0.2, 0.6),
        "weights left at λ = 1, over examples": (0.9, 1),
        "λ of S3 by that of S2 for the same": (441.9, 442.1),
        "apart from scikit-learn's ridge": (0, 1e-8),
    },
    rows=("L1/L2/elastic",),
    seconds=2,
)
