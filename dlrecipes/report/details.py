"""What was done: settings, seeds, versions, times, the stages, and what the ensemble gained."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.report.format import (
    MISSING,
    format_hyperparameter,
    format_number,
    format_seconds,
    format_time,
    format_value,
)
from dlrecipes.report.scores import main_metric
from dlrecipes.results import (
    Calibration,
    DataSpec,
    EngineChoice,
    Plan,
    RunInfo,
    RunResult,
    StageResult,
    TimeSpent,
    plural,
)
from dlrecipes.results.run_info import SourceValue
from dlrecipes.targets import kind_of

Rows = list[tuple[str, str]]


def best_values(result: RunResult) -> Rows:
    """Return the winner's hyperparameters."""
    if result.best is None:
        return []
    return [(name, format_hyperparameter(value)) for name, value in result.best.values.items()]


def data_rows(result: RunResult, info: RunInfo) -> Rows:
    """Return what is known of the data."""
    data, spec = result.data, info.raw_spec
    test = f"{data.test:,}" if data.test else "no"
    rows = [
        ("name", data.name),
        (
            "task",
            data.task,
        ),
        ("examples", f"{data.train:,} train, {data.validation:,} validation, {test} test"),
        ("one example", _example(spec)),
    ]
    if info.spec.input_shape != spec.input_shape or info.spec.input_dtype != spec.input_dtype:
        rows.append(
            ("after preprocessing", f"{_shape(info.spec.input_shape)} {info.spec.input_dtype}")
        )
    rows += [
        (f"target {target.shown}".strip(), kind_of(target).summary) for target in info.spec.targets
    ]
    rows += [] if spec.lags is None else [("forecast", spec.lags.sentence)]
    rows += [
        (f"column {column.name}", f"{column.kind}: {column.evidence}") for column in spec.columns
    ]
    split = "given" if info.split_seed is None else str(info.split_seed)
    rows += [("split seed", split), ("test fingerprint", data.fingerprint or "no test part")]
    return rows + [(f"source: {name}", _plain(value)) for name, value in info.origin.source.items()]


def run_rows(result: RunResult, info: RunInfo) -> Rows:
    """Return settings, seeds and the machine."""
    better = "highest" if result.direction == "max" else "lowest"
    settings, used = info.settings, result.engine
    asked = f" (asked for: {settings.engine})" if settings.engine != used.name else ""
    wanted = f" (asked for: {settings.precision})" if settings.precision != used.precision else ""
    rows = [
        ("run", info.run),
        ("recipe", info.origin.recipe + (f", {info.origin.path}" if info.origin.path else "")),
        ("started", format_time(info.created)),
        ("seed", str(settings.seed)),
        ("refit seeds", ", ".join(str(refit.seed) for refit in result.refits)),
        ("objective", f"{better} {info.objective}"),
        ("threshold chosen for", settings.goal),
        ("gap penalty", str(settings.penalty or "")),
        ("score of a trial", _fold_scores(result, info)),
        ("engine", used.name + asked),
        *((f"structure {at}", _engine(engine)) for at, engine in enumerate(info.engines, start=1)),
        ("precision", used.precision + wanted),
        ("device", info.device),
        ("storage", settings.storage or "journal in the run directory"),
        ("weights", f"{info.parameters:,}" if info.parameters else ""),
    ]
    return [(name, value) for name, value in rows if value]


def _fold_scores(result: RunResult, info: RunInfo) -> str:
    """Say what the score of a trial is a mean of; nothing if the validation part gave it."""
    if info.settings.folds is None:
        return ""
    drawn = f", drawn {info.settings.repeats} times" if info.settings.repeats > 1 else ""
    scores = (
        ", ".join(format_value(score) for score in result.best.fold_scores) if result.best else ""
    )
    return f"mean over {info.settings.folds} folds{drawn}; the winner's: {scores}"


