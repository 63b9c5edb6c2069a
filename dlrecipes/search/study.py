"""The search: stage after stage, each in a study of its own."""

from __future__ import annotations

import time
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
    Value,
)
from dlrecipes.search.backends import Store, clip_to_space, importances
from dlrecipes.search.first_trials import (
    check_first_trials,
    check_priors,
    left_to_try,
    with_room,
)
from dlrecipes.search.grid import count_grid, described_grid, lay_grid
from dlrecipes.search.interactions import find_interactions
from dlrecipes.search.ranges import narrow, ranges_of, rank, replace_ranges, with_ranges
from dlrecipes.search.study_findings import (
    Edge,
    check_configurations,
    check_repeated,
    check_time_limit,
    check_unused_time,
    find_edges,
    joined,
    outer_part,
    settled,
)
from dlrecipes.search.trial_source import DeadlinePassed, StudyContext, TrialSource
from dlrecipes.training.engines import Engine

Space = tuple[Hyperparameter, ...]
_WIDENINGS = 2
_CARRIED_OVER = 3
_OVER = "The last stage found it; the search ends there."


def search(
    plan: Plan, space: Space, engine: Engine, store: Store, context: StudyContext
) -> StudyResult:
    """Carry out the stages of a plan and return what they found.

    Everything is read back from the storage first: a finished stage is not run again, and one
    that was cut off goes on: with one trial at a time, as an unbroken one would have. Of trials
    side by side, those that were under way are trained again and may be compared with others.
    Widening takes its trials from the stages that follow, so that a plan never costs more than it
    says. No stage trains a configuration twice: where its ranges hold fewer than its trials, it
    ends early and says so.

    Where the context has a budget of time, the plan is the shape only: the budget says which stages
    there are, and how many trials of how many epochs each has.

    Args:
        plan: The stages.
        space: The builder's search space.
        engine: Trains the trials.
        store: Where the studies live.
        context: Builder, objective, seed, listener, deadline or budget.

    Raises:
        RunError: If no trial ended with a score.
    """
    budget = context.budget
    began, resumed = time.monotonic(), store.has(plan.stages[0].name)
    progress = _Progress(plan, engine, store, context)
    trials, current = progress.trials, space
    waiting: tuple[dict[str, Value], ...] = ()
    for stage in plan.stages if budget is None else budget.stages(plan, space, trials):
        # ---- ranges: narrowed around the best so far, or as the stage says
        if stage.narrow and trials:
            narrowed = narrow(current, trials, context.objective)
            for line in () if store.has(stage.name) else _refined(stage, current, narrowed):
                context.listener.on_note(line)
            current = narrowed
        # ---- what was found by hand, and is still to be tried
        waiting = left_to_try((*waiting, *stage.first), trials)
        current = with_room(replace_ranges(current, stage.ranges), waiting)
        # ---- the stage, starting from the best trials of those before
        carried = tuple(trials) if stage.narrow else ()
        begun = replace(stage, trials=progress.room(stage), first=waiting)
        current = progress.carry_out(begun, current, carried)
        # ---- a best value at an edge: widen the range and search the part that is new
        if stage.widen and trials:
            current = progress.widen(stage, current)

    found = (
        *check_first_trials(left_to_try(waiting, trials), expired=context.expired),
        *check_priors(plan, trials, context.objective),
    )
    for finding in found:
        context.listener.on_finding(finding)
    ranked = rank(trials, context.objective)
    if not ranked:
        raise RunError(
            "At least one trial must end with a score.",
            received=_reasons(trials),
            fix="Give more time, lower the learning rate's range, or mend the builder.",
        )
    spared = sum(int(str(finding.evidence["spared"])) for finding in progress.exhausted)
    late = check_time_limit(plan.trials - spared, trials) if context.expired else ()
    for finding in late:
        context.listener.on_finding(finding)
    # Of a resumed search, only a part took place in this time.
    early: tuple[Finding, ...] = ()
    timed = context.deadline is not None and not context.expired
    if context.deadline is not None and timed and not resumed and not progress.exhausted:
        early = check_unused_time(plan.trials, time.monotonic() - began, context.deadline - began)
    for finding in early:
        context.listener.on_note(f"{finding.verdict} {finding.advice}".rstrip())
    broadest = max(progress.spaces, key=lambda name: sum(trial.stage == name for trial in trials))
    even = [trial for trial in trials if trial.stage == broadest]
    return StudyResult(
        objective=context.objective,
        space=space,
        stages=tuple(progress.stages),
        trials=tuple(trials),
        best=ranked[0],
        importances=importances(even, progress.spaces[broadest], context.objective),
        findings=(
            *progress.settled(ranked[0]),
            *found,
            *progress.exhausted,
            *progress.repeated,
            *late,
            *early,
            *progress.in_time(),
        ),
        interactions=find_interactions(even, progress.spaces[broadest]),
    )


