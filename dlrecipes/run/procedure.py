"""THE procedure, from the audit to the refits; the handle it returns opens the test set."""

from __future__ import annotations

import inspect
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from dlrecipes.baselines import fit_baselines
from dlrecipes.data import Splits, audit, study_running
from dlrecipes.diagnose import check_selection_optimism
from dlrecipes.errors import ArgumentError, DataError, RunError, StorageError
from dlrecipes.metrics import score_predictions
from dlrecipes.results import (
    BaselineResult,
    BestResult,
    DataResult,
    EngineResult,
    Finding,
    Hyperparameter,
    Objective,
    Plan,
    RunInfo,
    RunResult,
    RunSettings,
)
from dlrecipes.run.chance import chance_score
from dlrecipes.run.export_tables import write_tables
from dlrecipes.run.handle import Run
from dlrecipes.run.log import run_log
from dlrecipes.run.refits import refit_winner
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import (
    Build,
    CoarseToFine,
    Listener,
    LogListener,
    Store,
    StudyContext,
    discover_space,
    estimate_comparisons,
    run_builder,
    run_comparisons,
    search,
)
from dlrecipes.search.ranges import replace_ranges
from dlrecipes.training.engines import (
    FitEngine,
    check_backend,
    describe_device,
    weakest_capability,
)
from dlrecipes.training.precision import choose_policy, dtype_policy
from dlrecipes.training.preflight import check_model