def _engine(choice: EngineChoice) -> str:
    """Say which engine trains a structure, why, and what was timed."""
    members = f" of {choice.members}" if choice.members > 1 else ""
    xla = ", compiled by XLA" if choice.xla else ""
    timed = ", ".join(
        f"{name} {value:.3g} ms" for name, value in sorted(choice.milliseconds.items())
    )
    steps = f"; a step of one member: {timed}" if timed else ""
    return f"{choice.engine}{members}{xla}: {choice.reason}{steps}"


def plan_rows(plan: Plan) -> Rows:
    """Return the plan, a row a stage."""
    rows = []
    for stage in plan.stages:
        extra = " narrowed ranges," if stage.narrow else ""
        extra += " widens at an edge," if stage.widen else ""
        rows.append(
            (
                stage.name,
                f"{plural(stage.trials, 'trial')} of {plural(stage.epochs, 'epoch')},{extra} "
                f"sampler {stage.sampler}, pruner {stage.pruner}",
            )
        )
    epochs = "those of the longest stage" if plan.refit_epochs is None else f"{plan.refit_epochs:,}"
    rows += [
        ("batch size", f"{plan.batch_size:,}"),
        ("refits", f"{plural(plan.refit_seeds, 'seed')}, epochs: {epochs}"),
        ("early stopping", _stopping(plan)),
    ]
    return rows + [
        (f"limits of {name}", f"{format_value(low)} to {format_value(high)}")
        for name, (low, high) in plan.limits.items()
    ]


def _stopping(plan: Plan) -> str:
    rules = []
    if plan.patience is not None:
        better = f" by more than {plan.min_delta:g}" if plan.min_delta else ""
        rules.append(f"after {plural(plan.patience, 'epoch')} in which no score is better{better}")
    if plan.max_loss_rise is not None:
        rules.append(
            f"once the validation loss is above its best by more than {plan.max_loss_rise:g}"
        )
    return ", or ".join(rules) or "none"


def time_rows(result: RunResult) -> Rows:
    """Return how long each phase took, the total last."""
    prepared = preparation(result)
    rows = {name: format_seconds(seconds) for name, seconds in result.seconds.items()}
    if prepared and "search" in rows:
        rows["search"] += f", of it {prepared}"
    total = rows.pop("total", None)
    return [*rows.items(), *([] if total is None else [("these together", total)])]


def preparation(result: RunResult) -> str:
    """Return how long a search got structures ready, and how many; empty where it did not.

    Args:
        result: A result whose search is done.
    """
    spent = result.time_spent.get("search", TimeSpent())
    if not spent.preparing:
        return ""
    counted = plural(spent.prepared, "structure")
    what = f"preparing {counted}" if spent.prepared else "building models"
    return f"{format_seconds(spent.preparing)} {what}"


def _plain(value: SourceValue) -> str:
    return str(value) if isinstance(value, list | dict) else format_value(value)


def _example(spec: DataSpec) -> str:
    if spec.columns:
        return f"{plural(len(spec.columns), 'column')} of a table"
    if spec.inputs:
        shown = (f"{one.name}: {_shape(one.shape)} {one.dtype}" for one in spec.inputs)
        return f"{plural(len(spec.inputs), 'input')}: {'; '.join(shown)}"
    return f"{_shape(spec.input_shape)} {spec.input_dtype} ({spec.kind})"


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in shape) or "scalar"


