"""One λ in the forms of four lectures, and what each of them does.

Run it with `dlrecipes lesson penalty_forms`.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
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
    at_one = {form: penalty_strength(1.0, form, examples=m) for form in PENALTY_FORMS}
    halving = brentq(lambda l2: _size(x, y, l2) - free / 2, 0, 1e3)
    halved = {form: halving / l2 for form, l2 in at_one.items()}
    left = {form: _size(x, y, l2) / free for form, l2 in at_one.items()}
    figure = draw(1, 1, size=(5.5, 3.2))
    (panel,) = figure.axes
    for (form, size), colour in zip(sizes.items(), COLOURS, strict=False):
        panel.plot(STRENGTHS, size / free, color=colour, label=f"{LECTURES[form]}: {form}")
    panel.set(xscale="log", xlabel="λ", ylabel="weights left (1: no penalty)")
    panel.legend()
    figures = {
        **{f"weights left at λ = 1, {form}": share for form, share in left.items()},
        "λ of S3 by that of S2 for the same": at_one["plain"] / at_one["summed loss"],
        "weights left at the λ that halves them": _size(x, y, halving) / free,
        "apart from scikit-learn's ridge": _apart(x, y),
    }
    return Measured(
        columns=(
            "lecture",
            "loss to be made small",
            "the same for Keras: L2(…)",
            "weights left at λ = 1",
            "λ that halves the weights",
        ),
        rows=tuple(
            (LECTURES[form], PENALTY_FORMS[form], at_one[form], left[form], halved[form])
            for form in PENALTY_FORMS
        ),
        figures=figures,
        seen=(
            f"With λ = 1 and m = {m} examples the weights of a linear model keep "
            f"{left['plain']:.0%} of the size that they have without a penalty in the form of S2, "
            f"{left['half']:.0%} in that of S1, {left['summed loss']:.0%} in that of S3 and "
            f"{left['over examples']:.0%} in that of S4. To halve them takes λ = "
            f"{halved['plain']:.2g}, {halved['half']:.2g}, {halved['summed loss']:.0f} and "
            f"{halved['over examples']:.0f}."
        ),
        differs=(
            "all four lectures call the number λ. S3 also counts the bias (the constant that is "
            "added to the weighted inputs) among the weights to be kept small; here it is left out."
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
        "Large weights let a model follow accidents of its data. So the training makes a sum "
        "small: the loss (how wrong the model is) and a penalty, λ times the sum of the squared "
        "weights w. Whether the loss is a mean over the m examples or a sum, and whether λ is "
        "halved or divided by m, differs from lecture to lecture."
    ),
    advice=(
        "Do not copy a λ without its formula: convert it with `dlr.losses.penalty_strength`, or "
        "search it anew."
    ),
    run=run,
    holds={
        "weights left at λ = 1, plain": (0.2, 0.6),
        "weights left at λ = 1, over examples": (0.9, 1),
        "λ of S3 by that of S2 for the same": (441.9, 442.1),
        "weights left at the λ that halves them": (0.4999, 0.5001),
        "apart from scikit-learn's ridge": (0, 1e-8),
    },
    rows=("L1/L2/elastic",),
    seconds=2,
)
