"""Steps 1 and 2 of the procedure: a mistake found here leaves nothing behind."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from dlrecipes.data import FoldData, Splits, audit, draw_folds, study_running, unpack_inputs
from dlrecipes.errors import ArgumentError, DataError, DlrecipesError, ExportError
from dlrecipes.export import (
    build_inference_model,
    check_not_random,
    check_same_predictions,
    export_saved_model,
    predict_few,
    predict_saved_model,
    write_keras,
)
from dlrecipes.report.saved_predictions import read_predictions
from dlrecipes.results import (
    BuilderRecord,
    Finding,
    Hyperparameter,
    Objective,
    Plan,
    RunInfo,
    RunSettings,
    TimePlan,
)
from dlrecipes.run.also_fit import AlsoFit
from dlrecipes.run.before_training import check_builder
from dlrecipes.run.dry_export import DryExport, try_choices
from dlrecipes.run.gap_penalty import check_penalty
from dlrecipes.run.phase_clock import PhaseClock
from dlrecipes.run.same_builder import record_builder
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Build, Listener, SpecBuilder, build_with
from dlrecipes.search.first_trials import take_first_trials
from dlrecipes.search.grid import lay_grid
from dlrecipes.search.ranges import replace_ranges, with_ranges
from dlrecipes.system_errors import find_refusal
from dlrecipes.targets import if_named
from dlrecipes.training.label_form import fit_forms, form_in_words
from dlrecipes.training.outcome import headline
from dlrecipes.training.own_training import OwnTraining
from dlrecipes.training.precision import dtype_policy, other_policy, policy_that_ran
from dlrecipes.training.preflight import check_compiled, check_model

_ROWS = 8


@dataclass(frozen=True)
class Work:
    """What a run works on.

    Args:
        build: The builder.
        splits: The data.
        plan: How the trials are spent.
        listener: Hears of everything.
        settings: What is asked for.
        compare: Whether simpler searches are run for real.
        described: What was understood of the data, in words.
        own: What the user brings to each training.
        clock: Measures its phases; the first, `"check"`, has begun.
        time_plan: How the minutes are divided, where they say how many trials there are.
        began: `time.monotonic()` at which the run's minutes began, or went on.
        before: Seconds of them that were spent before that; None for those recorded.
    """

    build: Build
    splits: Splits
    plan: Plan
    listener: Listener
    settings: RunSettings
    compare: bool
    described: tuple[str, ...]
    own: OwnTraining
    clock: PhaseClock
    time_plan: TimePlan | None = None
    began: float = 0.0
    before: float | None = None

    @property
    def engine(self) -> str:
        """The engine that trains: what the user brings, only Keras calls."""
        return "fit" if self.own.reason else self.settings.engine

    @property
    def says_engine(self) -> tuple[str, ...]:
        """A line if it is another engine than was asked for."""
        return (f"trained by `fit`: {self.own.reason}",) if self.own.reason else ()


@dataclass(frozen=True)
class Prepared:
    """What was learned before anything was written.

    Args:
        space: The builder's search space.
        splits: The data, with labels in the form that loss and metrics take.
        findings: What is wrong with the default network, what the audit found (no errors), and what
            is to be known of the outputs.
        builder: What the builder makes.
        dry: What can be exported, so far as it was tried.
        folds: The folds that score a trial; none where the validation part does.
        notes: What else is worth a line.
        ending_seconds: What a network took to be saved, loaded and compared, untrained.
    """

    space: tuple[Hyperparameter, ...]
    splits: Splits
    findings: tuple[Finding, ...]
    builder: BuilderRecord
    dry: DryExport
    folds: tuple[FoldData, ...] = ()
    notes: tuple[str, ...] = ()
    ending_seconds: float = 0.0


def prepare(
    work: Work,
    goal: Objective,
    policy: str,
    compare: Callable[[BuilderRecord], tuple[str, ...]] = lambda builder: (),
) -> Prepared:
    """Check the builder against the data, and the data itself.

    Args:
        work: Builder, data, plan.
        goal: What the study optimises.
        policy: The dtype policy that trials will have.
        compare: Compares what the builder makes with what it made before, and returns notes.

    Raises:
        BuilderError: If the builder does not fit the data or lacks the metric.
        ArgumentError: If the plan has a range or limit of something the builder does not have, or
            if the gap of a declared penalty cannot be measured.
        ExportError: If the model cannot be saved and loaded as SavedModel.
        DataError: If the audit finds an error, or there is too little to divide into folds or to
            measure the gap.
    """
    listener, settings, penalty = work.listener, work.settings, work.settings.penalty
    if work.splits.test_statistics == "own":
        raise DataError(
            "A run needs preprocessing by the statistics of the training part: the network it "
            "exports predicts single examples, which have none of their own.",
            received='test_statistics="own"',
            fix="Use `splits.with_preprocess(layer)`.",
        )
    for line in work.described:
        listener.on_note(line)
    if penalty is not None:
        train = [] if settings.folds is None else [work.splits.train]
        check_penalty(penalty, [*train, work.splits.validation], work.splits.raw_spec)

    # ---- 1. the builder: does it run, does it fit the data, does the metric exist?
    listener.on_phase("check")
    with dtype_policy(policy), study_running(work.splits.test.fingerprint), listener.busy():
        listener.on_step("building the model")
        data = work.splits.development()
        asked = AlsoFit(work.build, work.own, data) if work.own.has_fit else work.build
        builder, model = record_builder(asked)
        if work.own.has_fit:  # on which the user's `fit` has begun
            model = build_with(work.build, {})
        notes = compare(builder)
        if isinstance(work.build, SpecBuilder) and work.build.assumed:
            notes += (work.build.assumed,)
        splits, found = with_found_forms(work.splits, model)
        notes += found
        # A callback, or a `fit`, may bring the objective; folds are scored by the network alone.
        brings = bool(work.own.reason) and settings.folds is None
        remarks = check_model(model, splits.development(), None if brings else goal)
        seen = check_builder(work.build, {}, splits, work.plan, seed=settings.seed, at_once=True)
        listener.on_step("saving and loading the untrained model, as at the end")
        notes += other_policy(check_compiled(model), policy)
        ran = policy_that_ran(check_compiled(model), policy)
        began = time.monotonic()
        notes += try_ending(model, splits, ran)
        took = time.monotonic() - began
        space = builder.space
        listener.on_step("the networks of each choice, and whether they can be exported")
        dry = DryExport(work.build, splits, policy, {builder.networks[0].parts["network"]})
        notes += try_choices(dry, space)
    _check_ranges(work.plan, space)

    # ---- 2. audit: nothing trains on data with an error
    listener.on_phase("audit")
    work.clock.begin("audit")
    with listener.busy():
        audited = remarks + audit(splits, on_step=listener.on_step)
    _refuse_errors(audited)
    findings = (*seen, *audited)  # an error of the default network need not be every trial's
    for finding in findings:
        listener.on_finding(finding)
    if work.splits.raw_spec.lags is not None:
        listener.on_note(work.splits.raw_spec.lags.sentence)
    if settings.folds is None:
        return Prepared(space, splits, findings, builder, dry, notes=notes, ending_seconds=took)
    listener.on_phase("folds")
    work.clock.begin("folds")
    with listener.busy():
        folds = draw_folds(splits, settings.folds, repeats=settings.repeats)
    if penalty is not None:
        check_penalty(penalty, [fold.held_out for fold in folds], work.splits.raw_spec)
    return Prepared(space, splits, findings, builder, dry, folds, notes, took)


def _refuse_errors(audited: tuple[Finding, ...]) -> None:
    for finding in audited:
        if finding.severity == "error":
            raise DataError(
                "The data must pass the audit.", received=finding.verdict, fix=finding.advice
            )


def with_found_forms(splits: Splits, model: object) -> tuple[Splits, tuple[str, ...]]:
    """Return the data with labels in the form that loss and metrics take, and what to say of it.

    Args:
        splits: The data.
        model: A compiled model of the builder.
    """
    before = splits.raw_spec.targets
    after = fit_forms(check_compiled(model), splits.development())
    forms = tuple(replace(old, form=new.form) for old, new in zip(before, after, strict=True))
    lines = tuple(
        f"The labels{if_named(old, f' of {old.shown!r}')} are handed to Keras as "
        f"{form_in_words(new.form)}, for which its loss and metrics are written; they came as "
        f"{form_in_words(old.form)}."
        for old, new in zip(before, forms, strict=True)
        if old.form != new.form
    )
    return (splits.with_targets(forms), lines) if lines else (splits, ())


def in_found_form(splits: Splits, info: RunInfo) -> Splits:
    """Return data with labels in the form that was found when a run began.

    Args:
        splits: The data.
        info: What the run was started with.
    """
    now, begun = splits.raw_spec.targets, info.raw_spec.targets
    if len(now) != len(begun) or not any(target.form.found for target in begun):
        return splits
    return splits.with_targets(
        tuple(
            replace(target, form=before.form) if before.form.found else target
            for target, before in zip(now, begun, strict=True)
        )
    )


def _check_ranges(plan: Plan, space: tuple[Hyperparameter, ...]) -> None:
    """Refuse ranges, limits and first values that do not fit the builder's hyperparameters."""
    take_first_trials(plan, space)
    for stage in plan.stages:
        if stage.sampler == "grid" and stage.trials:
            lay_grid(replace_ranges(space, stage.ranges), stage.trials)
    numeric = [one.name for one in with_ranges(space) if one.numeric]
    for name in plan.limits:
        if name not in numeric:
            raise ArgumentError(
                "A limit must belong to a numeric hyperparameter of the builder.",
                received=f"limits[{name!r}]",
                fix=f"Numeric hyperparameters here: {', '.join(numeric) or 'none'}.",
            )