@dataclass(frozen=True)
class StageTables:
    """Two tables as text.

    Args:
        columns: Heads of the first table.
        rows: One row a stage.
        stages: Names of the stages, heads of the second table.
        ranges: `(hyperparameter, its range in each stage)`.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    stages: tuple[str, ...]
    ranges: tuple[tuple[str, tuple[str, ...]], ...]


def stage_tables(stages: tuple[StageResult, ...]) -> StageTables:
    """Return what to show of the stages."""
    cut_off = any(stage.trials.unfinished for stage in stages)
    columns = (
        "stage", "completed", "pruned", "diverged", "failed", *(["unfinished"] if cut_off else []),
        "epochs", "time in trials", "best score", "of trial",
    )  # fmt: skip
    rows = []
    for stage in stages:
        counts = stage.trials
        number = stage.best.get("number")
        rows.append(
            (
                stage.name,
                f"{counts.completed:,}",
                f"{counts.pruned:,}",
                f"{counts.diverged:,}",
                f"{counts.failed:,}",
                *([f"{counts.unfinished:,}"] if cut_off else []),
                f"{stage.epochs:,}",
                format_seconds(stage.seconds),
                format_number(stage.best.get("score")),
                MISSING if number is None else f"{int(number):,}",
            )
        )
    names = dict.fromkeys(name for stage in stages for name in stage.ranges)
    ranges = tuple((name, tuple(_range(stage, name) for stage in stages)) for name in names)
    return StageTables(columns, tuple(rows), tuple(stage.name for stage in stages), ranges)


def _range(stage: StageResult, name: str) -> str:
    if name not in stage.ranges:
        return MISSING
    low, high = stage.ranges[name]
    return f"{format_value(low)} to {format_value(high)}"


@dataclass(frozen=True)
class EnsembleSection:
    """What the report says of an ensemble.

    Args:
        sentences: The gain over a single network, on the test part first where that is known.
        metric: The metric of the members' scores.
        rows: `(weight, stage, trial, seed, validation score, hyperparameters)`, a row a member.
        validation: The ensemble's validation score.
    """

    sentences: tuple[str, ...]
    metric: str
    rows: tuple[tuple[str, str, str, str, str, str], ...]
    validation: str


def ensemble_section(result: RunResult) -> EnsembleSection | None:
    """Return what to say of the ensemble; None without one."""
    ensemble = result.ensemble
    if ensemble is None:
        return None
    metric = main_metric(result)
    gains = [ensemble.test_gain, ensemble.validation_gain]
    rows = tuple(
        (
            _percent(member.weight, len(ensemble.members)),
            member.stage,
            str(member.trial),
            str(member.seed),
            format_number(member.validation.get(metric)),
            ", ".join(
                f"{name} {format_hyperparameter(value)}" for name, value in member.values.items()
            ),
        )
        for member in ensemble.members
    )
    return EnsembleSection(
        tuple(gain.sentence for gain in gains if gain is not None),
        metric,
        rows,
        format_number(ensemble.validation.get(metric)),
    )


def _percent(weight: float | None, members: int) -> str:
    return f"{1 / members if weight is None else weight:.0%}"


@dataclass(frozen=True)
class CalibrationRow:
    """What a temperature does to the probabilities of one model, as text.

    Args:
        model: Which model.
        temperature: By what logarithms are divided.
        sentence: What was done, and why.
        cells: Log loss and calibration error, each on the validation and on the test part, before
            and after.
    """

    model: str
    temperature: str
    sentence: str
    cells: tuple[tuple[str, str], ...]


def calibration_rows(result: RunResult) -> tuple[CalibrationRow, ...]:
    """Return what to say of the temperatures of the exported network and of the ensemble."""
    averaged = result.exported == "ensemble"
    single = "one network" if averaged else "the network that is exported"
    found = {single: result.refits[0].calibration} if result.refits else {}
    if result.ensemble is not None:
        name = "the ensemble that is exported" if averaged else "ensemble"
        found[name] = result.ensemble.calibration
    return tuple(
        CalibrationRow(name, format_number(one.temperature), one.sentence, _calibration_cells(one))
        for name, one in found.items()
        if one is not None
    )


def _calibration_cells(calibration: Calibration) -> tuple[tuple[str, str], ...]:
    parts = (calibration.validation, calibration.test)
    losses = [
        (MISSING, MISSING)
        if part is None
        else (format_number(part.log_loss), format_number(part.calibrated_log_loss))
        for part in parts
    ]
    errors = [
        (MISSING, MISSING)
        if part is None
        else (format_number(part.error), format_number(part.calibrated_error))
        for part in parts
    ]
    return (*losses, *errors)
