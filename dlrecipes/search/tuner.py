"""KerasTuner code, trained by the engines."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.results import Hyperparameter, Objective, Plan, Stage, Value
from dlrecipes.search.backends import HyperParameters, KerasTunerProject
from dlrecipes.search.first_trials import take_first_trials
from dlrecipes.search.fit_arguments import FitArguments, OnlyFit
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job, Report, derive_seed
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.restore import restore

_ROWS = 8


class Tuner(KerasTunerProject):
    """A `keras_tuner.Tuner` whose trials are proposed and trained as in `dlr.tune`.

    Code for KerasTuner needs this one name instead of `keras_tuner.RandomSearch`. All that a
    tuner has works on it, and the project's folder is KerasTuner's, with its trials, their weights
    and what `overwrite=False` goes on from. Two thirds of the trials are spread evenly over the
    space, the rest are proposed by what these have shown; no configuration is trained twice. They
    are trained side by side where that is faster. A mixed-precision policy that is set when the
    tuner is made holds in every trial.

    Where only KerasTuner's own loop can do what the code asks for, it does, with trials that are
    proposed in the same way, and a line says why: a `run_trial`, `on_epoch_end` or
    `HyperModel.fit` of one's own, callbacks other than early stopping by the objective, data sets
    and generators, no validation data.

    `search` takes what `keras.Model.fit` takes. A score is the mean over the executions of a trial,
    each at its best epoch, and `get_best_models` returns the best of them with the weights of that
    epoch.

    Args:
        hypermodel: A builder `build(hp)`, a `keras_tuner.HyperModel`, or None with a `run_trial`
            of one's own.
        objective: The name of a metric, or a `keras_tuner.Objective`; None where a `run_trial` or
            a `HyperModel.fit` returns a number to minimise.
        max_trials: Trials at most, fewer where the space has fewer configurations; None for as
            many as it has.
        seed: Seed of proposals and trainings; None for a random one.
        hyperparameters: Hyperparameters that replace those of the same names in the builder.
        tune_new_entries: Whether others are searched; otherwise they have their defaults.
        allow_new_entries: Whether a builder may ask for others.
        max_retries_per_trial: How often a trial that failed is tried again.
        max_consecutive_failed_trials: So many failed trials in a row end the search.
        max_epochs: Epochs of a trial, as `keras_tuner.Hyperband` has it; None for those that
            `search` is given.
        first: Values found by hand, `[{"learning_rate": 0.01}, …]`: each is tried before anything
            is proposed, and what it leaves out is proposed as usual.
        priors: `{"learning_rate": dlr.results.Prior(0.01)}`, what an earlier search found; trials
            are drawn as `dlr.Stage(priors=)` says.
        kwargs: What every KerasTuner tuner takes: `executions_per_trial`, `directory`,
            `project_name`, `overwrite`, `max_model_size`, `optimizer`, `loss`, `metrics`,
            `distribution_strategy`, …. What only another tuner takes is named in a line and has no
            effect.

    Raises:
        ArgumentError: If there are several objectives.

    Example:
        >>> def build(hp):
        ...     units = hp.Choice("units", [4, 8])
        ...     layers = [keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dense(1)]
        ...     model = keras.Sequential(layers)
        ...     model.compile(hp.Choice("optimizer", ["adam", "sgd"]), "mse")
        ...     return model
        >>> tuner = dlr.search.Tuner(
        ...     build, objective="val_loss", max_trials=3, directory="tuner", overwrite=True
        ... )
        >>> x = np.arange(80.0).reshape(20, 4) / 80
        >>> tuner.search(x, x.sum(axis=1), epochs=2, validation_split=0.2, verbose=0)
        >>> sorted(tuner.get_best_hyperparameters()[0].values)
        ['optimizer', 'units']
        >>> type(tuner.get_best_models()[0]).__name__
        'Sequential'
    """

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:  # noqa: ANN401  (Keras's)
        """Search, until there are `max_trials` trials.

        Args:
            fit_args: What `keras.Model.fit` takes by position.
            fit_kwargs: What it takes by name; `verbose=0` is quiet.

        Raises:
            ArgumentError: If the objective is none of the model's metrics, or a value to try
                first is none of the builder's.
            RuntimeError: If too many trials fail in a row.
        """
        if "verbose" in fit_kwargs:
            self.oracle.verbose = fit_kwargs["verbose"]
        if self.max_epochs is not None and type(self).run_trial is Tuner.run_trial:
            fit_kwargs["epochs"] = self.max_epochs
        self._take_first()
        objective = Objective(self.oracle.objective.name, self.oracle.objective.direction)
        reason, arguments = self._own_loop(Tuner), None
        if not reason:
            try:
                arguments = FitArguments.read(fit_args, fit_kwargs, objective)
            except OnlyFit as only:
                reason = str(only)
        if arguments is None:
            self._say(f"trials are trained by KerasTuner's own loop: {reason}")
            super().search(*fit_args, **fit_kwargs)
            return
        self._check_objective(arguments, objective)
        self.on_search_begin()
        self.oracle.requeue_ongoing()
        engine = make_engine("auto", arguments.development, objective, self._policy, log=self._say)
        source = _Trials(self, arguments, objective)
        # A trial may have made room for others: one that failed, or that found hyperparameters.
        while source.begins_more():
            engine.run(source)
        self.on_search_end()

    def _take_first(self) -> None:
        """Read values found by hand as the builder's, which an oracle knows only now."""
        oracle = self.oracle
        space, _ = oracle.readable_space()
        stage = Stage("trials", oracle.max_trials or 0, 1, first=oracle.first, priors=oracle.priors)
        oracle.first = take_first_trials(Plan((stage,)), space).stages[0].first

    def _check_objective(self, arguments: FitArguments, objective: Objective) -> None:
        """Refuse an objective that no epoch will log, before the first one.

        All else that may be wrong with a model is told by the trials.
        """
        with dtype_policy(self._policy):
            keras.backend.clear_session()
            try:
                model = self._build_hypermodel(self.oracle.get_space())
                few = arguments.development.train
                logs = model.evaluate(
                    few.array[:_ROWS],
                    arguments.targets(_ROWS),
                    verbose=0,
                    return_dict=True,
                )
            except Exception:  # the user's code; in a trial it says what is wrong
                return
        names = [*(f"val_{name}" for name in logs), *logs]
        if objective.name not in names:
            raise ArgumentError(
                "The objective must be one of the model's metrics.",
                received=f"objective={objective.name!r}",
                fix=did_you_mean(objective.name, names)
                or f"This builder has {', '.join(names[: len(logs)])}; add the metric in "
                "compile().",
            )


