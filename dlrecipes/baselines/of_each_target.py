"""Baselines of several targets: one of a kind for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import Choice, FittedBaseline, join_notes
from dlrecipes.data import Split
from dlrecipes.metrics import join_predictions
from dlrecipes.results import DataSpec, TargetSpec

BASE_RATE = "majority class or mean"
_KINDS = (
    ("majority class", "mean", BASE_RATE),
    ("logistic regression", "ridge regression", "logistic or ridge regression"),
)


def join_targets(
    spec: DataSpec, fitted: Mapping[str, Mapping[str, FittedBaseline]]
) -> dict[str, FittedBaseline]:
    """Return the baselines that every target has, each fitted on the examples that have it.

    Those of classes and of values go together: a logistic regression for the one target is beside
    a ridge regression for the other.

    Args:
        spec: The data, with several targets.
        fitted: `{target: {name: baseline}}`.

    Returns:
        `{name: baseline}`, whose predictions are those of all targets (`join_predictions`).
    """
    mixed = _mixed(spec)
    named = {target: _renamed(part) if mixed else part for target, part in fitted.items()}
    first = next(iter(named.values()))
    shared = [name for name in first if all(name in part for part in named.values())]
    return {
        name: _together({target: part[name] for target, part in named.items()}, spec)
        for name in shared
    }


def choices_of_target(
    choices: Mapping[str, Choice], spec: DataSpec, target: TargetSpec
) -> dict[str, Choice]:
    """Return what was chosen for one target, under the names that its own baselines have.

    Args:
        choices: What was chosen for joined baselines, `{name: {"target: what": value}}`.
        spec: The data, with several targets.
        target: One of them.
    """
    prefix = f"{target.name}: "
    own: dict[str, Choice] = {}
    for name, choice in choices.items():
        names = {both: (of_classes, of_values) for of_classes, of_values, both in _KINDS}
        of_classes, of_values = names.get(name, (name, name))
        own[of_classes if target.classes else of_values] = {
            what.removeprefix(prefix): value
            for what, value in choice.items()
            if what.startswith(prefix)
        }
    return own


def _mixed(spec: DataSpec) -> bool:
    return len({bool(target.classes) for target in spec.targets}) > 1


def _renamed(baselines: Mapping[str, FittedBaseline]) -> dict[str, FittedBaseline]:
    names = {own: both for of_classes, of_values, both in _KINDS for own in (of_classes, of_values)}
    return {names.get(name, name): baseline for name, baseline in baselines.items()}


def _together(baselines: Mapping[str, FittedBaseline], spec: DataSpec) -> FittedBaseline:
    def predict(part: Split) -> NDArray[np.float64]:
        return join_predictions(
            {
                # Of all examples, also of those without the target.
                target.name: baselines[target.name](replace(part, y=part.y[:, at]))
                for at, target in enumerate(spec.targets)
            }
        )

    choice = {
        f"{target}: {what}": value
        for target, baseline in baselines.items()
        for what, value in baseline.choice.items()
    }
    notes = [f"{target}: {one.note}" for target, one in baselines.items() if one.note]
    return FittedBaseline(predict, choice, join_notes(*notes))
