"""What is to be said of a run whose search and refits are done, while the test set is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines import FittedBaseline
from dlrecipes.data import Split, Splits
from dlrecipes.diagnose import (
    Searched,
    advise,
    bias_variance,
    check_bias_variance,
    check_collapse,
    check_inference_mode,
    find_levers,
)
from dlrecipes.diagnose.verdict import mean_advantage
from dlrecipes.errors import ArgumentError
from dlrecipes.results import (
    BaselineResult,
    BiasVariance,
    DataSpec,
    Finding,
    FitResult,
    RefitResult,
    RunInfo,
    RunResult,
    StudyResult,
    Value,
)
from dlrecipes.run.calibrate import calibrated
from dlrecipes.run.look_at_predictions import look_at_predictions
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.next_command import command_of
from dlrecipes.run.strongest import find_strongest, predict_validation, stronger_baseline
from dlrecipes.run.thresholds import usable_goal
from dlrecipes.search import Build, build_with
from dlrecipes.targets import row_labels
from dlrecipes.training.build_model import build_model
from dlrecipes.training.loss_parts import take_loss_apart
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.predictions import predict_network

_MOST, _LEAST = 20_000, 1000
_ALIKE = 0.9
_OF_CLASS = 2
"""Examples of a class at least, without which there is no precision."""


@dataclass(frozen=True)
class Ended:
    """What a search and its refits left, as the checks after a training take it.

    Args:
        info: What the run was started with, and its plan.
        splits: The data; nothing here touches the test part.
        study: The search.
        refits: The refits, the exported one first.
        predictions: Of each for the validation part, `(refits, examples, …)`.
        exported: Makes the network of the exported refit, from preprocessed inputs.
        build: The builder.
        baselines: What baselines reach on the validation part, the trivial one first.
        fitted: The baselines.
    """

    info: RunInfo
    splits: Splits
    study: StudyResult
    refits: Sequence[RefitResult]
    predictions: NDArray[np.float32]
    exported: Callable[[], keras.Model]
    build: Build
    baselines: Mapping[str, BaselineResult]
    fitted: Mapping[str, FittedBaseline]

    @cached_property
    def main(self) -> MainMetric:
        """The metric that the validation part is judged by."""
        thresholds = [refit.threshold for refit in self.refits]
        thresholds += [baseline.threshold for baseline in self.baselines.values()]
        part, goal = self.splits.validation, usable_goal(self.info.settings.goal, thresholds)
        return main_metric(self.splits.model_spec, part, part, goal)


def look_after(
    ended: Ended,
    before: RunResult | None = None,
    on_finding: Callable[[Finding], None] = lambda finding: None,
) -> tuple[FitResult, tuple[Finding, ...]]:
    """Look at what a search and its refits have left.

    Args:
        ended: What they have left.
        before: The result that an earlier end of the run left; what was measured of the same
            networks and baselines is not measured again.
        on_finding: Hears of errors and warnings.

    Returns:
        How well the exported refit fits, in numbers, and what there is to say: each finding is
        called by one of the names of `diagnose.RUN_CHECKS`.
    """
    known = None if before is None or not _same_networks(ended, before) else before.fit
    fit = measure_fit(ended) if known is None else known
    spec = ended.splits.model_spec
    collapsed = check_collapse(
        ended.splits.validation.y, ended.predictions, spec, learnable=_learnable(ended)
    )
    findings = [*collapsed]
    if not ended.info.own_training and fit.rows == _rows_at_most(ended):
        first = ended.refits[0]
        findings += check_inference_mode(first.history, first.best_epoch, fit.train_loss)
    if fit.errors is not None:
        findings.append(
            check_bias_variance(fit.errors, error=ended.main.error, train_loss=fit.train_loss)
        )
    if not any(finding.severity == "error" for finding in collapsed):
        findings += look_at_predictions(
            ended.splits.validation, ended.predictions, ended.splits.raw_spec
        )
    for finding in findings:
        if finding.severity != "info":
            on_finding(finding)
    findings += _better_baseline(ended)
    if fit.errors is not None:
        broken = any(finding.severity == "error" for finding in collapsed)
        findings.append(next_step(ended, fit.errors, collapsed=broken))
    return fit, tuple(findings)


def _better_baseline(ended: Ended) -> tuple[Finding, ...]:
    """Return the strongest baseline and how to take it, where it is better beyond the noise."""
    data, main = ended.splits.development(), ended.main
    y, spec = data.validation.y, data.model_spec
    predicted = predict_validation(ended.fitted, data)
    if not {*predicted} & {*ended.baselines}:
        return ()
    name = find_strongest(main, y, spec, ended.baselines, predicted).name
    result = ended.baselines[name]
    try:
        theirs = main.losses(y, predicted[name], spec, result.threshold)
        own = [
            main.losses(y, values, spec, refit.threshold)
            for refit, values in zip(ended.refits, ended.predictions, strict=True)
        ]
    except ArgumentError:  # one example of the class that is looked for has no precision
        return ()
    found = mean_advantage(theirs[np.newaxis] - np.stack(own), step=main.step(y))
    if found.outcome != "worse":
        return ()
    return stronger_baseline(name, result, ended.info, "On the validation part")


def next_step(ended: Ended, errors: BiasVariance, *, collapsed: bool) -> Finding:
    """Return what to do next, with the line to copy.

    Args:
        ended: What search and refits have left.
        errors: Bias and variance.
        collapsed: Whether the networks give one answer for all examples.
    """
    info, study, values = ended.info, ended.study, ended.study.best.values
    example = ended.splits.development().train.inputs[:1]

    def make(values: dict[str, Value]) -> keras.Model:
        keras.utils.set_random_seed(0)
        return build_model(lambda: build_with(ended.build, values), example)

    def accepts(name: str, value: float) -> bool:
        try:
            make({**values, name: value})
        except Exception:  # whatever a builder raises
            return False
        return True

    with dtype_policy(info.policy):
        searched = Searched(
            # A command changes the plan that was asked for, whose stages have other names.
            replace(info.plan, refit_epochs=info.plan_carried_out.refit_epochs),
            _all_searched(study),
            ended.refits,
            study.objective,
            find_levers(make, values, study.space),
            accepts,
        )
        return advise(errors, searched, collapsed=collapsed, command=partial(command_of, info))


def _all_searched(study: StudyResult) -> dict[str, tuple[float, float]]:
    ranges: dict[str, tuple[float, float]] = {}
    for stage in study.stages:
        for name, (low, high) in stage.ranges.items():
            known = ranges.get(name, (low, high))
            ranges[name] = (min(low, known[0]), max(high, known[1]))
    return ranges


def _same_networks(ended: Ended, before: RunResult) -> bool:
    """Whether an earlier result is about the same refits and baselines."""
    refits = [
        [(one.checkpoint, one.validation) for one in of] for of in (ended.refits, before.refits)
    ]
    scores = [
        {name: baseline.validation for name, baseline in of.items()}
        for of in (ended.baselines, before.baselines)
    ]
    return refits[0] == refits[1] and scores[0] == scores[1]


def _learnable(ended: Ended) -> bool:
    """Whether some baseline is better than the trivial one, beyond the noise."""
    main, best = ended.main, _best_baseline(ended.baselines, ended.main)
    trivial = next(iter(ended.baselines), None)
    if best is None or trivial is None or best == trivial:
        return False
    worse, better = (_baseline_errors(ended, main, name) for name in (trivial, best))
    if worse is None or better is None:
        return False
    step = main.step(ended.splits.validation.y)
    return mean_advantage((worse - better)[np.newaxis], step=step).outcome == "better"


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
    most = _rows_at_most(ended)
    part = data.train.pick(comparable_rows(data.train.y, held_out.y, ended.splits.raw_spec, most))
    network = ended.exported()
    call = partial(network, training=False)
    predicted = predict_network(call, part.inputs, output_kinds(network, spec), spec)
    predicted = calibrated(predicted, refit.calibration)
    try:
        errors = _errors(ended, main, part, predicted)
    except ArgumentError:  # one example of the class that is looked for has no precision
        errors = None
    return FitResult(
        metric=main.name,
        rows=len(part),
        train=main.scores(part.y, predicted, spec, refit.threshold),
        errors=errors,
        train_loss=take_loss_apart(network, part, spec),
        validation_loss=take_loss_apart(network, held_out, spec),
    )


def _rows_at_most(ended: Ended) -> int:
    """Return how many training rows are scored, unless some are left out for their class."""
    wanted = min(_MOST, max(_LEAST, 2 * len(ended.splits.validation)))
    return min(wanted, len(ended.splits.train))


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
        the shares differ by more than a tenth and the classes are in both parts; of each class two
        at least.
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
                        generator.permutation(np.flatnonzero(here == one))[
                            : max(_OF_CLASS, round(whole * share))
                        ]
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
    trivial = next(iter(ended.baselines.values())).validation.get(main.name)
    best = _best_baseline(ended.baselines, main)
    if trivial is None or best is None:
        return None
    human = ended.info.settings.human_error
    errors = _baseline_errors(ended, main, best) if human is None else np.float64(human)
    score = ended.baselines[best].validation[main.name]
    scale = main.as_error(trivial)
    if not scale > 0:
        return None
    return bias_variance(
        train=main.errors(part.y, predicted, spec, refit.threshold),
        validation=np.stack(
            [
                main.errors(held_out.y, own, spec, one.threshold)
                for one, own in zip(ended.refits, ended.predictions, strict=True)
            ]
        ),
        reference=main.as_error(score) if errors is None else errors,
        scale=scale,
        reference_name=f"the best baseline, {best}," if human is None else "a person",
    )


def _baseline_errors(ended: Ended, main: MainMetric, name: str) -> NDArray[np.float64] | None:
    """Return a baseline's errors on the validation part; None where it was not fitted."""
    if name not in ended.fitted:
        return None
    data, threshold = ended.splits.development(), ended.baselines[name].threshold
    part = data.validation
    return main.errors(part.y, ended.fitted[name](part), data.model_spec, threshold)


def _best_baseline(baselines: Mapping[str, BaselineResult], main: MainMetric) -> str | None:
    scored = {
        name: main.as_error(result.validation[main.name])
        for name, result in baselines.items()
        if main.name in result.validation
    }
    return min(scored, key=lambda name: scored[name]) if scored else None
