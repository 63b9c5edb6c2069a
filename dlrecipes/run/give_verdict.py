"""The verdict on an opened test set: the network against the strongest baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dlrecipes.diagnose import judge, strongest_baseline
from dlrecipes.results import (
    BaselineResult,
    DataSpec,
    RefitResult,
    Target,
    TestResult,
    Verdict,
    significant,
)
from dlrecipes.run.main_metric import MainMetric
from dlrecipes.targets import known_values, named_targets, per_example_loss, split_predictions

Baselines = Mapping[str, BaselineResult]


def give_verdict(
    main: MainMetric,
    test: TestResult,
    y: np.ndarray,
    spec: DataSpec,
    network: tuple[Sequence[RefitResult], np.ndarray],
    baselines: tuple[Baselines, Mapping[str, np.ndarray]],
) -> Verdict:
    """Compare the refits with the baseline that does best on this very test set.

    Args:
        main: The metric.
        test: What the refits reached.
        y: The test labels or values.
        spec: The data's description.
        network: The refits, and their predictions `(refits, examples, …)`.
        baselines: The baselines with their test scores, and their predictions, both by name.
    """
    refits, predictions = network
    results, predicted = baselines
    losses = {
        name: main.losses(y, predicted[name], spec, result.threshold)
        for name, result in results.items()
    }
    strongest = strongest_baseline(losses, _log_losses(results, spec))
    own = [
        main.losses(y, values, spec, refit.threshold)
        for refit, values in zip(refits, predictions, strict=True)
    ]
    mean, spread = significant(test.mean[main.name]), significant(test.spread[main.name], 2)
    verdict = judge(
        np.stack(own),
        losses[strongest],
        baseline_name=strongest,
        metric=main.words,
        score=f"test {main.words} {mean} ± {spread} against "
        f"{significant(results[strongest].test[main.name])}",
        step=main.step(y),
    )
    by_target = {
        target.name: name
        for target in named_targets(spec)
        if (name := _strongest_for(target, y, spec, results, predicted))
    }
    return replace(verdict, by_target=by_target)


def _log_losses(results: Baselines, spec: DataSpec) -> dict[str, float] | None:
    """Return the log loss of each baseline, summed over targets; None where one has values."""
    names = []
    for target in spec.targets:
        prefix = f"{target.name}_".removeprefix("_")
        scored = {name for result in results.values() for name in result.test}
        if any(name.startswith(prefix) for name in scored):  # some test examples have it
            names.append(f"{prefix}log_loss")
    if not all(name in result.test for result in results.values() for name in names):
        return None
    return {
        baseline: sum(result.test[name] for name in names) for baseline, result in results.items()
    }


def _strongest_for(
    target: Target,
    y: np.ndarray,
    spec: DataSpec,
    results: Baselines,
    predicted: Mapping[str, np.ndarray],
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
        name: result.test[log_loss] for name, result in results.items() if log_loss in result.test
    }
    return strongest_baseline(losses, log_losses or None)
