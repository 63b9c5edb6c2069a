"""The line that carries on from a run, to copy."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Objective, Plan, RunInfo, RunSettings, Stage
from dlrecipes.results.run_info import SourceValue
from dlrecipes.search import with_budget, with_setting
from dlrecipes.search.first_trials import in_words

_PACKAGE = Path(__file__).parent.parent
_BUNDLED = (_PACKAGE / "_recipes", _PACKAGE.parent / "recipes")
_OWN = tuple(field.name for field in fields(RunSettings) if field.name not in ("out", "sealed"))
"""A new run has a folder of its own, and opens no test set that was opened before."""
_NO_SETTINGS = ("stages", "ranges", "limits", "first", "priors")
Pair = tuple[float, float]


def command_of(info: RunInfo, command: str, options: Sequence[str] = ()) -> str:
    """Return a command for the recipe and the data of a run.

    A `tune` begins as the run did: with its options, where they are not the usual ones, and its
    plan, where it is not the recipe's own.

    Args:
        info: What the run was started with.
        command: `"tune"`, `"check"` or `"curve"`, which goes on from the run.
        options: Options and their values, for `tune` those that change the plan.

    Returns:
        A line for a shell; for a run from Python the Python that does the same.
    """
    if not info.origin.path:
        return _in_python(info, command, options)
    words = ["dlrecipes", command, _recipe(info)]
    if command == "tune":
        settings = info.settings
        if info.time_plan is not None and "--trials" in options:  # which the minutes would cut
            settings = replace(settings, minutes=None)
        words += [*_plan_options(info, options), *_own_options(settings)]
    else:
        words += options
    for name, value in info.origin.source.items():
        words += [f"--{name.replace('_', '-')}", _text(value)]
    if command == "curve":
        words += ["--run", _near(Path(info.settings.out or info.run))]
    return shlex.join(words)


def export_command(info: RunInfo) -> str:
    """Return a command that exports the strongest baseline of a run.

    Args:
        info: What the run was started with.

    Returns:
        A line for a shell; for a run from Python the Python that does the same.
    """
    if not info.origin.path:
        return "run.export_baseline()"
    run = _near(Path(info.settings.out or info.run))
    return shlex.join(["dlrecipes", "export", run, "--baseline"])


def _own_options(settings: RunSettings) -> Iterator[str]:
    """Yield the options that a run was started with, where they are not the usual ones."""
    usual = RunSettings()
    for name in _OWN:
        value = getattr(settings, name)
        if value == getattr(usual, name):
            continue
        yield f"--{name.replace('_', '-')}"
        if not isinstance(value, bool):
            yield _number(value) if isinstance(value, float) else str(value)
    if settings.sealed:
        yield "--sealed"


def _plan_options(info: RunInfo, options: Sequence[str]) -> Sequence[str]:
    """Return the options that make a run's plan of its recipe's, with a change to it."""
    own = info.origin.plan
    if own is None or [one.name for one in own.stages] != [one.name for one in info.plan.stages]:
        return options
    plan = _changed(info.plan, options)
    if info.settings.lr_range_test:
        plan = _before_range_test(info, plan)
    # Without a number of trials, minutes would be the time of the whole run.
    limited = info.settings.minutes is not None and info.time_plan is None
    trials = None if plan.trials == own.trials and not limited else plan.trials
    longest, usual = (max(stage.epochs for stage in one.stages) for one in (plan, own))
    words = [] if trials is None else ["--trials", str(trials)]
    words += [] if longest == usual else ["--epochs", str(longest)]
    begun = with_budget(own, trials, None if longest == usual else longest)
    settings = list(_differences("", begun, plan, begun.limits, plan.limits))
    for before, after in zip(begun.stages, plan.stages, strict=True):
        settings += _differences(f"{after.name}.", before, after, before.ranges, after.ranges)
    for setting in settings:
        words += ["--set", setting]
    for before, after in zip(begun.stages, plan.stages, strict=True):
        for values in after.first[len(before.first) :]:
            words += ["--try", in_words(values)]
    return words


def _changed(plan: Plan, options: Sequence[str]) -> Plan:
    """Return a plan with what options of `tune` change."""
    for name, value in zip(options[::2], options[1::2], strict=True):
        if name == "--set":
            plan = with_setting(plan, value)
        else:
            plan = with_budget(plan, **{name[2:]: int(value)})
    return plan


def _before_range_test(info: RunInfo, plan: Plan) -> Plan:
    """Return a plan without the range that a range test has set, which a new run tests again."""
    for change in (finding.action for finding in info.found if finding.action is not None):
        stages = tuple(
            replace(stage, ranges={k: v for k, v in stage.ranges.items() if k != name})
            if (name := change.hyperparameter) is not None
            and stage.name == change.stage
            and stage.ranges.get(name) == (change.low, change.high)
            else stage
            for stage in plan.stages
        )
        plan = replace(plan, stages=stages)
    return plan


def _differences(
    of: str,
    before: Plan | Stage,
    after: Plan | Stage,
    ends_before: dict[str, Pair],
    ends_after: dict[str, Pair],
) -> Iterator[str]:
    """Yield the settings that make one plan, or one of its stages, another."""
    for name, (low, high) in ends_after.items():
        if ends_before.get(name) != (low, high):
            kind = "ranges" if of else "limits"
            yield f"{of}{kind}.{name}={_number(low)},{_number(high)}"
    for field in fields(after):
        value = getattr(after, field.name)
        if field.name in _NO_SETTINGS or value == getattr(before, field.name):
            continue
        yield f"{of}{field.name}={value if isinstance(value, str) else str(value).lower()}"


def _number(value: float) -> str:
    """Return a number as short as it can be without becoming another one."""
    short = f"{value:.6g}"
    return short if float(short) == value else repr(value)


def _in_python(info: RunInfo, command: str, options: Sequence[str]) -> str:
    if command == "curve":
        return "dlr.learning_curve(build, splits, run=run)"
    if command == "check":
        return "dlr.check(model, x, y)"
    changes = "plan"
    for name, value in zip(options[::2], options[1::2], strict=True):
        if name == "--set":
            changes = f'dlr.search.with_setting({changes}, "{value}")'
        else:
            changes = f"dlr.search.with_budget({changes}, {name[2:]}={value})"
    objective = _objective(Objective(info.objective, info.direction))
    settings = ", settings=settings" * any(_own_options(info.settings))
    by_time = info.time_plan is not None and not options  # which a plan would change
    plan = "" if by_time else f", plan={changes}"
    return f"dlr.tune(build, splits{objective}{plan}{settings})"


def _objective(objective: Objective) -> str:
    """Return the argument of `tune` that says what is better, where it is not the usual one."""
    if objective == Objective.parse("val_accuracy"):
        return ""
    try:
        if Objective.parse(objective.name) == objective:
            return f', "{objective.name}"'
    except ArgumentError:  # a name that does not tell
        pass
    return f', dlr.Objective("{objective.name}", "{objective.direction}")'


def _recipe(info: RunInfo) -> str:
    """Return a bundled recipe's name, or where its file is."""
    path = Path(info.origin.path)
    if path.stem == info.origin.recipe and path.parent in _BUNDLED:
        return info.origin.recipe
    return _near(path)


def _near(path: Path) -> str:
    """Return a path from here, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _text(value: SourceValue) -> str:
    """Return an argument of `load` as the command line takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _listed([str(item) for item in value])
    if isinstance(value, dict):
        return _listed(
            [
                f"{name}={'<'.join(item) if isinstance(item, list) else item}"
                for name, item in value.items()
            ]
        )
    return str(value)


def _listed(items: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(items)
    return text.getvalue()
