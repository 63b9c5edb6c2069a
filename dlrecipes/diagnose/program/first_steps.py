"""How a training begins: its first steps, as its user would take them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import keras
import numpy as np

from dlrecipes.diagnose.program.beginning import costs_of_nothing
from dlrecipes.diagnose.program.few_steps import has_own_step, of_any_scale, trainable
from dlrecipes.diagnose.program.program import Program
from dlrecipes.diagnose.program.take_steps import Path, Steps, TooSlow, steps_of
from dlrecipes.results import Finding, plural

_SECONDS = 12.0
_BEGUN = 60
_FARTHER = 120
_FARTHER_STILL = (10, 100, 1000)
_FEWEST = 10
_GROWN = 10.0
_RISING = 1.5
_STILL = 5e-4
_SHARE = 0.05
_HARDLY = 0.03
_POOR, _GOOD = 0.9, 0.7
"""Shares of the loss of knowing nothing: hardly anything is learned, and clearly something."""
_QUARTER, _HALF = 0.25, 0.5
_LARGE = 10.0
_REACHED = 0.3
_DEEPEST = 4
_LONG_MOMENTUM = 0.97
_CROWDED = 0.5


def check_first_steps(program: Program, *, explained: bool = False) -> Iterator[Finding]:
    """Begin as the user does, with the own optimizer, and see whether the loss can be borne.

    Where hardly anything is learned, the same steps are taken again with what may be the cause
    changed: another rate, targets of another scale, more steps. What helps is the cause.

    Args:
        program: The training.
        explained: Whether a cause has been found already: then this is information.
    """
    model = trainable(program)
    if model is None:
        return
    steps = min(program.steps, _BEGUN)
    of_each = 3 * program.seconds / len(keras.tree.flatten(program.few)[0])
    if of_each * min(program.batch_size, program.examples) * steps > _SECONDS:
        return  # so slow a network is not judged by a few steps
    found: list[Finding] = []
    try:
        with steps_of(program, model) as trial:
            path = trial.take(steps)
            found += _of_beginning(program, path, trial, explained=explained)
            if not found and path.finite:
                found += _without_inputs(program, path)
    except TooSlow:
        return
    except Exception:  # what cannot be trained says so itself
        found = [one for one in found if one.severity != "info"]
    for one in found:
        yield replace(one, severity="info") if explained else one


def _of_beginning(
    program: Program, path: Path, trial: Steps, *, explained: bool
) -> Iterator[Finding]:
    losses, before, after = path.losses, path.before, path.after
    nothing = _cost_of_nothing(program, path)
    # Below what knowing nothing costs, good weights may rise a little before they fall.
    above = path.finite and len(losses) >= _FEWEST and path.end > nothing
    far = after > _GROWN * max(before, 1e-9) and path.end > path.begun
    grown = above and (far or (path.end > _RISING * path.begun and after > _RISING * before))
    if not path.finite or grown:
        if not explained:
            of_targets = list(_of_targets_scale(program, trial, path))
            if of_targets:
                yield from of_targets
                return
        yield _flown(program, path)
        return
    unreached = [] if explained else list(_unreached(program, path))
    if unreached:
        yield from unreached
        return
    change = abs(after - before) / max(abs(before), 1e-9)
    whole = change * program.steps / max(len(losses), 1)
    if len(losses) >= _FEWEST and change < _STILL and whole < _SHARE:
        yield Finding(
            "first steps",
            f"In {plural(len(losses), 'step')} of {program.steps:,} the loss went from "
            f"{before:.6g} to {after:.6g}: it hardly moves.",
            {"before": before, "after": after},
            "Raise the learning rate tenfold; `dlr.lr_range_test` finds one.",
            severity="warning",
        )
        return
    unmoved = list(_unmoved(trial, len(losses)))
    if unmoved:
        yield from unmoved
        return
    if not explained and nothing > 0 and len(losses) >= _FEWEST and path.end > _GOOD * nothing:
        yield from _too_few(program, trial, path, nothing)
        yield from _other_rates(program, trial, path, nothing)


def _cost_of_nothing(program: Program, path: Path) -> float:
    """Return the loss of the best answer that sees no input; the first loss where it is unknown."""
    if len(program.outputs) == 1:
        costs = costs_of_nothing(program.outputs[0])
        if costs:
            return min(costs.values())
    return path.before


def _flown(program: Program, path: Path) -> Finding:
    if not np.isfinite(path.losses).all():
        step = int(np.flatnonzero(~np.isfinite(path.losses))[0]) + 1
        finite = all(np.isfinite(one).all() for one in program.x.values() if one.dtype.kind == "f")
        return Finding(
            "first steps",
            f"The loss is no number in step {step}.",
            {"step": step},
            "Lower the learning rate tenfold, or clip gradients; look for a division or a "
            "logarithm at 0 before."
            if finite
            else "Fill what is missing in the inputs first.",
            severity="error",
        )
    return Finding(
        "first steps",
        f"In {plural(len(path.losses), 'step')} the loss of the same examples went from "
        f"{path.before:.3g} to {path.after:.3g}.",
        {"before": path.before, "after": path.after},
        "Lower the learning rate tenfold; `dlr.lr_range_test` finds one. In a training step of "
        "your own, look at the sign with which gradients are applied.",
        severity="warning",
    )


def _unmoved(trial: Steps, taken: int) -> Iterator[Finding]:
    """Find weights that a training step of the user's own leaves out."""
    if not has_own_step(trial.model):
        return
    weights, count = trial.unmoved(), len(trial.model.trainable_variables)
    if 0 < len(weights) < count:
        yield Finding(
            "optimizer",
            f"In {plural(taken, 'step')} the training step of your own has not moved "
            f"{len(weights)} of {plural(count, 'weight')}: {', '.join(weights[:4])}"
            f"{' …' if len(weights) > 4 else ''}.",
            {"weights": weights, "steps": taken},
            "Hand the gradients of all `trainable_variables` to the optimizer; set "
            "`trainable = False` for what is to stay.",
            severity="warning",
        )


