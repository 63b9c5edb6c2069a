"""What simpler searches reach at the same cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import comb

from dlrecipes.results import (
    Comparison,
    Hyperparameter,
    Objective,
    Plan,
    Stage,
    StudyResult,
    TrialRecord,
)
from dlrecipes.search.backends import Store
from dlrecipes.search.first_trials import left_to_try
from dlrecipes.search.ranges import rank
from dlrecipes.search.study import run_stage
from dlrecipes.search.trial_source import StudyContext
from dlrecipes.training.engines import Engine

RANDOM = "random search"
ONE_EPOCH = "one epoch, then the top k"


def estimate_comparisons(study: StudyResult, plan: Plan) -> tuple[Comparison, ...]:
    """Estimate two simpler searches from the curves that were recorded.

    The first stage's trials are an even sample of the ranges. Random search with the same
    epochs could afford so many full trials: its score is the expected best of so many drawn
    from that sample. 'One epoch, then the top k' (Egele et al. 2023, arXiv:2307.15422) ranks
    the sample by the first epoch and trains the best few in full. Scores are those the sampled
    trials reached, with the epochs they were given, so both are lower bounds. With a declared
    penalty they choose by the penalised score, too; what is returned is the objective itself and
    the gap of what they choose.

    Values found by hand, and a stage with priors, are no even sample: of them nothing is estimated.

    Args:
        study: The search.
        plan: Its plan.
    """
    stage = plan.stages[0]
    if stage.priors:  # what was drawn around them is no even sample
        return ()
    sample = [
        trial
        for trial in study.trials
        if trial.stage == stage.name and len(left_to_try(stage.first, [trial])) == len(stage.first)
    ]
    # Diverged trials count, at chance level: those searches would have drawn such, too.
    ranked = rank(sample, study.objective, diverged=True)
    if not ranked:
        return ()
    budget = sum(record.epochs for record in study.trials)
    full = max(stage.epochs for stage in plan.stages)
    drawn, gap = _expected_best(ranked, max(1, budget // full))
    random = Comparison(RANDOM, drawn, budget, measured=False, gap=gap)
    first = sorted(ranked, key=lambda trial: _first_epoch(trial, study.objective))
    top = first[: max(1, (budget - len(sample)) // full)]
    best = rank(top, study.objective, diverged=True)[0]
    score = best.plain_score or 0.0
    return random, Comparison(ONE_EPOCH, score, budget, measured=False, gap=best.gap)


def run_comparisons(
    study: StudyResult, plan: Plan, engine: Engine, store: Store, context: StudyContext
) -> tuple[Comparison, ...]:
    """Run both simpler searches for real, at the cost in epochs of the study.

    They are not cut short: a deadline is the search's, and half of them is no comparison.

    Args:
        study: The search.
        plan: Its plan.
        engine: Trains.
        store: Where the studies of the comparisons live.
        context: What all stages share.
    """
    context = replace(context, deadline=None, budget=None)
    budget = sum(record.epochs for record in study.trials)
    full = max(stage.epochs for stage in plan.stages)
    space: tuple[Hyperparameter, ...] = study.space
    # ---- random search: full trials until the epochs are spent
    stage = Stage("compare-random", max(1, budget // full), full, "random", "none")
    random = run_stage(stage, space, engine, store, context)
    # ---- one epoch for each of as many points as the first stage had, then the top k in full
    points = min(max(2, plan.stages[0].trials), max(2, budget // 2))
    screen = run_stage(
        Stage("compare-one-epoch", points, 1, "sobol", "none"), space, engine, store, context
    )
    top = min(max(1, (budget - points) // full), len(rank(screen, context.objective)))
    stage = Stage("compare-top-k", top, full, "random", "none")
    chosen = run_stage(stage, space, engine, store, context, screen, carry=stage.trials)
    return tuple(
        Comparison(
            name,
            ranked[0].plain_score or 0.0,
            sum(record.epochs for record in records),
            measured=True,
            gap=ranked[0].gap,
        )
        for name, records in ((RANDOM, random), (ONE_EPOCH, (*screen, *chosen)))
        if (ranked := rank(records, context.objective))
    )


def _expected_best(ranked: Sequence[TrialRecord], draws: int) -> tuple[float, float | None]:
    """Return mean score and mean gap of the best of `draws` trials without replacement.

    Args:
        ranked: The trials, best first; those without a gap do not count in its mean.
        draws: How many are drawn.
    """
    draws = min(draws, len(ranked))
    total = comb(len(ranked), draws)
    chances = [comb(len(ranked) - at - 1, draws - 1) / total for at in range(len(ranked))]
    shared = list(zip(ranked, chances, strict=True))
    score = sum((trial.plain_score or 0.0) * chance for trial, chance in shared)
    gaps = [(trial.gap, chance) for trial, chance in shared if trial.gap is not None]
    known = sum(chance for _, chance in gaps)
    return score, sum(gap * chance for gap, chance in gaps) / known if known else None


def _first_epoch(record: TrialRecord, objective: Objective) -> float:
    curve = record.history.get(objective.name, [])
    value = curve[0] if curve and curve[0] is not None else objective.worst
    return -value if objective.direction == "max" else value
