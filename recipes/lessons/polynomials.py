"""Polynomials: what too few and too many parameters do to a curve through noisy points.

Run it with `dlrecipes lesson polynomials`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.polynomial import Polynomial

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

FUNCTIONS = {
    "3x² + 2x + 4": Polynomial([4, 2, 3]),
    "2x³ - 4x² + x - 3": Polynomial([-3, 1, -4, 2]),
}
DEGREES = (2, 3, 10)
FEW, MANY = 15, 150
DRAWS, NOISE = 200, 0.15
ENDS = (-2.0, 2.0)


def run(*, full: bool = False) -> Measured:
    """Fit polynomials of three degrees to noisy points of two functions, many times.

    Args:
        full: There is no longer form.
    """
    rows, figures, best = [], {}, {}
    for name, function in FUNCTIONS.items():
        for degree in DEGREES:
            here, new = _errors(function, degree, FEW)
            more = _errors(function, degree, MANY)[1]
            rows.append(
                (
                    name,
                    degree,
                    degree + 1,
                    float(np.median(here)),
                    _spread(new),
                    float(np.median(more)),
                )
            )
            figures[f"training error, degree {degree}, {name}"] = float(np.median(here))
            figures[f"new error, degree {degree}, {name}"] = float(np.median(new))
            figures[f"new error, degree {degree}, {MANY} points, {name}"] = float(np.median(more))
        new_error = {degree: figures[f"new error, degree {degree}, {name}"] for degree in DEGREES}
        best[name] = min(new_error, key=lambda degree: new_error[degree])
        figures[f"best degree, {name}"] = float(best[name])
        figures[f"10 over best, {name}"] = new_error[10] / min(new_error.values())
    lowest = all(
        figures[f"training error, degree 10, {name}"]
        <= min(figures[f"training error, degree {degree}, {name}"] for degree in DEGREES)
        for name in FUNCTIONS
    )
    return Measured(
        columns=(
            "function",
            "degree",
            "parameters",
            f"error at the {FEW} points",
            "error elsewhere (middle half of the draws)",
            f"error elsewhere, {MANY} points",
        ),
        rows=tuple(rows),
        figures={**figures, "degree 10 fits its points best": float(lowest)},
        seen=(
            f"Degree 10 comes {'' if lowest else 'not '}nearest to its own points for both "
            "functions. Elsewhere "
            + " and ".join(f"degree {best[name]} is best for {name}" for name in FUNCTIONS)
            + ", and degree 10 is off by "
            + " and ".join(f"{figures[f'10 over best, {name}']:.1f}" for name in FUNCTIONS)
            + f" times as much as that. With {MANY} points it is off by only "
            + " and ".join(
                f"{figures[f'new error, degree 10, {MANY} points, {name}']:.3f}"
                for name in FUNCTIONS
            )
            + ". (Errors are in units of how much the function varies.)"
        ),
        picture=_picture(),
    )


def _points(
    function: Polynomial, points: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return places and noisy values, in units of how much the function varies."""
    x = generator.uniform(*ENDS, size=points)
    return x, _values(function, x) + NOISE * generator.normal(size=points)


def _values(function: Polynomial, x: np.ndarray) -> np.ndarray:
    return np.asarray(function(x) / np.std(function(np.linspace(*ENDS, 200))))


def _errors(function: Polynomial, degree: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return root mean squared errors at the points, and against the function between them."""
    found = []
    for seed in range(DRAWS):
        x, y = _points(function, points, np.random.default_rng((seed, function.degree())))
        fitted = Polynomial.fit(x, y, degree)
        between = np.linspace(x.min(), x.max(), 200)
        off = fitted(between) - _values(function, between)
        found.append((np.sqrt(np.mean((fitted(x) - y) ** 2)), np.sqrt(np.mean(off**2))))
    here, new = np.array(found).T
    return here, new


def _spread(errors: np.ndarray) -> str:
    low, middle, high = np.percentile(errors, (25, 50, 75))
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def _picture() -> Figure:
    figure = draw(1, 2)
    for panel, (name, function) in zip(figure.axes, FUNCTIONS.items(), strict=True):
        x, y = _points(function, FEW, np.random.default_rng(3))
        way = np.linspace(x.min(), x.max(), 300)
        panel.plot(way, _values(function, way), color="#808080", linestyle="--", label="function")
        for colour, degree in zip(COLOURS, DEGREES, strict=False):
            panel.plot(
                way, Polynomial.fit(x, y, degree)(way), color=colour, label=f"degree {degree}"
            )
        panel.scatter(x, y, s=12, color="#808080", zorder=3)
        low, high = y.min() - 1, y.max() + 1
        panel.set(title=name, xlabel="x", ylabel="y, in deviations", ylim=(low, high))
    figure.axes[0].legend()
    return figure


LESSON = Lesson(
    name="polynomials",
    lecture="S3",
    title="More parameters fit the points better and the function worse",
    claim=(
        "More parameters (numbers that are fitted) are more knobs: a curve with many of them goes "
        "through the points it was given, noise and all, and is wrong between them."
    ),
    advice="Give a model as many parameters as the task needs, or more data for those it has.",
    run=run,
    holds={
        "best degree, 3x² + 2x + 4": (2, 2),
        "best degree, 2x³ - 4x² + x - 3": (3, 3),
        "10 over best, 3x² + 2x + 4": (1.5, 100),
        "10 over best, 2x³ - 4x² + x - 3": (1.3, 100),
        "degree 10 fits its points best": (1, 1),
    },
    rows=("S3 polynomials", "Reduce params"),
    seconds=3,
)
