"""The search of dlrecipes, as its procedure runs it: from an empty journal to a result."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from dlrecipes.results import Plan, Stage, StudyResult
from dlrecipes.search import (
    CoarseToFine,
    Listener,
    Store,
    StudyContext,
    discover_space,
    search,
)
from measuring.choices import Budget
from measuring.engine_notes import OBJECTIVE, EngineNotes
from measuring.score_over_time import ScoreListener, ScoreOverTime
from measuring.tasks import Task

_CHANCE = 0.1  # ten classes, about equally frequent


def one_stage(task: Task, budget: Budget, folder: Path, scores: ScoreOverTime) -> dict[str, object]:
    """Search at random without pruning: every trial has all epochs, as in the peers."""
    stage = Stage("search", budget.trials or 0, budget.epochs, sampler="random", pruner="none")
    plan = Plan((stage,), batch_size=task.batch_size)
    notes = EngineNotes()
    study = run_search(task, plan, budget, folder, ScoreListener(scores), notes)
    return _describe(study, notes)


def coarse_to_fine(
    task: Task, budget: Budget, folder: Path, scores: ScoreOverTime
) -> dict[str, object]:
    """Search with the library's usual plan."""
    plan = CoarseToFine(
        budget.trials or 0,
        budget.epochs,
        coarse_epochs=budget.coarse_epochs,
        batch_size=task.batch_size,
    )
    notes = EngineNotes()
    study = run_search(task, plan, budget, folder, ScoreListener(scores), notes)
    return _describe(study, notes)


def run_search(
    task: Task,
    plan: Plan,
    budget: Budget,
    folder: Path,
    listener: Listener,
    notes: EngineNotes,
) -> StudyResult:
    """Carry a plan out.

    Args:
        task: Data and builder.
        plan: The stages.
        budget: Seed, engine, deadline.
        folder: Where the journal is written.
        listener: Hears of every epoch and trial.
        notes: Takes what the engine says about itself.
    """
    deadline = None if budget.seconds is None else time.monotonic() + budget.seconds
    engine = notes.make_engine(budget.engine, task.development)
    context = StudyContext(
        build=task.build,
        objective=OBJECTIVE,
        batch_size=plan.batch_size,
        stopping=plan.stopping,
        seed=budget.seed,
        engine=engine.name,
        chance=_CHANCE,
        listener=listener,
        deadline=deadline,
    )
    store = Store.open(folder / "study.journal", "benchmark")
    return search(plan, discover_space(task.build), engine, store, context)


def _describe(study: StudyResult, notes: EngineNotes) -> dict[str, object]:
    return {
        "trials": len(study.trials),
        "epochs": sum(trial.epochs for trial in study.trials),
        "ended": dict(Counter(trial.status for trial in study.trials)),
        "engines": dict(Counter(trial.engine for trial in study.trials)),
        "choices": notes.choices,
        "notes": notes.lines,
    }
