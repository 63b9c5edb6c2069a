"""The network on more and more training examples: what its learning curve is made of."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer
from dlrecipes.data import Splits, climb_ladder, study_running, with_class_weight
from dlrecipes.diagnose import read_learning_curve
from dlrecipes.errors import ArgumentError, RunError
from dlrecipes.results import (
    ClassTarget,
    FitResult,
    LearningCurve,
    Objective,
    OrdinalTarget,
    Plan,
    RunSettings,
    Value,
    plural,
    significant,
)
from dlrecipes.run.handle import Run
from dlrecipes.run.look_after import comparable_rows
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.origin import name_of, told
from dlrecipes.run.prepare import in_found_form, with_found_forms
from dlrecipes.search import (
    AskedHyperParameters,
    Build,
    CoarseToFine,
    Listener,
    PlainProgress,
    SpecBuilder,
    build_with,
    builder_of,
    fit_of,
    run_builder,
)
from dlrecipes.targets import row_labels
from dlrecipes.training.engines import check_backend, make_engine, weakest_capability
from dlrecipes.training.job import Job, Report, derive_seed
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.own_training import OwnTraining
from dlrecipes.training.precision import choose_policy, dtype_policy
from dlrecipes.training.predictions import predict_network
from dlrecipes.training.restore import restore

_RUNGS = 5
_FEWEST, _OF_RAREST = 10, 4
_LONGER = 8
_MOST = 5000
Errors = NDArray[np.float64]


def learning_curve(  # noqa: PLR0913  (one argument a decision)
    build: Build,
    splits: Splits,
    objective: object = "val_accuracy",
    *,
    run: Run | str | Path | None = None,
    plan: Plan | None = None,
    settings: RunSettings | None = None,
    seeds: int = 3,
    first: float | None = None,
    listener: Listener | None = None,
) -> LearningCurve:
    """Train one network on more and more of the training examples, and say what more would bring.

    Each rung of the ladder (`dlr.data.climb_ladder`) has about twice the examples of the one
    before, the last has all. What preprocessing learns it learns from the rung. A network is
    trained for as many steps as on all examples, up to eight times the epochs, and its best epoch
    on the validation part counts. The test part is not touched, and a run is left as it is.

    Args:
        build: The builder, as for `tune`.
        splits: The data, as for `tune`.
        objective: Which epoch is best, as for `tune`; with a run it is the run's.
        run: A finished run on this data, or its directory, whose winner is trained; None for the
            builder's defaults.
        plan: Epochs, batch size and early stopping; None for the run's, or `CoarseToFine()`.
        settings: Engine, precision and seed; None for the run's, or the usual ones.
        seeds: Trainings a rung, at least 1; two or more for an interval that knows their spread.
        first: Examples of the first rung, or their share; None for a sixteenth of all.
        listener: Hears of every training; None for plain lines.

    Returns:
        The errors of each rung, the power law through them, and what twice the data would bring.

    Raises:
        ArgumentError: If an argument is out of range, or the data has too few examples for three
            rungs.
        BuilderError: If the builder does not fit the data.
        RunError: If the run had other data, or no training of a rung ends with a score.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> def build(hp):
        ...     model = dlr.models.build_mlp((4,), 3, hidden_units=(8,))
        ...     loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        ...     model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
        ...     return model
        >>> plan = dlr.CoarseToFine(trials=2, epochs=3)
        >>> curve = dlr.learning_curve(
        ...     build, splits, plan=plan, seeds=2, first=20, listener=dlr.search.Listener()
        ... )
        >>> [rung.examples for rung in curve.rungs], curve.sentence.split(" would")[0]
        ([20, 40, 80, 90], 'Twice the data')
    """
    check_backend()
    check_integer("seeds", seeds, 1)
    if not isinstance(splits, Splits):
        raise ArgumentError("`splits` must be a `Splits`.", received=type(splits).__name__)
    run = Run(run) if isinstance(run, str | Path) else run
    info = None if run is None else run.info
    if info is not None:
        objective = Objective(info.objective, info.direction)
        if info.class_weight is not None:
            splits = with_class_weight(splits, info.class_weight)
        _check_same("test set", splits.test.fingerprint, info.fingerprint)
        development = in_found_form(splits, info).development().fingerprint
        _check_same("training data", development, info.development)
    goal = Objective.parse(objective)
    plan = plan or (CoarseToFine() if info is None else info.plan)
    if settings is None:
        settings = RunSettings() if info is None else info.settings
        if run is not None:  # what `auto` has found out once is not timed again
            settings = replace(settings, engine=run.result.engine.name)
    given, build = build, builder_of(build)
    values = {} if run is None or run.result.best is None else run.result.best.values
    own = OwnTraining(fit_of(given), (), name_of(build))
    asked = told(build, splits, fit_of(given))
    climb = _Climb(
        build=asked,
        goal=goal,
        plan=plan,
        policy=choose_policy(settings.precision, weakest_capability()),
        engine="fit" if own.reason else settings.engine,
        values=values,
        own=own,
        seed=settings.seed,
        seeds=seeds,
        listener=listener or PlainProgress(goal),
        fit=None if run is None else run.result.fit,
    )
    return climb.carry_out(splits, first)


def _check_same(part: str, has: str, began_with: str) -> None:
    """Refuse data that a run's winner was not found on."""
    if has != began_with:
        raise RunError(
            "The learning curve of a run is drawn on its own data.",
            received=f"a {part} with fingerprint {has}, not {began_with}",
            fix="Give the data that the run began with, or leave `run` (--run) out.",
        )


