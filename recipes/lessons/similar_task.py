"""Begin with what worked on a similar task: how much it saves, and what a wrong hint costs.

Run it with `dlrecipes lesson similar_task`.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
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

TRIALS, EARLIER, EPOCHS = 9, 12, 8
SEEDS, SEEDS_OF_FULL = 4, 40
GOAL = Objective("val_loss", "min")
TOO_SMALL, CAUGHT_UP = 300, 1.2
AFTER = (1, 3, 6, TRIALS)


def run(*, full: bool = False) -> Measured:
    """Search the digits from nothing, like a similar run, and with a misleading hint.

    Args:
        full: With 40 seeds instead of 4.
    """
    data = load_digits()
    images = (data.images / 16).astype("float32")
    halved = images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4))
    x, y = images.reshape(-1, 64), data.target
    first, new = np.arange(0, 900), np.arange(900, 1797)
    # The similar task: other digits, at half the resolution.
    earlier = dlr.data.from_arrays(halved.reshape(-1, 16)[first], y[first])
    seeds = range(SEEDS_OF_FULL if full else SEEDS)
    space = discover_space(build(64))
    found = _search(build(16), earlier, {"earlier": _plan(EARLIER)}, range(1))["earlier"][0]
    with tempfile.TemporaryDirectory() as folder:
        directory = RunDirectory(Path(folder))
        directory.write(found)
        similar_plan = begin_like(directory, _plan(TRIALS), space).plan
    plans = {
        "from nothing": _plan(TRIALS),
        "like a similar run": similar_plan,
        "with a misleading hint": _misled(similar_plan),
    }
    splits = dlr.data.from_arrays(x[new], y[new])
    bests = {
        way: np.array([_best_so_far(one) for one in found])
        for way, found in _search(build(64), splits, plans, seeds).items()
    }
    nothing, similar, misled = bests.values()
    figures = {
        "best loss after 3 trials, from nothing": float(np.median(nothing[:, 2])),
        "similar by nothing, loss after 3 trials": _ratio(similar, nothing, 3),
        "similar by nothing, loss after 9 trials": _ratio(similar, nothing, TRIALS),
        "misleading by nothing, loss after 3 trials": _ratio(misled, nothing, 3),
        "misleading by nothing, loss after 9 trials": _ratio(misled, nothing, TRIALS),
        "trials from nothing to what similar has after 3": float(_reached(similar, nothing)),
        "share of seeds with a gain after 3 trials": float((similar < nothing)[:, 2].mean()),
    }
    return Measured(
        columns=(
            "search",
            *(f"best loss after {after}" for after in AFTER),
            f"lowest seed after {TRIALS}",
            "highest seed",
            f"trials to {np.median(similar[:, 2]):.3g}",
        ),
        rows=tuple(
            (
                way,
                *(float(np.median(one[:, after - 1])) for after in AFTER),
                float(one[:, -1].min()),
                float(one[:, -1].max()),
                _reached(similar, one) if _reached(similar, one) <= TRIALS else "not reached",
            )
            for way, one in bests.items()
        ),
        figures=figures,
        seen=f"All losses are the middle ones of {len(seeds)} seeds. {_seen(figures)}",
        differs=_differs(figures, bests),
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


def _misled(plan: Plan) -> Plan:
    """Return a plan with a prior of the learning rate that is far too small, and as sure."""
    stage = plan.stages[0]
    rate = stage.priors["learning_rate"]
    wrong = replace(rate, value=float(str(rate.value)) / TOO_SMALL)
    priors = {**stage.priors, "learning_rate": wrong}
    return replace(plan, stages=(replace(stage, priors=priors),))


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
    return float(np.median(one[:, after - 1]) / np.median(other[:, after - 1]))


def _reached(similar: np.ndarray, nothing: np.ndarray) -> int:
    """Return after how many trials the median from nothing is as low; one more if it never is."""
    low = np.flatnonzero(np.median(nothing, axis=0) <= np.median(similar[:, 2]))
    return int(low[0]) + 1 if len(low) else nothing.shape[1] + 1


def _seen(figures: dict[str, float]) -> str:
    trials = int(figures["trials from nothing to what similar has after 3"])
    reached = f"takes {trials}" if trials <= TRIALS else f"has not got there after {TRIALS}"
    return (
        "After three trials, a search that begins like one on smaller pictures of other digits has "
        f"{figures['similar by nothing, loss after 3 trials']:.2f} times the loss of one from "
        f"nothing, which {reached} to be as low; after {TRIALS} trials "
        f"{figures['similar by nothing, loss after 9 trials']:.2f} times: what a hint saves is "
        "trials, and not the last bit of loss. Where a number stays the same, more trials found "
        "nothing better."
    )


def _differs(figures: dict[str, float], bests: dict[str, np.ndarray]) -> str:
    soon, late = (
        figures[f"misleading by nothing, loss after {after} trials"] for after in (3, TRIALS)
    )
    ends = {way: one[:, -1] for way, one in bests.items()}
    apart = max(one.min() for one in ends.values()) > min(one.max() for one in ends.values())
    end = "it is still in the way" if late > CAUGHT_UP else "it is no longer in the way"
    cost = "something" if soon > CAUGHT_UP else "nothing"
    return (
        "The lecture does not say what a wrong hint costs. A hint that is the same but for a rate "
        f"{TOO_SMALL} times too small gives {soon:.2f} times the loss of a search from nothing "
        f"after three trials, {late:.2f} times after {TRIALS}: it cost {cost} here. The search "
        "follows a hint in one trial of three only, and the hints of the other hyperparameters "
        f"were right. After {TRIALS} trials {end}"
        + ("." if apart else ", and the ranges of all three searches overlap: no difference.")
    )


def _picture(bests: dict[str, np.ndarray]) -> Figure:
    figure = draw(1, 1)
    axes = figure.axes[0]
    trials = np.arange(1, TRIALS + 1)
    for (way, one), colour in zip(bests.items(), COLOURS, strict=False):
        low, middle, high = np.quantile(one, (0.25, 0.5, 0.75), axis=0)
        axes.plot(trials, middle, "o-", color=colour, label=way)
        axes.fill_between(trials, low, high, color=colour, alpha=0.25)
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
    holds={
        "similar by nothing, loss after 3 trials": (0, 0.6),
        "similar by nothing, loss after 9 trials": (0.2, 2),
        "misleading by nothing, loss after 9 trials": (0.3, 20),
        "trials from nothing to what similar has after 3": (4, 10),
    },
    rows=("Start from similar task",),
    seconds=25,
    full_minutes=2,
)
