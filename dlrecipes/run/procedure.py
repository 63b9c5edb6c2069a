"""THE procedure.

1. the builder and 2. the audit (`prepare`), 3. baselines, 4. search, 5. comparison, 6. refits and
ensemble, 7. the export (`carry_out`), 8. the test set, opened once, 9. report (`Run.finish`).
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines import BaselineFit
from dlrecipes.data import Split, Splits, study_running
from dlrecipes.diagnose import (
    check_penalty_gain,
    check_selection_optimism,
    check_subgroups,
    measure_subgroups,
    weigh_penalty,
)
from dlrecipes.results import (
    DataSpec,
    Objective,
    RunInfo,
    RunResult,
    StudyResult,
    SubgroupResult,
    Threshold,
)
from dlrecipes.run.assemble import assemble_result, keep_what_holds
from dlrecipes.run.baselines import (
    chance_score,
    finish_baselines,
    left_out,
    recorded_choices,
    score_baselines,
)
from dlrecipes.run.before_training import check_builder
from dlrecipes.run.candidates import FEWEST, find_candidates
from dlrecipes.run.doubt import Doubt
from dlrecipes.run.dry_export import exportable_winner
from dlrecipes.run.engines import RecordedChoices, make_cross_validated
from dlrecipes.run.ensemble import average_members, ensemble_before, which_is_exported
from dlrecipes.run.gap_penalty import make_penalty, refit_gaps
from dlrecipes.run.handle import Run
from dlrecipes.run.keep_network import restore_kept
from dlrecipes.run.keep_trials import make_keeper
from dlrecipes.run.look_after import Ended, look_after
from dlrecipes.run.main_metric import judged_by
from dlrecipes.run.phase_clock import PhaseClock
from dlrecipes.run.prepare import Prepared, Work
from dlrecipes.run.refits import Refits, begin_differently, refit_winner
from dlrecipes.run.thresholds import set_threshold, set_thresholds
from dlrecipes.run.time_left import (
    baseline_seconds,
    cut_refits,
    expect_test_set,
    more_for_baselines,
    search_deadline,
    time_budget,
    with_members,
    with_more_refits,
    with_refits,
)
from dlrecipes.rundir import RunDirectory, run_log
from dlrecipes.search import (
    Listener,
    LogListener,
    Store,
    StudyContext,
    TimeBudget,
    estimate_comparisons,
    rank,
    run_comparisons,
    search,
)
from dlrecipes.training.engines import Engine, make_engine


def carry_out(
    directory: RunDirectory, info: RunInfo, store: Store, work: Work, prepared: Prepared
) -> Run:
    """Carry out steps 3 to 7, which a killed process may take up again anywhere.

    Args:
        directory: Where the run keeps its files.
        info: What the run was started with.
        store: Where its studies live.
        work: Builder, data, plan.
        prepared: What steps 1 and 2 learned.

    Returns:
        The run, whose `finish` does steps 8 and 9.

    Raises:
        RunError: If no trial or no refit ended with a score, or another process holds the run.
    """
    goal, splits, plan = Objective(info.objective, info.direction), work.splits, work.plan
    data, settings, clock = splits.development(), work.settings, work.clock
    with (
        directory.locked(),
        run_log(directory.log) as log,
        study_running(splits.test.fingerprint),
        work.listener.busy(),
        clock.watch,
        ExitStack() as ending,
    ):
        heard: LogListener = LogListener(log, work.listener)
        heard.on_run(directory.path)
        for line in work.described:  # on the screen it was said before anything else
            log.info("%s", line)
        for note in (*prepared.notes, *work.says_engine):
            heard.on_note(note)
        # A run with a report is finished; this one is not any more.
        directory.report.unlink(missing_ok=True)

        chosen = RecordedChoices(info, directory)
        budget = time_budget(work, prepared, goal, chosen, heard)
        # ---- 3. baselines: what the network must beat; boosted trees grow beside the search
        heard.on_phase("baselines")
        clock.begin("baselines")
        began = time.monotonic()
        baseline_fit = ending.enter_context(
            BaselineFit(
                data,
                seed=settings.seed,
                seconds=baseline_seconds(settings, budget),
                choices=recorded_choices(directory),
                on_step=heard.on_step,
            )
        )
        baselines = score_baselines(baseline_fit.ready, data, settings.goal)
        expect_test_set(work, budget, time.monotonic() - began)

        # ---- 4. search: coarse, widened where the best value lies at an edge, fine
        chance = chance_score(goal, baselines, data.model_spec)
        look = partial(check_builder, work.build, splits=splits, plan=plan, seed=settings.seed)
        heard = doubt = Doubt(log, work.listener, goal, chance, look)
        heard.on_phase("search")
        clock.begin("search")
        engine = make_engine(
            work.engine,
            data,
            goal,
            info.policy,
            choices=info.engines,
            on_choice=chosen.take,
            log=heard.on_note,
            on_step=heard.on_step,
        )
        context = StudyContext(
            build=work.build,
            objective=goal,
            batch_size=plan.batch_size,
            stopping=plan.stopping,
            seed=settings.seed,
            engine=engine.name,
            chance=chance,
            listener=heard,
            deadline=search_deadline(settings, budget),
            own=work.own,
            budget=budget,
        )
        declared = settings.penalty
        if declared is not None:
            penalty = make_penalty(declared, splits, prepared.folds)
            context = replace(context, penalty=penalty)
        scoring: Engine = engine
        if prepared.folds:
            scoring = make_cross_validated(
                prepared.folds,
                info,
                work.build,
                work.engine,
                on_choice=chosen.take,
                log=heard.on_note,
                on_step=heard.on_step,
            )
            context = replace(context, reports=len(prepared.folds))
        if settings.minutes is not None:
            heard.on_limit(60 * settings.minutes if budget is None else budget.left)
        keeper = make_keeper(directory, goal, settings, work.time_plan)
        study = search(plan, prepared.space, scoring, store, replace(context, keeper=keeper))
        directory.write(study)
        directory.write_tables(study)

        # ---- 5. what simpler searches reach with the same epochs
        if work.compare:
            heard.on_phase("comparison")
            clock.begin("comparison")
            comparisons = run_comparisons(study, plan, scoring, store, context)
        else:
            comparisons = estimate_comparisons(study, plan)

        # ---- 6. refits: the winner again, with other seeds
        heard.on_phase("refits")
        clock.begin("refits")
        heard.on_step("the export of the winner, tried before it is trained again")
        study = exportable_winner(study, prepared.dry, heard.on_note)
        directory.write(study)
        context = replace(context, deadline=None, penalty=None, budget=None)
        context, alike = begin_differently(
            context, study.best.values, data.train.inputs[:1], info.policy
        )
        began_with, context = with_refits(replace(info, plan=plan), context, study, store, budget)
        before = directory.read_result() if directory.result_file.exists() else None
        refitted, began_with, context = _refit_in_time(
            study, began_with, splits, engine, store, context, directory, budget, before
        )
        cut = cut_refits(began_with, refitted, budget, heard.on_finding)
        part, spec = splits.validation, splits.model_spec
        _, refits, _ = set_thresholds(
            settings.goal, refitted.results, refitted.predictions, part.y, spec
        )
        # ---- and the mean of refits and kept trials, which costs no training
        averaged = ensemble_before(before, study, refitted, splits, directory)
        if averaged is None:
            began_with, context = with_members(began_with, context, budget)
            _begin_ensemble(began_with, heard, clock)
            averaged = average_members(
                find_candidates(
                    study, refitted, began_with, data, context, directory, prepared.dry
                ),
                began_with,
                splits,
                directory,
                context,
                (refits, refitted.predictions),
                len(rank(study.trials, goal)),
            )
        ensemble, of_ensemble = averaged
        heard.on_step("predictions on the validation part")
        # ---- and the baselines that have grown beside it all, with a little more time if need be
        clock.begin("baselines")
        more = more_for_baselines(study, budget)
        fitted, baselines = finish_baselines(
            baseline_fit, baselines, data, settings.goal, more, heard
        )
        clock.begin("diagnosis")
        info = chosen.info
        # Scores of folds and of refits are not of the same rows.
        scored_alike = not prepared.folds
        optimism = (
            (check_selection_optimism(study.best, refitted.records, goal),) if scored_alike else ()
        )
        # ---- which model is exported is settled here, before the test set is opened
        exported = which_is_exported(ensemble)
        _, predicted = directory.read_predictions("validation", ensemble=exported == "ensemble")
        threshold, missed = set_threshold(settings.goal, predicted, part.y)
        subgroups = _subgroups(part, predicted, spec, threshold)
        heard.on_step("how well the exported refit fits its training part")
        ended = Ended(
            info,
            splits,
            study,
            refits,
            refitted.predictions,
            partial(
                restore_kept,
                refitted.exported(directory),
                directory,
                context,
                data,
                info.policy,
            ),
            work.build,
            baselines,
            fitted,
        )
        fit, seen = look_after(ended, before, heard.on_finding)
        weighed = None
        if declared is not None:
            gaps = refit_gaps(declared, refitted.predictions, part, spec)
            weighed = weigh_penalty(study, declared, gaps)

        # ---- the result so far; what was done with the same refits before stays
        result = assemble_result(
            info,
            splits,
            baselines,
            study,
            refits,
            comparisons,
            (
                *prepared.findings,
                *left_out(baseline_fit),
                *study.findings,
                *doubt.of_study(study),
                *alike,
                *refitted.findings,
                *cut,
                *optimism,
                *seen,
                *missed,
                *of_ensemble,
                *check_subgroups(subgroups),
                *(() if weighed is None else (check_penalty_gain(weighed),)),
            ),
        )
        result = replace(
            result,
            metric=judged_by(info, splits, refits, baselines),
            fit=fit,
            threshold=threshold,
            subgroups=subgroups,
            ensemble=ensemble,
            exported=exported,
            gap_penalty=weighed,
        )
        clock.end()
        result = keep_what_holds(clock.written(result), before)
        directory.write(
            replace(info, model_summary=refitted.summary, parameters=refitted.parameters)
        )
        directory.write(result)
        _remove_stale(directory, result)
    # ---- 7. the export, compared with the validation predictions while the test set is closed
    run = Run(directory, splits, work.listener, fitted)
    if "saved_model" not in result.artifacts:
        run.export("saved_model")
    return run


def _refit_in_time(  # noqa: PLR0913, PLR0917  (what a refit takes)
    study: StudyResult,
    info: RunInfo,
    splits: Splits,
    engine: Engine,
    store: Store,
    context: StudyContext,
    directory: RunDirectory,
    budget: TimeBudget | None,
    before: RunResult | None,
) -> tuple[Refits, RunInfo, StudyContext]:
    """Train the winner again, and further times where time is left; return what all began with.

    A run that has ended, with the result `before`, decides nothing anew.
    """
    refits = refit_winner(study, info, splits, engine, store, context, directory)
    if before is not None and before.stages == study.stages:
        return refits, info, context
    further, context = with_more_refits(info, context, refits, budget)
    if further.plan != info.plan:
        refits = refit_winner(study, further, splits, engine, store, context, directory)
    return refits, further, context


def _begin_ensemble(info: RunInfo, heard: Listener, clock: PhaseClock) -> None:
    if info.settings.ensemble >= FEWEST:
        heard.on_phase("ensemble")
        clock.begin("ensemble")


def _subgroups(
    part: Split, predictions: NDArray[np.float32], spec: DataSpec, threshold: Threshold | None
) -> tuple[SubgroupResult, ...]:
    """Return how the model that is exported fares on each group of the validation part."""
    if part.subgroups is None:
        return ()
    return measure_subgroups(
        part.y,
        predictions,
        part.subgroups,
        spec,
        part="validation",
        threshold=None if threshold is None else threshold.threshold,
    )


def _remove_stale(directory: RunDirectory, result: RunResult) -> None:
    """Remove test predictions of networks that are the run's no more."""
    if result.test is None:
        directory.predictions.unlink(missing_ok=True)
