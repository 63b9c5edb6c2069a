"""Random search against a grid at equal budgets, where few hyperparameters matter.

Run it with `dlrecipes lesson random_against_grid`.
"""

from __future__ import annotations

from functools import partial
from math import comb

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from scipy import stats
from sklearn.datasets import load_digits

import dlrecipes as dlr
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, run_study
from dlrecipes.results import StudyResult

OTHERS = {
    "SGD": {"momentum": (0.01, 0.99), "weight_decay": (1e-6, 1e-2), "dropout": (0.0, 0.5)},
    "Adam": {"beta_1": (0.5, 0.99), "beta_2": (0.9, 0.999), "dropout": (0.0, 0.5)},
}
RATES = {"SGD": (1e-4, 10.0), "Adam": (1e-5, 1.0)}
MIRRORED = ("momentum", "beta_1", "beta_2")
"""Searched on a logarithmic scale of 1 less the value."""

VALUES, DIMENSIONS, EPOCHS = (2, 3), 4, 2
FEW, MANY = (values**DIMENSIONS for values in VALUES)


def run(*, full: bool = False) -> Measured:
    """Search digits by grids of 16 and 81 trials and at random, with several ranges of the rate.

    Args:
        full: Twenty ranges and SGD beside Adam, instead of four for Adam.
    """
    data = load_digits()
    splits = dlr.data.from_arrays(data.data / 16, data.target)
    repeats = 20 if full else 4
    rules = tuple(OTHERS) if full else ("Adam",)
    studies, best, rows = {}, {}, []
    figures: dict[str, float] = {}
    for rule in rules:
        plan = dlr.Plan(_stages(rule, repeats))
        study = run_study(partial(_build, rule), splits, plan, objective="val_accuracy")
        studies[rule] = study
        grid, random = best[rule] = _best(study, repeats)
        figures |= {
            f"{rule}: random - grid, {FEW} trials": float((random - grid)[:, 0].mean()),
            f"{rule}: random - grid, {MANY} trials": float((random - grid)[:, 1].mean()),
            f"{rule}: worst random - worst grid, {FEW} trials": float(
                random[:, 0].min() - grid[:, 0].min()
            ),
            f"{rule}: share of the rate alone": _share(study),
        }
        rows += [
            (
                rule,
                values**DIMENSIONS,
                values,
                *_of(grid[:, at]),
                *_of(random[:, at]),
                "{:+.3f} ({:+.3f} to {:+.3f})".format(*_interval((random - grid)[:, at])),
                f"{np.sum(random[:, at] > grid[:, at])} of {repeats}",
                float(grid[:, at].min()),
                float(random[:, at].min()),
            )
            for at, values in enumerate(VALUES)
        ]
    return Measured(
        columns=(
            "rule",
            "trials",
            "values of each in the grid",
            "grid, best accuracy",
            "± ranges",
            "random, best accuracy",
            "± ranges",
            "random less grid, 95 %",
            "random better in",
            "grid, worst range",
            "random, worst range",
        ),
        rows=tuple(rows),
        figures=figures,
        seen=" ".join(_seen(rule, figures, *best[rule]) for rule in rules)
        + f" A range is an interval of learning rates, moved a little {repeats} times. Of each "
        f"hyperparameter the grids try {VALUES[0]} or {VALUES[1]} values, random search as many as "
        f"there are trials; its numbers for {FEW} are means over all ways to take {FEW} of {MANY}, "
        "so that they scatter less than single searches.",
        differs=_differs(best),
        picture=_picture(studies, best),
    )


def _seen(rule: str, figures: dict[str, float], grid: np.ndarray, random: np.ndarray) -> str:
    gains = random - grid
    return (
        f"{rule}, where the rate alone explains {figures[f'{rule}: share of the rate alone']:.0%} "
        f"of how random trials differ: best accuracy {random[:, 0].mean():.3f} at random against "
        f"{grid[:, 0].mean():.3f} by the grid with {FEW} trials, {random[:, 1].mean():.3f} against "
        f"{grid[:, 1].mean():.3f} with {MANY}. Over the ranges random search {_told(gains[:, 0])} "
        f"with {FEW} trials and {_told(gains[:, 1])} with {MANY}. In its worst range it finds "
        f"{random[:, 0].min():.3f} with {FEW} trials, the grid {grid[:, 0].min():.3f}."
    )


def _differs(best: dict[str, tuple[np.ndarray, np.ndarray]]) -> str:
    even = [
        f"{rule} with {trials} trials"
        for rule, (grid, random) in best.items()
        for at, trials in enumerate((FEW, MANY))
        if _interval((random - grid)[:, at])[1] <= 0
    ]
    if not even:
        return ""
    return (
        f"for {' and '.join(even)} that random search does better is not shown: the difference is "
        "within the scatter of the ranges. A grid does well where one of its few values happens to "
        "lie among the good rates."
    )


def _interval(gains: np.ndarray) -> tuple[float, float, float]:
    """Return the mean over the ranges and its 95 % interval (Student's)."""
    half = float(stats.t.ppf(0.975, len(gains) - 1) * stats.sem(gains))
    return float(gains.mean()), float(gains.mean()) - half, float(gains.mean()) + half


def _told(gains: np.ndarray) -> str:
    _, low, high = _interval(gains)
    if low > 0:
        return "is clearly better"
    return "is clearly worse" if high < 0 else "cannot be told from the grid"


