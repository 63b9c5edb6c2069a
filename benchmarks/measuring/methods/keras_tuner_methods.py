"""KerasTuner's searches."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path

import keras_tuner

from measuring.choices import Budget
from measuring.score_over_time import ScoreCallback, ScoreOverTime, TimeUp
from measuring.tasks import Task

_ENDLESS = 1000
_COMPLETED = "COMPLETED"


def random_search(
    task: Task, budget: Budget, folder: Path, scores: ScoreOverTime
) -> dict[str, object]:
    """Search at random."""
    tuner = keras_tuner.RandomSearch(
        task.build,
        objective="val_accuracy",
        max_trials=budget.trials or _ENDLESS,
        seed=budget.seed,
        directory=folder,
        overwrite=True,
    )
    return _search(tuner, task, scores, epochs=budget.epochs)


def hyperband(task: Task, budget: Budget, folder: Path, scores: ScoreOverTime) -> dict[str, object]:
    """Search with Hyperband, iteration after iteration until the budget is spent."""
    tuner = keras_tuner.Hyperband(
        task.build,
        objective="val_accuracy",
        max_epochs=budget.epochs,
        hyperband_iterations=_ENDLESS,
        seed=budget.seed,
        directory=folder,
        overwrite=True,
    )
    tuner.oracle.max_trials = budget.trials
    return _search(tuner, task, scores)


def _search(
    tuner: keras_tuner.Tuner, task: Task, scores: ScoreOverTime, **epochs: int
) -> dict[str, object]:
    train, validation = task.development.train, task.development.validation
    with suppress(TimeUp):
        tuner.search(
            train.x,
            train.y,
            validation_data=(validation.x, validation.y),
            batch_size=task.batch_size,
            callbacks=[ScoreCallback(scores)],
            verbose=0,
            **epochs,
        )
    ended = Counter(trial.status for trial in tuner.oracle.trials.values())
    return {"trials": ended[_COMPLETED], "epochs": scores.epochs, "ended": dict(ended)}
