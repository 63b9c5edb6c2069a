"""Starting a run, and going on with one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import keras

from dlrecipes.data import Splits, read_class_weight, study_running, with_class_weight
from dlrecipes.errors import ArgumentError, RunError, StorageError
from dlrecipes.results import (
    Finding,
    Objective,
    Origin,
    Plan,
    RunInfo,
    RunSettings,
    TimePlan,
)
from dlrecipes.results.time_plan import REFITS
from dlrecipes.results.versions import versions_of
from dlrecipes.run.handle import Run
from dlrecipes.run.like_run import begin_like
from dlrecipes.run.messages import describe_data, say_end
from dlrecipes.run.origin import name_of, source_of, told
from dlrecipes.run.phase_clock import PhaseClock
from dlrecipes.run.prepare import Prepared, Work, in_found_form, prepare
from dlrecipes.run.procedure import carry_out
from dlrecipes.run.same_builder import (
    check_same_description,
    check_same_training,
    compare_builders,
)
from dlrecipes.run.search_arguments import take_search_arguments
from dlrecipes.run.seeded_ranges import seed_ranges
from dlrecipes.rundir import RunDirectory, check_place
from dlrecipes.search import (
    Build,
    CoarseToFine,
    Listener,
    PlainProgress,
    Store,
    builder_of,
    fit_of,
    mask_password,
)
from dlrecipes.search.first_trials import take_first_trials
from dlrecipes.system_errors import system_errors
from dlrecipes.targets import has_threshold
from dlrecipes.training.engines import check_backend, describe_device, weakest_capability
from dlrecipes.training.own_training import OwnTraining
from dlrecipes.training.precision import choose_policy

_ARGUMENTS = ("objective", "plan", "settings", "listener", "compare", "callbacks", "class_weight")
_PACKAGES = (
    "dlrecipes",
    "tensorflow",
    "keras",
    "keras-tuner",
    "optuna",
    "numpy",
    "scikit-learn",
    "lightgbm",
    "catboost",
)
"""The last two are only where they are installed, and grow baselines."""


@system_errors()
def tune(  # noqa: PLR0913  (one argument a decision)
    build: Build,
    splits: Splits,
    objective: object = "val_accuracy",
    plan: Plan | None = None,
    settings: RunSettings | None = None,
    *,
    listener: Listener | None = None,
    origin: Origin | None = None,
    compare: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    class_weight: Mapping[object, float] | None = None,
    time_plan: TimePlan | None = None,
    began: float | None = None,
    **others: object,
) -> Run:
    """Carry out the procedure up to the refits and return the run; the test set stays sealed.

    Args:
        build: Takes a `keras_tuner.HyperParameters` and returns a compiled `keras.Model`; may
            take a second argument `spec`, the description of the preprocessed data. Or a
            `keras_tuner.HyperModel`: a `fit` of its own trains every trial and refit, by the
            engine `fit`, and what it asks for is part of the search.
        splits: The data; its test part is not touched.
        objective: A metric of the model's logs (`"val_accuracy"`), an `Objective`, or a
            `keras_tuner.Objective`.
        plan: How the trials are spent; None for `CoarseToFine()`.
        settings: Engine, precision, storage, directory, seed, minutes.
        listener: Hears of every stage, epoch and trial; None for plain lines,
            `dlrecipes.search.Listener()` for silence.
        origin: Where builder and data come from, of a recipe, which goes on to the test set and
            says the end itself; None for the builder's own name and source.
        compare: Whether simpler searches are run for real, at equal cost.
        callbacks: Keras callbacks, of which every trial and refit has a copy. The engine `fit`
            trains then. What a callback adds to the logs may be the objective.
        class_weight: `{class: weight}` by the labels or their indices, as in `model.fit`: of the
            training loss only, 1 for a class that is left out; None for none.
        time_plan: `TimePlan()` where `settings.minutes` is the time of the whole run and says how
            many trials and epochs there are, in the shape of the plan. None for that where no plan
            is given, and otherwise for the plan's own, after whose search at the latest the
            minutes end.
        began: `time.monotonic()` at which the minutes began; None for now.
        others: Arguments of `Tuner.search` that mean the same here: `batch_size` is the plan's,
            `verbose=0` is silence. Others are refused with the way to say them.

    Returns:
        The run: `run.result`, `run.open_test_set(reason)`, `run.export(...)`, `run.report()`.

    Raises:
        ArgumentError: If an argument is none, or not of its kind.
        BuilderError: If the builder does not fit the data or lacks the metric.
        DataError: If the audit finds an error.
        RunError: If the directory cannot be used, or no trial ended with a score.
        StorageError: If the storage cannot be opened.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> def build(hp):
        ...     rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
        ...     model = dlr.models.build_mlp((4,), 3, hidden_units=(8,))
        ...     loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        ...     model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
        ...     return model
        >>> plan = dlr.CoarseToFine(trials=2, epochs=2, refit_seeds=1)
        >>> settings = dlr.RunSettings(out="runs/first", baseline_seconds=1.0)
        >>> run = dlr.tune(
        ...     build, splits, plan=plan, settings=settings, listener=dlr.search.Listener()
        ... )
        >>> list(run.result.best.values), [stage.name for stage in run.result.stages]
        (['learning_rate'], ['coarse', 'fine'])
        >>> run.result.verdict is None  # the test set is sealed: run.open_test_set(reason) opens it
        True
    """
    clock, began = _begin_clock(), time.monotonic() if began is None else began
    check_backend()
    if time_plan is None and plan is None and settings is not None and settings.minutes:
        time_plan = TimePlan()
    plan, listener = take_search_arguments(others, _ARGUMENTS, plan or CoarseToFine(), listener)
    given, build = build, builder_of(build)
    own = OwnTraining(fit_of(given), callbacks, name_of(build))
    if not isinstance(splits, Splits):
        raise ArgumentError(
            "`splits` must be a `Splits`.",
            received=f"{type(splits).__name__}",
            fix="Make one with `dlr.data.load(name)` or `dlr.data.from_arrays(x, y)`.",
        )
    weights = None if class_weight is None else read_class_weight(splits, class_weight)
    splits = splits if weights is None else with_class_weight(splits, weights)
    goal, settings = Objective.parse(objective), settings or RunSettings()
    if not plan.trials:
        raise ArgumentError(
            "A new run must have at least one trial.",
            received="a plan with 0 trials",
            fix="`--trials 0` ends a run that exists: `--resume DIR --trials 0`.",
        )
    time_plan = _of_minutes(time_plan, settings)
    _check_threshold(settings, splits)
    _check_seal(settings, splits)
    by_recipe = origin is not None
    origin = origin or Origin(name_of(build), text=source_of(build))
    RunDirectory.planned(settings.out, origin.recipe)
    if settings.like is not None:  # said before anything is done
        RunDirectory.existing(settings.like).read_study()
    policy = choose_policy(settings.precision, weakest_capability())
    heard = listener or PlainProgress(goal)
    work = Work(
        told(build, splits, fit_of(given)),
        splits,
        plan,
        heard,
        settings,
        compare,
        describe_data(splits, origin.source),
        own,
        clock,
        time_plan,
        began,
    )
    prepared = prepare(work, goal, policy)
    splits = prepared.splits
    work = replace(work, plan=take_first_trials(plan, prepared.space))
    work, similar = _begin_like(work, prepared)
    plan, found = _begin_around(work, prepared)
    found = (*similar, *found)
    prepared = replace(prepared, findings=(*prepared.findings, *found))
    work = replace(work, splits=splits, plan=plan)
    storage = _absolute(settings.storage or "")
    directory = RunDirectory.create(settings.out, origin.recipe)
    info = RunInfo(
        builder=prepared.builder,
        run=directory.name,
        study=f"{directory.name}-{uuid.uuid4().hex[:8]}",
        origin=origin,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=replace(
            settings,
            storage=mask_password(storage) or None,
            out=str(directory.path),
            like=None if settings.like is None else str(Path(settings.like).absolute()),
            threshold=settings.goal or None,
            gap_penalty=None if settings.penalty is None else str(settings.penalty),
        ),
        objective=goal.name,
        direction=goal.direction,
        plan=plan,
        policy=policy,
        device=describe_device(),
        versions=versions_of(_PACKAGES),
        raw_spec=splits.raw_spec,
        spec=splits.model_spec,
        fingerprint=splits.test.fingerprint,
        development=splits.development().fingerprint,
        split_seed=splits.split_seed,
        own_training=own.brought,
        class_weight=weights,
        found=found,
        time_plan=time_plan,
    )
    try:
        directory.write(info)
        store = Store.open(storage or directory.journal, info.study)
    except (OSError, StorageError):
        directory.discard()
        raise
    with _going_on(directory, heard, by_recipe=by_recipe):
        run = carry_out(directory, info, store, work, prepared)
    if not by_recipe:
        say_end(heard, run.result, directory)
    return run


@system_errors()
def resume(  # noqa: PLR0913  (one argument a decision)
    directory: str | Path,
    build: Build,
    splits: Splits,
    *,
    plan: Plan | None = None,
    minutes: float | None = None,
    storage: str | None = None,
    listener: Listener | None = None,
    compare: bool = False,
    origin: Origin | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    class_weight: Mapping[object, float] | None = None,
    began: float | None = None,
    **others: object,
) -> Run:
    """Go on with a run that was cut off, or give it more trials.

    Builder and data must be those that the run began with: trials of two networks cannot be
    compared, and only one of them would stand in the record. What the builder makes counts, and
    not its text.

    Args:
        directory: The run directory.
        build: The builder, the same as before.
        splits: The data, the same as before.
        plan: Another plan, such as one with more trials, or with none to end the search with
            the best so far; None for the run's own.
        minutes: Minutes after which the search ends; None for no limit. Of a run whose minutes say
            how many trials there are, the time that it has from now on; None for what is left.
        storage: The storage's URL, where it needs a password: none is kept in `run.json`.
        listener: Hears of every stage, epoch and trial; None for plain lines.
        compare: Whether simpler searches are run for real, at equal cost.
        origin: Where builder and data come from now, of a recipe, which says the end itself; None
            for the builder's own source.
        callbacks: Those that the run began with.
        class_weight: As when the run began; None for that.
        began: `time.monotonic()` at which the minutes go on; None for now.
        others: Arguments of `Tuner.search` that mean the same here: `batch_size` is the plan's,
            `verbose=0` is silence. Others are refused with the way to say them.

    Returns:
        The run: with one trial at a time, as an unbroken one would have left it. Of trials side by
        side, those that were under way are trained again and may be compared with others.

    Raises:
        RunError: If the directory is no run, is damaged, is no place to load a SavedModel from,
            or builder, data or plan are not what the run began with.
        StorageError: If its storage cannot be opened.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> def build(hp):
        ...     rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
        ...     model = dlr.models.build_mlp((4,), 3, hidden_units=(8,))
        ...     loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        ...     model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
        ...     return model
        >>> more = dlr.CoarseToFine(trials=4, epochs=2, refit_seeds=1)
        >>> run = dlr.resume("runs/first", build, splits, plan=more, listener=dlr.search.Listener())
        >>> run.info.plan.trials, len(run.result.refits)
        (4, 1)
    """
    clock, began = _begin_clock(), time.monotonic() if began is None else began
    check_backend()
    given, build = build, builder_of(build)
    own = OwnTraining(fit_of(given), callbacks, name_of(build))
    existing = RunDirectory.existing(directory)
    check_place(existing.path)
    info = existing.read_info()
    plan, listener = take_search_arguments(others, _ARGUMENTS, plan or info.plan, listener)
    plan = _with_priors(plan, info.plan)
    check_same_training(info, own.brought)
    splits = in_found_form(_weighed_as_before(info, splits, class_weight), info)
    began_with = {"test set": info.fingerprint, "training data": info.development}
    has = {
        "test set": splits.test.fingerprint,
        "training data": splits.development().fingerprint,
    }
    for part, fingerprint in began_with.items():
        if has[part] != fingerprint:
            raise RunError(
                "A run must be resumed with the data that it began with.",
                received=f"a {part} with fingerprint {has[part]}, not {fingerprint}",
                fix="Restore data and preprocessing, or start a new run.",
            )
    check_same_description(info, splits.raw_spec, splits.model_spec)
    if existing.result_file.exists():
        existing.read_result()  # a damaged one is said now and not after the search
    _check_same_plan(plan, info.plan)
    time_plan, before = _time_left(info, plan, minutes)
    by_recipe = origin is not None
    if origin is None and not info.origin.path:
        origin = Origin(info.origin.recipe, text=source_of(build))
    text = origin.text if origin else ""
    goal = Objective(info.objective, info.direction)
    heard = listener or PlainProgress(goal)
    work = Work(
        told(build, splits, fit_of(given)),
        splits,
        plan,
        heard,
        replace(info.settings, minutes=minutes),
        compare,
        describe_data(splits, info.origin.source),
        own,
        clock,
        time_plan,
        began,
        before,
    )
    with existing.refusals():
        prepared = prepare(
            work, goal, info.policy, partial(compare_builders, info, build=work.build, text=text)
        )
    plan = take_first_trials(plan, prepared.space)
    work = replace(work, splits=prepared.splits, plan=plan)
    prepared = replace(prepared, findings=(*prepared.findings, *info.found))
    # A search that is ended early keeps its plan: it may go on another day.
    info = replace(info, builder=prepared.builder, plan=plan if plan.trials else info.plan)
    if plan.trials:
        info = replace(info, time_plan=time_plan)
    begun = info.origin
    moved = bool(begun.path) and not Path(begun.path).exists()
    if origin is not None and text and (text != begun.text or moved):
        # What is trained from now on is this text's.
        info = replace(info, origin=replace(begun, text=text, path=origin.path))
    with existing.locked():
        kept = info.settings.storage or ""
        location = _absolute(storage or kept)
        if mask_password(location) != kept:
            raise RunError(
                "A resumed run keeps its storage.",
                received=f"storage={mask_password(location)!r}, begun with {kept!r}",
                fix="Leave the option out, or start a new run.",
            )
        store = Store.open(location or existing.journal, info.study)
        first = info.plan_carried_out.stages[0].name
        if existing.study_file.exists() and not store.has(first):
            raise StorageError(
                "The storage must hold the run's trials.",
                received=f"{store.location} without a study of {info.study}",
                fix="Restore it, or name the right one by `storage`.",
            )
        existing.write(info)
    with _going_on(existing, heard, by_recipe=by_recipe):
        run = carry_out(existing, info, store, work, prepared)
    if not by_recipe:
        say_end(heard, run.result, existing)
    return run


def _of_minutes(time_plan: TimePlan | None, settings: RunSettings) -> TimePlan | None:
    """Return how a new run's minutes are divided, with its time."""
    if time_plan is None:
        return None
    if settings.minutes is None:
        raise ArgumentError(
            "A time plan needs the minutes that it divides.",
            received="time_plan without minutes",
            fix="For example settings=dlr.RunSettings(minutes=3).",
        )
    return replace(time_plan, sizes=(), seconds=60 * settings.minutes, given=0)


