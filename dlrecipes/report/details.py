"""Settings, seeds, versions and times: what one needs to do it again."""

from __future__ import annotations

from dlrecipes.report.format import format_seconds, format_time, format_value
from dlrecipes.results import DataSpec, EngineChoice, Plan, RunInfo, RunResult, plural
from dlrecipes.results.run_info import SourceValue
from dlrecipes.targets import kind_of

Rows = list[tuple[str, str]]


def best_values(result: RunResult) -> Rows:
    """Return the winner's hyperparameters."""
    if result.best is None:
        return []
    return [(name, format_value(value)) for name, value in result.best.values.items()]


def data_rows(result: RunResult, info: RunInfo) -> Rows:
    """Return what is known of the data."""
    data, spec = result.data, info.raw_spec
    rows = [
        ("name", data.name),
        (
            "task",
            data.task,
        ),
        ("examples", f"{data.train:,} train, {data.validation:,} validation, {data.test:,} test"),
        ("one example", _example(spec)),
    ]
    if info.spec.input_shape != spec.input_shape or info.spec.input_dtype != spec.input_dtype:
        rows.append(
            ("after preprocessing", f"{_shape(info.spec.input_shape)} {info.spec.input_dtype}")
        )
    rows += [(f"target {one.shown}".strip(), kind_of(one).summary) for one in info.spec.targets]
    rows += [] if spec.lags is None else [("forecast", spec.lags.sentence)]
    rows += [(f"column {one.name}", f"{one.kind}: {one.evidence}") for one in spec.columns]
    split = "given" if info.split_seed is None else str(info.split_seed)
    rows += [("split seed", split), ("test fingerprint", data.fingerprint)]
    return rows + [(f"source: {name}", _plain(value)) for name, value in info.source.items()]


def run_rows(result: RunResult, info: RunInfo) -> Rows:
    """Return settings, seeds and the machine."""
    better = "highest" if result.direction == "max" else "lowest"
    asked = f" (asked for: {info.engine})" if info.engine != result.engine.name else ""
    wanted = f" (asked for: {info.precision})" if info.precision != result.engine.precision else ""
    rows = [
        ("run", info.run),
        ("recipe", info.recipe + (f", {info.recipe_path}" if info.recipe_path else "")),
        ("started", format_time(info.created)),
        ("seed", str(info.seed)),
        ("refit seeds", ", ".join(str(refit.seed) for refit in result.refits)),
        ("objective", f"{better} {info.objective}"),
        ("threshold chosen for", info.threshold),
        ("gap penalty", info.gap_penalty),
        ("score of a trial", _fold_scores(result, info)),
        ("engine", result.engine.name + asked),
        *((f"structure {at}", _engine(one)) for at, one in enumerate(info.engines, start=1)),
        ("precision", result.engine.precision + wanted),
        ("device", info.device),
        ("storage", info.storage or "journal in the run directory"),
        ("weights", f"{info.parameters:,}" if info.parameters else ""),
    ]
    return [(name, value) for name, value in rows if value]


def _fold_scores(result: RunResult, info: RunInfo) -> str:
    """Say what the score of a trial is a mean of; nothing if the validation part gave it."""
    if info.folds is None:
        return ""
    drawn = f", drawn {info.repeats} times" if info.repeats > 1 else ""
    scores = (
        ", ".join(format_value(score) for score in result.best.fold_scores) if result.best else ""
    )
    return f"mean over {info.folds} folds{drawn}; the winner's: {scores}"


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
        ("patience", "none" if plan.patience is None else plural(plan.patience, "epoch")),
    ]
    return rows + [
        (f"limits of {name}", f"{format_value(low)} to {format_value(high)}")
        for name, (low, high) in plan.limits.items()
    ]


def time_rows(result: RunResult) -> Rows:
    """Return how long each phase took, the total last."""
    phases = sorted(result.seconds.items(), key=lambda item: item[0] == "total")
    names = {"total": "these together"}
    return [(names.get(name, name), format_seconds(seconds)) for name, seconds in phases]


def _plain(value: SourceValue) -> str:
    return str(value) if isinstance(value, list | dict) else format_value(value)


def _example(spec: DataSpec) -> str:
    if spec.columns:
        return f"{plural(len(spec.columns), 'column')} of a table"
    return f"{_shape(spec.input_shape)} {spec.input_dtype} ({spec.kind})"


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in shape) or "scalar"
