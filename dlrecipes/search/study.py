"""The search: stage after stage, each in a study of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from dlrecipes.errors import RunError
from dlrecipes.results import (
    Finding,
    Hyperparameter,
    Plan,
    Stage,
    StageResult,
    StudyResult,
    TrialCounts,
    TrialRecord,
)
from dlrecipes.search.backends import Store, clip_to_space, importances
from dlrecipes.search.edges import find_edges, outer_part
from dlrecipes.search.ranges import narrow, ranges_of, rank, replace_ranges
from dlrecipes.search.trial_source import DeadlinePassed, StudyContext, TrialSource
from dlrecipes.training.engines import Engine

Space = tuple[Hyperparameter, ...]
_WIDENINGS = 2
_CARRIED_OVER = 3


def search(
    plan: Plan, space: Space, engine: Engine, store: Store, context: StudyContext
) -> StudyResult:
    """Carry out the stages of a plan and return what they found.

    Everything is read back from the storage first: a finished stage is not run again, and one
    that was cut off goes on with the proposals an unbroken one would have made. Widening takes
    its trials from the stages that follow, so that a plan never costs more than it says.

    Args:
        plan: The stages.
        space: The builder's search space.
        engine: Trains the trials.
        store: Where the studies live.
        context: Builder, objective, seed, listener, deadline.

    Raises:
        RunError: If no trial ended with a score.
    """
    stages: list[StageResult] = []
    trials: list[TrialRecord] = []
    findings: list[Finding] = []
    current = space

    def carry_out(stage: Stage, ranges: Space, carried: Sequence[TrialRecord] = ()) -> None:
        records = run_stage(stage, ranges, engine, store, context, carried)
        trials.extend(records)
        if records:
            stages.append(_summary(stage.name, ranges, records, context))

    for stage in plan.stages:
        # ---- ranges: narrowed around the best so far, or as the stage says
        if stage.narrow and trials:
            current = narrow(current, trials, context.objective)
        current = replace_ranges(current, stage.ranges)
        # ---- the stage, starting from the best trials of those before
        budget = max(0, min(stage.trials, plan.trials - len(trials)))
        carry_out(replace(stage, trials=budget), current, carried=trials if stage.narrow else ())
        # ---- a best value at an edge: widen the range and search the part that is new
        for attempt in range(1, _WIDENINGS + 1):
            if not stage.widen or not trials:
                break
            edges = find_edges(current, trials, plan.limits, stage.name, context.objective)
            for one in edges:
                findings.append(one.finding)
                context.listener.on_finding(one.finding)
            name = f"{stage.name}-widened-{attempt}"
            extra = min(stage.trials // 4, (plan.trials - len(trials)) // 3)
            if not any(one.after for one in edges) or not (extra > 0 or store.has(name)):
                break
            part = outer_part(current, edges)
            carry_out(replace(stage, name=name, trials=extra, pruner="none"), part)
            wider = {one.after.name: one.after for one in edges if one.after}
            current = tuple(wider.get(one.name, one) for one in current)

    ranked = rank(trials, context.objective)
    if not ranked:
        raise RunError(
            "At least one trial must end with a score.",
            received=_reasons(trials),
            fix="Give more time, lower the learning rate's range, or mend the builder.",
        )
    broadest = max(stages, key=lambda one: sum(vars(one.trials).values())).name
    return StudyResult(
        objective=context.objective,
        space=space,
        stages=tuple(stages),
        trials=tuple(trials),
        best=ranked[0],
        importances=importances(
            [one for one in trials if one.stage == broadest], space, context.objective
        ),
        findings=tuple(findings),
    )


def run_stage(
    stage: Stage,
    ranges: Space,
    engine: Engine,
    store: Store,
    context: StudyContext,
    carried: Sequence[TrialRecord] = (),
    carry: int = _CARRIED_OVER,
) -> tuple[TrialRecord, ...]:
    """Carry out one stage, or what is left of it, and return its finished trials.

    Args:
        stage: Name, sampler, pruner, trials, epochs.
        ranges: Its search space.
        engine: Trains the trials.
        store: Where its study lives.
        context: What all stages share.
        carried: Trials of earlier stages; the best few are tried again, with this stage's
            epochs and inside its ranges.
        carry: How many of them at most.
    """
    if stage.trials == 0 and not store.has(stage.name):
        return ()
    backend = store.study(stage, ranges, context.objective, context.seed)
    # Starting from the best, the stage cannot end worse than where it began.
    best = rank(carried, context.objective)[: min(carry, stage.trials)]
    backend.enqueue([clip_to_space(ranges, one.values) for one in best])
    context.listener.on_stage(stage.name, stage.trials, len(backend.records))
    # At the deadline what is finished stays; the trial under way can be resumed.
    with suppress(DeadlinePassed):
        engine.run(TrialSource(backend, stage, context))
    return backend.records


def _summary(
    name: str, ranges: Space, records: Sequence[TrialRecord], context: StudyContext
) -> StageResult:
    ranked = rank(records, context.objective)
    best = ranked[0] if ranked else None
    counts = Counter[str](record.status for record in records)
    return StageResult(
        name=name,
        trials=TrialCounts(**counts),
        seconds=sum(record.seconds for record in records),
        ranges=ranges_of(ranges),
        best={}
        if best is None
        else {
            "number": best.number,
            "score": best.score or 0.0,
            "epoch": best.best_epoch or 0,
        },
        values=best.values if best else {},
        epochs=sum(record.epochs for record in records),
    )


def _reasons(trials: Sequence[TrialRecord]) -> str:
    if not trials:
        return "no finished trial"
    counts = Counter(record.status for record in trials)
    errors = [record.error for record in trials if record.error]
    summary = ", ".join(f"{number} {status}" for status, number in counts.items())
    return f"{summary}; the last error: {errors[-1]}" if errors else summary
