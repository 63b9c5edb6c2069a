"""An everyday builder, searched once by one method: what a fresh process does for `everyday.py`.

Each function searches, and then does what its user does next. The clock starts with the data in
memory, the libraries imported and TensorFlow's runtime started.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import optuna
import tensorflow as tf

import dlrecipes as dlr
from dlrecipes.results import Objective, Plan, Stage, TrialRecord
from dlrecipes.search import CoarseToFine, Listener, suggest
from measuring.everyday_builders import EVERYDAY, Everyday, Parts, make_parts
from measuring.figures import slope
from measuring.memory_growth import resident_mb

BATCH_SIZE = 32
_COMPLETED = "COMPLETED"
_LEAST_SIZES = 3
"""Trials without which nothing is said of how memory grows."""
_STEPS = (1, 8, 32)


def run_keras_tuner(
    *, builder: str, trials: int, epochs: int, seed: int, steps_per_execution: int = 1
) -> dict[str, Any]:
    """Search at random with KerasTuner, train the best again, evaluate it on the test part, save.

    Args:
        builder: Name of a member of `EVERYDAY`.
        trials: Trials.
        epochs: Epochs of each, and of the last training.
        seed: Seed of proposals and weights.
        steps_per_execution: Batches that `fit` runs without returning to Python.

    Returns:
        Seconds of the `search` and of the `whole` run, finished `trials`, trained `epochs`, how
        trials `ended`, the `best` validation score, the score on the `test` part, and by how many
        MB the process grew with each trial, `mb_per_trial`.
    """
    everyday, parts = _begin(builder, seed)
    sizes = _Sizes()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()

        def build(hp: keras_tuner.HyperParameters) -> keras.Model:
            return _with_steps(everyday.build(hp), steps_per_execution)

        tuner = keras_tuner.RandomSearch(
            build,
            objective=everyday.objective,
            max_trials=trials,
            seed=seed,
            directory=folder,
            overwrite=True,
        )
        tuner.search(
            *parts.train,
            validation_data=parts.validation,
            batch_size=BATCH_SIZE,
            epochs=epochs,
            callbacks=[sizes],
            verbose=0,
        )
        search = time.perf_counter() - start
        (best,) = tuner.get_best_hyperparameters(1)
        test = _finish(build(best), everyday, parts, epochs, Path(folder))
        whole = time.perf_counter() - start
        (winner,) = tuner.oracle.get_best_trials(1)
    ended = Counter(trial.status for trial in tuner.oracle.trials.values())
    return {
        "search": search,
        "whole": whole,
        "trials": ended[_COMPLETED],
        "epochs": sizes.epochs,
        "ended": dict(ended),
        "best": float(winner.score),
        "test": test,
        "mb_per_trial": _growth(sizes.megabytes),
    }


def run_optuna(
    *, builder: str, trials: int, epochs: int, seed: int, steps_per_execution: int = 1
) -> dict[str, Any]:
    """Search with Optuna's TPE and `fit`, train the best again, evaluate it on the test part, save.

    Args:
        builder: Name of a member of `EVERYDAY`.
        trials: Trials.
        epochs: Epochs of each, and of the last training.
        seed: Seed of proposals and weights.
        steps_per_execution: Batches that `fit` runs without returning to Python.

    Returns:
        What `run_keras_tuner` returns.
    """
    everyday, parts = _begin(builder, seed)
    sizes = _Sizes()
    start = time.perf_counter()
    study = _search_with_optuna(everyday, parts, trials, epochs, seed, steps_per_execution, sizes)
    search = time.perf_counter() - start
    hp = keras_tuner.HyperParameters()
    hp.values = dict(study.best_trial.user_attrs["values"])
    model = _with_steps(everyday.build(hp), steps_per_execution)
    with tempfile.TemporaryDirectory() as folder:
        test = _finish(model, everyday, parts, epochs, Path(folder))
    whole = time.perf_counter() - start
    return {
        "search": search,
        "whole": whole,
        "trials": sum(trial.state.is_finished() for trial in study.trials),
        "epochs": sizes.epochs,
        "ended": dict(Counter(trial.state.name for trial in study.trials)),
        "best": study.best_value,
        "test": test,
        "mb_per_trial": _growth(sizes.megabytes),
    }


def find_best_steps(*, builder: str, trials: int, epochs: int, repeats: int) -> dict[str, Any]:
    """Find the `steps_per_execution` with which Optuna's trials are fastest.

    Args:
        builder: Name of a member of `EVERYDAY`.
        trials: Trials of each measurement, the same for all.
        epochs: Epochs of each.
        repeats: Measurements of each number of steps; the fastest counts.

    Returns:
        `steps`, and `seconds` of each number of steps that was tried.
    """
    everyday, parts = _begin(builder, 0)
    whole = -(-len(parts.train[1]) // BATCH_SIZE)
    candidates = sorted({*(steps for steps in _STEPS if steps < whole), whole})
    seconds = dict.fromkeys(candidates, float("inf"))
    for _ in range(repeats):
        for steps in candidates:
            start = time.perf_counter()
            _search_with_optuna(everyday, parts, trials, epochs, 0, steps, _Sizes())
            seconds[steps] = min(seconds[steps], time.perf_counter() - start)
    return {"steps": min(candidates, key=seconds.__getitem__), "seconds": seconds}


def run_dlrecipes(
    *,
    builder: str,
    trials: int,
    epochs: int,
    seed: int,
    engine: str = "auto",
    one_stage: bool = False,
) -> dict[str, Any]:
    """Carry a whole run of dlrecipes out: audit, baselines, search, refits, test, exports, report.

    Args:
        builder: Name of a member of `EVERYDAY`.
        trials: Trials of the plan.
        epochs: Epochs of a full trial, and of the refits.
        seed: Seed of the study.
        engine: The engine.
        one_stage: Whether all trials are drawn at random and have all epochs, the work of the
            peers; if not, the plan is `CoarseToFine`, as in a call without one.

    Returns:
        What `run_keras_tuner` returns; `seconds` of each phase, `first_trial` from the start of the
        run to the end of its first trial, and how many trials each of the `engines` trained.
    """
    everyday, parts = _begin(builder, seed)
    plan = CoarseToFine(trials, epochs, batch_size=BATCH_SIZE)
    if one_stage:
        stage = Stage("search", trials, epochs, sampler="random", pruner="none")
        plan = Plan((stage,), batch_size=BATCH_SIZE)
    heard = _Heard()
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        splits = dlr.data.from_arrays(*parts.train, validation=parts.validation, test=parts.test)
        settings = dlr.RunSettings(out=Path(folder) / "run", engine=engine, seed=seed)
        run = dlr.tune(everyday.build, splits, everyday.objective, plan, settings, listener=heard)
        run.finish()
        end = time.monotonic()
        result = run.result
    seconds = heard.seconds(end)
    records = heard.records
    best = max if result.direction == "max" else min
    return {
        "search": seconds["search"],
        "whole": end - start,
        "trials": len(records),
        "epochs": sum(record.epochs for record in records),
        "ended": dict(Counter(record.status for record in records)),
        "best": best(record.score for record in records if record.score is not None),
        "test": None if result.test is None else result.test.mean,
        "mb_per_trial": _growth(heard.megabytes),
        "seconds": seconds,
        "first_trial": heard.first_trial - start,
        "engines": dict(Counter(record.engine for record in records)),
    }


# ---- what they share


def _begin(builder: str, seed: int) -> tuple[Everyday, Parts]:
    """Return a builder with its data, with TensorFlow's runtime started and seeds set."""
    (everyday,) = (one for one in EVERYDAY if one.name == builder)
    tf.linalg.matmul(tf.ones((8, 8)), tf.ones((8, 8))).numpy()
    keras.utils.set_random_seed(seed)
    return everyday, make_parts(everyday)


