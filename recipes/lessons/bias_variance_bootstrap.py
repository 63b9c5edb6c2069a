"""Bias and variance by the bootstrap, and the error that is lowest in between.

Run it with `dlrecipes lesson bias_variance_bootstrap`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.tree import DecisionTreeRegressor

from dlrecipes.diagnose import ErrorParts, decompose_error
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

NOISE, POINTS, SAMPLES, SETS = 0.3, 40, 100, 10
DEGREES = (0, 1, 2, 3, 4, 5, 6, 8)
DEPTHS = (0, 1, 2, 3, 4, 6, 8, 12)  # 0: the mean for all


def run(*, full: bool = False) -> Measured:
    """Decompose the error of polynomials, whose truth is known, and of trees on real data.

    Args:
        full: There is no longer form.
    """
    by_bootstrap = [_mean([_curve(degree, seed) for seed in range(SETS)]) for degree in DEGREES]
    in_truth = [_with_new_data(degree) for degree in DEGREES]
    trees = [_tree(depth) for depth in DEPTHS]
    sums = [abs(one.error - one.bias - one.variance - one.noise) for one in (*by_bootstrap, *trees)]
    rows = [
        *_rows("polynomial of degree", DEGREES, by_bootstrap, in_truth),
        *_rows("tree of depth", DEPTHS, trees, None),
    ]
    best = {
        "degree": DEGREES[int(np.argmin([one.error for one in by_bootstrap]))],
        "depth": DEPTHS[int(np.argmin([one.error for one in trees]))],
    }
    ratio = float(
        np.median([a.variance / b.variance for a, b in zip(by_bootstrap, in_truth, strict=True)])
    )
    return Measured(
        columns=(
            "model",
            "error",
            "bias²",
            "variance (bootstrap)",
            "noise",
            "variance over new data",
        ),
        rows=tuple(rows),
        figures={
            "best degree": float(best["degree"]),
            "best depth": float(best["depth"]),
            "error - sum of its parts": max(sums),
            "bias of degree 0 over degree 8": by_bootstrap[0].bias / by_bootstrap[-1].bias,
            "variance of degree 8 over degree 0": by_bootstrap[-1].variance
            / by_bootstrap[0].variance,
            "variance of depth 12 over depth 1": trees[-1].variance / trees[1].variance,
            "bootstrap over new data sets": ratio,
        },
        seen=(
            "The error of the polynomials falls from "
            f"{by_bootstrap[0].error:.3g} (degree {DEGREES[0]}) to "
            f"{min(one.error for one in by_bootstrap):.3g} (degree {best['degree']}), as the bias "
            f"goes away, and rises to {by_bootstrap[-1].error:.3g} (degree {DEGREES[-1]}) with the "
            f"variance: a U. Decision trees, which answer by {best['depth']} questions one after "
            f"the other at depth {best['depth']}, fall from {trees[0].error:.3g} (depth 0: the "
            f"same answer for all) to {min(one.error for one in trees):.3g} and rise to "
            f"{trees[-1].error:.3g} (depth {DEPTHS[-1]}). Their lowest error lies near the simple "
            "end."
        ),
        differs=(
            f"bias need not go on falling: from depth {DEPTHS[1]} to {DEPTHS[-1]} that of the "
            f"trees stays at {trees[1].bias:.3g} to {trees[-1].bias:.3g}, and only the variance "
            "grows. (Of real data the noise is not known; it is part of the bias here.) And the "
            "bootstrap only roughly stands for new data: where these can be made, its variance is "
            f"{ratio:.2f} times theirs (median over the degrees), at degree {DEGREES[-1]} "
            f"{by_bootstrap[-1].variance / in_truth[-1].variance:.0f} times."
        ),
        picture=_picture(by_bootstrap, trees),
    )


def _wave(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sin(5 * x + 0.7))


def _data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, POINTS)
    return x, _wave(x) + NOISE * generator.normal(size=POINTS)


NEW_X = np.linspace(-0.9, 0.9, 200)
NEW_Y = _wave(NEW_X) + NOISE * np.random.default_rng(99).normal(size=200)


def _polynomial(degree: int, x: np.ndarray, y: np.ndarray, x_new: np.ndarray) -> np.ndarray:
    return np.asarray(np.polynomial.Polynomial.fit(x, y, degree, domain=[-1, 1])(x_new))


def _curve(degree: int, seed: int) -> ErrorParts:
    def fit(x: np.ndarray, y: np.ndarray, x_new: np.ndarray) -> np.ndarray:
        return _polynomial(degree, x, y, x_new)

    return decompose_error(
        fit, *_data(seed), x_new=NEW_X, y_new=NEW_Y, samples=SAMPLES, noise=NOISE**2, seed=seed
    )


def _with_new_data(degree: int) -> ErrorParts:
    """Return the parts over data sets drawn anew, which only a made problem has."""
    found = np.array([_polynomial(degree, *_data(seed), NEW_X) for seed in range(1000, 1300)])
    bias, variance = np.mean((found.mean(axis=0) - _wave(NEW_X)) ** 2), np.mean(found.var(axis=0))
    return ErrorParts(float(bias + variance + NOISE**2), float(bias), float(variance), NOISE**2)


def _tree(depth: int) -> ErrorParts:
    data = load_diabetes()
    y = data.target / data.target.std()

    def fit(x: np.ndarray, y: np.ndarray, x_new: np.ndarray) -> np.ndarray:
        model = (
            DecisionTreeRegressor(max_depth=depth, random_state=0) if depth else DummyRegressor()
        )
        return np.asarray(model.fit(x, y).predict(x_new))

    return decompose_error(
        fit, data.data[::2], y[::2], x_new=data.data[1::2], y_new=y[1::2], samples=SAMPLES
    )


def _mean(parts: list[ErrorParts]) -> ErrorParts:
    names = ("error", "bias", "variance", "noise")
    return ErrorParts(**{n: float(np.mean([getattr(one, n) for one in parts])) for n in names})


def _rows(
    name: str, sizes: tuple[int, ...], parts: list[ErrorParts], truth: list[ErrorParts] | None
) -> list[tuple[str, float, float, float, float | None, float | None]]:
    return [
        (
            f"{name} {size}",
            one.error,
            one.bias,
            one.variance,
            one.noise or None,
            truth[at].variance if truth else None,
        )
        for at, (size, one) in enumerate(zip(sizes, parts, strict=True))
    ]


def _picture(polynomials: list[ErrorParts], trees: list[ErrorParts]) -> Figure:
    figure = draw(1, 2)
    for panel, sizes, parts, name, scale in zip(
        figure.axes,
        (DEGREES, DEPTHS),
        (polynomials, trees),
        ("degree of the polynomial", "depth of the tree"),
        ("log", "linear"),
        strict=True,
    ):
        for colour, part in zip(COLOURS, ("error", "bias", "variance"), strict=False):
            label = {"bias": "bias²"}.get(part, part)
            panel.plot(sizes, [getattr(one, part) for one in parts], color=colour, label=label)
        panel.set(xlabel=name, yscale=scale)
        panel.legend()
    return figure


LESSON = Lesson(
    name="bias_variance_bootstrap",
    lecture="S4",
    title="Error is bias, variance and noise, and lowest between simple and flexible",
    claim=(
        "A model that is too simple is wrong in the same way whatever data it is given: bias. One "
        "that is too flexible follows the accidents of its data: variance. Noise comes on top, "
        "and the error is the sum of the three. Over the complexity it has the shape of a U. To "
        "see how a model varies without new data, one fits it to many draws from the same data, "
        "each row drawn as often as chance has it: the bootstrap."
    ),
    advice=(
        "Try several complexities, beginning with simple ones, and keep that with the lowest "
        "error on a validation part, examples kept out of the fit."
    ),
    run=run,
    holds={
        "best degree": (3, 6),
        "best depth": (2, 4),
        "error - sum of its parts": (0, 1e-9),
        "bias of degree 0 over degree 8": (5, 1e4),
        "variance of degree 8 over degree 0": (3, 1e6),
        "variance of depth 12 over depth 1": (2, 100),
        "bootstrap over new data sets": (0.5, 10),
    },
    rows=("Bias–variance", "U-shaped error against complexity"),
    seconds=6,
)
