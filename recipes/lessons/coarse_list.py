"""A list of eight rates, and the finer search beside the best of them.

Run it with `dlrecipes lesson coarse_list`.
"""

from __future__ import annotations

from typing import cast

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import dlrecipes as dlr
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, run_study
from dlrecipes.results import StudyResult

LIST = [0.1, 0.05, 0.03, 0.01, 0.003, 0.001, 0.0005, 0.0001]
EPOCHS, FINE, AGAIN = 3, 12, 6


def run(*, full: bool = False) -> Measured:
    """Search a list, then the range around its best value, and train both winners again.

    Args:
        full: Ten searches instead of two.
    """
    data = load_digits()
    splits = dlr.data.from_arrays(data.data / 16, data.target)
    plan = dlr.Plan(
        (
            dlr.Stage("coarse", len(LIST), EPOCHS, sampler="sobol", pruner="none"),
            dlr.Stage("fine", FINE, EPOCHS, sampler="sobol", pruner="none", narrow=True),
        )
    )
    studies = [run_study(_build, splits, plan, seed=seed) for seed in range(10 if full else 2)]
    winners = [(_best(study, "coarse"), _best(study, "fine")) for study in studies]
    losses = _train_again(splits, sorted({rate for pair in winners for rate in pair}))
    gains = np.array([losses[coarse] - losses[fine] for coarse, fine in winners])
    gain, noise = gains.mean(1), gains.std(1) / np.sqrt(AGAIN)
    coarse_loss = np.mean([losses[coarse].mean() for coarse, _ in winners])
    tried = [
        {float(one.values["learning_rate"] or 0.0) for one in study.trials if one.stage == "coarse"}
        for study in studies
    ]
    figures = {
        "rates tried first": float(min(map(len, tried))),
        "lowest end of a fine range by the best of its list": float(
            min(_ends(study)[0] / _best(study, "coarse") for study in studies)
        ),
        "gain of the finer search": float(gain.mean()),
        "its standard error": float(noise.mean()),
        "loss of the best of the list": float(coarse_loss),
        "median of the finer by their best": float(np.mean([_flatness(one) for one in studies])),
    }
    rows: list[tuple[str | float | None, ...]] = [
        (
            at,
            coarse,
            "{:g} to {:g}".format(*_ends(study)),
            fine,
            *(float(losses[rate].mean()) for rate in (coarse, fine)),
            float(gain[at]),
            float(noise[at]),
        )
        for at, (study, (coarse, fine)) in enumerate(zip(studies, winners, strict=True))
    ]
    means = (float(coarse_loss), float(coarse_loss - gain.mean()), float(gain.mean()))
    clear = figures["gain of the finer search"] > 2 * figures["its standard error"]
    return Measured(
        columns=(
            "search",
            "best rate of the list",
            "range searched then",
            "best rate found there",
            "loss, best of the list",
            "loss, best of the finer",
            "gain of the finer",
            "its standard error",
        ),
        rows=(*rows, ("mean", None, None, None, *means, float(noise.mean()))),
        figures=figures,
        seen=(
            f"All eight rates are tried; then {FINE} between the neighbours of the best one, at "
            f"equal ratios. Trained again {AGAIN} times each, the best of the lists have a mean "
            f"validation loss (on examples kept out; small is good) of {coarse_loss:.3f} and the "
            f"finer winners one of {means[1]:.3f}: a gain of {means[2]:+.3f} with a standard "
            f"error, by which such a mean is usually off, of {figures['its standard error']:.3f}. "
            "In the finer search itself the middle one of the losses lies "
            f"{figures['median of the finer by their best'] - 1:.0%} above the lowest."
        ),
        differs=""
        if clear
        else "here the finer search gains nothing beyond the noise of a training: the list with "
        "two or three rates in each power of ten was as good.",
        picture=_picture(studies, winners),
    )


def _build(hp: dlr.search.HyperParameters) -> keras.Model:
    return _network(cast(float, hp.Choice("learning_rate", LIST)))


def _network(rate: float) -> keras.Model:
    model = keras.Sequential([keras.Input((64,)), layers.Dense(32, "relu"), layers.Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    return model


def _train_again(splits: dlr.data.Splits, rates: list[float]) -> dict[float, np.ndarray]:
    """Return the losses of each rate with other first weights and orders, `(trainings,)`."""

    def build(hp: dlr.search.HyperParameters) -> keras.Model:
        return _network(cast(float, hp.Choice("learning_rate", rates, ordered=False)))

    stages = [
        dlr.Stage(f"again-{at}", len(rates), EPOCHS, sampler="random", pruner="none")
        for at in range(AGAIN)
    ]
    trials = run_study(build, splits, dlr.Plan(tuple(stages))).trials
    return {
        rate: np.array([one.score for one in trials if one.values["learning_rate"] == rate])
        for rate in rates
    }


def _best(study: StudyResult, stage: str) -> float:
    trials = [one for one in study.trials if one.stage == stage and one.score is not None]
    return float(min(trials, key=lambda one: one.score or 0.0).values["learning_rate"] or 0.0)


def _flatness(study: StudyResult) -> float:
    """Return the median loss of the finer trials by the least."""
    scores = [one.score for one in study.trials if one.stage == "fine" and one.score is not None]
    return float(np.median(scores) / min(scores))


def _ends(study: StudyResult) -> tuple[float, float]:
    return study.stages[-1].ranges["learning_rate"]


def _picture(studies: list[StudyResult], winners: list[tuple[float, float]]) -> Figure:
    figure = draw(1, 1, size=(5.5, 3.4))
    (panel,) = figure.axes
    study = studies[0]
    for stage, colour, label in (
        ("coarse", COLOURS[0], "the list"),
        ("fine", COLOURS[1], "between the neighbours"),
    ):
        trials = [one for one in study.trials if one.stage == stage]
        rates = [float(one.values["learning_rate"] or 0.0) for one in trials]
        scores = [one.score or 0.0 for one in trials]
        panel.plot(rates, scores, "o", color=colour, label=label)
    panel.axvspan(*_ends(study), color=COLOURS[1], alpha=0.15)
    panel.axvline(winners[0][1], color=COLOURS[1], linestyle=":")
    panel.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="validation loss")
    panel.legend()
    return figure


LESSON = Lesson(
    name="coarse_list",
    lecture="S2",
    title="A few rates far apart, then many beside the best",
    claim=(
        "Start with a coarse search, such as the eight learning rates (by which each step is "
        "multiplied) 0.1, 0.05, 0.03, 0.01, 0.003, 0.001, 0.0005, 0.0001, and search finer around "
        "the good values."
    ),
    advice=(
        "Begin with a list of values far apart, as `hp.Choice`. A finer search "
        "(`dlr.CoarseToFine` adds it) is for trials that are left over: believe its gain only "
        "after both winners were trained again from other seeds."
    ),
    run=run,
    holds={
        "rates tried first": (8, 8),
        "lowest end of a fine range by the best of its list": (0.15, 0.7),
        "gain of the finer search": (-0.04, 0.06),
        "loss of the best of the list": (0.06, 0.25),
        "median of the finer by their best": (1.0, 2.0),
    },
    rows=("S2's coarse list",),
    seconds=20,
    full_minutes=3,
)
