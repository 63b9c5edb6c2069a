"""Baselines of several targets: one of a kind for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import Baseline
from dlrecipes.data import Development, Split, target_development
from dlrecipes.metrics import join_predictions
from dlrecipes.results import DataSpec

BASE_RATE = "majority class or mean"
_KINDS = (
    ("majority class", "mean", BASE_RATE),
    ("logistic regression", "ridge regression", "logistic or ridge regression"),
)


def fit_of_each_target(
    development: Development, fit: Callable[[Development], dict[str, Baseline]]
) -> dict[str, Baseline]:
    """Return the baselines that every target has, each fitted on the examples that have it.

    Those of classes and of values go together: a logistic regression for the one target is beside
    a ridge regression for the other.

    Args:
        development: Training and validation part with several targets.
        fit: Returns the baselines of a single target.

    Returns:
        `{name: baseline}`, whose predictions are those of all targets (`join_predictions`).
    """
    spec = development.spec
    fitted = {target.name: fit(target_development(development, target)) for target in spec.targets}
    mixed = len({bool(target.classes) for target in spec.targets}) > 1
    named = {target: _renamed(one) if mixed else one for target, one in fitted.items()}
    first = next(iter(named.values()))
    shared = [name for name in first if all(name in one for one in named.values())]
    return {
        name: _together({target: one[name] for target, one in named.items()}, spec)
        for name in shared
    }


def _renamed(baselines: Mapping[str, Baseline]) -> dict[str, Baseline]:
    names = {one: both for of_classes, of_values, both in _KINDS for one in (of_classes, of_values)}
    return {names.get(name, name): baseline for name, baseline in baselines.items()}


def _together(baselines: Mapping[str, Baseline], spec: DataSpec) -> Baseline:
    def predict(part: Split) -> NDArray[np.float64]:
        return join_predictions(
            {
                # Of all examples, also of those without the target.
                target.name: baselines[target.name](replace(part, y=part.y[:, at]))
                for at, target in enumerate(spec.targets)
            }
        )

    return predict
