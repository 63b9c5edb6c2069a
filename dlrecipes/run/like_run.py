"""What a run on a similar task leaves to a new one: values to try first, and priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Finding, Hyperparameter, Plan, Prior, StudyResult
from dlrecipes.rundir import RunDirectory
from dlrecipes.search.first_trials import in_words
from dlrecipes.search.ranges import position

NAME = "similar task"
_NARROWEST, _WIDEST = 0.05, 0.25

Space = tuple[Hyperparameter, ...]


@dataclass(frozen=True)
class LikePlan:
    """A plan that begins like an earlier run ended.

    Args:
        plan: The plan, with priors in its first stage.
        finding: What was taken over, and what was not.
    """

    plan: Plan
    finding: Finding


def begin_like(earlier: RunDirectory, plan: Plan, space: Space) -> LikePlan:
    """Give a plan's first stage the priors that an earlier run left.

    A hyperparameter is shared if both builders ask for one of this name and kind, and the winner's
    value is one of this builder's; of a number outside this range the nearest end is. How many
    epochs a stage has (the constant `epochs`) is its own affair. The prior of
    a number is as wide as what the run's last stage searched: half of that is one standard
    deviation, at least a twentieth and at most a quarter of this range.

    Args:
        earlier: Where the earlier run keeps its files.
        plan: How the trials are spent; priors that its first stage has stay.
        space: What the builder asks for.

    Raises:
        RunError: If the run has not ended its search.
        ArgumentError: If nothing is shared.
    """
    study = earlier.read_study()
    begun = plan.stages[0]
    ranges = {one.name: one for one in _with_ends(space, begun.ranges)}
    last = study.stages[-1].ranges if study.stages else {}
    priors: dict[str, Prior] = {}
    said: list[str] = []
    for name, one in ranges.items():
        if one.is_epochs:
            continue
        there = [old for old in study.space if old.name == name]
        if not there or name not in study.best.values:
            said.append(f"{name!r} has no value there")
            continue
        prior = _prior(one, study, last.get(name))
        if prior is None:
            said.append(f"{name!r} is {one.described} here, {there[0].described} there: not taken")
            continue
        priors[name] = prior
        if not any(one.same_values(old) for old in there):
            value = study.best.values[name]
            moved = f", so {value} becomes {prior.value}" if prior.value != value else ""
            said.append(f"{name!r} is {one.described} here, {there[0].described} there{moved}")
    said += [f"{name!r} is not asked for here" for name in study.best.values if name not in ranges]
    if not priors:
        raise ArgumentError(
            "An earlier run must share a hyperparameter with the builder.",
            received=f"{earlier.path}: {'; '.join(said) or 'no hyperparameter'}",
            fix="Leave `like` out, or name a run of a builder with the same names.",
        )
    stage = replace(begun, priors={**priors, **begun.priors})
    values = {name: prior.value for name, prior in priors.items()}
    objective = study.objective.name
    finding = Finding(
        NAME,
        f"{earlier.name} ended with {in_words(_short(values))} ({objective} "
        f"{study.best.score or 0.0:.4g} there): the stage {begun.name!r} begins with that, and "
        "draws a third of its trials around it, a third around the best so far.",
        {"earlier run": earlier.name, **{name: str(value) for name, value in values.items()}},
        advice=f"What differs: {'; '.join(said)}." if said else "",
    )
    return LikePlan(replace(plan, stages=(stage, *plan.stages[1:])), finding)


def _with_ends(space: Space, ranges: Mapping[str, tuple[float, float]]) -> Space:
    return tuple(
        replace(one, low=ranges[one.name][0], high=ranges[one.name][1])
        if one.numeric and one.name in ranges
        else one
        for one in space
    )


def _prior(
    one: Hyperparameter, study: StudyResult, searched: tuple[float, float] | None
) -> Prior | None:
    """Return what the winner's value is here; None where it is no value of this builder."""
    value = study.best.values[one.name]
    if one.kind not in {old.kind for old in study.space if old.name == one.name}:
        return None
    if not one.numeric or isinstance(value, bool) or not isinstance(value, int | float):
        try:
            return Prior(one.taken(value))
        except ValueError:
            return None
    nearest = _nearest(one, value)
    if searched is None:
        return Prior(nearest)
    low, high = (min(max(end, one.low), one.high) for end in searched)
    width = abs(position(one, high) - position(one, low))
    return Prior(nearest, round(min(max(width / 2, _NARROWEST), _WIDEST), 4))


def _nearest(one: Hyperparameter, value: float) -> float:
    """Return the value of a range, or of its steps, that lies next to a number."""
    inside = min(max(value, one.low), one.high)
    if one.choices:
        return min(one.grid, key=lambda step: abs(step - inside))
    step = one.step or (1 if one.kind == "int" else 0)
    if step:
        inside = one.low + step * round((inside - one.low) / step)
        inside = inside if inside <= one.high * (1 + 1e-12) else inside - step
    return int(inside) if one.kind == "int" else float(f"{inside:.12g}") if step else inside


def _short(values: Mapping[str, object]) -> dict[str, str]:
    return {
        name: f"{value:.4g}" if isinstance(value, float) else str(value)
        for name, value in values.items()
    }
