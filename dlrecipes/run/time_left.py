"""The time budget of a run: what its minutes are for, and what its end will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from dlrecipes.results import (
    Finding,
    Objective,
    Plan,
    RunInfo,
    RunSettings,
    StudyResult,
)
from dlrecipes.results.time_plan import ENSEMBLE, MORE_REFITS, REFITS
from dlrecipes.run.baselines import seconds_more
from dlrecipes.run.engines import RecordedChoices
from dlrecipes.run.keep_trials import keeps_trials
from dlrecipes.run.prepare import Prepared, Work
from dlrecipes.run.refits import Refits
from dlrecipes.search import (
    Ending,
    Listener,
    Store,
    StudyContext,
    TimeBudget,
    refit_stage,
    refitted_before,
)
from dlrecipes.training.engines import count_workers

_FIXED, _NETWORK = 2.0, 1.4
"""What the end of a run takes, by what a network took to be saved, loaded and compared: diagnosis,
exports, test set and report, and each refit."""


def time_budget(
    work: Work, prepared: Prepared, goal: Objective, chosen: RecordedChoices, listener: Listener
) -> TimeBudget | None:
    """Return what decides how many trials fit into a run's minutes; None where its plan does.

    Args:
        work: What the run works on.
        prepared: What was learned before anything was written.
        goal: What the study optimises.
        chosen: Writes each decision down.
        listener: Hears of each.
    """
    if work.time_plan is None:
        return None
    once, asked = prepared.ending_seconds, work.settings.ensemble
    may_decide = keeps_trials(work.settings, work.time_plan)
    scored = work.splits.validation if not prepared.folds else work.splits.train
    return TimeBudget(
        work.time_plan,
        ending=Ending(_FIXED * once, _NETWORK * once),
        objective=goal,
        examples=len(scored),
        members=asked if asked > 1 else 0 if may_decide else None,
        began=work.began,
        before=work.before,
        cores=count_workers(),
        on_size=chosen.take_time_plan,
        on_note=listener.on_note,
    )


def baseline_seconds(settings: RunSettings, budget: TimeBudget | None) -> float:
    """Return what the baselines may take together.

    Args:
        settings: What was asked for.
        budget: The time; None where the plan decides.
    """
    asked = settings.baseline_seconds
    return asked if budget is None else budget.baseline_seconds(asked)


def expect_test_set(work: Work, budget: TimeBudget | None, seconds: float) -> None:
    """Keep time for the baselines' predictions on the test part, which are not made by a graph.

    Nearest neighbours take long for many rows, and as long for each of them there as on the
    validation part.

    Args:
        work: What the run works on.
        budget: The time; None where the plan decides.
        seconds: What the baselines have taken, validation part included.
    """
    if budget is not None and not work.settings.sealed:
        budget.expect(seconds * len(work.splits.test) / max(1, len(work.splits.validation)))


def search_deadline(settings: RunSettings, budget: TimeBudget | None) -> float | None:
    """Return the `time.monotonic()` at which a search ends whose plan is its own.

    Args:
        settings: What was asked for.
        budget: The time; None where the plan decides.
    """
    if budget is not None or settings.minutes is None:
        return None
    return time.monotonic() + 60 * settings.minutes


def more_for_baselines(study: StudyResult, budget: TimeBudget | None) -> float:
    """Return the seconds that baselines may still take when all networks are trained.

    Args:
        study: The search.
        budget: The time; None where the plan decides.
    """
    usual = seconds_more(sum(trial.seconds for trial in study.trials))
    return usual if budget is None else budget.seconds_more(usual)


def with_refits(
    info: RunInfo,
    context: StudyContext,
    study: StudyResult,
    store: Store,
    budget: TimeBudget | None,
) -> tuple[RunInfo, StudyContext]:
    """Return what the refits begin with: their number, epochs and end, where time decides.

    Args:
        info: What the run was started with.
        context: What its trainings share.
        study: The search.
        store: Where the study of the refits lives.
        budget: The time; None where the plan decides.
    """
    if budget is None:
        return info, context
    if not info.plan.trials:  # the search was ended early: what follows has the time it takes
        return replace(info, plan=_refits_of_an_ended_search(info, study, budget)), context
    plan = budget.refits(info.plan, study.trials, study.best)
    done = refitted_before(refit_stage(plan, study.best, info.given), study, store, context)
    budget.resume(REFITS, done)
    return replace(info, plan=plan), replace(context, ends=budget.ends(REFITS))


def _refits_of_an_ended_search(info: RunInfo, study: StudyResult, budget: TimeBudget) -> Plan:
    """Return the plan as carried out, with refits as they were decided, or as long as planned."""
    plan = budget.time_plan.carried_out(info.plan)
    begun = None if info.time_plan is None else info.time_plan.size(REFITS)
    if begun is not None:
        return replace(plan, refit_epochs=begun.epochs)
    if study.best.gap is not None or plan.refit_epochs is not None:
        return plan
    return replace(plan, refit_epochs=max(stage.epochs for stage in info.plan.stages))


def with_more_refits(
    info: RunInfo,
    context: StudyContext,
    refitted: Refits,
    budget: TimeBudget | None,
) -> tuple[RunInfo, StudyContext]:
    """Return what further refits begin with, where time is left for some; else the same.

    Args:
        info: What the first refits began with.
        context: What they shared.
        refitted: Those.
        budget: The time; None where the plan decides.
    """
    if budget is None or refitted.findings:  # more of the same network are none
        return info, context
    plan = budget.more_refits(info.plan, refitted.records, refitted.seconds)
    if plan == info.plan:
        return info, context
    budget.resume(MORE_REFITS, refitted.records[info.plan.refit_seeds :])
    return replace(info, plan=plan), replace(context, ends=budget.ends(MORE_REFITS))


def with_members(
    info: RunInfo, context: StudyContext, budget: TimeBudget | None
) -> tuple[RunInfo, StudyContext]:
    """Return what an ensemble begins with: its members at most and its end, where time decides.

    Args:
        info: What the refits began with.
        context: What they shared.
        budget: The time; None where the plan decides.
    """
    # Of a search that was ended early, no time is divided any more.
    if budget is None or budget.time_plan.size(REFITS) is None:
        return info, context
    members = budget.ensemble(info.plan.refit_seeds)
    settings = replace(info.settings, ensemble=members)
    return replace(info, settings=settings), replace(context, ends=budget.ends(ENSEMBLE))


def cut_refits(
    info: RunInfo,
    refitted: Refits,
    budget: TimeBudget | None,
    on_finding: Callable[[Finding], None],
) -> tuple[Finding, ...]:
    """Return that refits were cut short by the time, if they were.

    Args:
        info: What they began with.
        refitted: The refits.
        budget: The time; None where the plan decides.
        on_finding: Hears of it.
    """
    found = () if budget is None else budget.cut_refits(info.plan, refitted.records)
    for finding in found:
        on_finding(finding)
    return found
