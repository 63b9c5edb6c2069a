"""All baselines that fit the task: the cheap ones at once, the expensive ones beside the search."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.budget import CHEAP_SHARE, SECONDS, Budget
from dlrecipes.baselines.constant_predictions import fit_majority_class, fit_mean
from dlrecipes.baselines.gradient_boosting import (
    LIBRARIES,
    TREES,
    TreeJob,
    TreesBeside,
    choose_trees,
    tree_baselines,
    tree_job,
)
from dlrecipes.baselines.grow_trees import GrownTrees, grow_trees
from dlrecipes.baselines.logistic_regression import fit_logistic_regression
from dlrecipes.baselines.naive_forecast import fit_naive_forecasts
from dlrecipes.baselines.nearest_neighbours import fit_nearest_neighbours
from dlrecipes.baselines.penalised_regression import fit_poisson_regression, fit_ridge_regression
from dlrecipes.baselines.predictor import (
    Choice,
    Estimator,
    FittedBaseline,
    FittedModel,
    calm_threads,
    join_notes,
)
from dlrecipes.baselines.side_by_side import numbers_of, side_by_side
from dlrecipes.baselines.tfidf_regression import fit_tfidf_regression
from dlrecipes.checks import check_integer, check_real
from dlrecipes.data import Development, Split, target_development
from dlrecipes.quiet import hush_many_classes
from dlrecipes.results import DataSpec, Target
from dlrecipes.targets import OF_TASK, TargetKind, join_predictions, kind_of, target_columns

_TRIVIAL = {"majority class": fit_majority_class, "mean": fit_mean}
_LINEAR = {
    "logistic regression": fit_logistic_regression,
    "ridge regression": fit_ridge_regression,
    "Poisson regression": fit_poisson_regression,
}
"""By the names that targets have for them (`TargetKind.trivial` and `linear`)."""
Choices = Mapping[str, Choice]
"""`{baseline: what was chosen for it}`."""


def fit_baselines(
    development: Development,
    *,
    seed: int = 0,
    seconds: float = SECONDS,
    choices: Choices | None = None,
) -> dict[str, FittedBaseline]:
    """Return the fitted baselines of the task, `{name: baseline}`.

    They see what the network sees: preprocessed training and validation data. Values that have a
    time are compared with naive forecasts, too (`fit_naive_forecasts`). Of tables LightGBM and
    CatBoost are among them where they are installed (`pip install dlrecipes[trees]`). A baseline
    takes a preprocessed part. Several targets have a baseline of each kind together
    (`join_targets`).

    Args:
        development: Training and validation part.
        seed: Seed of all that is random in them, at least 0.
        seconds: What they may take together; what was cut stands in a baseline's `note`.
        choices: What was chosen before, `{name: baseline.choice}`: nothing is searched again, and
            boosted trees that are not in it are not grown.

    Raises:
        ArgumentError: If the seed is not a whole number of at least 0, or the seconds are no
            positive number.

    Example:
        >>> import dlrecipes as dlr
        >>> development = dlr.data.load("wine").development()
        >>> baselines = dlr.baselines.fit_baselines(development)
        >>> baselines["logistic regression"](development.validation).shape
        (36, 3)
    """
    with BaselineFit(development, seed=seed, seconds=seconds, choices=choices) as fit:
        return fit.finish()


class BaselineFit:
    """Baselines under way: the cheap ones are fitted, the expensive ones grow in another process.

    Args:
        development: Training and validation part.
        seed: As in `fit_baselines`.
        seconds: As in `fit_baselines`.
        choices: As in `fit_baselines`.
        on_step: Is told what is being fitted, every few seconds.

    Attributes:
        left_out: `{baseline: why there is none}`, known at the end.
        failed: `{baseline: what its library failed of}`, likewise: more time would not help.

    Raises:
        ArgumentError: As `fit_baselines`.
    """

    def __init__(
        self,
        development: Development,
        *,
        seed: int = 0,
        seconds: float = SECONDS,
        choices: Choices | None = None,
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        check_integer("seed", seed, 0)
        check_real("seconds", seconds, 0, low_open=True)
        self.left_out: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        # What was put side by side for them, no pipeline of raw inputs can do again.
        self._several = bool(development.model_spec.inputs)
        development, self._cut = side_by_side(development)
        self._development, self._on_step = development, on_step
        self._beside: TreesBeside | None = None
        self._finished: dict[str, FittedBaseline] | None = None
        began = time.monotonic()
        budget = Budget(CHEAP_SHARE * seconds, on_step)
        spec = development.model_spec
        known = choices or {}
        self._parts = [
            _Part(
                target.name,
                target_development(development, target),
                seed,
                _choices_of_target(known, spec, target),
                budget,
                seconds,
            )
            for target in spec.targets
        ]
        self._waiting = [
            (part, name, part.jobs[name])
            for name in LIBRARIES
            for part in self._parts
            if name in part.jobs
        ]
        if self._waiting:
            left = max(1.0, seconds - (time.monotonic() - began))
            try:
                self._beside = TreesBeside([job for _, _, job in self._waiting], left)
            except OSError as error:
                for _, name, _ in self._waiting:
                    self.left_out[name] = f"no process could be started for them ({error})"

    def __enter__(self) -> BaselineFit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End what still runs and remove its files."""
        if self._beside is not None:
            self._beside.close()

    @property
    def growing(self) -> bool:
        """Whether there is something to wait for."""
        return self._finished is None and self._beside is not None and self._beside.growing

    @property
    def ready(self) -> dict[str, FittedBaseline]:
        """The baselines that are fitted already, the trivial one first."""
        return self._joined()

    def finish(self, more: float | None = None) -> dict[str, FittedBaseline]:
        """Wait for the expensive ones and return all baselines.

        Args:
            more: Seconds that they may have from now on; None for all that were given at first.
        """
        if self._finished is None:
            if self._beside is not None:
                grown = self._beside.collect(more, self._on_step)
                for number, (trees, why) in enumerate(grown):
                    self._take(number, trees, why)
                self._beside.close()
            self._finished = self._joined()
        return self._finished

    def _take(self, number: int, trees: Mapping[float, GrownTrees], why: str) -> None:
        """Take what has grown for a target, or say why there is nothing."""
        part, name, job = self._waiting[number]
        failure = "" if self._beside is None else self._beside.failures.get(number, "")
        if not trees and not failure:
            self.left_out[name] = why or "no round of them ended in time"
            return
        if trees:
            if self._on_step is not None:
                self._on_step(f"{name}, on the validation part")
            try:
                with calm_threads(job.x.size):
                    part.models[name] = choose_trees(job, trees, why)
                return
            except Exception as error:  # a library that works there, and not here
                if name == TREES:
                    raise
                failure = f"{type(error).__name__}: {error}"
        self.failed[name] = failure

    def _joined(self) -> dict[str, FittedBaseline]:
        fitted = {part.name: part.baselines(self._cut) for part in self._parts}
        joined = _join_targets(self._development.model_spec, fitted)
        if self._several:
            return {name: replace(one, estimators={}) for name, one in joined.items()}
        return joined