def _with_steps(model: keras.Model, steps: int) -> keras.Model:
    model.steps_per_execution = steps
    return model


def _search_with_optuna(  # noqa: PLR0913  (what a search consists of)
    everyday: Everyday,
    parts: Parts,
    trials: int,
    epochs: int,
    seed: int,
    steps: int,
    sizes: _Sizes,
) -> optuna.Study:
    goal = Objective.parse(everyday.objective)
    best = max if goal.direction == "max" else min

    def objective(trial: optuna.Trial) -> float:
        # As Optuna's own Keras examples do, or memory grows with every trial.
        keras.backend.clear_session()
        model = _with_steps(suggest(trial, everyday.build), steps)
        history = model.fit(
            *parts.train,
            validation_data=parts.validation,
            batch_size=BATCH_SIZE,
            epochs=epochs,
            callbacks=[sizes],
            verbose=0,
        )
        return float(best(history.history[goal.name]))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    direction = "maximize" if goal.direction == "max" else "minimize"
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), direction=direction)
    study.optimize(objective, n_trials=trials)
    return study


def _finish(
    model: keras.Model, everyday: Everyday, parts: Parts, epochs: int, folder: Path
) -> dict[str, float]:
    """Train the best network, evaluate it on the test part and save it."""
    model.fit(
        *parts.train,
        validation_data=parts.validation,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        verbose=0,
    )
    scores = model.evaluate(*parts.test, batch_size=BATCH_SIZE, return_dict=True, verbose=0)
    model.save(folder / "best.keras")
    return {name: float(score) for name, score in scores.items()}


def _growth(megabytes: list[float]) -> float | None:
    return slope(megabytes) if len(megabytes) >= _LEAST_SIZES else None


class _Sizes(keras.callbacks.Callback):
    """Counts epochs, and notes the process's memory at the end of each training."""

    def __init__(self) -> None:
        super().__init__()
        self.megabytes: list[float] = []
        self.epochs = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epochs += 1

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self.megabytes.append(resident_mb())

    def __deepcopy__(self, memo: dict[int, object]) -> _Sizes:
        """Return the same one: KerasTuner copies callbacks for each trial."""
        return self


class _Heard(Listener):
    """Notes phases, the trials of the search and the process's memory after each."""

    def __init__(self) -> None:
        self.records: list[TrialRecord] = []
        self.megabytes: list[float] = []
        self.first_trial = float("nan")

    def on_trial(self, record: TrialRecord) -> None:
        if self.phases[-1][0] != "search":  # a refit
            return
        if not self.records:
            self.first_trial = time.monotonic()
        self.records.append(record)
        self.megabytes.append(resident_mb())

    def seconds(self, end: float) -> dict[str, float]:
        """Return the seconds of each phase, the last of which ended at `end`."""
        names = [name for name, _ in self.phases]
        began = [at for _, at in self.phases]
        phases = zip(names, began, [*began[1:], end], strict=True)
        return {name: until - since for name, since, until in phases}
