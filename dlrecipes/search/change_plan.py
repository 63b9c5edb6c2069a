"""Another budget for a plan that exists."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from dlrecipes.checks import check_integer, did_you_mean
from dlrecipes.errors import ArgumentError
from dlrecipes.results import Plan, Stage

_ENDS = re.compile(r"(?:limits|([^.]+)\.(ranges))\.(.+)")
"""`limits.NAME` or `STAGE.ranges.NAME`."""


def with_budget(plan: Plan, trials: int | None = None, epochs: int | None = None) -> Plan:
    """Return `plan` with another number of trials or epochs, shared out as before.

    Of the values that are tried first (`Stage.first`) no more are kept than there are trials.

    Args:
        plan: The plan.
        trials: New number of all search trials, at least 0; None leaves it.
        epochs: New number of epochs of the longest stage, at least 1; None leaves it.

    Raises:
        ArgumentError: If a number is out of range.
    """
    stages = plan.stages
    if trials is not None:
        check_integer("trials", trials, 0)
        stages = tuple(
            dataclasses.replace(stage, trials=share)
            for stage, share in zip(stages, _shares(stages, trials), strict=True)
        )
        stages = _with_room(stages, trials)
    if epochs is not None:
        check_integer("epochs", epochs, 1)
        longest = max(stage.epochs for stage in stages)
        stages = tuple(
            dataclasses.replace(stage, epochs=max(1, round(stage.epochs * epochs / longest)))
            for stage in stages
        )
    refit_epochs = plan.refit_epochs if epochs is None else None
    return dataclasses.replace(plan, stages=stages, refit_epochs=refit_epochs)


def _with_room(stages: tuple[Stage, ...], trials: int) -> tuple[Stage, ...]:
    """Leave out values to be tried first that have no trial; with 0 trials nothing begins."""
    kept, left = [], trials or sum(len(stage.first) for stage in stages)
    for stage in stages:
        kept.append(dataclasses.replace(stage, first=stage.first[:left]))
        left -= len(kept[-1].first)
    return tuple(kept)


def with_setting(plan: Plan, setting: str) -> Plan:
    """Return `plan` with one field changed.

    Args:
        plan: The plan.
        setting: `"stage.field=value"` for a field of a stage (`"coarse.trials=40"`),
            `"field=value"` for one of the plan (`"batch_size=64"`), and for the ends of a
            hyperparameter `"stage.ranges.dropout=0,0.5"` or `"limits.dropout=0,0.9"`.

    Raises:
        ArgumentError: If there is no such stage or field, or the value does not fit.
    """
    path, equals, text = setting.partition("=")
    ends = _ENDS.fullmatch(path.strip())
    if equals and ends is not None:
        return _with_ends(plan, setting, ends[1] or "", ends[3], text)
    stage_name, _, field = path.strip().rpartition(".")
    target = next((stage for stage in plan.stages if stage.name == stage_name), None)
    owner: Plan | Stage | None = target if stage_name else plan
    known = {
        f"{stage.name}.{name}" for stage in plan.stages for name in _settable(stage)
    } | _settable(plan)
    if not equals or owner is None or path.strip() not in known:
        raise ArgumentError(
            "A setting must be `stage.field=value` or `field=value`.",
            received=f"--set {setting}",
            fix=f"{did_you_mean(path.strip(), known)} Known: {', '.join(sorted(known))}.".strip(),
        )
    kind = next(str(one.type) for one in dataclasses.fields(owner) if one.name == field)
    change: dict[str, Any] = {field: _parse(setting, text.strip(), kind, getattr(owner, field))}
    if isinstance(owner, Plan):
        return dataclasses.replace(owner, **change)
    changed = dataclasses.replace(owner, **change)
    stages = tuple(changed if stage is owner else stage for stage in plan.stages)
    return dataclasses.replace(plan, stages=stages)


def _with_ends(plan: Plan, setting: str, stage_name: str, name: str, text: str) -> Plan:
    """Return a plan with other ends of a hyperparameter: limits, or the range in a stage."""
    low, comma, high = text.partition(",")
    try:
        pair = float(low), float(high)
    except ValueError as error:
        raise ArgumentError(
            "Ends must be two numbers with a comma between.",
            received=f"--set {setting[:200]}",
            fix=f"For example --set {setting.partition('=')[0]}=0,0.5.",
        ) from error
    if not stage_name:
        return dataclasses.replace(plan, limits={**plan.limits, name: pair})
    changed = {
        stage.name: dataclasses.replace(stage, ranges={**stage.ranges, name: pair})
        for stage in plan.stages
        if stage.name == stage_name
    }
    if not changed:
        raise ArgumentError(
            "A range must be set in one of the plan's stages.",
            received=f"--set {setting[:200]}",
            fix=f"The stages are {', '.join(stage.name for stage in plan.stages)}.",
        )
    stages = tuple(changed.get(stage.name, stage) for stage in plan.stages)
    return dataclasses.replace(plan, stages=stages)


def _shares(stages: tuple[Stage, ...], trials: int) -> list[int]:
    """Largest remainders, so that the shares add to `trials`."""
    # Shares of nothing are equal ones: a plan resumed with no trials can be given some again.
    weights = [stage.trials for stage in stages]
    weights = weights if any(weights) else [1] * len(stages)
    exact = [weight * trials / sum(weights) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(stages)), key=lambda at: shares[at] - exact[at])
    for at in by_remainder[: trials - sum(shares)]:
        shares[at] += 1
    return shares


def _settable(owner: Plan | Stage) -> set[str]:
    kinds = (int, float, str, bool, type(None))
    return {
        field.name
        for field in dataclasses.fields(owner)
        if field.name != "name" and isinstance(getattr(owner, field.name), kinds)
    }


def _parse(setting: str, text: str, kind: str, current: object) -> float | str | bool | None:
    if isinstance(current, bool):
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ArgumentError("The setting must be true or false.", received=f"--set {setting}")
    if isinstance(current, str):
        return text
    if text.lower() == "none":
        return None
    try:
        return float(text) if "float" in kind else int(text)
    except ValueError as error:
        number = "number" if "float" in kind else "whole number"
        raise ArgumentError(
            f"The setting must be a {number}.", received=f"--set {setting[:200]}"
        ) from error