# ---- targets too far away


def _of_targets_scale(program: Program, trial: Steps, path: Path) -> Iterator[Finding]:
    """Find large targets whose errors are what throws the weights about."""
    if not of_any_scale(program):
        return
    targets = program.outputs[0].targets.astype(float)
    largest = float(np.sqrt(np.square(targets).mean()))
    if not largest > _LARGE:
        return
    scaled = trial.take(len(path.losses) if path.finite else _BEGUN, scaled=True)
    if scaled.finite and scaled.end < 2 * max(scaled.before, 1.0):
        yield Finding(
            "target range",
            f"Targets of a size of {largest:,.6g} throw the weights about: the loss goes from "
            f"{path.losses[0]:.3g} to {path.losses[-1]:.3g} in {plural(len(path.losses), 'step')}, "
            f"and with standardised targets from {scaled.before:.3g} to {scaled.after:.3g}.",
            {"size": largest},
            "Standardise the targets, and undo it behind the network.",
            severity="error",
        )


def _unreached(program: Program, path: Path) -> Iterator[Finding]:
    """Find targets so far away that outputs, as they move, never get near them."""
    if not of_any_scale(program) or len(path.losses) < _FEWEST:
        return
    (output,) = program.outputs
    targets = output.targets.astype(float)
    shown, later = path.shown
    way = float(np.sqrt(np.square(targets - shown.mean()).mean()))
    moved = float(np.sqrt(np.square(later - shown).mean()))
    depth = sum(one.ndim >= 2 for one in program.network.trainable_variables)
    # All layers that move together let outputs move by the power of their number.
    power = min(max(depth, 1), _DEEPEST)
    in_all = moved * (program.steps / len(path.losses)) ** power
    if way > _LARGE and in_all < _REACHED * way:
        yield Finding(
            "target range",
            f"Targets lie {way:,.6g} away from the first outputs, which move by {moved:.3g} in "
            f"{plural(len(path.losses), 'step')}: in all {program.steps:,} they come no nearer "
            f"than {100 * min(in_all / way, 1.0):.2g} % of the way.",
            {"way": way, "moved": moved, "steps": program.steps},
            "Standardise the targets, and undo it behind the network; or begin with their mean in "
            "the last bias.",
            severity="warning",
        )


# ---- steps too few