def try_ending(network: keras.Model, splits: Splits, policy: str) -> tuple[str, ...]:
    """Do with an untrained network and a few validation rows what is done with the tested one.

    It is saved as SavedModel, which must answer as it does; its predictions are kept in a file and
    read as the report reads them. What fails here, because of a layer or of a name, would fail
    after the test set was opened.

    Args:
        network: A compiled model of the builder.
        splits: The data; its test part is not touched.
        policy: The dtype policy of the network.

    Returns:
        A line if Keras could not read the network back from a `.keras` file, which only those who
        want such a file need.

    Raises:
        ExportError: If the SavedModel cannot be written, or answers otherwise.
        RunError: If the predictions cannot be kept in a file.
    """
    spec = splits.raw_spec
    some = splits.validation.pick(np.arange(min(_ROWS, len(splits.validation))))
    model = build_inference_model(network, splits.preprocess, spec, splits.model_spec)
    with tempfile.TemporaryDirectory() as folder:
        directory = RunDirectory(Path(folder))
        saved = directory.export("saved_model")
        check_not_random(model, some.x, policy=policy)
        predictions = predict_few(model, some.x)
        keep_predictions(directory, some, predictions[np.newaxis])
        arrays, kept = directory.read_predictions()
        read_predictions(directory.predictions, spec)
        try:
            export_saved_model(model, saved, spec)
            answers = predict_saved_model(saved, unpack_inputs(arrays))
        except DlrecipesError:
            raise
        except Exception as error:  # TensorFlow raises what it pleases here
            if find_refusal(error) is not None:
                raise
            raise ExportError(
                "A SavedModel of the untrained model must be written and loaded before anything "
                "trains.",
                received=f"{type(error).__name__}: {headline(error)}",
                fix="Layers must compute with `keras.ops` or TensorFlow, so that they can be "
                "traced.",
            ) from error
        check_same_predictions(
            answers, kept, splits.model_spec, policy=policy, what="the untrained SavedModel"
        )
        reason = write_keras(model, directory.export("keras"), some.x, policy=policy)
    return (f"There will be no .keras file, only the SavedModel: {reason}",) if reason else ()