def _refined(stage: Stage, before: Space, after: Space) -> list[str]:
    """Say which coarse lists a stage searches as ranges."""
    return [
        f"Stage {stage.name} searches {one.name} {one.described}, between the neighbours of the "
        f"best value of the list; under `ordered=False` in `hp.Choice` the list stays one."
        for one, listed in zip(after, before, strict=True)
        if one.numeric and not listed.numeric and one.name not in stage.ranges
    ]


class _Progress:
    """What a search has done so far."""

    def __init__(self, plan: Plan, engine: Engine, store: Store, context: StudyContext) -> None:
        self._plan = plan
        self._engine = engine
        self._store = store
        self._context = context
        self.stages: list[StageResult] = []
        self.trials: list[TrialRecord] = []
        self.spaces: dict[str, Space] = {}
        self.exhausted: list[Finding] = []
        self.repeated: list[Finding] = []
        self.edges: dict[tuple[Hyperparameter, str], Edge] = {}

    def settled(self, best: TrialRecord) -> list[Finding]:
        """Return what there is to say about edges, now that the search is over."""
        told = [settled(edge, self.spaces.values(), best) for edge in self.edges.values()]
        whole: Space = ()
        for space in self.spaces.values():
            whole = joined(with_ranges(space), whole)
        known = {(edge.before.name, edge.side) for edge in self.edges.values()}
        # No stage comes after the last one to widen what its best trial reached.
        last = find_edges(
            whole, [best], self._plan.limits, best.stage, self._context.objective, hindrance=_OVER
        )
        new = [edge.finding for edge in last if (edge.before.name, edge.side) not in known]
        for finding in new:
            self._context.listener.on_finding(finding)
        return [*told, *new]

    def room(self, stage: Stage) -> int:
        """Return the trials of a stage: of the plan no more than are left."""
        if self._context.budget is not None:
            return stage.trials
        return max(0, min(stage.trials, self._plan.trials - len(self.trials)))

    def in_time(self) -> tuple[Finding, ...]:
        """Return what there is to say of a budget of time."""
        budget = self._context.budget
        found = () if budget is None else budget.findings(self._plan)
        for finding in found:
            self._context.listener.on_finding(finding)
        return found

    def carry_out(self, stage: Stage, ranges: Space, carried: Sequence[TrialRecord] = ()) -> Space:
        """Run a stage and return its ranges: those that its study began with, if it exists."""
        if stage.sampler == "grid":
            self._carry_out_grid(stage, ranges)
            return ranges
        ranges = self._store.space(stage.name) or ranges
        self._keep(stage, ranges, ranges, carried)
        return ranges

    def _carry_out_grid(self, stage: Stage, ranges: Space) -> None:
        """Run a stage on a grid; what earlier ones found lies beside it and stays there."""
        grid = self._store.space(stage.name)
        if grid is None and stage.trials:
            grid = lay_grid(ranges, stage.trials)
            line = f"Stage {stage.name} is a grid, {described_grid(grid, stage.trials)}."
            self._context.listener.on_note(line)
        if grid is not None:
            stage = replace(stage, trials=count_grid(grid), first=(), priors={})
            self._keep(stage, grid, ranges)

    def _keep(
        self, stage: Stage, space: Space, ranges: Space, carried: Sequence[TrialRecord] = ()
    ) -> None:
        """Run a stage in a space that its ranges hold, and keep what it found."""
        records = run_stage(stage, space, self._engine, self._store, self._context, carried)
        self.trials.extend(records)
        if not self._context.expired:
            self._note(self.exhausted, check_configurations(stage, space, len(records)))
        self._note(self.repeated, check_repeated(stage.name, records))
        if records:
            self.stages.append(_summary(stage.name, ranges, records, self._context))
            self.spaces[stage.name] = ranges

    def _note(self, found: list[Finding], findings: Sequence[Finding]) -> None:
        for finding in findings:
            found.append(finding)
            self._context.listener.on_finding(finding)

    def widen(self, stage: Stage, current: Space) -> Space:
        """Widen `current` where the best value lies at an edge, search there, return it."""
        for attempt in range(1, _WIDENINGS + 2):
            name = f"{stage.name}-widened-{attempt}"
            begun = self._store.space(name)
            outer = replace(stage, name=name, pruner="none", first=(), priors={})
            if stage.sampler == "grid":  # which so few trials hardly make
                outer = replace(outer, sampler="sobol")
            trials = self._beyond(replace(outer, trials=stage.trials // 4))
            hindrance = "" if begun is not None else self._hindrance(attempt, trials)
            edges = self._find_edges(stage, current, hindrance)
            if begun is None and not any(edge.after for edge in edges):
                break
            part = begun or outer_part(current, edges)
            outer = replace(outer, trials=trials)
            if self._context.budget is not None:
                outer = self._context.budget.begin_beyond(outer, self.trials)
            self.carry_out(outer, part)
            current = joined(current, part)
        return current

    def _beyond(self, outer: Stage) -> int:
        """Return the trials of a stage beyond an edge, which has so many at most."""
        budget = self._context.budget
        if budget is None or budget.time_plan.within_plan:
            left = (self._plan.trials - len(self.trials)) // 3
            outer = replace(outer, trials=max(0, min(outer.trials, left)))
        return outer.trials if budget is None else budget.beyond(outer, self.trials)

    def _hindrance(self, attempt: int, trials: int) -> str:
        """Say why ranges cannot be widened now, and what would help; empty if they can."""
        if attempt > _WIDENINGS:
            return "The search has widened ranges twice and stops there."
        if self._context.expired:
            return "The time was up before the search could do so by itself."
        if trials == 0:
            return (
                "With more trials the search does so by itself; the best of few may lie anywhere "
                "by chance."
            )
        return ""

    def _find_edges(self, stage: Stage, current: Space, hindrance: str) -> list[Edge]:
        edges = find_edges(
            current,
            self.trials,
            self._plan.limits,
            stage.name,
            self._context.objective,
            hindrance=hindrance,
        )
        for edge in edges:
            if (edge.before, edge.side) not in self.edges:
                self.edges[edge.before, edge.side] = edge
                self._context.listener.on_finding(edge.finding)
        return edges


def run_stage(
    stage: Stage,
    ranges: Space,
    engine: Engine,
    store: Store,
    context: StudyContext,
    carried: Sequence[TrialRecord] = (),
    carry: int = _CARRIED_OVER,
) -> tuple[TrialRecord, ...]:
    """Carry out one stage, or what is left of it, and return its trials.

    Those that are under way when the time is up are among them, as far as they have come. A
    declared penalty is measured at the end of a trial, so that with one they cannot be compared.

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
    # A stage that begins after the deadline would begin from an earlier one that was cut off.
    if (stage.trials == 0 or context.expired) and not store.has(stage.name):
        return ()
    backend = store.study(stage, ranges, context.objective, context.seed, context.reports)
    # Starting from the best, the stage cannot end worse than where it began.
    # Inside its ranges, two of the best may be the same configuration.
    best: list[dict[str, Value]] = []
    for trial in rank(carried, context.objective):
        values = clip_to_space(ranges, trial.values)
        if values not in best:
            best.append(values)
    backend.enqueue(best[: min(carry, stage.trials)])
    backend.enqueue_first(stage.first)
    if context.budget is not None:
        context.budget.resume(stage.name, backend.records)
        context = replace(context, ends=context.budget.ends(stage.name))
    source = TrialSource(backend, stage, context)
    if (keeper := context.keeper) is not None:
        keeper.meet(backend.records)
        source = TrialSource(backend, stage, context, keep_weights=True, on_outcome=keeper.keep)
    done = len(backend.records)
    context.listener.on_stage(
        stage.name, max(done, min(stage.trials, done + source.remaining)), done
    )
    # At the deadline what is finished stays; trials under way can be resumed. Of stages whose time
    # is up before they train, only the first is needed.
    late = context.over and context.budget is not None and not context.budget.needs(stage.name)
    try:
        with suppress(DeadlinePassed):
            if not late:
                engine.run(source)
    finally:
        backend.flush()
    unfinished = backend.unfinished if context.penalty is None else ()
    return tuple(sorted((*backend.records, *unfinished), key=lambda record: record.number))


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
