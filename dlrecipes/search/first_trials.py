"""Values found by hand, or by an earlier search, that are tried before anything is proposed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from dlrecipes.checks import did_you_mean, shown
from dlrecipes.errors import ArgumentError
from dlrecipes.results import (
    Finding,
    Hyperparameter,
    Objective,
    Plan,
    TrialRecord,
    Value,
    plural,
    significant,
)
from dlrecipes.search.ranges import rank, replace_ranges

Space = tuple[Hyperparameter, ...]
Values = dict[str, Value]
_WORDS: dict[str, Value] = {"true": True, "false": False, "None": None}


def with_first_trial(plan: Plan, values: Mapping[str, Value] | str) -> Plan:
    """Return `plan` with values that are tried first.

    Args:
        plan: The plan.
        values: `{hyperparameter: value}`, or the same as text, `"learning_rate=0.01,dropout=0.2"`.
            What is left out is proposed as usual.

    Raises:
        ArgumentError: If a text does not say that.

    Example:
        >>> plan = dlr.search.with_first_trial(dlr.CoarseToFine(30), "learning_rate=0.01,units=32")
        >>> plan.stages[0].first
        ({'learning_rate': 0.01, 'units': 32},)
    """
    read = _read(values) if isinstance(values, str) else dict(values)
    begun, *others = plan.stages
    return replace(plan, stages=(replace(begun, first=(*begun.first, read)), *others))


def _read(text: str) -> Values:
    found: Values = {}
    for pair in text.split(","):
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not (name and equals and value) or name in found:
            raise ArgumentError(
                "Values to try must be `name=value`, each name once, with commas between.",
                received=f"--try {text[:200]}",
                fix="For example --try learning_rate=0.01,dropout=0.2; once more for others.",
            )
        found[name] = _WORDS.get(value, _WORDS.get(value.lower(), _number(value)))
    return found


def _number(text: str) -> Value:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def users_first(plan: Plan, own: Sequence[Values]) -> Plan:
    """Return `plan` with the user's values to try in front of a recipe's own, which make room.

    Of its own as many are kept as there are trials beside the user's, the first of them.

    Args:
        plan: The recipe's plan, perhaps with other values to try or fewer trials.
        own: What the recipe's plan tries first.
    """
    left = list(own)
    given: list[list[Values]] = []
    for stage in plan.stages:
        given.append([])
        for values in stage.first:
            if values in left:
                left.remove(values)
            else:
                given[-1].append(values)
    taken = [values for some in given for values in some]
    # With no trials nothing begins, and the plan may be given some again.
    room = max(0, plan.trials - len(taken)) if plan.trials else len(own)
    stages = []
    for stage, users in zip(plan.stages, given, strict=True):
        kept = [values for values in stage.first if values in own and values not in taken][:room]
        room -= len(kept)
        stages.append(replace(stage, first=(*users, *kept)))
    return replace(plan, stages=tuple(stages))


def take_first_trials(plan: Plan, space: Space) -> Plan:
    """Return `plan` with its first trials and priors as values of the builder's.

    The constant `epochs`, which is a stage's own, is left out of them.

    Args:
        plan: The plan.
        space: What the builder asks for.

    Raises:
        ArgumentError: If a name is none of the builder's, a value does not fit, a condition of
            one does not hold, `epochs` are none of the plan's, or there are more of them than
            trials.
    """
    stages = []
    for stage in plan.stages:
        ranges = replace_ranges(space, stage.ranges)
        given = (_without_epochs(space, values, plan) for values in stage.first)
        first = tuple(_taken(ranges, values) for values in given if values)
        for name, prior in stage.priors.items():
            _taken_value(space, name, prior.value, {})
        stages.append(replace(stage, first=first))
    number = sum(len(stage.first) for stage in stages)
    if number > plan.trials > 0:
        raise ArgumentError(
            "There must be a trial for each of the values that are tried first.",
            received=f"{number} of them, {plural(plan.trials, 'trial')}",
            fix=f"Give at least --trials {number}, or max_trials={number} to a Tuner.",
        )
    return replace(plan, stages=tuple(stages))


def _without_epochs(space: Space, values: Values, plan: Plan) -> Values:
    """Return values without the constant `epochs`, which an earlier run has among its best ones."""
    defaults = [one.default for one in space if one.is_epochs]
    if "epochs" not in values or not defaults:
        return values
    known = sorted({stage.epochs for stage in plan.stages})
    if values["epochs"] not in (*known, *defaults):
        raise ArgumentError(
            "How many epochs a trial is trained is the plan's affair, not one of the values to "
            "try.",
            received=f"epochs={shown(values['epochs'])}, in a plan of {', '.join(map(str, known))}",
            fix="Leave it out, or give `--epochs` (`dlr.search.with_budget(plan, epochs=…)`).",
        )
    return {name: value for name, value in values.items() if name != "epochs"}


def _taken(space: Space, values: Values) -> Values:
    found = {name: _taken_value(space, name, value, values) for name, value in values.items()}
    for name in found:
        ones = [one for one in space if one.name == name]
        if any(one.active(found) for one in ones):
            continue
        lacking = "; or ".join(one.scope for one in ones)
        raise ArgumentError(
            f"{name!r} is asked for only where {lacking}.",
            received=in_words(values),
            fix="Give both values, or leave it out.",
        )
    return found


def _taken_value(space: Space, name: str, value: Value, values: Values) -> Value:
    ones = [one for one in space if one.name == name]
    if not ones:
        known = list(dict.fromkeys(one.name for one in space))
        raise ArgumentError(
            "Values to try must belong to hyperparameters of the builder.",
            received=f"{name}={shown(value)}",
            fix=f"{did_you_mean(name, known)} It asks for {', '.join(known) or 'none'}.".strip(),
        )
    # Of several scopes, first the one that the other values open.
    reason = ""
    for one in sorted(ones, key=lambda one: not one.active(values)):
        try:
            return one.taken(value)
        except ValueError as error:
            reason = reason or str(error)
    raise ArgumentError(f"{name!r} must be {reason}.", received=f"{name}={shown(value)}")


def with_room(space: Space, first: Sequence[Values]) -> Space:
    """Return `space` with ranges wide enough for values found by hand; steps stay.

    Args:
        space: The ranges of a stage, perhaps narrowed.
        first: The values.
    """
    widened = []
    for one in space:
        given = [values[one.name] for values in first if one.name in values]
        numbers = [value for value in given if isinstance(value, int | float)]
        if one.numeric and numbers:
            one = replace(one, low=min(one.low, *numbers), high=max(one.high, *numbers))
        widened.append(one)
    return tuple(widened)


def left_to_try(first: Sequence[Values], trials: Sequence[TrialRecord]) -> tuple[Values, ...]:
    """Return the values found by hand that no trial has had.

    Args:
        first: The values.
        trials: Trials of any stage.
    """
    return tuple(values for values in first if not any(_has(trial, values) for trial in trials))


def _has(trial: TrialRecord, values: Values) -> bool:
    return all(
        name in trial.values and _same(trial.values[name], value) for name, value in values.items()
    )


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other


def check_first_trials(left: Sequence[Values], *, expired: bool) -> tuple[Finding, ...]:
    """Say which values found by hand were not tried, and how they can be.

    Args:
        left: The values.
        expired: Whether the time was up.
    """
    if not left:
        return ()
    why = "the time was up" if expired else "no trial was left whose ranges have them"
    named = "; ".join(map(in_words, left))
    return (
        Finding(
            "first trials",
            f"{plural(len(left), 'set')} of values to try {'were' if len(left) > 1 else 'was'} "
            f"not tried, for {why}: {named}.",
            {"not tried": [in_words(values) for values in left]},
            advice="Go on with the run"
            + (": they come first." if expired else " with more trials, or try them in a new one."),
            severity="warning",
        ),
    )


def check_priors(
    plan: Plan, trials: Sequence[TrialRecord], objective: Objective
) -> tuple[Finding, ...]:
    """Say how good an earlier search's values are here, beside what was found.

    Args:
        plan: The stages; priors are those of the first stage that has some.
        trials: All trials.
        objective: What is better.
    """
    stage = next((stage for stage in plan.stages if stage.priors), None)
    if stage is None:
        return ()
    own = [trial for trial in trials if trial.stage == stage.name]
    believed = {name: prior.value for name, prior in stage.priors.items()}
    inside = [trial for trial in rank(own, objective) if _near_prior(trial, believed)]
    best = rank(trials, objective)
    if not inside or not best:
        return ()
    there, here = inside[0].plain_score or 0.0, best[0].plain_score or 0.0
    same = _near_prior(best[0], believed)
    verdict = f"The values of the earlier search reach a {objective.name} of {significant(there)}"
    end = "; no trial was better." if same else f", the best trial here {significant(here)}."
    return (Finding("earlier search", verdict + end, {"earlier": there, "best": here}),)


def _near_prior(trial: TrialRecord, believed: Values) -> bool:
    names = believed.keys() & trial.values.keys()
    return bool(names) and all(_same(trial.values[name], believed[name]) for name in names)


def in_words(values: Mapping[str, Value]) -> str:
    """Return values as `with_first_trial` reads them.

    Args:
        values: `{hyperparameter: value}`.
    """
    return ",".join(f"{name}={value}" for name, value in values.items())