def _time_left(
    info: RunInfo, plan: Plan, minutes: float | None
) -> tuple[TimePlan | None, float | None]:
    """Return how a resumed run's minutes are divided, and what is spent if not as recorded."""
    begun = info.time_plan
    if begun is None:
        return None, None
    if plan.trials not in (0, info.plan.trials):
        raise RunError(
            "The minutes of this run say how many trials it has.",
            received=f"{plan.trials} trials",
            fix="Give it more minutes; 0 trials end its search with the best so far.",
        )
    if plan.trials and minutes is None:
        return begun, None
    # Another time: what was trained again follows from what is found until then.
    refits = begun.size(REFITS)
    known = begun.sizes if refits is None else begun.sizes[: begun.sizes.index(refits)]
    spent = refits.spent if refits is not None else known[-1].spent if known else 0.0
    more = 60 * minutes if plan.trials and minutes is not None else 0.0
    if known and not plan.trials:  # a stage that was under way ends, too
        known = (*known[:-1], replace(known[-1], until=known[-1].spent))
    seconds, given = max(spent + more, 1e-3), begun.given + 1
    # Minutes that somebody gives are there to be spent.
    within = begun.within_plan and not more
    return (
        replace(begun, sizes=known, within_plan=within, seconds=seconds, given=given),
        spent,
    )


