"""The metric that a run is judged by, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Split, Splits
from dlrecipes.diagnose import decide, decision_losses, decision_step
from dlrecipes.errors import RunError
from dlrecipes.metrics import (
    average_precision_shares,
    metric_words,
    rmse_shares,
)
from dlrecipes.results import (
    BaselineResult,
    DataSpec,
    Metrics,
    RefitResult,
    RunInfo,
    ThresholdGoal,
)
from dlrecipes.run.thresholds import usable_goal
from dlrecipes.targets import kind_of, per_example_loss, score_predictions, target_metric

_ERRORS = {"accuracy": "error rate", "skill": "share of the base loss that is left"}
"""Scores whose losses are what they lack to 1 already."""


@dataclass(frozen=True)
class MainMetric:
    """The metric that a run is judged by.

    Args:
        name: Its name among the scores: `"accuracy"`, `"pr_auc"`, `"rmse"`, `"skill"`, or of
            decisions `"f1"`, `"f2"`, …, `"cost"`.
        direction: Whether it is better high or low.
        reason: Why it is this one, in a sentence.
        goal: What thresholds are chosen for, where it is about what they decide.
    """

    name: str
    direction: Literal["max", "min"]
    reason: str = ""
    goal: ThresholdGoal | None = None

    @property
    def words(self) -> str:
        """Its name in a sentence."""
        return metric_words(self.name)

    def scores(
        self, y: object, predictions: object, spec: DataSpec, threshold: float | None = None
    ) -> Metrics:
        """Return all scores of predictions, this metric among them.

        Args:
            y: Class indices or values, `(examples,)`; of several targets `(examples, targets)`.
            predictions: Probabilities `(examples, classes)`, or values; of several targets both,
                side by side.
            spec: The data's description.
            threshold: Of these predictions, where the metric is about what it decides; else None.

        Raises:
            RunError: If a threshold is needed and there is none.
        """
        scores = score_predictions(y, predictions, spec)
        if self.goal is not None:
            decisions = decide(np.asarray(y), _positive(predictions), _known(threshold))
            scores[self.name] = self.goal.value(decisions)
        return scores

    def losses(
        self, y: object, predictions: object, spec: DataSpec, threshold: float | None = None
    ) -> NDArray[np.float64]:
        """Return each example's part in it, as a loss in its units, for paired comparisons.

        Args:
            y: As for `scores`.
            predictions: As for `scores`.
            spec: The data's description.
            threshold: As for `scores`.

        Raises:
            RunError: If a threshold is needed and there is none.
        """
        if self.goal is not None:
            labels = np.asarray(y)
            return decision_losses(labels, _positive(predictions), _known(threshold), self.goal)
        if self.name == "pr_auc":
            labels, values = kind_of(spec.target).check(y, predictions)
            return -average_precision_shares(labels, values[:, 1])
        if self.name == "rmse":
            return rmse_shares(*kind_of(spec.target).check(y, predictions))
        return per_example_loss(y, predictions, spec)

    @property
    def error(self) -> str:
        """What `errors` are, in a sentence."""
        if self.name in _ERRORS:
            return _ERRORS[self.name]
        return self.words if self.direction == "min" else f"1 - {self.words}"

    def errors(
        self, y: object, predictions: object, spec: DataSpec, threshold: float | None = None
    ) -> NDArray[np.float64]:
        """Return each example's part in the error, lower the better, whose mean is 0 at best.

        Of a score that is better high, the error is what it lacks to 1.

        Args:
            y: As for `scores`.
            predictions: As for `scores`.
            spec: The data's description.
            threshold: As for `scores`.

        Raises:
            RunError: If a threshold is needed and there is none.
        """
        losses = self.losses(y, predictions, spec, threshold)
        return losses if self.direction == "min" or self.name in _ERRORS else 1.0 + losses

    def as_error(self, score: float) -> float:
        """Return a score of this metric as an error.

        Args:
            score: One of `scores`.
        """
        return score if self.direction == "min" else 1.0 - score

    def step(self, y: object) -> float:
        """Return what one example makes where it is right or wrong, as `mean_advantage` takes it.

        Args:
            y: As for `scores`.
        """
        if self.goal is not None:
            return decision_step(np.asarray(y), self.goal)
        return 1.0 if self.name == "accuracy" else 0.0


def main_metric(
    spec: DataSpec, validation: Split, test: Split, goal: ThresholdGoal | None = None
) -> MainMetric:
    """Return the metric for some data.

    Accuracy for classes, the root of the mean squared error for values, and the skill for several
    targets (`score_predictions`). Where class 1 of two is rare (`rare_below`), accuracy says
    little: the area under the precision-recall curve. Where thresholds were chosen for F-beta or
    a cost, that is what the run is about; for a recall at a precision, or the reverse, it is the
    area, because on new data two models reach different precisions.

    Args:
        spec: The data's description.
        validation: The validation part, whose shares no resampling changes.
        test: The part that is judged.
        goal: What thresholds were chosen for; None without thresholds.
    """
    if goal is not None and goal.metric:
        reason = (
            f"thresholds were chosen for {goal}, on the validation part, one for each refit and "
            "each baseline"
        )
        if goal.kind == "cost":
            return _because("cost", "min", f"{reason}; it is the mean of an example", goal)
        return _because(goal.metric, "max", reason, goal)
    return _because(*target_metric(validation.y, test.y, spec, goal))


def judged_by(
    info: RunInfo,
    splits: Splits,
    refits: Sequence[RefitResult],
    baselines: Mapping[str, BaselineResult],
) -> str:
    """Return the name of the metric that the validation part is judged by.

    Args:
        info: What the run was started with.
        splits: The data; its test part is not touched.
        refits: The refits, with their thresholds.
        baselines: The baselines, likewise.
    """
    thresholds = [refit.threshold for refit in refits]
    thresholds += [baseline.threshold for baseline in baselines.values()]
    goal = usable_goal(info.settings.goal, thresholds)
    return main_metric(info.spec, splits.validation, splits.validation, goal).name


def _because(
    name: str, direction: Literal["max", "min"], reason: str, goal: ThresholdGoal | None = None
) -> MainMetric:
    return MainMetric(name, direction, f"Why {metric_words(name)}: {reason}.", goal)


def _positive(predictions: object) -> NDArray[np.float64]:
    return np.asarray(predictions, np.float64)[:, 1]


def _known(threshold: float | None) -> float:
    if threshold is None:
        raise RunError(
            "Decisions are scored at a threshold that was chosen before.",
            received="predictions without one",
            fix="Start the run again.",
        )
    return threshold