_PACKAGES = ("dlrecipes", "tensorflow", "keras", "keras-tuner", "optuna", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Origin:
    """Where builder and data come from, for the record and for resuming.

    Args:
        recipe: The recipe's name, or what the run is called.
        path: The recipe's file; empty without one.
        text: Its text.
        source: Arguments of the recipe's `load`.
    """

    recipe: str
    path: str = ""
    text: str = ""
    source: dict[str, str | int | float] = field(default_factory=dict)


def tune(
    build: Build,
    splits: Splits,
    objective: object = "val_accuracy",
    plan: Plan | None = None,
    settings: RunSettings | None = None,
    *,
    listener: Listener | None = None,
    origin: Origin | None = None,
    compare: bool = False,
) -> Run:
    """Carry out the procedure up to the refits and return the run; the test set stays sealed.

    Args:
        build: Takes a `keras_tuner.HyperParameters` and returns a compiled `keras.Model`.
        splits: The data; its test part is not touched.
        objective: A metric of the model's logs (`"val_accuracy"`), an `Objective`, or a
            `keras_tuner.Objective`.
        plan: How the trials are spent; None for `CoarseToFine()`.
        settings: Engine, precision, storage, directory, seed, minutes.
        listener: Hears of every stage, epoch and trial.
        origin: Where builder and data come from; None for the builder's own name and source.
        compare: Whether simpler searches are run for real, at equal cost.

    Returns:
        The run: `run.result`, `run.open_test_set(reason)`, `run.export(...)`, `run.report()`.

    Raises:
        BuilderError: If the builder does not fit the data or lacks the metric.
        DataError: If the audit finds an error.
        RunError: If the directory cannot be used, or no trial ended with a score.
        StorageError: If the storage cannot be opened.
    """
    check_backend()
    if not callable(build):
        raise ArgumentError("`build` must be callable.", received=f"build={build!r}")
    if not isinstance(splits, Splits):
        raise ArgumentError(
            "`splits` must be a `Splits`.",
            received=f"{type(splits).__name__}",
            fix="Make one with `dlr.data.load(name)` or `dlr.data.from_arrays(x, y)`.",
        )
    goal, settings = Objective.parse(objective), settings or RunSettings()
    plan = plan or CoarseToFine()
    if not plan.trials:
        raise ArgumentError(
            "A new run must have at least one trial.",
            received="a plan with 0 trials",
            fix="`--trials 0` ends a run that exists: `--resume DIR --trials 0`.",
        )
    origin = origin or Origin(getattr(build, "__name__", "model"), text=_source_of(build))
    policy = choose_policy(settings.precision, weakest_capability())
    heard = listener or Listener()
    space, findings = _check(build, splits, goal, policy, plan, heard)
    directory = RunDirectory.create(settings.out, origin.recipe)
    info = RunInfo(
        run=directory.name,
        recipe=origin.recipe,
        recipe_path=origin.path,
        recipe_text=origin.text,
        source=origin.source,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=settings.seed,
        objective=goal.name,
        direction=goal.direction,
        plan=plan,
        engine=settings.engine,
        precision=settings.precision,
        policy=policy,
        storage=settings.storage or "",
        device=describe_device(),
        versions={name: metadata.version(name) for name in _PACKAGES},
        raw_spec=splits.spec,
        spec=splits.model_spec,
        fingerprint=splits.test.fingerprint,
        split_seed=splits.split_seed,
    )
    directory.write(info)
    try:
        store = Store.open(info.storage or directory.journal, directory.name)
    except StorageError:
        directory.discard()
        raise
    work = _Work(build, splits, plan, space, findings, heard, settings.minutes, compare)
    return _carry_out(directory, info, store, work)


def resume(
    directory: str | Path,
    build: Build,
    splits: Splits,
    *,
    plan: Plan | None = None,
    minutes: float | None = None,
    listener: Listener | None = None,
    compare: bool = False,
) -> Run:
    """Go on with a run that was cut off, or give it more trials.

    Args:
        directory: The run directory.
        build: The builder, the same as before.
        splits: The data, the same as before.
        plan: Another plan, such as one with more trials, or with none to end the search with
            the best so far; None for the run's own.
        minutes: Minutes after which the search ends; None for no limit.
        listener: Hears of every stage, epoch and trial.
        compare: Whether simpler searches are run for real, at equal cost.

    Returns:
        The run, as an unbroken one would have left it.

    Raises:
        RunError: If the directory is no run, is damaged, or the data is not what the run began
            with.
        StorageError: If its storage cannot be opened.
    """
    check_backend()
    existing = RunDirectory.existing(directory)
    info = existing.read_info()
    if splits.test.fingerprint != info.fingerprint:
        raise RunError(
            "A run must be resumed with the data that it began with.",
            received=f"a test set with fingerprint {splits.test.fingerprint}, not "
            f"{info.fingerprint}",
            fix="Restore the data, or start a new run.",
        )
    if existing.result_file.exists():
        existing.read_result()  # a damaged one is said now and not after the search
    plan = plan or info.plan
    # A search that is ended early keeps its plan: it may go on another day.
    info = replace(info, plan=plan if plan.trials else info.plan)
    goal, heard = Objective(info.objective, info.direction), listener or Listener()
    space, findings = _check(build, splits, goal, info.policy, plan, heard)
    work = _Work(build, splits, plan, space, findings, heard, minutes, compare)
    with existing.locked():
        store = Store.open(info.storage or existing.journal, existing.name)
        existing.write(info)
    return _carry_out(existing, info, store, work)


@dataclass(frozen=True)
class _Work:
    """What a run works on, checked."""

    build: Build
    splits: Splits
    plan: Plan
    space: tuple[Hyperparameter, ...]
    findings: tuple[Finding, ...]
    listener: Listener
    minutes: float | None
    compare: bool


def _check(
    build: Build, splits: Splits, goal: Objective, policy: str, plan: Plan, listener: Listener
) -> tuple[tuple[Hyperparameter, ...], tuple[Finding, ...]]:
    """Steps 1 and 2, before anything is written: a mistake found here leaves nothing behind."""
    # ---- 1. the builder: does it run, does it fit the data, does the metric exist?
    listener.on_phase("check")
    with dtype_policy(policy), study_running(splits.test.fingerprint):
        space = discover_space(build)
        check_model(run_builder(build), splits.development(), goal)
    _check_ranges(plan, space)

    # ---- 2. audit: nothing trains on data with an error
    listener.on_phase("audit")
    findings = audit(splits)
    for finding in findings:
        if finding.severity == "error":
            raise DataError(
                "The data must pass the audit.", received=finding.verdict, fix=finding.advice
            )
        listener.on_finding(finding)
    return space, findings


def _check_ranges(plan: Plan, space: tuple[Hyperparameter, ...]) -> None:
    """Refuse ranges and limits of hyperparameters that the builder does not have."""
    for stage in plan.stages:
        replace_ranges(space, stage.ranges)
    numeric = [one.name for one in space if one.numeric]
    for name in plan.limits:
        if name not in numeric:
            raise ArgumentError(
                "A limit must belong to a numeric hyperparameter of the builder.",
                received=f"limits[{name!r}]",
                fix=f"Numeric hyperparameters here: {', '.join(numeric) or 'none'}.",
            )


def _carry_out(directory: RunDirectory, info: RunInfo, store: Store, work: _Work) -> Run:
    """Steps 3 to 6, which a killed process may take up again anywhere."""
    goal, splits, plan = Objective(info.objective, info.direction), work.splits, work.plan
    data = splits.development()
    with (
        directory.locked(),
        run_log(directory.log) as log,
        study_running(splits.test.fingerprint),
    ):
        heard = LogListener(log, work.listener)
        heard.on_run(directory.path)
        start = time.monotonic()

        # ---- 3. baselines: what the network must beat
        heard.on_phase("baselines")
        baselines = {
            name: BaselineResult(
                score_predictions(data.validation.y, predict(data.validation.x), data.spec)
            )
            for name, predict in fit_baselines(data, seed=info.seed).items()
        }
        seconds = {"baselines": time.monotonic() - start}

        # ---- 4. search: coarse, widened where the best value lies at an edge, fine
        heard.on_phase("search")
        engine = FitEngine(data, goal, info.policy)
        context = StudyContext(
            build=work.build,
            objective=goal,
            batch_size=plan.batch_size,
            patience=plan.patience,
            seed=info.seed,
            engine=engine.name,
            chance=chance_score(goal, baselines, data.spec),
            listener=heard,
            deadline=None if work.minutes is None else time.monotonic() + 60 * work.minutes,
        )
        study = search(plan, work.space, engine, store, context)
        directory.write(study)
        write_tables(study, directory.path)
        seconds["search"] = sum(trial.seconds for trial in study.trials)

        # ---- 5. what simpler searches reach with the same epochs
        if work.compare:
            heard.on_phase("comparison")
            comparisons = run_comparisons(study, plan, engine, store, context)
        else:
            comparisons = estimate_comparisons(study, plan)

        # ---- 6. refits: the winner again, with other seeds
        heard.on_phase("refits")
        context = replace(context, deadline=None)
        refits, records, summary, parameters = refit_winner(
            study, replace(info, plan=plan), splits, engine, store, context, directory
        )
        optimism = check_selection_optimism(study.best, records, goal)
        seconds["refits"] = sum(record.seconds for record in records)

        # ---- the result so far; whatever was done with the same refits before stays
        best = BestResult(
            values=study.best.values,
            validation={goal.metric: study.best.score or 0.0},
            stage=study.best.stage,
            trial=study.best.number,
            epoch=study.best.best_epoch or 0,
        )
        before = directory.read_result() if directory.result_file.exists() else None
        result = RunResult(
            recipe=info.recipe,
            run=info.run,
            seed=info.seed,
            split_seed=info.split_seed,
            objective=goal.name,
            direction=goal.direction,
            engine=EngineResult(engine.name, study.best.policy),
            data=DataResult(
                name=data.spec.name,
                train=len(splits.train),
                validation=len(splits.validation),
                test=len(splits.test),
                fingerprint=info.fingerprint,
                task=data.spec.task,
                classes=data.spec.classes,
            ),
            baselines=baselines,
            stages=study.stages,
            best=best,
            refits=refits,
            comparisons=comparisons,
            findings=(*work.findings, *study.findings, optimism),
            importances=study.importances,
            seconds={**seconds, "total": sum(seconds.values())},
        )
        if before is not None and before.best == best and len(before.refits) == len(refits):
            result = replace(
                result,
                baselines=before.baselines,
                refits=before.refits,
                test=before.test,
                verdict=before.verdict,
                artifacts=before.artifacts,
                seconds=before.seconds,
            )
        directory.write(replace(info, model_summary=summary, parameters=parameters))
        directory.write(result)
    return Run(directory, splits)


def _source_of(build: object) -> str:
    try:
        return inspect.getsource(build)  # type: ignore[arg-type]  # a callable object is refused
    except (OSError, TypeError):
        return ""