def _begin_clock() -> PhaseClock:
    """Return a clock that runs: what a run begins with counts as its checks."""
    clock = PhaseClock()
    clock.begin("check")
    return clock


def _begin_like(work: Work, prepared: Prepared) -> tuple[Work, tuple[Finding, ...]]:
    """Return the work with what an earlier run found in its plan, and what is said of that."""
    if work.settings.like is None:
        return work, ()
    begun = begin_like(RunDirectory.existing(work.settings.like), work.plan, prepared.space)
    work.listener.on_note(f"{begun.finding.verdict} {begun.finding.advice}".rstrip())
    return replace(work, plan=begun.plan), (begun.finding,)


def _with_priors(plan: Plan, began_with: Plan) -> Plan:
    """Return a plan with the priors of the plan that a run began with, stage by stage."""
    known = {stage.name: stage.priors for stage in began_with.stages}
    stages = tuple(
        replace(stage, priors=stage.priors or known.get(stage.name, {})) for stage in plan.stages
    )
    return replace(plan, stages=stages)


def _begin_around(work: Work, prepared: Prepared) -> tuple[Plan, tuple[Finding, ...]]:
    """Return the plan that a range test of the learning rate makes, and what it found."""
    if not work.settings.lr_range_test:
        return work.plan, ()
    splits = prepared.splits
    work.clock.begin("range test")
    with study_running(splits.test.fingerprint), work.listener.busy():
        work.listener.on_step("a range test of the learning rate")
        seeded = seed_ranges(work.build, splits, work.plan, prepared.space, seed=work.settings.seed)
    finding = seeded.finding
    if finding.action is None:  # it was asked for: that nothing comes of it is said, too
        work.listener.on_note(f"{finding.verdict} {finding.advice}".rstrip())
    else:
        work.listener.on_finding(finding)
    return seeded.plan, (finding,)


