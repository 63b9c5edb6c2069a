"""What to do next: first against bias, then against variance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dlrecipes.diagnose.levers import Effect, Lever
from dlrecipes.results import (
    BiasVariance,
    Finding,
    Hyperparameter,
    Objective,
    Plan,
    PlanChange,
    RefitResult,
    plural,
    significant,
)

_UPPER, _LOWER = 0.75, 0.25
_LATELY = 5
_LITTLE = 1 / 50
"""Of the error of knowing nothing: what is left to gain below it is not worth a step."""
_WHAT: dict[Effect, str] = {
    "size": "the number of weights",
    "dropout": "the share that is dropped",
    "penalty": "the penalty on the weights",
    "learning rate": "the learning rate",
}
Ranges = Mapping[str, tuple[float, float]]
Command = Callable[[str, Sequence[str]], str]
"""From a command and its options to the line to copy."""


def of_recipe(command: str, options: Sequence[str]) -> str:
    """Return a line for any recipe."""
    return " ".join(["dlrecipes", command, "RECIPE", *options])


@dataclass(frozen=True)
class Searched:
    """What a search did, as far as the next step depends on it.

    Args:
        plan: Its plan.
        ranges: `{hyperparameter: (low, high)}`, all that was searched.
        refits: The winner trained again, with the curves of each.
        objective: What is better.
        levers: What the hyperparameters move, from `find_levers`.
        accepts: Whether the builder makes a network with another value of one hyperparameter.
    """

    plan: Plan
    ranges: Ranges
    refits: Sequence[RefitResult]
    objective: Objective
    levers: Sequence[Lever]
    accepts: Callable[[str, float], bool] = lambda name, value: True


def advise(
    found: BiasVariance,
    searched: Searched,
    *,
    collapsed: bool = False,
    command: Command = of_recipe,
) -> Finding:
    """Return the one next step: first against bias, and where there is none, against variance.

    A network that is worse than the reference, though neither alone is high, is treated as biased.
    Against bias: train longer, where the refits were still improving; more weights, where the best
    value lies in the upper quarter of its range; less dropout and smaller penalties; a higher
    or lower learning rate. Against variance: more dropout or larger penalties where the best
    value lies in the upper quarter; then more data, for which the learning curve is drawn first.
    Where neither is high and the validation error is less than a fiftieth of that of knowing
    nothing, nothing needs to be done, and there is no line to copy. A change of the plan is
    proposed only for a hyperparameter that moves what has to be moved.

    Args:
        found: Bias and variance.
        searched: What was searched, and what the hyperparameters move.
        collapsed: Whether the networks give one answer for all examples: that comes before all.
        command: Makes the line to copy from a command and its options.

    Returns:
        The finding, called `"next step"`: why, what to do with the line to copy, and the change of
        the plan where one carries it out.

    Example:
        >>> from dlrecipes.results import Hyperparameter
        >>> units = dlr.diagnose.Lever(Hyperparameter("units", "int", 8, 64), 60.0, {"size": 1})
        >>> searched = dlr.diagnose.Searched(
        ...     dlr.CoarseToFine(), {"units": (8, 64)}, (), dlr.Objective.parse("val_loss"), [units]
        ... )
        >>> errors = dlr.diagnose.bias_variance(train=0.15, validation=0.16)
        >>> finding = dlr.diagnose.advise(errors, searched)
        >>> finding.action.high, finding.advice
        (128.0, 'Search on beyond it: dlrecipes tune RECIPE --set coarse.ranges.units=8,128')

    Reference:
        Ng 2018, Machine Learning Yearning, chapters 25 to 27.
    """
    if collapsed:
        line = command("check", ())
        return _step("The networks give one answer for all examples", "See what is wrong", line)
    first = f"{found.verdict.capitalize()}: " if found.verdict != "neither" else ""
    worse = not first and found.costly
    if worse:
        first = f"Worse than what {found.reference_name} reaches: "
    proposals = _against_bias if found.high_bias or worse else _against_variance
    for one in proposals(found, searched):
        options = _options(one.change, searched.plan) if one.command == "tune" else ()
        none = not one.command or (one.command == "tune" and not options)
        line = "" if none else command(one.command, options)
        return _step(first + one.why, one.what, line, one.change)
    raise AssertionError("the last proposal is always there")


def _step(why: str, what: str, line: str, change: PlanChange | None = None) -> Finding:
    return Finding(
        "next step",
        f"{why[:1].upper()}{why[1:]}.",
        {"line": line} if line else {},
        f"{what}: {line}" if line else f"{what}.",
        action=change,
    )


@dataclass(frozen=True)
class _Proposal:
    why: str
    what: str
    command: str = ""
    change: PlanChange | None = None


def _against_bias(found: BiasVariance, searched: Searched) -> Iterator[_Proposal]:
    plan = searched.plan
    trained = plan.refit_epochs or max(stage.epochs for stage in plan.stages)
    improving = sum(_improves(refit, searched.objective) for refit in searched.refits)
    if 2 * improving > len(searched.refits):
        yield _Proposal(
            f"{improving} of {plural(len(searched.refits), 'refit')} were still improving when "
            f"{plural(trained, 'epoch')} were over",
            "Train longer",
            "tune",
            PlanChange(epochs=2 * trained),
        )
    yield from _moved(searched, (("size", 1), ("dropout", -1), ("penalty", -1)))
    yield from _moved(searched, (("learning rate", 1), ("learning rate", -1)))
    if not any("size" in lever.effects for lever in searched.levers):
        yield _Proposal(
            "no hyperparameter of the builder makes the network larger",
            'Give it one, such as hp.Int("units", 32, 512, sampling="log"), or another layer',
        )
    yield _Proposal(
        "larger networks and weaker regularisation were searched, and do not help",
        "Try another architecture, inputs that say more, or another loss or output",
    )


def _against_variance(found: BiasVariance, searched: Searched) -> Iterator[_Proposal]:
    if found.high_variance:
        yield from _moved(searched, (("dropout", 1), ("penalty", 1), ("size", -1)))
        regularising = {"dropout", "penalty"}
        if found.behind > 0 and not any(regularising & set(one.effects) for one in searched.levers):
            yield _Proposal(
                "no hyperparameter of the builder regularises",
                'Give it one, such as hp.Float("dropout", 0.0, 0.5) for '
                "`keras.layers.Dropout`, or an L2 penalty",
            )
        yield _Proposal(_beside_reference(found), "See what twice the data would bring", "curve")
    if not found.high_bias and found.validation < _LITTLE * found.scale:
        yield _Proposal(
            f"the validation error, {significant(found.validation)}, is less than a fiftieth of "
            f"that of knowing nothing, {significant(found.scale)}, and nothing stands out",
            "Nothing needs to be done",
        )
    yield _Proposal(
        "neither bias nor variance is high, so that no step stands out",
        "See what twice the data would bring",
        "curve",
    )


def _beside_reference(found: BiasVariance) -> str:
    """Return why more data comes next, and no more about the reference than is known."""
    name = found.reference_name
    if found.costly or not name:
        return "more data is the surest help; regularisation was searched"
    if found.behind <= 0:
        of = name.rstrip(",")
        return f"the validation error is not above that of {of}, and more data may lower both"
    both = f"{significant(found.validation)} against {significant(found.reference)}"
    if found.behind <= found.behind_interval:
        return (
            f"the network is not worse than {name} beyond the noise, though its validation error "
            f"is higher, {both}; more data is the surest help"
        )
    return (
        f"the network is worse than {name} by less than a twentieth of the error of knowing "
        f"nothing, {both}; more data is the surest help"
    )


def _improves(refit: RefitResult, objective: Objective) -> bool:
    """Whether a training has become strictly better in the last fifth of its epochs."""
    curve = [
        value if value is not None else objective.worst
        for value in refit.history.get(objective.name, ())
    ]
    if not curve:
        return False
    before = curve[: -max(1, len(curve) // _LATELY)]
    if not before:
        return True
    best = max if objective.direction == "max" else min
    return objective.better(best(curve), best(before))


def _moved(searched: Searched, wanted: Sequence[tuple[Effect, int]]) -> Iterator[_Proposal]:
    """Yield what moves a range on, for levers whose best value lies near the end of theirs."""
    for effect, way in wanted:
        for lever in searched.levers:
            if effect not in lever.effects:
                continue
            up = lever.effects[effect] == way
            proposal = _widened(lever, up, searched)
            if proposal is not None:
                change, low, high = proposal
                part, more = ("upper", "more") if up else ("lower", "less")
                yield _Proposal(
                    f"the best {lever.name}, {lever.value:.4g}, lies in the {part} quarter of "
                    f"[{low:.4g}, {high:.4g}], and {more} of it changes {_WHAT[effect]}",
                    _said(lever, change),
                    "" if change.add_value is not None else "tune",
                    change,
                )


def _widened(lever: Lever, up: bool, searched: Searched) -> tuple[PlanChange, float, float] | None:
    """Return a change that goes on beyond the end at which the best value lies, if it does."""
    one = lever.hyperparameter
    if one.kind == "choice":
        return _another_choice(lever, up, searched)
    if one.mirror is not None or one.choices:
        return None  # only the builder can say what lies beyond
    low, high = searched.ranges.get(one.name, (one.low, one.high))
    place = _position(one, lever.value, low, high)
    if (place < _UPPER) if up else (place > _LOWER):
        return None
    new = _beyond(one, low, high, up=up)
    if new is None or not searched.accepts(one.name, new):
        return None
    ends = (low, new) if up else (new, high)
    stage = searched.plan.stages[0].name
    return PlanChange(stage, one.name, low=ends[0], high=ends[1]), low, high


def _another_choice(
    lever: Lever, up: bool, searched: Searched
) -> tuple[PlanChange, float, float] | None:
    numbers = [
        float(choice)
        for choice in lever.hyperparameter.choices
        if isinstance(choice, int | float) and not isinstance(choice, bool)
    ]
    low, high = min(numbers), max(numbers)
    if lever.value != (high if up else low) or low == high:
        return None
    new = 2 * high if up else low / 2
    if all(number == int(number) for number in numbers):
        new = int(new)
    if new in numbers or new <= 0 or not searched.accepts(lever.name, new):
        return None
    return PlanChange(hyperparameter=lever.name, add_value=new), low, high


def _position(one: Hyperparameter, value: float, low: float, high: float) -> float:
    if high <= low:
        return 0.5
    if one.log and low > 0:
        return math.log(max(value, low) / low) / math.log(high / low)
    return (value - low) / (high - low)


def _beyond(one: Hyperparameter, low: float, high: float, *, up: bool) -> float | None:
    """Return the end of a wider range; None where it ends by nature."""
    factor = 2.0 if one.kind == "int" else 10.0
    if one.log:
        new = high * factor if up else low / factor
    elif up:
        # A share stays one.
        new = (1 + high) / 2 if low >= 0 and high < 1 and one.kind == "float" else 2 * high
    else:
        new = low / 2
    if one.kind == "int":
        step = int(one.step or 1)
        new = low + (math.ceil if up else math.floor)((new - low) / step) * step
        new = float(max(1, int(new)))
    return new if (new > high if up else new < low) else None


def _said(lever: Lever, change: PlanChange) -> str:
    if change.add_value is not None:
        return f"Add {change.add_value:g} to the choices of {lever.name!r} in the builder"
    return "Search on beyond it"


def _options(change: PlanChange | None, plan: Plan) -> tuple[str, ...]:
    """Return the options of `dlrecipes tune` that carry a change out."""
    if change is None:
        return ()
    if change.epochs is not None:
        return ("--epochs", str(change.epochs))
    if change.low is None or change.high is None:
        return ()
    stage = change.stage or plan.stages[0].name
    ends = f"{change.low:.6g},{change.high:.6g}"
    return ("--set", f"{stage}.ranges.{change.hyperparameter}={ends}")


def apply_change(plan: Plan, change: PlanChange) -> Plan:
    """Return a plan with what a finding proposes.

    Args:
        plan: The plan.
        change: The change; a value to add to choices belongs into the builder.

    Example:
        >>> from dlrecipes.results import PlanChange
        >>> change = PlanChange("coarse", "units", low=8, high=128, epochs=60)
        >>> plan = dlr.diagnose.apply_change(dlr.CoarseToFine(epochs=30), change)
        >>> [(stage.name, stage.epochs, stage.ranges) for stage in plan.stages]
        [('coarse', 20, {'units': (8, 128)}), ('fine', 60, {})]
    """
    stages = []
    longest = max(stage.epochs for stage in plan.stages)
    for stage in plan.stages:
        if change.epochs is not None:
            epochs = max(1, round(stage.epochs * change.epochs / longest))
            stage = replace(stage, epochs=epochs)
        if change.stage in ("", stage.name):
            if change.trials is not None:
                stage = replace(stage, trials=change.trials)
            name, low, high = change.hyperparameter, change.low, change.high
            if name is not None and low is not None and high is not None:
                stage = replace(stage, ranges={**stage.ranges, name: (low, high)})
        stages.append(stage)
    refit_epochs = plan.refit_epochs if change.epochs is None else None
    return replace(plan, stages=tuple(stages), refit_epochs=refit_epochs)
