"""The result of a run, from its parts."""

from __future__ import annotations

from dataclasses import replace

from dlrecipes.data import Splits
from dlrecipes.results import (
    BaselineResult,
    BestResult,
    Comparison,
    DataResult,
    EngineResult,
    Finding,
    RefitResult,
    RunInfo,
    RunResult,
    StudyResult,
)
from dlrecipes.run.phase_clock import with_times_before
from dlrecipes.run.strongest import STRONGER
from dlrecipes.rundir import KERAS


def assemble_result(
    info: RunInfo,
    splits: Splits,
    baselines: dict[str, BaselineResult],
    study: StudyResult,
    refits: tuple[RefitResult, ...],
    comparisons: tuple[Comparison, ...],
    findings: tuple[Finding, ...],
) -> RunResult:
    """Return the result up to the refits; the test set is still sealed."""
    best, goal, spec = study.best, study.objective, info.spec
    return RunResult(
        recipe=info.origin.recipe,
        run=info.run,
        seed=info.settings.seed,
        split_seed=info.split_seed,
        objective=goal.name,
        direction=goal.direction,
        engine=EngineResult(best.engine, best.policy),
        data=DataResult(
            name=spec.name,
            train=len(splits.train),
            validation=len(splits.validation),
            test=len(splits.test),
            fingerprint=info.fingerprint,
            task=spec.task,
            targets=spec.targets,
        ),
        baselines=baselines,
        stages=study.stages,
        best=BestResult(
            values=best.values,
            validation={goal.metric: best.plain_score or 0.0},
            stage=best.stage,
            trial=best.number,
            epoch=best.best_epoch or 0,
            fold_scores=best.fold_scores,
        ),
        refits=refits,
        comparisons=comparisons,
        findings=findings,
        importances=study.importances,
    )


def keep_what_holds(result: RunResult, before: RunResult | None) -> RunResult:
    """Return `result` with what an earlier end of the run did with the same refits and members.

    Args:
        result: The new result up to the refits.
        before: The result that is on disk, if any.
    """
    if before is None:
        return result
    same = before.best == result.best and _networks(before) == _networks(result)
    same = same and before.exported == result.exported
    if not same or _members(before) != _members(result):
        result = with_times_before(result, before)
        # A test score of other networks is gone with them, but the test set has been looked at.
        looked = before.test is not None or before.opened_before > 0
        return replace(result, sealed="opened before", opened_before=1) if looked else result
    if result.stages != before.stages:
        result = with_times_before(result, before)
    else:  # nothing was trained
        result = replace(result, seconds=before.seconds, time_spent=before.time_spent)
    tested = before.test is not None
    if tested:  # the verdict, not the validation part, says whether a baseline is better
        kept = [one for one in before.findings if one.name == STRONGER]
        others = [one for one in result.findings if one.name != STRONGER]
        result = replace(result, findings=(*kept, *others))
    return replace(
        result,
        # What was left out for want of time may have been fitted by now.
        baselines=before.baselines if tested else result.baselines,
        refits=before.refits if tested else result.refits,
        test=before.test,
        verdict=before.verdict,
        ensemble=before.ensemble,
        subgroups=before.subgroups,
        artifacts=before.artifacts,
        sealed=before.sealed,
        opened_before=before.opened_before,
    )


def _networks(result: RunResult) -> list[str]:
    """Return the refits' networks; earlier versions tested their `.keras` files."""
    return [refit.checkpoint.removesuffix(KERAS) for refit in result.refits]


def _members(result: RunResult) -> list[tuple[str, int, int, float | None]]:
    members = result.ensemble.members if result.ensemble else ()
    return [(member.stage, member.trial, member.seed, member.weight) for member in members]