@dataclass(frozen=True)
class _Climb:
    build: SpecBuilder
    goal: Objective
    plan: Plan
    policy: str
    engine: str
    values: dict[str, Value]
    own: OwnTraining
    seed: int
    seeds: int
    listener: Listener
    fit: FitResult | None = None

    def carry_out(self, splits: Splits, first: float | None) -> LearningCurve:
        """Train on all rungs and read the curve."""
        heard = self.listener
        with dtype_policy(self.policy), study_running(splits.test.fingerprint), heard.busy():
            heard.on_phase("learning curve")
            splits, _ = with_found_forms(splits, build_with(self.build, self.values))
            rungs = _rungs(splits, first, self.seed)
            part = splits.validation
            main = main_metric(splits.model_spec, part, part)
            trained = []
            for at, rung in enumerate(rungs):
                heard.on_step(f"{plural(len(rung.train), 'training example')}")
                trained.append(self._train(rung, at, len(splits.train), main))
                validation, train = trained[-1]
                heard.on_note(
                    f"{plural(len(rung.train), 'training example')}: {main.error} "
                    f"{significant(float(train.mean()), 3)} on them, "
                    f"{significant(float(validation.mean()), 3)} on the validation part"
                )
        scale, reference = _known(self.fit, splits, main)
        return read_learning_curve(
            [len(rung.train) for rung in rungs],
            [validation for validation, _ in trained],
            [train for _, train in trained],
            scale=scale,
            error=main.error,
            reference=reference,
            seed=self.seed,
        )

    def _train(
        self, rung: Splits, at: int, examples: int, main: MainMetric
    ) -> tuple[Errors, Errors]:
        """Return validation errors `(trainings, examples)` and training errors `(trainings,)`."""
        data = rung.development()
        longest = max(stage.epochs for stage in self.plan.stages)
        epochs = self.plan.refit_epochs or longest
        epochs *= max(1, min(_LONGER, round(examples / len(rung.train))))
        spec = data.model_spec
        with self.build.building_for(spec) if self.build.told else nullcontext():
            engine = make_engine(
                self.engine, data, self.goal, self.policy, on_step=self.listener.on_step
            )
            source = _Source([self._job(at, seed, epochs) for seed in range(self.seeds)])
            engine.run(source)
            rows = comparable_rows(data.train.y, data.validation.y, rung.raw_spec, _MOST)
            part = data.train.pick(rows)
            validation, train = [], []
            for job, outcome in source.ended:
                if outcome.status != "completed" or outcome.weights is None:
                    continue
                network = restore(
                    job.build,
                    outcome.weights,
                    data.train.inputs[:1],
                    seed=job.seed,
                    policy=self.policy,
                )
                predict = partial(
                    predict_network,
                    partial(network, training=False),
                    kinds=output_kinds(network, spec),
                    spec=spec,
                )
                held_out, fitted = predict(data.validation.inputs), predict(part.inputs)
                validation.append(main.errors(data.validation.y, held_out, spec))
                train.append(float(main.errors(part.y, fitted, spec).mean()))
        if not validation:
            reasons = sorted({outcome.error or outcome.status for _, outcome in source.ended})
            raise RunError(
                "At least one training of each rung must end with a score.",
                received=f"{plural(len(rung.train), 'example')}: {'; '.join(reasons)}",
                fix="Begin with more examples: `first` (--first), or tune first and give the run.",
            )
        return np.stack(validation), np.array(train)

    def _job(self, at: int, number: int, epochs: int) -> Job:
        hyperparameters = AskedHyperParameters(values=self.values, epochs=epochs)
        batch_size = int(self.values.get("batch_size") or self.plan.batch_size)
        name = f"rung-{at}-{number}"
        return Job(
            number=number,
            values=dict(self.values),
            build=partial(run_builder, self.build, hyperparameters),
            seed=derive_seed(self.seed, "curve", at, number),
            epochs=epochs,
            batch_size=batch_size,
            stopping=self.plan.stopping,
            keep_weights=True,
            fit=partial(self.own.train, hyperparameters, name) if self.own.reason else None,
        )


