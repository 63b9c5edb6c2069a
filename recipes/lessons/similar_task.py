"""Begin with what worked on a similar task: how much it saves, and what a wrong hint costs.

Run it with `dlrecipes lesson similar_task`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import keras_tuner
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import dlrecipes as dlr
from dlrecipes.data import Splits
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, run_study
from dlrecipes.results import Objective, Plan, Stage, StudyResult
from dlrecipes.run.like_run import begin_like
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import discover_space
from dlrecipes.training.engines import Engine, make_engine

TRIALS, EARLIER, EPOCHS = 9, 16, 8
SEEDS, SEEDS_OF_FULL = 4, 40
GOAL = Objective("val_loss", "min")
RATES = "rate of the similar winner by the misleading one's"
AFTER = (1, 3, 6, TRIALS)


def run(*, full: bool = False) -> Measured:
    """Search the digits from nothing, like a similar task, and like a misleading one.

    Args:
        full: With 40 seeds instead of 4.
    """
    data = load_digits()
    images = (data.images / 16).astype("float32")
    halved = images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4))
    x, y = images.reshape(-1, 64), data.target
    first, new = np.arange(0, 900), np.arange(900, 1797)
    lots = np.random.default_rng(0).permutation(y[first])
    tasks = {
        # The similar task: other digits, at half the resolution.
        "similar": dlr.data.from_arrays(halved.reshape(-1, 16)[first], y[first]),
        # It misleads: its labels are drawn by lot, so that the best is not to learn.
        "misleading": dlr.data.from_arrays(halved.reshape(-1, 16)[first], lots),
    }
    seeds = range(SEEDS_OF_FULL if full else SEEDS)
    space = discover_space(build(64))
    plans = {"from nothing": _plan(TRIALS)}
    winners: dict[str, float] = {}
    for name, task in tasks.items():
        found = _search(build(16), task, {name: _plan(EARLIER)}, range(1))[name][0]
        winners[name] = float(str(found.best.values["learning_rate"]))
        with tempfile.TemporaryDirectory() as folder:
            directory = RunDirectory(Path(folder))
            directory.write(found)
            plans[f"like a {name} task"] = begin_like(directory, _plan(TRIALS), space).plan
    splits = dlr.data.from_arrays(x[new], y[new])
    bests = {
        way: np.array([_best_so_far(one) for one in found])
        for way, found in _search(build(64), splits, plans, seeds).items()
    }
    nothing, similar, misled = bests.values()
    figures = {
        "best loss after 3 trials, from nothing": float(nothing[:, 2].mean()),
        "similar by nothing, loss after 3 trials": _ratio(similar, nothing, 3),
        "similar by nothing, loss after 9 trials": _ratio(similar, nothing, TRIALS),
        "misleading by nothing, loss after 3 trials": _ratio(misled, nothing, 3),
        "misleading by nothing, loss after 9 trials": _ratio(misled, nothing, TRIALS),
        "trials from nothing to what similar has after 3": float(_reached(similar, nothing)),
        "share of seeds with a gain after 3 trials": float((similar < nothing)[:, 2].mean()),
        RATES: winners["similar"] / winners["misleading"],
    }
    return Measured(
        columns=(
            "search",
            *(f"best loss after {after}" for after in AFTER),
            f"± seeds, after {TRIALS}",
        ),
        rows=tuple(
            (way, *(float(one[:, after - 1].mean()) for after in AFTER), float(one[:, -1].std()))
            for way, one in bests.items()
        ),
        figures=figures,
        seen=_seen(figures),
        differs=_differs(figures),
        picture=_picture(bests),
    )


def build(inputs: int) -> dlr.search.Build:
    """Return the builder for so many inputs: one network, its training to be tuned."""

    def build(hp: keras_tuner.HyperParameters) -> keras.Model:
        model = dlr.models.build_mlp(
            (inputs,), 10, hidden_units=(64,), dropout_rate=hp.Float("dropout", 0.0, 0.8)
        )
        model.compile(
            keras.optimizers.AdamW(
                hp.Float("learning_rate", 1e-6, 1.0, sampling="log"),
                weight_decay=hp.Float("weight_decay", 1e-5, 10.0, sampling="log"),
            ),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        return model

    return build


def _plan(trials: int) -> Plan:
    return Plan((Stage("all", trials, EPOCHS, "sobol", "none"),))


def _search(
    builder: dlr.search.Build, splits: Splits, plans: dict[str, Plan], seeds: range
) -> dict[str, list[StudyResult]]:
    """Carry out plans once a seed, with one engine: nothing is compiled twice."""
    engine: Engine = make_engine("population", splits.development(), GOAL, "float32")
    return {
        way: [
            run_study(builder, splits, plan, objective=GOAL.name, seed=seed, engine=engine)
            for seed in seeds
        ]
        for way, plan in plans.items()
    }


def _best_so_far(study: StudyResult) -> np.ndarray:
    scores = [np.inf if trial.score is None else trial.score for trial in study.trials]
    return np.minimum.accumulate(scores)


def _ratio(one: np.ndarray, other: np.ndarray, after: int) -> float:
    return float(one[:, after - 1].mean() / other[:, after - 1].mean())


def _reached(similar: np.ndarray, nothing: np.ndarray) -> int:
    """Return after how many trials the mean from nothing is as low; one more if it never is."""
    low = np.flatnonzero(nothing.mean(axis=0) <= similar[:, 2].mean())
    return int(low[0]) + 1 if len(low) else nothing.shape[1] + 1


def _seen(figures: dict[str, float]) -> str:
    trials = int(figures["trials from nothing to what similar has after 3"])
    reached = f"takes {trials}" if trials <= TRIALS else f"has not got there after {TRIALS}"
    return (
        "After three trials, a search that begins like one on smaller pictures of other digits has "
        f"{figures['similar by nothing, loss after 3 trials']:.2f} times the loss of one from "
        f"nothing, which {reached}; after {TRIALS} trials "
        f"{figures['similar by nothing, loss after 9 trials']:.2f} times."
    )


def _differs(figures: dict[str, float]) -> str:
    return (
        "The lecture does not say what a wrong hint costs. The misleading run had labels drawn "
        "by lot, where it is best not to learn: its learning rate is "
        f"{1 / figures[RATES]:.1g} times that of "
        "the similar one. Beginning like it gives "
        f"{figures['misleading by nothing, loss after 3 trials']:.2f} times the loss after three "
        f"trials and {figures['misleading by nothing, loss after 9 trials']:.2f} times after "
        f"{TRIALS}, since a third of the trials stays free and a third follows the best so far."
    )


def _picture(bests: dict[str, np.ndarray]) -> Figure:
    figure = draw(1, 1)
    axes = figure.axes[0]
    trials = np.arange(1, TRIALS + 1)
    for (way, one), colour in zip(bests.items(), COLOURS, strict=False):
        mean, error = one.mean(axis=0), one.std(axis=0) / np.sqrt(len(one))
        axes.plot(trials, mean, "o-", color=colour, label=way)
        axes.fill_between(trials, mean - error, mean + error, color=colour, alpha=0.25)
    axes.set(xlabel="trials", ylabel="best validation loss so far", yscale="log")
    axes.legend(fontsize=8)
    return figure


LESSON = Lesson(
    name="similar_task",
    lecture="S1",
    title="A search that begins like one on a similar task",
    claim=(
        "Begin with what worked on the task most like this one: its network, its procedure and its "
        "hyperparameters."
    ),
    advice=(
        "Give an earlier run on similar data by `--like RUN`, or values by `--try`; look at what "
        "the report says of their score here."
    ),
    run=run,
    holds={},
    rows=("Start from similar task",),
    seconds=20,
    full_minutes=2,
)