class _Part:
    """The baselines of a single target."""

    def __init__(  # noqa: PLR0913, PLR0917  (all of them are the fit's own)
        self,
        name: str,
        development: Development,
        seed: int,
        choices: Choices,
        budget: Budget,
        seconds: float,
    ) -> None:
        self.name, self._development = name, development
        self.jobs: dict[str, TreeJob] = {}
        self.models: dict[str, FittedModel] = {}
        self._size = development.train.array.size
        spec = development.model_spec
        kind = kind_of(spec.target)
        with calm_threads(self._size):
            self.models[kind.trivial] = _TRIVIAL[kind.trivial](development, seed=seed)
            if self._size:
                self._fit(kind, choices, budget, seed, seconds)
        self._forecasts = (
            fit_naive_forecasts(development)
            if kind.has_forecasts and development.train.time is not None
            else {}
        )

    def _fit(
        self, kind: TargetKind[Any], choices: Choices, budget: Budget, seed: int, seconds: float
    ) -> None:
        """Fit what depends on the inputs."""
        development, spec = self._development, self._development.model_spec
        linear, fit_linear = kind.linear, _LINEAR[kind.linear]
        if spec.kind == "text":
            linear, fit_linear = "regression on TF-IDF", fit_tfidf_regression
        known = {key: choice or None for key, choice in choices.items()}
        budget.begin(linear)
        self.models[linear] = fit_linear(
            development, seed=seed, budget=budget, choice=known.get(linear)
        )
        if spec.kind != "text":
            budget.begin("nearest neighbours")
            self.models |= fit_nearest_neighbours(
                development, seed=seed, budget=budget, choice=known.get("nearest neighbours")
            )
        names = tree_baselines() if spec.kind == "table" else ()
        wanted = [name for name in names if name in known or not known]
        for name in wanted:
            job = tree_job(
                development,
                name=name,
                seed=seed,
                seconds=seconds / len(wanted),
                choice=known.get(name),
            )
            if job.quick:
                budget.begin(name)
                grown = grow_trees(job.x, job.y, job.settings, left=budget.left)
                with hush_many_classes():
                    self.models[name] = choose_trees(job, {trees.rate: trees for trees in grown})
            else:
                self.jobs[name] = job

    def baselines(self, cut: str = "") -> dict[str, FittedBaseline]:
        """Return what is fitted so far.

        Args:
            cut: What none but the trivial one could be told.
        """
        trivial = kind_of(self._development.model_spec.target).trivial
        fitted = {
            name: _calm(model, self._size, "" if name == trivial else cut)
            for name, model in self.models.items()
        }
        return fitted | {
            name: FittedBaseline(forecast) for name, forecast in self._forecasts.items()
        }


