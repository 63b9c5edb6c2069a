"""Baselines of all targets: one of a kind for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import Choice, FittedBaseline, join_notes
from dlrecipes.data import Split
from dlrecipes.results import DataSpec, Target
from dlrecipes.targets import OF_TASK, join_predictions, kind_of, target_columns


def join_targets(
    spec: DataSpec, fitted: Mapping[str, Mapping[str, FittedBaseline]]
) -> dict[str, FittedBaseline]:
    """Return the baselines that every target has, each fitted on the examples that have it.

    Those of classes and of values go together: a logistic regression for the one target is beside
    a ridge regression for the other.

    Args:
        spec: The data.
        fitted: `{target: {name: baseline}}`.

    Returns:
        `{name: baseline}`, whose predictions are those of all targets (`join_predictions`).
    """
    parts = {
        target.name: _renamed(fitted[target.name], joint_names(spec, target))
        for target in spec.targets
    }
    first = next(iter(parts.values()))
    shared = [name for name in first if all(name in part for part in parts.values())]
    return {
        name: _together({target: part[name] for target, part in parts.items()}, spec)
        for name in shared
    }


def choices_of_target(
    choices: Mapping[str, Choice], spec: DataSpec, target: Target
) -> dict[str, Choice]:
    """Return what was chosen for one target, under the names that its own baselines have.

    Args:
        choices: What was chosen for joined baselines, `{name: {"target: what": value}}`.
        spec: The data.
        target: One of its targets.
    """
    own = {joint: name for name, joint in joint_names(spec, target).items()}
    prefix = _prefix(target.name)
    return {
        own.get(name, name): {
            what.removeprefix(prefix): value
            for what, value in choice.items()
            if what.startswith(prefix)
        }
        for name, choice in choices.items()
    }


def joint_names(spec: DataSpec, target: Target) -> dict[str, str]:
    """Return what a target's baselines are called beside those of the others.

    Args:
        spec: The data.
        target: One of its targets.

    Returns:
        `{name among its own: name of all together}`, such as `"majority class or mean"`.
    """
    kind, every = kind_of(target), [type(kind_of(one)) for one in spec.targets]
    known = [one for one in OF_TASK.values() if one in every]
    return {
        kind.trivial: _either([one.trivial for one in known]),
        kind.linear: _either([one.linear for one in known]),
    }


def _either(names: Sequence[str]) -> str:
    """Return names with "or" between; a last word that all share is said once."""
    different = list(dict.fromkeys(names))
    last = {name.split()[-1] for name in different}
    if len(different) == 1 or len(last) > 1:
        return " or ".join(different)
    (word,) = last
    return " or ".join(name.removesuffix(f" {word}") for name in different) + f" {word}"


def _renamed(
    baselines: Mapping[str, FittedBaseline], names: Mapping[str, str]
) -> dict[str, FittedBaseline]:
    return {names.get(name, name): baseline for name, baseline in baselines.items()}


def _together(baselines: Mapping[str, FittedBaseline], spec: DataSpec) -> FittedBaseline:
    def predict(part: Split) -> NDArray[np.float64]:
        return join_predictions(
            {
                # Of all examples, also of those without the target.
                target.name: baselines[target.name](replace(part, y=column))
                for target, column in target_columns(part.y, spec)
            }
        )

    choice = {
        f"{_prefix(target)}{what}": value
        for target, baseline in baselines.items()
        for what, value in baseline.choice.items()
    }
    notes = [f"{_prefix(target)}{one.note}" for target, one in baselines.items() if one.note]
    return FittedBaseline(predict, choice, join_notes(*notes))


def _prefix(name: str) -> str:
    """Return what stands before what was chosen for a target; nothing for the only one."""
    return f"{name}: ".removeprefix(": ")