def _weighed_as_before(
    info: RunInfo, splits: Splits, class_weight: Mapping[object, float] | None
) -> Splits:
    """Return the data with the class weights of the run."""
    began = info.class_weight
    now = began if class_weight is None else read_class_weight(splits, class_weight)
    if now != began:
        raise RunError(
            "A resumed run keeps its class weights.",
            received=f"class_weight={now}, begun with {began}",
            fix="Leave the argument out, or start a new run.",
        )
    return splits if began is None else with_class_weight(splits, began)


@contextmanager
def _going_on(directory: RunDirectory, heard: Listener, *, by_recipe: bool) -> Iterator[None]:
    """Say how to go on with a run that Ctrl-C ends; a recipe's command says so itself."""
    try:
        yield
    except KeyboardInterrupt:
        if not by_recipe:
            path = str(directory.path)
            heard.on_end(
                (
                    f"Interrupted. Every finished trial is kept in {path}.",
                    f"Go on: dlr.resume({path!r}, build, splits)",
                )
            )
        raise


def _check_threshold(settings: RunSettings, splits: Splits) -> None:
    if settings.threshold is not None and not has_threshold(splits.raw_spec):
        raise ArgumentError(
            "A threshold is chosen between two classes.",
            received=f"threshold={str(settings.threshold)!r} for {splits.raw_spec.task} data",
            fix="Leave it out.",
        )


