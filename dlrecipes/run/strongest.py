"""The strongest baseline, chosen on the validation part, and what to do where it is the better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines import FittedBaseline
from dlrecipes.data import Development
from dlrecipes.diagnose import strongest_baseline
from dlrecipes.errors import ArgumentError
from dlrecipes.results import NEXT_STEPS, BaselineResult, DataSpec, Finding, RunInfo, Target
from dlrecipes.run.main_metric import MainMetric
from dlrecipes.run.next_command import export_command
from dlrecipes.targets import known_values, named_targets, per_example_loss, split_predictions

STRONGER = NEXT_STEPS[0]
Predicted = Mapping[str, NDArray[np.float64]]


def predict_validation(
    fitted: Mapping[str, FittedBaseline], development: Development
) -> dict[str, NDArray[np.float64]]:
    """Return what baselines predict for the validation part, by name.

    Args:
        fitted: The baselines.
        development: The data.
    """
    return {name: baseline(development.validation) for name, baseline in fitted.items()}


@dataclass(frozen=True)
class Strongest:
    """The strongest baseline.

    Args:
        name: Its name.
        by_target: `{target: the strongest for it}` of several targets, those that an example has.
    """

    name: str
    by_target: dict[str, str] = field(default_factory=dict)


def find_strongest(
    main: MainMetric,
    y: NDArray[np.generic],
    spec: DataSpec,
    results: Mapping[str, BaselineResult],
    predicted: Predicted,
) -> Strongest:
    """Return the baseline that is the strongest on the validation part (`strongest_baseline`).

    Chosen on the test part, the best of a dozen would owe a part of its lead to chance.

    Args:
        main: The metric of the verdict.
        y: The validation part's labels or values.
        spec: The data's description.
        results: The baselines with their validation scores and thresholds.
        predicted: What they predict for that part, by name; those that are not in it are passed
            over.
    """
    known = {name: result for name, result in results.items() if name in predicted}
    try:
        losses = {
            name: main.losses(y, predicted[name], spec, result.threshold)
            for name, result in known.items()
        }
    except ArgumentError:  # one example of the class that is looked for has no precision
        losses = {name: per_example_loss(y, predicted[name], spec) for name in known}
    by_target = {
        target.name: name
        for target in named_targets(spec)
        if (name := _strongest_for(target, y, spec, known, predicted))
    }
    return Strongest(strongest_baseline(losses, _log_losses(known, spec)), by_target)


def stronger_baseline(
    name: str, result: BaselineResult, info: RunInfo, where: str = ""
) -> tuple[Finding, ...]:
    """Return how to take a baseline that is better than the network; nothing where it cannot be.

    Args:
        name: The baseline's name.
        result: What it has reached.
        info: What the run was started with.
        where: Where it is better, to begin a sentence with; empty for the test part.
    """
    if not result.exportable:
        return ()
    said = f"{where} the baseline" if where else "The baseline"
    return (
        Finding(
            STRONGER,
            f"{said} {name} is better than the network.",
            {"baseline": name},
            f"Take it as it is: {export_command(info)}",
        ),
    )


def _log_losses(results: Mapping[str, BaselineResult], spec: DataSpec) -> dict[str, float] | None:
    """Return the log loss of each baseline, summed over targets; None where one has values."""
    names = []
    for target in spec.targets:
        prefix = f"{target.name}_".removeprefix("_")
        scored = {name for result in results.values() for name in result.validation}
        if any(name.startswith(prefix) for name in scored):  # some examples have it
            names.append(f"{prefix}log_loss")
    if not all(name in result.validation for result in results.values() for name in names):
        return None
    return {
        baseline: sum(result.validation[name] for name in names)
        for baseline, result in results.items()
    }


def _strongest_for(
    target: Target,
    y: NDArray[np.generic],
    spec: DataSpec,
    results: Mapping[str, BaselineResult],
    predicted: Predicted,
) -> str:
    """Return the strongest baseline for one of several targets; empty where none is known."""
    known, values = known_values(y, spec, target)
    if not known.any():
        return ""
    own = spec.of_target(target)
    losses = {
        name: per_example_loss(
            values, split_predictions(predicted[name], spec)[target.name][known], own
        )
        for name in results
    }
    log_loss = f"{target.name}_log_loss"
    log_losses = {
        name: result.validation[log_loss]
        for name, result in results.items()
        if log_loss in result.validation
    }
    return strongest_baseline(losses, log_losses or None)
