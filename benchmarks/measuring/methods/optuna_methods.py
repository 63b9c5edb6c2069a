"""Plain Optuna objectives that call `fit`, with a journal on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import keras
import optuna
from optuna.storages.journal import JournalFileBackend

from dlrecipes.search import suggest
from measuring.choices import Budget
from measuring.score_over_time import ScoreCallback, ScoreOverTime, TimeUp
from measuring.tasks import Task

Train = Callable[[optuna.Trial], float]
_TOP_FRACTION = 0.2


class _Prune(keras.callbacks.Callback):
    """Reports each epoch and ends a trial that the study gives up."""

    def __init__(self, trial: optuna.Trial) -> None:
        super().__init__()
        self._trial = trial

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._trial.report(float((logs or {})["val_accuracy"]), epoch + 1)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def tpe(task: Task, budget: Budget, folder: Path, scores: ScoreOverTime) -> dict[str, object]:
    """Search with TPE, each trial in full; `steps_per_execution` as the budget says."""
    study = _study(folder, "tpe", optuna.samplers.TPESampler(seed=budget.seed))
    _optimize(study, _objective(task, budget, scores, budget.epochs), budget.trials)
    return _describe([study], scores)


def tpe_hyperband(
    task: Task, budget: Budget, folder: Path, scores: ScoreOverTime
) -> dict[str, object]:
    """Search with TPE and the Hyperband pruner."""
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=budget.epochs)
    study = _study(folder, "hyperband", optuna.samplers.TPESampler(seed=budget.seed), pruner)
    _optimize(study, _objective(task, budget, scores, budget.epochs, prune=True), budget.trials)
    return _describe([study], scores)


def one_epoch_then_top(
    task: Task, budget: Budget, folder: Path, scores: ScoreOverTime
) -> dict[str, object]:
    """Train random trials for one epoch each, then the best fifth of them in full.

    Both kinds count as trials; see Egele et al. 2023, arXiv:2307.15422.
    """
    trials = budget.trials or 0
    screen = _study(folder, "screen", optuna.samplers.RandomSampler(seed=budget.seed))
    _optimize(screen, _objective(task, budget, scores, 1), trials)
    top = _study(folder, "top", optuna.samplers.RandomSampler(seed=budget.seed))
    ranked = sorted(screen.trials, key=lambda trial: trial.value or 0.0, reverse=True)
    chosen = ranked[: max(1, round(_TOP_FRACTION * trials))]
    for trial in chosen:
        top.enqueue_trial(trial.params)
    _optimize(top, _objective(task, budget, scores, budget.epochs), len(chosen))
    return _describe([screen, top], scores)


def _study(
    folder: Path,
    name: str,
    sampler: optuna.samplers.BaseSampler,
    pruner: optuna.pruners.BasePruner | None = None,
) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    return optuna.create_study(
        storage=storage,
        study_name=name,
        sampler=sampler,
        pruner=pruner or optuna.pruners.NopPruner(),
        direction="maximize",
    )


def _objective(
    task: Task, budget: Budget, scores: ScoreOverTime, epochs: int, *, prune: bool = False
) -> Train:
    train, validation = task.development.train, task.development.validation

    def objective(trial: optuna.Trial) -> float:
        # As Optuna's own Keras examples do, or memory grows with every trial.
        keras.backend.clear_session()
        model = suggest(trial, task.build)
        model.steps_per_execution = budget.steps_per_execution
        history = model.fit(
            train.x,
            train.y,
            batch_size=task.batch_size,
            epochs=epochs,
            validation_data=(validation.x, validation.y),
            callbacks=[ScoreCallback(scores), *([_Prune(trial)] if prune else [])],
            verbose=0,
        )
        return float(max(history.history["val_accuracy"]))

    return objective


def _optimize(study: optuna.Study, objective: Train, trials: int | None) -> None:
    with suppress(TimeUp):
        study.optimize(objective, n_trials=trials)


def _describe(studies: list[optuna.Study], scores: ScoreOverTime) -> dict[str, object]:
    states = [trial.state for study in studies for trial in study.get_trials(deepcopy=False)]
    return {
        "trials": sum(state.is_finished() for state in states),
        "epochs": scores.epochs,
        "ended": dict(Counter(state.name for state in states)),
    }