def _check_seal(settings: RunSettings, splits: Splits) -> None:
    if settings.sealed is False and not len(splits.test):
        raise ArgumentError(
            "Only a test part can be opened.",
            received="sealed=False for data that is all for training and validation",
            fix="Leave it out, or split a test part off.",
        )


def _absolute(storage: str) -> str:
    """Return an SQLite URL with an absolute path: a run may be resumed from another folder."""
    prefix = "sqlite:///"
    path = storage.removeprefix(prefix)
    if not storage.startswith(prefix) or path.startswith("/") or path in ("", ":memory:"):
        return storage
    return f"{prefix}{Path(path).absolute()}"


def _check_same_plan(plan: Plan, began_with: Plan) -> None:
    """Refuse what stages that are done cannot follow: numbers and first trials may change."""
    stages = tuple(replace(stage, trials=0, first=()) for stage in plan.stages)
    before = tuple(replace(stage, trials=0, first=()) for stage in began_with.stages)
    same = replace(plan, stages=before, refit_seeds=began_with.refit_seeds)
    if stages != before or same != replace(began_with, stages=before):
        raise RunError(
            "A resumed run keeps its plan; only `trials` and `refit_seeds` may change.",
            received="another number of epochs, sampler, pruner, range, batch size or stage",
            fix="Leave the option out, or start a new run.",
        )