class _Source:
    """Hands out the trainings of a rung and keeps what became of them."""

    compares = False

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = list(jobs)
        self.parallel = max(1, len(jobs))
        self.ended: list[tuple[Job, Outcome]] = []

    @property
    def remaining(self) -> int:
        return len(self._jobs)

    def next_jobs(self, limit: int) -> list[Job]:
        taken, self._jobs = self._jobs[:limit], self._jobs[limit:]
        return taken

    def report(self, reports: Sequence[Report]) -> set[int]:
        return set()

    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        self.ended += ended


def _rungs(splits: Splits, first: float | None, seed: int) -> tuple[Splits, ...]:
    """Return the ladder, each rung preprocessed by a layer of its own."""
    raw, layer = replace(splits, preprocess=None), splits.preprocess
    examples = len(raw.train)
    if first is None:
        # Rounded up: a last step from 1,072 to 1,079 would be another training for nothing.
        enough = min(_enough(raw), -(-examples // 4))
        first = min(max(-(-examples // 2 ** (_RUNGS - 1)), _FEWEST, enough), examples)
    rungs = climb_ladder(raw, first, seed=seed)
    if len(rungs) < 3:
        raise ArgumentError(
            "A learning curve has at least three rungs, each with twice the examples of the one "
            "before.",
            received=f"{plural(examples, 'training example')}, the first rung with {first:g}",
            fix="Begin with fewer: `first` (--first).",
        )
    if layer is None:
        return rungs
    fresh = [type(layer).from_config(layer.get_config()) for _ in rungs]
    return tuple(rung.with_preprocess(one) for rung, one in zip(rungs, fresh, strict=True))


def _enough(splits: Splits) -> int:
    """Return how many examples have four of the rarest class, without which little is judged."""
    labels = row_labels(splits.train.y, splits.raw_spec)
    if labels is None:
        return 0
    rarest = int(np.unique(labels, return_counts=True)[1].min())
    return -(-_OF_RAREST * len(labels) // max(rarest, 1))


def _known(fit: FitResult | None, splits: Splits, main: MainMetric) -> tuple[float, float | None]:
    """Return the error of knowing nothing, and that which can be reached where a run knows it."""
    if fit is not None and fit.errors is not None and fit.metric == main.name:
        return fit.errors.scale, fit.errors.reference
    spec, y = splits.model_spec, splits.validation.y
    if spec.keyed:  # in units of the base loss
        return 1.0, None
    target = spec.target
    constant = target.priors if isinstance(target, ClassTarget | OrdinalTarget) else target.mean
    shape = (len(y), len(target.class_names)) if target.class_names else (len(y),)
    error = float(main.errors(y, np.broadcast_to(np.asarray(constant), shape), spec).mean())
    return error if error > 0 else 1.0, None