def _best(study: StudyResult, repeats: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the best scores by a grid and at random, `(repetitions, budgets)` each."""
    grid = [
        [max(_scores(study, f"grid-{values}-{at}")) for values in VALUES] for at in range(repeats)
    ]
    random = [
        [_expected_best(_scores(study, f"random-{at}"), budget) for budget in (FEW, MANY)]
        for at in range(repeats)
    ]
    return np.array(grid), np.array(random)


def _share(study: StudyResult) -> float:
    return 0.0 if study.interactions is None else study.interactions.alone["learning_rate"]


def _of(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std())


def _stages(rule: str, repeats: int) -> tuple[dlr.Stage, ...]:
    """Return the stages, with the rate's range moved step by step.

    Nobody knows where the best rate lies between the values of a grid: the steps go once from one
    of its two values to the other. They lie in the middle of equal parts of each range, which is
    kinder than from end to end: with two values a grid would try the ends alone.
    """
    stages = []
    for at in range(repeats):
        low, high = RATES[rule]
        factor = (high / low) ** (((at + 0.5) / repeats - 0.5) / VALUES[0])
        whole = {"learning_rate": (factor * low, factor * high), **OTHERS[rule]}
        for values in VALUES:
            middle = {name: _middles(name, *ends, values) for name, ends in whole.items()}
            stages.append(_stage(f"grid-{values}-{at}", "grid", values, middle))
        stages.append(_stage(f"random-{at}", "random", VALUES[-1], whole))
    # Of most trials the interactions are told: that stage comes first.
    return tuple(sorted(stages, key=lambda stage: stage.name, reverse=True))


def _stage(
    name: str, sampler: str, values: int, ranges: dict[str, tuple[float, float]]
) -> dlr.Stage:
    trials = values**DIMENSIONS
    return dlr.Stage(name, trials, EPOCHS, sampler=sampler, pruner="none", ranges=ranges)


def _middles(name: str, low: float, high: float, values: int) -> tuple[float, float]:
    """Return the middles of the first and the last of equal parts, on the range's own scale."""
    part = 0.5 / values
    if name == "dropout":
        return low + part * (high - low), high - part * (high - low)
    if name in MIRRORED:
        first, last = _middles("", 1 - high, 1 - low, values)
        return 1 - last, 1 - first
    return low * (high / low) ** part, high / (high / low) ** part


def _build(rule: str, hp: dlr.search.HyperParameters) -> keras.Model:
    rate = hp.Float("learning_rate", *RATES[rule], sampling="log")
    rest = {
        name: hp.Float(name, *ends, sampling="reverse_log" if name in MIRRORED else "log")
        for name, ends in OTHERS[rule].items()
        if name != "dropout"
    }
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(32, "relu"),
            dlr.layers.InvertedDropout(hp.Float("dropout", *OTHERS[rule]["dropout"])),
            layers.Dense(10),
        ]
    )
    optimizer = getattr(keras.optimizers, rule)(rate, **rest)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def _scores(study: StudyResult, stage: str) -> list[float]:
    return [one.score or 0.0 for one in study.trials if one.stage == stage]


def _expected_best(scores: list[float], draws: int) -> float:
    """Return the mean of the best of so many trials, over all ways to draw them."""
    ranked = sorted(scores, reverse=True)
    ways = [comb(len(ranked) - at - 1, draws - 1) for at in range(len(ranked))]
    return float(np.dot(ranked, [way / comb(len(ranked), draws) for way in ways]))


def _picture(
    studies: dict[str, StudyResult], best: dict[str, tuple[np.ndarray, np.ndarray]]
) -> Figure:
    figure = draw(len(studies), 2, size=(4.2, 2.9))
    middle = len(best[next(iter(best))][0]) // 2
    for rule, points, ends in zip(studies, figure.axes[::2], figure.axes[1::2], strict=True):
        for stage, colour, label in (
            (f"random-{middle}", COLOURS[0], "random"),
            (f"grid-{VALUES[-1]}-{middle}", COLOURS[1], "grid"),
        ):
            trials = [one for one in studies[rule].trials if one.stage == stage]
            rates = [float(one.values["learning_rate"] or 0.0) for one in trials]
            scores = _scores(studies[rule], stage)
            points.plot(rates, scores, "o", ms=4, color=colour, label=label)
        points.set(xscale="log", xlabel="learning rate", ylabel="validation accuracy")
        points.set(title=f"{rule}: {MANY} trials each")
        points.legend()
        for shift, found, colour in zip((0.1, -0.1), best[rule], COLOURS[1::-1], strict=True):
            places = np.arange(len(VALUES)) + shift
            ends.errorbar(places, found.mean(0), found.std(0), fmt="o", color=colour)
        ends.set(xticks=range(len(VALUES)), xticklabels=[f"{FEW} trials", f"{MANY} trials"])
        ends.set(xlim=(-0.5, 1.5), ylabel="best accuracy", title=f"{rule}: the best of them")
    return figure


LESSON = Lesson(
    name="random_against_grid",
    lecture="S2",
    title="Random search against a grid, at equal numbers of trials",
    claim=(
        "To try values at random does better than a grid, which combines a few values of each "
        "hyperparameter, and well where many trials can be paid (Bergstra and Bengio 2012: because "
        "few hyperparameters matter, and nobody knows which)."
    ),
    advice=(
        "Where trials are few draw values at random rather than on a grid, of whose two values "
        "none may lie near the good ones; with many trials take either."
    ),
    run=run,
    holds={
        "Adam: random - grid, 16 trials": (0.01, 0.2),
        "Adam: random - grid, 81 trials": (-0.01, 0.1),
        "Adam: worst random - worst grid, 16 trials": (0.03, 0.5),
        "Adam: share of the rate alone": (0.8, 1.0),
    },
    rows=("Random search does well given budget", "Range sufficiency"),
    seconds=25,
    full_minutes=5,
)
