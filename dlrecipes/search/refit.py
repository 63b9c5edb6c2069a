"""The winner, trained again with other seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import keras
import numpy as np

from dlrecipes.data import Example
from dlrecipes.results import Hyperparameter, Plan, Stage, StudyResult, TrialRecord
from dlrecipes.search.backends import Build, GivenHyperParameters, Store, run_builder
from dlrecipes.search.trial_source import StudyContext, TrialSource
from dlrecipes.training.engines import Engine
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.restore import restore


def refit_stage(plan: Plan, best: TrialRecord, given: int = 0) -> Stage:
    """Return the stage that trains the winner again; its name says whose refits these are.

    More epochs only help the objective, whose best epoch is kept, but a gap may grow with them.
    So a winner by a penalty is trained for as many epochs as its trial was, unless the plan says
    how many.

    Args:
        plan: Number of refits and their epochs.
        best: The winner.
        given: How often the run was given more time: its refits may have been cut short before.
    """
    longest = max(stage.epochs for stage in plan.stages)
    epochs = plan.refit_epochs or (longest if best.gap is None else best.epochs)
    name = f"refit-{best.stage}-{best.number}" + f"-again-{given}" * bool(given)
    return Stage(name, plan.refit_seeds, epochs, sampler="random", pruner="none")


def refit(
    stage: Stage,
    trials: Sequence[TrialRecord],
    space: tuple[Hyperparameter, ...],
    engine: Engine,
    store: Store,
    context: StudyContext,
    keep: Callable[[TrialRecord, Outcome], None],
) -> tuple[TrialRecord, ...]:
    """Train the values of finished trials again, each with a seed of its own.

    Args:
        stage: From `refit_stage`, or another without sampler and pruner.
        trials: Whose values are trained, one for each trial of the stage; the winner again and
            again for its refits.
        space: The builder's search space.
        engine: Trains.
        store: Where the study of the refits lives.
        context: What all stages share; refits have no deadline, but may have an end.
        keep: Called with record and outcome, weights included, before a refit counts as finished.
    """
    backend = store.study(stage, _wide_enough(space, trials), context.objective, context.seed)
    backend.enqueue([trial.values for trial in trials])
    context.listener.on_stage(stage.name, stage.trials, len(backend.records))
    source = TrialSource(
        backend, stage, context, keep_weights=True, share_seed=False, on_outcome=keep
    )
    try:
        engine.run(source)
    finally:
        backend.flush()
    return backend.records


def refitted_before(
    stage: Stage, study: StudyResult, store: Store, context: StudyContext
) -> tuple[TrialRecord, ...]:
    """Return the refits that an earlier process of the run has finished.

    Args:
        stage: From `refit_stage`.
        study: The search.
        store: Where the study of the refits lives.
        context: What all stages share.
    """
    if not store.has(stage.name):
        return ()
    return store.study(stage, study.space, context.objective, context.seed).records


def restore_trial(
    trial: TrialRecord,
    weights: Sequence[np.ndarray],
    build: Build,
    example: Example,
    *,
    policy: str,
) -> keras.Model:
    """Return the network of a finished trial, from the weights that were kept of it.

    Args:
        trial: Its record.
        weights: In the order of `model.get_weights()`.
        build: The builder that it was trained with.
        example: A preprocessed example, `(1, …)`.
        policy: The dtype policy that was set when it was trained.

    Raises:
        BuilderError: If the builder makes another network now.
    """
    given = GivenHyperParameters(dict(trial.values))
    return restore(
        lambda: run_builder(build, given), weights, example, seed=trial.seed, policy=policy
    )


def _wide_enough(
    space: tuple[Hyperparameter, ...], trials: Sequence[TrialRecord]
) -> tuple[Hyperparameter, ...]:
    """Widening may have left the builder's ranges: stretch them so that the trials fit."""
    stretched = []
    for hyperparameter in space:
        values = [
            trial.values.get(hyperparameter.name)
            for trial in trials
            if hyperparameter.active(trial.values)
        ]
        numbers = [value for value in values if isinstance(value, int | float)]
        if hyperparameter.numeric and numbers:
            hyperparameter = replace(
                hyperparameter,
                low=min(hyperparameter.low, *numbers),
                high=max(hyperparameter.high, *numbers),
            )
        stretched.append(hyperparameter)
    return tuple(stretched)
