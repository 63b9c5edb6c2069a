"""Units and L2: what a change from km/h to m/s does to a penalised weight.

Run it with `dlrecipes lesson units_and_l2`.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.linear_model import Ridge

from dlrecipes.layers import Standardization
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw

KMH = 3.6  # 18 km/h = 5 m/s
PENALTIES = (0.0, 1.0, 10.0, 100.0, 1000.0)
SHOWN = 10.0
EXAMPLES, DRAWS = 60, 5


def run(*, full: bool = False) -> Measured:
    """Fit tomorrow's temperature by today's and the wind, in two units, at several penalties.

    Args:
        full: There is no longer form.
    """
    shares: dict[float, list[tuple[float, float]]] = {penalty: [] for penalty in PENALTIES}
    apart: dict[float, list[tuple[float, float]]] = {penalty: [] for penalty in PENALTIES}
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        x = generator.uniform((-5, 0), (15, 40), size=(EXAMPLES, 2))  # degrees, km/h
        y = x @ (1.0, 2.0) + generator.normal(size=EXAMPLES)
        in_ms = x / (1.0, KMH)
        for penalty in PENALTIES:
            weights, predicted = zip(*(_fit(one, y, penalty) for one in (x, in_ms)), strict=True)
            shares[penalty].append((weights[0][1] / 2, weights[1][1] / (2 * KMH)))
            scaled = [_fit(_standardised(one), y - y.mean(), penalty)[1] for one in (x, in_ms)]
            apart[penalty].append(
                (float(np.abs(predicted[0] - predicted[1]).max()), float(np.ptp(scaled, 0).max()))
            )
    left = {penalty: np.mean(found, axis=0) for penalty, found in shares.items()}
    times = {penalty: KMH * float(one[1] / one[0]) for penalty, one in left.items()}
    off = {penalty: np.max(found, axis=0) for penalty, found in apart.items()}
    rows: list[tuple[str | float, ...]] = [
        (
            f"{penalty:g}",
            *(
                f"{share:.1%} ± {dev:.1%}"
                for share, dev in zip(left[penalty], np.std(found, axis=0), strict=True)
            ),
            times[penalty],
            *(float(one) for one in off[penalty]),
        )
        for penalty, found in shares.items()
    ]
    old = float(np.dot((1, 2), (4, 18))), float(np.dot((1, 2), (4, 18 / KMH)))
    weaker = left[SHOWN][1] < left[SHOWN][0]
    return Measured(
        columns=(
            "penalty",
            "wind's effect left, km/h",
            "wind's effect left, m/s",
            "weight in m/s / in km/h",
            "predictions apart, degrees",
            "apart if z-scored, degrees",
        ),
        rows=tuple(rows),
        figures={
            "old weights, 18 km/h": old[0],
            "old weights, 5 m/s": old[1],
            "new weight / old, without L2": times[0.0],
            "new weight / old, with L2": times[SHOWN],
            "left in km/h": float(left[SHOWN][0]),
            "left in m/s": float(left[SHOWN][1]),
            "z-scored, apart": max(float(one[1]) for one in off.values()),
        },
        seen=(
            f"Without a penalty the weight in m/s is {times[0.0]:.3f} times that in km/h, and the "
            f"predictions are the same. With the penalty {SHOWN:g}, {left[SHOWN][0]:.1%} of the "
            f"wind's true effect are left in km/h and {left[SHOWN][1]:.1%} in m/s: the penalty's "
            f"effect {'grows' if weaker else 'shrinks'}, as a larger weight costs more, and "
            f"predictions differ by up to {off[SHOWN][0]:.3g} degrees. With columns brought to "
            "mean 0 and deviation 1 (z-scored) the unit makes no difference."
        ),
        differs=(
            "the lecture leaves the question open. Its example, tomorrow = 1 x today + 2 x wind, "
            f"gives {old[0]:g} degrees for 4 degrees and 18 km/h; with the same weights and 5 m/s "
            f"it would give {old[1]:g}, so the weight must change with the unit."
        ),
        picture=_picture(),
    )


def _fit(x: np.ndarray, y: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and predictions for the least mean squared error + penalty / 2 w^2."""
    model = Ridge(alpha=len(y) * penalty / 2, fit_intercept=False).fit(x, y)
    return model.coef_, model.predict(x)


def _standardised(x: np.ndarray) -> np.ndarray:
    layer = Standardization()
    layer.adapt(x)
    return np.asarray(layer(x), np.float64)


def _picture() -> Figure:
    penalties = np.logspace(-1, 4, 60)
    figure = draw(1, 1, size=(5.2, 2.9))
    (panel,) = figure.axes
    generator = np.random.default_rng(0)
    x = generator.uniform((-5, 0), (15, 40), size=(EXAMPLES, 2))
    y = x @ (1.0, 2.0) + generator.normal(size=EXAMPLES)
    for colour, unit, factor in zip(COLOURS, ("km/h", "m/s"), (1.0, KMH), strict=False):
        weights = [_fit(x / (1.0, factor), y, one)[0][1] / (2 * factor) for one in penalties]
        panel.plot(penalties, weights, color=colour, label=f"wind in {unit}")
    panel.set(xscale="log", xlabel="penalty", ylabel="share of the wind's effect", ylim=(0, 1.05))
    panel.set_title("what the penalty leaves of a weight")
    panel.legend()
    return figure


LESSON = Lesson(
    name="units_and_l2",
    lecture="S1",
    title="A penalty depends on the units; without one they do not matter",
    claim=(
        "The same wind in m/s has numbers 3.6 times smaller than in km/h. A fit makes up for that "
        "by a weight 3.6 times larger. An L2 penalty adds the squares of the weights, times a "
        "factor, to the error that the fit makes small, so large weights are avoided. Does its "
        "effect on the wind's weight grow or shrink in m/s?"
    ),
    advice=(
        "Bring the features (columns) to mean 0 and deviation 1 before you penalise weights: "
        "`dlr.layers.Standardization`."
    ),
    run=run,
    holds={
        "old weights, 18 km/h": (40, 40),
        "old weights, 5 m/s": (14, 14),
        "new weight / old, without L2": (3.6 - 1e-6, 3.6 + 1e-6),
        "new weight / old, with L2": (2.5, 3.58),
        "left in km/h": (0.9, 1.05),
        "left in m/s": (0.5, 0.98),
        "z-scored, apart": (0, 1e-3),
    },
    rows=("Scale×L2",),
    seconds=2,
)
