"""The winner, trained again with other seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dlrecipes.results import Hyperparameter, Plan, Stage, TrialRecord
from dlrecipes.search.backends import Store
from dlrecipes.search.trial_source import StudyContext, TrialSource
from dlrecipes.training.engines import Engine
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome


def refit_stage(plan: Plan, best: TrialRecord) -> Stage:
    """Return the stage that trains the winner again; its name says whose refits these are.

    Args:
        plan: Number of refits and their epochs.
        best: The winner.
    """
    epochs = plan.refit_epochs or max(stage.epochs for stage in plan.stages)
    name = f"refit-{best.stage}-{best.number}"
    return Stage(name, plan.refit_seeds, epochs, sampler="random", pruner="none")


def refit(
    stage: Stage,
    best: TrialRecord,
    space: tuple[Hyperparameter, ...],
    engine: Engine,
    store: Store,
    context: StudyContext,
    keep: Callable[[Job, Outcome], None],
) -> tuple[TrialRecord, ...]:
    """Train the winner's values with as many seeds as the stage has trials.

    Args:
        stage: From `refit_stage`.
        best: The winner.
        space: The builder's search space.
        engine: Trains.
        store: Where the study of the refits lives.
        context: What all stages share; refits have no deadline.
        keep: Called with job and outcome, weights included, before a refit counts as finished.
    """
    backend = store.study(stage, _wide_enough(space, best), context.objective, context.seed)
    backend.enqueue([best.values] * stage.trials)
    context.listener.on_stage(stage.name, stage.trials, len(backend.records))
    source = TrialSource(
        backend, stage, context, keep_weights=True, share_seed=False, on_outcome=keep
    )
    try:
        engine.run(source)
    finally:
        backend.flush()
    return backend.records


def _wide_enough(
    space: tuple[Hyperparameter, ...], best: TrialRecord
) -> tuple[Hyperparameter, ...]:
    """Widening may have left the builder's ranges: stretch them so that the winner fits."""
    stretched = []
    for one in space:
        value = best.values.get(one.name)
        if one.numeric and isinstance(value, int | float):
            one = replace(one, low=min(one.low, value), high=max(one.high, value))
        stretched.append(one)
    return tuple(stretched)