def _calm(model: FittedModel, size: int, cut: str) -> FittedBaseline:
    def predict(part: Split) -> NDArray[np.float64]:
        with calm_threads(size):
            return model(numbers_of(part).array)

    estimators = {} if model.estimator is None else {"": model.estimator}
    return FittedBaseline(predict, model.choice, join_notes(model.note, cut), estimators)


def _join_targets(
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
        target.name: _renamed(fitted[target.name], _joint_names(spec, target))
        for target in spec.targets
    }
    first = next(iter(parts.values()))
    shared = [name for name in first if all(name in part for part in parts.values())]
    return {
        name: _together({target: part[name] for target, part in parts.items()}, spec)
        for name in shared
    }


def _choices_of_target(
    choices: Mapping[str, Choice], spec: DataSpec, target: Target
) -> dict[str, Choice]:
    """Return what was chosen for one target, under the names that its own baselines have.

    Args:
        choices: What was chosen for joined baselines, `{name: {"target: what": value}}`.
        spec: The data.
        target: One of its targets.
    """
    own = {joint: name for name, joint in _joint_names(spec, target).items()}
    prefix = _prefix(target.name)
    return {
        own.get(name, name): {
            what.removeprefix(prefix): value
            for what, value in choice.items()
            if what.startswith(prefix)
        }
        for name, choice in choices.items()
    }


def _joint_names(spec: DataSpec, target: Target) -> dict[str, str]:
    """Return what a target's baselines are called beside those of the others.

    Args:
        spec: The data.
        target: One of its targets.

    Returns:
        `{name among its own: name of all together}`, such as `"majority class or mean"`.
    """
    kind, every = kind_of(target), [type(kind_of(other)) for other in spec.targets]
    known = [known_kind for known_kind in OF_TASK.values() if known_kind in every]
    return {
        kind.trivial: _either([known_kind.trivial for known_kind in known]),
        kind.linear: _either([known_kind.linear for known_kind in known]),
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
    if "" in baselines:  # the only one
        return baselines[""]

    def predict(part: Split) -> NDArray[np.float64]:
        return join_predictions(
            {
                # Of all examples, also of those without the target.
                target.name: baselines[target.name](replace(part, y=column))
                for target, column in target_columns(part.y, spec)
            }
        )

    choice = {
        f"{target}: {what}": value
        for target, baseline in baselines.items()
        for what, value in baseline.choice.items()
    }
    notes = [
        f"{target}: {baseline.note}" for target, baseline in baselines.items() if baseline.note
    ]
    estimators: dict[str, Estimator] = {}
    if all(baseline.estimators for baseline in baselines.values()):
        estimators = {target: baseline.estimators[""] for target, baseline in baselines.items()}
    return FittedBaseline(predict, choice, join_notes(*notes), estimators)


def _prefix(name: str) -> str:
    """Return what stands before what was chosen for a target; nothing for the only one."""
    return f"{name}: ".removeprefix(": ")
