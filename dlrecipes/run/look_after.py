"""What is to be said of a run whose search and refits are done, while the test set is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines import FittedBaseline
from dlrecipes.data import Split, Splits
from dlrecipes.diagnose import bias_variance, check_bias_variance
from dlrecipes.results import (
    BaselineResult,
    BiasVariance,
    DataSpec,
    Finding,
    FitResult,
    Plan,
    RefitResult,
    StudyResult,
)
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.thresholds import usable_goal
from dlrecipes.targets import row_labels
from dlrecipes.training.loss_parts import take_loss_apart
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.predictions import predict_network

_MOST, _LEAST = 20_000, 1000
_ALIKE = 0.9
_ERRORS = {
    "accuracy": "error rate",
    "pr_auc": "1 - average precision",
    "skill": "share of the base loss",
}


@dataclass(frozen=True)
class Ended:
    """What a search and its refits left, as the checks after a training take it.

    Args:
        splits: The data; nothing here touches the test part.
        plan: How the trials were spent.
        study: The search.
        refits: The refits, the exported one first.
        predictions: Of each for the validation part, `(refits, examples, …)`.
        network: The exported refit, from preprocessed inputs.
        baselines: What baselines reach on the validation part, the trivial one first.
        fitted: The baselines.
        goal: What thresholds were chosen for; empty for none.
    """

    splits: Splits
    plan: Plan
    study: StudyResult
    refits: Sequence[RefitResult]
    predictions: NDArray[np.float32]
    network: keras.Model
    baselines: Mapping[str, BaselineResult]
    fitted: Mapping[str, FittedBaseline]
    goal: str = ""

    @property
    def main(self) -> MainMetric:
        """The metric that the validation part is judged by."""
        thresholds = [refit.threshold for refit in self.refits]
        thresholds += [baseline.threshold for baseline in self.baselines.values()]
        part, goal = self.splits.validation, usable_goal(self.goal, thresholds)
        return main_metric(self.splits.model_spec, part, part, goal)


def look_after(
    ended: Ended, on_finding: Callable[[Finding], None] = lambda finding: None
) -> tuple[FitResult, tuple[Finding, ...]]:
    """Look at what a search and its refits have left.

    Args:
        ended: What they have left.
        on_finding: Hears of errors and warnings.

    Returns:
        How well the exported refit fits, in numbers, and what there is to say.
    """
    fit = measure_fit(ended)
    findings: list[Finding] = []
    if fit.errors is not None:
        name = _ERRORS.get(fit.metric, ended.main.words)
        findings.append(check_bias_variance(fit.errors, error=name, train_loss=fit.train_loss))
    for finding in findings:
        if finding.severity != "info":
            on_finding(finding)
    return fit, tuple(findings)


def measure_fit(ended: Ended) -> FitResult:
    """Score the exported refit on its training part in inference mode, and take its loss apart.

    Of a large training part some rows are scored, as many as say as much as the validation part
    does. They have the shares of the validation part's classes: where a rare class was drawn more
    often for training, precision would be another thing there.

    Args:
        ended: What search and refits have left.
    """
    data, main, refit = ended.splits.development(), ended.main, ended.refits[0]
    spec, held_out = data.model_spec, data.validation
    most = min(_MOST, max(_LEAST, 2 * len(held_out)))
    part = data.train.pick(comparable_rows(data.train.y, held_out.y, ended.splits.raw_spec, most))
    call = partial(ended.network, training=False)
    predicted = predict_network(call, part.inputs, output_kinds(ended.network, spec), spec)
    return FitResult(
        metric=main.name,
        rows=len(part),
        train=main.scores(part.y, predicted, spec, refit.threshold),
        errors=_errors(ended, main, part, predicted),
        train_loss=take_loss_apart(ended.network, part, spec),
        validation_loss=take_loss_apart(ended.network, held_out, spec),
    )


def comparable_rows(
    train: NDArray[np.generic], validation: NDArray[np.generic], spec: DataSpec, most: int
) -> NDArray[np.int64]:
    """Return training rows that can be compared with the validation part.

    Args:
        train: Encoded targets of the training part, `(examples,)` or `(examples, targets)`.
        validation: Those of the validation part.
        spec: The data's description.
        most: Rows at most.

    Returns:
        Row numbers, ascending, each once: with the classes' shares of the validation part, where
        the shares differ by more than a tenth and the classes are in both parts.
    """
    generator = np.random.default_rng(0)
    rows = np.arange(len(train))
    here, there = row_labels(train, spec), row_labels(validation, spec)
    if here is not None and there is not None:
        classes, wanted = np.unique(there, return_counts=True)
        counts = np.array([(here == one).sum() for one in classes])
        if counts.all():
            shares = wanted / wanted.sum()
            whole = int((counts / shares).min())
            if whole < _ALIKE * len(train):
                rows = np.concatenate(
                    [
                        generator.permutation(np.flatnonzero(here == one))[: round(whole * share)]
                        for one, share in zip(classes, shares, strict=True)
                    ]
                )
    rows = rows if len(rows) <= most else generator.choice(rows, most, replace=False)
    found: NDArray[np.int64] = np.sort(rows)
    return found


def _errors(
    ended: Ended, main: MainMetric, part: Split, predicted: NDArray[np.float32]
) -> BiasVariance | None:
    """Return the errors by the main metric; None where a part lacks what it takes."""
    if not ended.baselines:
        return None
    data = ended.splits.development()
    spec, held_out, refit = data.model_spec, data.validation, ended.refits[0]
    # A share that is better high is an error by what it lacks to 1; of these two losses are that.
    above = 1.0 if main.direction == "max" and main.name not in ("accuracy", "skill") else 0.0
    trivial = next(iter(ended.baselines.values())).validation.get(main.name)
    best = _best_baseline(ended.baselines, main)
    if trivial is None or best is None:
        return None
    fitted = ended.fitted.get(best)
    reference: float | NDArray[np.float64] = _as_error(
        ended.baselines[best].validation[main.name], main
    )
    if fitted is not None:
        threshold = ended.baselines[best].threshold
        reference = above + main.losses(held_out.y, fitted(held_out), spec, threshold)
    scale = _as_error(trivial, main)
    if not scale > 0:
        return None
    return bias_variance(
        train=above + main.losses(part.y, predicted, spec, refit.threshold),
        validation=np.stack(
            [
                above + main.losses(held_out.y, own, spec, one.threshold)
                for one, own in zip(ended.refits, ended.predictions, strict=True)
            ]
        ),
        reference=reference,
        scale=scale,
        reference_name=f"the best baseline, {best},",
    )


def _best_baseline(baselines: Mapping[str, BaselineResult], main: MainMetric) -> str | None:
    scored = {
        name: _as_error(result.validation[main.name], main)
        for name, result in baselines.items()
        if main.name in result.validation
    }
    return min(scored, key=lambda name: scored[name]) if scored else None


def _as_error(score: float, main: MainMetric) -> float:
    return score if main.direction == "min" else 1.0 - score