def _too_few(program: Program, trial: Steps, path: Path, nothing: float) -> Iterator[Finding]:
    """Find a training so short that most of what can be learned comes after it."""
    taken = len(path.losses)
    if program.steps > taken:
        return
    further = max(3 * taken, _FARTHER - taken)
    later = trial.go_on(further)
    learned, more = nothing - path.end, nothing - later.end
    if not later.finite or later.end > _GOOD * nothing or learned > _HALF * more:
        return
    crowded = program.batch_size > _CROWDED * program.examples
    yield Finding(
        "batches" if crowded else "duration",
        f"The whole training is {plural(taken, 'step')}"
        + (" of nearly all examples at once" if crowded else "")
        + f": it ends at a loss of {path.end:.3g}, where no input at all costs {nothing:.3g}; "
        f"{taken + further} lead to {later.end:.3g}.",
        {"steps": taken, "end": path.end, "later": later.end, "without_inputs": nothing},
        "Take batches of 32 to 256 examples." if crowded else "Train longer.",
        severity="warning",
    )


# ---- another rate


def _other_rates(program: Program, trial: Steps, path: Path, nothing: float) -> Iterator[Finding]:
    if trial.rate is None or trial.rate <= 0:
        return
    taken = len(path.losses)
    if path.end > _POOR * nothing:
        lower = trial.take(taken, rate=0.1)
        gained = nothing - lower.end
        if lower.finite and lower.end < _GOOD * nothing and nothing - path.end < _QUARTER * gained:
            yield _too_high(program, trial.rate, path, lower, nothing)
            return
    if path.finite and 1 - path.end / max(path.begun, path.before) < _HARDLY:
        yield from _too_low(program, trial, path, nothing)


def _too_high(program: Program, rate: float, path: Path, lower: Path, nothing: float) -> Finding:
    momenta = [float(getattr(one, "momentum", 0.0) or 0.0) for one in program.optimizers]
    momentum = max(momenta, default=0.0)
    long = momentum >= _LONG_MOMENTUM
    return Finding(
        "optimizer" if long else "learning rate",
        f"With a rate of {rate:g}"
        + (f" and a momentum of {momentum:g}" if long else "")
        + f" {plural(len(path.losses), 'step')} lead to a loss of {path.end:.3g}, where no input "
        f"at all costs {nothing:.3g}; with a tenth of it they lead to {lower.end:.3g}.",
        {"rate": rate, "end": path.end, "with_a_tenth": lower.end, "without_inputs": nothing},
        f"Lower it to {rate / 10:.2g}"
        + (", or use a momentum of 0.9." if long else "; `dlr.lr_range_test` finds one."),
        severity="warning",
    )


def _too_low(program: Program, trial: Steps, path: Path, nothing: float) -> Iterator[Finding]:
    """Take the whole way in few long steps; tell where many times that way is needed."""
    taken = len(path.losses)
    whole = program.steps / taken
    rate = trial.rate or 0.0
    all_of_it = trial.take(taken, rate=whole) if whole > 1 else path
    if not all_of_it.finite or all_of_it.end < _POOR * nothing:
        return
    for times in _FARTHER_STILL:
        farther = trial.take(taken, rate=times * whole)
        if farther.finite and farther.end < _GOOD * nothing:
            yield Finding(
                "learning rate",
                f"With a rate of {rate:g}, {plural(taken, 'step')} lead from a loss of "
                f"{path.before:.4g} to {path.after:.4g}; all {program.steps:,} go no farther than "
                f"{all_of_it.end:.4g}, and {times} times that way leads to {farther.end:.4g}.",
                {"rate": rate, "end": all_of_it.end, "farther": farther.end},
                f"Raise it to {times * rate:.2g}; `dlr.lr_range_test` finds one.",
                severity="warning",
            )
            return


def _without_inputs(program: Program, path: Path) -> Iterator[Finding]:
    """Say how far the first steps lead beside an answer that has seen no input."""
    if len(program.outputs) > 1 or len(path.losses) < _BEGUN:
        return
    (output,) = program.outputs
    costs = costs_of_nothing(output)
    blind = min(costs.values(), default=0.0)
    if blind > 0:
        said = "below" if path.after < blind else "not yet below"
        yield Finding(
            "zero-input baseline",
            f"After {plural(len(path.losses), 'step')} the loss is {path.after:.4g}, {said} the "
            f"{blind:.4g} of the best answer that sees no input.",
            {"loss": path.after, "without_inputs": blind},
        )