@dataclass
class _Begun:
    """A trial of KerasTuner's whose executions are under way."""

    trial: Any
    number: int
    space: tuple[Hyperparameter, ...]
    rebuilds: bool
    waiting: list[int]
    flying: set[int] = field(default_factory=set)
    metrics: list[dict[str, float]] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    best: tuple[float, int, list[np.ndarray]] | None = None
    raised: Exception | None = None
    error: str = ""


class _Trials:
    """Hands an engine the trials of a tuner, each as many times as it shall be executed."""

    def __init__(self, tuner: Tuner, arguments: FitArguments, objective: Objective) -> None:
        self._tuner = tuner
        self._arguments = arguments
        self._objective = objective
        self._executions = int(tuner.executions_per_trial)
        self._begun: dict[int, _Begun] = {}  # by the numbers of their jobs
        self._next: list[_Begun] = []  # of which not all executions were handed out
        self._stopped = False
        # Executions of one trial must differ in everything.
        alone = self._executions == 1
        self._shared = derive_seed(tuner.oracle.seed, "shared") if alone else None

    compares = False

    @property
    def parallel(self) -> int:
        """How many trainings should be in flight at most: all, unless scores teach the next."""
        oracle = self._tuner.oracle
        if oracle.max_trials is None:
            return 2 * self._executions
        trials = int(oracle.max_trials)
        return self._executions * (max(2, trials // 4) if oracle.learns else trials)

    @property
    def remaining(self) -> int:
        """How many trainings are not handed out yet."""
        left = sum(len(begun.waiting) for begun in self._next)
        if self._stopped:
            return left
        waiting = self._tuner.oracle.waiting
        return left + self._executions * (1 if waiting is None else waiting)

    def begins_more(self) -> bool:
        """Begin another trial, if there is one, and say so."""
        self._stopped = False
        return bool(self._next) or self._begin()

    def next_jobs(self, limit: int) -> list[Job]:
        """Return at most `limit` trainings."""
        jobs: list[Job] = []
        while len(jobs) < limit and (self._next or self._begin()):
            begun = self._next[0]
            execution = begun.waiting.pop(0)
            if not begun.waiting:
                self._next.pop(0)
            jobs.append(self._job(begun, execution))
        return jobs

    def report(self, reports: Sequence[Report]) -> set[int]:
        """Stop no trial early."""
        return set()

    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Take trainings that ended, and record the trials of which they were the last."""
        for job, outcome in ended:
            begun = self._begun.pop(job.number)
            begun.flying.discard(job.number)
            self._take(begun, job, outcome)
            if not begun.flying and not begun.waiting:
                self._record(begun)

    def _begin(self) -> bool:
        if self._stopped:
            return False
        tuner, flying = self._tuner, {id(begun) for begun in self._begun.values()}
        slots = (f"{tuner.tuner_id}/{slot}" for slot in range(len(flying) + len(self._next) + 1))
        tuner.pre_create_trial()
        # Whoever asks under a name that has a trial is given that one again.
        free = next(slot for slot in slots if slot not in tuner.oracle.ongoing_trials)
        trial = tuner.oracle.create_trial(free)
        if trial.status == "STOPPED":
            self._stopped = True
            return False
        tuner.on_trial_begin(trial)
        space, others = tuner.oracle.readable_space()
        number = tuner.oracle.start_order.index(trial.trial_id)
        waiting = list(range(self._executions))
        self._next.append(_Begun(trial, number, space, not others, waiting))
        return True

    def _job(self, begun: _Begun, execution: int) -> Job:
        tuner, arguments, hp = self._tuner, self._arguments, begun.trial.hyperparameters

        def build() -> keras.Model:
            try:
                return tuner._build_checked(hp)
            except Exception as error:
                begun.raised = error
                raise

        def rebuild(values: dict[str, Value]) -> keras.Model:
            other: HyperParameters = hp.copy()
            other.values = dict(values)
            model = tuner._build_checked(other)
            if other.values.keys() != values.keys():
                raise BuilderError(
                    "A builder must ask for the same hyperparameters when one has another value.",
                    received=", ".join(map(repr, other.values.keys() - values.keys())),
                )
            return model

        job = Job(
            number=begun.number * self._executions + execution,
            # As they are, and not a copy: late ones come as the builder asks for them.
            values=hp.values,
            build=build,
            seed=derive_seed(tuner.oracle.seed, "training", begun.number, execution),
            epochs=arguments.epochs,
            batch_size=arguments.batch_size,
            stopping=arguments.stopping,
            keep_weights=True,
            rebuild=rebuild if begun.rebuilds else None,
            space=begun.space,
            shared_seed=self._shared,
        )
        begun.flying.add(job.number)
        self._begun[job.number] = begun
        return job

    def _take(self, begun: _Begun, job: Job, outcome: Outcome) -> None:
        epoch, score = outcome.best_epoch, outcome.score
        if outcome.status == "failed" or epoch is None or score is None or outcome.weights is None:
            # The trial has failed with it: what is left of it need not be trained.
            begun.error = outcome.error or f"no epoch had a finite `{self._objective.name}`"
            begun.waiting.clear()
            self._next = [other for other in self._next if other is not begun]
            return
        values = {name: curve[epoch] for name, curve in outcome.history.items()}
        begun.metrics.append(
            {name: float("nan") if value is None else value for name, value in values.items()}
        )
        begun.epochs.append(epoch)
        if begun.best is None or self._objective.better(score, begun.best[0]):
            begun.best = (score, job.seed, outcome.weights)

    def _record(self, begun: _Begun) -> None:
        tuner, trial = self._tuner, begun.trial
        if not begun.error and begun.best is not None:
            _, seed, weights = begun.best
            try:
                model = restore(
                    lambda: tuner._build_checked(trial.hyperparameters),
                    weights,
                    self._arguments.development.train.array[:1],
                    seed=seed,
                    policy=tuner._policy,
                )
                tuner._keep(trial, model)
            except Exception:  # the builder is the user's code
                begun.raised, begun.error = None, traceback.format_exc()
        if begun.error:
            tuner._fail(trial, begun.raised, begun.error)
        else:
            tuner._complete(trial, begun.metrics, begun.epochs)
