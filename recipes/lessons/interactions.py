"""How much two hyperparameters decide together: rate, batch size, momentum and dropout.

Run it with `dlrecipes lesson interactions`.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import dlrecipes as dlr
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, run_study
from dlrecipes.results import StudyResult, TrialRecord

BATCHES = (16, 256)
TRIALS, EPOCHS, BEST = 128, 2, 0.1


def run(*, full: bool = False) -> Measured:
    """Train digits with values from all over the ranges, and share out the variance of the scores.

    Args:
        full: Six studies with other seeds instead of one.
    """
    data = load_digits()
    splits = dlr.data.from_arrays(data.data / 16, data.target)
    stage = dlr.Stage("all", TRIALS, EPOCHS, sampler="sobol", pruner="none")
    studies = [
        run_study(_build, splits, dlr.Plan((stage,)), objective="val_accuracy", seed=seed)
        for seed in range(6 if full else 1)
    ]
    found = [study.interactions for study in studies if study.interactions is not None]
    alone = {name: _of(one.alone[name] for one in found) for name in found[0].alone}
    shares = [{pair.names: pair.share for pair in one.pairs} for one in found]
    pairs = {names: _of(one[names] for one in shares) for names in shares[0]}
    good = {batch: _good_rates(studies, batch) for batch in BATCHES}
    best = {batch: float(np.exp(np.mean(np.log(rates)))) for batch, rates in good.items()}
    together = ("learning_rate", "batch_size")
    figures = {
        "rate × batch size": pairs[together][0],
        "rate alone": alone["learning_rate"][0],
        "all pairs": sum(share for share, _ in pairs.values()),
        "R² of the forest": float(np.mean([one.predicted for one in found])),
        "good rate at 256 by that at 16": best[BATCHES[1]] / best[BATCHES[0]],
    }
    shared = [*alone.items(), *((" × ".join(names), share) for names, share in pairs.items())]
    repeated = len(found) > 1
    columns = (
        "hyperparameter",
        "share of the scores' variance",
        *(("± studies",) if repeated else ()),
        "rate of the best tenth, middle",
        "lowest to highest",
    )
    rows: list[tuple[str | float | None, ...]] = [
        (name, *(share if repeated else share[:1]), None, None) for name, share in shared
    ]
    for batch, rates in good.items():
        ends = f"{min(rates):.2g} to {max(rates):.2g}"
        rows.append((f"batches of {batch}", *[None] * (len(columns) - 3), best[batch], ends))
    return Measured(
        columns=columns,
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"After {EPOCHS} epochs (times through the training part) the rate alone explains "
            f"{alone['learning_rate'][0]:.0%} of the variance of the scores, of how much they "
            "differ; that the best rate is another one for other batches explains another "
            f"{pairs[together][0]:.0%}. The middle rate of the best tenth of the trials is "
            f"{best[BATCHES[0]]:.2g} with batches of {BATCHES[0]} and {best[BATCHES[1]]:.2g} with "
            f"batches of {BATCHES[1]}, and their ranges "
            f"{'overlap' if max(good[BATCHES[0]]) > min(good[BATCHES[1]]) else 'lie apart'}. All "
            f"pairs: {figures['all pairs']:.0%}."
            + ("" if repeated else " This is one study: by how much others differ `--full` tells.")
        ),
        differs=(
            f"in proportion, a batch {BATCHES[1] // BATCHES[0]} times as large would bear a rate "
            f"{BATCHES[1] // BATCHES[0]} times as large; the middle of the best tenth is "
            f"{figures['good rate at 256 by that at 16']:.0f} times as large. These trials differ "
            "in momentum and dropout, too."
        ),
        picture=_picture(studies[0], alone, pairs),
    )


def _build(hp: dlr.search.HyperParameters) -> keras.Model:
    rate = hp.Float("learning_rate", 3e-3, 3.0, sampling="log")
    momentum = hp.Float("momentum", 0.01, 0.99, sampling="reverse_log")
    hp.Choice("batch_size", list(BATCHES))
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(32, "relu"),
            dlr.layers.InvertedDropout(hp.Float("dropout", 0.0, 0.5)),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate, momentum=momentum), loss, metrics=["accuracy"])
    return model


def _of(values: object) -> tuple[float, float]:
    found = np.fromiter(values, float)  # type: ignore[call-overload]
    return float(found.mean()), float(found.std())


def _good_rates(studies: Sequence[StudyResult], batch: int) -> list[float]:
    """Return the rates of a batch size's best tenth."""
    rates: list[float] = []
    for study in studies:
        trials = [one for one in study.trials if one.values["batch_size"] == batch]
        ranked = sorted(trials, key=lambda one: -(one.score or 0.0))
        rates += [_number(one, "learning_rate") for one in ranked[: int(BEST * len(ranked))]]
    return rates


def _number(trial: TrialRecord, name: str) -> float:
    return float(trial.values[name] or 0.0)


def _picture(
    study: StudyResult,
    alone: dict[str, tuple[float, float]],
    pairs: dict[tuple[str, str], tuple[float, float]],
) -> Figure:
    figure = draw(1, 2, size=(4.4, 3.2))
    points, bars = figure.axes
    for batch, colour in zip(BATCHES, COLOURS, strict=False):
        trials = [one for one in study.trials if one.values["batch_size"] == batch]
        rates = [_number(one, "learning_rate") for one in trials]
        scores = [one.score or 0.0 for one in trials]
        points.plot(rates, scores, "o", ms=4, color=colour, label=f"batches of {batch}")
    points.set(xscale="log", xlabel="learning rate", ylabel="validation accuracy")
    points.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    largest = list(pairs.items())[:3]
    names = [*alone, *(" × ".join(one) for one, _ in largest)]
    shares = [*(share for share, _ in alone.values()), *(share for _, (share, _) in largest)]
    colours = [COLOURS[7]] * len(alone) + [COLOURS[1]] * len(largest)
    bars.barh([one.replace("learning_rate", "rate") for one in names], shares, color=colours)
    bars.invert_yaxis()
    bars.set(xlabel="share of the scores' variance", title="alone, and two together")
    return figure


LESSON = Lesson(
    name="interactions",
    lecture="S2",
    title="The best rate depends on the batch size",
    claim=(
        "Hyperparameters, the numbers chosen before a training, are interdependent: the best value "
        "of one depends on the others. So the learning rate, by which each step is multiplied, and "
        "the batch size, the examples that a step looks at, should grow together."
    ),
    advice=(
        "Search hyperparameters together, not one after another; the report shows which two act "
        "together."
    ),
    run=run,
    holds={
        "rate × batch size": (0.3, 0.8),
        "rate alone": (0.05, 0.5),
        "all pairs": (0.4, 0.9),
        "R² of the forest": (0.7, 1.0),
        "good rate at 256 by that at 16": (4, 60),
    },
    rows=("Interdependence", "S2 interdependence"),
    seconds=20,
    full_minutes=3,
)
