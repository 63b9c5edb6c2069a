"""An engine whose scores are means over folds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from statistics import fmean, median

import keras

from dlrecipes.data import FoldData, keras_inputs, keras_targets
from dlrecipes.errors import BuilderError
from dlrecipes.results import History, Objective
from dlrecipes.search.backends import Build
from dlrecipes.search.spec_builder import SpecBuilder
from dlrecipes.training.engines import Engine
from dlrecipes.training.job import Job, JobSource, Report
from dlrecipes.training.outcome import Outcome, log_value
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.predictions import predict_network
from dlrecipes.training.restore import restore

_TOGETHER = 64
_BATCH = 1024


class CrossValidated:
    """Trains each job once a fold and scores it by the mean over the folds.

    In each fold another engine trains and stops early on the part of the training rows that the
    fold keeps for that; its best epoch is then scored on the rows that are held out. After each
    fold the mean so far is reported, so that pruning stops a trial between folds. Jobs that are
    in flight together go through a fold side by side.

    Args:
        engines: One for each fold, with that fold's data.
        folds: The folds.
        build: The builder; one that is told the data is told of the fold's.
        objective: What is better, and by which entry of the logs.
        policy: The dtype policy.

    Raises:
        BuilderError: If the builder needs to be told the data, for its folds do not look alike.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        folds: Sequence[FoldData],
        build: Build,
        objective: Objective,
        policy: str,
    ) -> None:
        self.name = engines[0].name
        self._folds = list(zip(engines, folds, strict=True))
        self._build = build
        self._objective = objective
        self._policy = policy
        shapes = {fold.development.model_spec.input_shape for fold in folds}
        if not (isinstance(build, SpecBuilder) and build.told) and len(shapes) > 1:
            raise BuilderError(
                "A builder must be told the data where folds differ after preprocessing.",
                received=f"input shapes {', '.join(map(str, sorted(shapes)))}",
                fix="Give it a second argument: `build(hp, spec)`.",
            )

    def run(self, source: JobSource) -> None:
        """Train the source's jobs in all folds."""
        while jobs := source.next_jobs(min(source.parallel, _TOGETHER)):
            trials = [_Trial(job) for job in jobs]
            for engine, fold in self._folds:
                self._train(engine, fold, trials, source)
            source.finish([(trial.job, trial.outcome()) for trial in trials])

    def _train(
        self, engine: Engine, fold: FoldData, trials: Sequence[_Trial], source: JobSource
    ) -> None:
        """Take all trials that go on through one fold."""
        going = {trial.job.number: trial for trial in trials if trial.goes_on}

        def finish(ended: Sequence[tuple[Job, Outcome]]) -> None:
            # At once: the weights of all trials until the fold is over would fill the memory.
            for job, outcome in ended:
                going[job.number].take(*self._judged(going[job.number].job, outcome, fold))

        with self._building_for(fold):
            engine.run(_OneFold([trial.job for trial in going.values()], source, finish))
        reports = [
            # A trial's unit here is the fold, not the epoch.
            Report(replace(trial.job, epochs=len(self._folds)), len(trial.scores) - 1, trial.mean)
            for trial in going.values()
            if trial.goes_on
        ]
        pruned = source.report(reports) if reports else set()
        for number in pruned:
            if len(going[number].scores) < len(self._folds):
                going[number].pruned = True

    def _building_for(self, fold: FoldData) -> AbstractContextManager[None]:
        if isinstance(self._build, SpecBuilder):
            return self._build.building_for(fold.development.model_spec)
        return nullcontext()

    def _judged(self, job: Job, outcome: Outcome, fold: FoldData) -> tuple[Outcome, float | None]:
        """Return an outcome as far as it is kept, and its score on the rows that are held out.

        Its predictions are those for the rows held out; without a score there are none.
        """
        kept = outcome if job.keep_weights else replace(outcome, weights=None)
        if outcome.status != "completed" or outcome.weights is None:
            return kept, None
        example, predictions = fold.held_out.inputs[:1], None
        with dtype_policy(self._policy):
            keras.utils.clear_session(free_memory=False)
            keras.config.set_dtype_policy(self._policy)
            model = restore(job.build, outcome.weights, example, seed=job.seed, policy=self._policy)
            score = self._evaluate(model, fold)
            if job.keep_predictions:
                kinds = output_kinds(model, fold.development.model_spec)
                call = partial(model, training=False)
                predictions = predict_network(
                    call, fold.held_out.inputs, kinds, fold.development.model_spec
                )
        return replace(kept, predictions=predictions), score if math.isfinite(score) else None

    def _evaluate(self, model: keras.Model, fold: FoldData) -> float:
        """Return what `model.evaluate` gives, which takes ten times as long to be made ready.

        A model's metrics add up over the steps. No graph is traced: that takes longer than to
        run it once.
        """
        held_out = fold.held_out
        targets = keras_targets(held_out.y, fold.development.model_spec)
        logs = {}
        for start in range(0, len(held_out), _BATCH):
            part = itemgetter(slice(start, start + _BATCH))
            x = keras_inputs(part(held_out.inputs))
            y = keras.tree.map_structure(part, targets)
            weight = None if held_out.sample_weight is None else part(held_out.sample_weight)
            # As `evaluate` hands it over: tensors, and no weights where there are none.
            batch = keras.utils.pack_x_y_sample_weight(x, y, weight)
            logs = model.test_step(keras.tree.map_structure(keras.ops.convert_to_tensor, batch))
        return log_value(logs[self._objective.metric])


@dataclass
class _Trial:
    """One job and what its folds gave so far."""

    job: Job
    pruned: bool = False

    def __post_init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.scores: list[float] = []

    @property
    def goes_on(self) -> bool:
        return not self.pruned and len(self.scores) == len(self.outcomes)

    @property
    def mean(self) -> float:
        return fmean(self.scores)

    def take(self, outcome: Outcome, score: float | None) -> None:
        self.outcomes.append(outcome)
        if score is not None:
            self.scores.append(score)

    def outcome(self) -> Outcome:
        """Return the folds' outcomes as one; a fold that went wrong decides."""
        last = self.outcomes[-1]
        seconds = sum(outcome.seconds for outcome in self.outcomes)
        if not self.pruned and not self.goes_on:
            # A training that went well and scores NaN on the rows held out has diverged.
            status = "diverged" if last.status == "completed" else last.status
            return replace(
                last, status=status, score=None, seconds=seconds, weights=None, predictions=None
            )
        epochs = [outcome.best_epoch for outcome in self.outcomes if outcome.best_epoch is not None]
        return replace(
            last,
            status="pruned" if self.pruned else "completed",
            score=self.mean,
            best_epoch=round(median(epochs)),
            history=_mean_history([outcome.history for outcome in self.outcomes]),
            seconds=seconds,
            weights=None,
            predictions=None,
            fold_scores=tuple(self.scores),
            fold_predictions=tuple(
                outcome.predictions for outcome in self.outcomes if outcome.predictions is not None
            ),
        )


class _OneFold:
    """Hands out the jobs of one fold and passes on what becomes of them."""

    def __init__(
        self,
        jobs: Sequence[Job],
        source: JobSource,
        finish: Callable[[Sequence[tuple[Job, Outcome]]], None],
    ) -> None:
        self._jobs = [replace(job, keep_weights=True, keep_predictions=False) for job in jobs]
        self._source = source
        self._finish = finish

    @property
    def parallel(self) -> int:
        """How many jobs should be in flight at most."""
        return max(1, len(self._jobs))

    @property
    def compares(self) -> bool:
        """Whether jobs in flight should advance together: they are compared after the fold."""
        return False

    @property
    def remaining(self) -> int:
        """How many jobs are not handed out yet."""
        return len(self._jobs)

    def next_jobs(self, limit: int) -> list[Job]:
        """Return the next trainings to be done."""
        taken, self._jobs = self._jobs[:limit], self._jobs[limit:]
        return taken

    def report(self, reports: Sequence[Report]) -> set[int]:
        """Let the time run out inside a fold, too; epochs of one fold prune nothing."""
        self._source.report([])
        return set()

    def finish(self, ended: Sequence[tuple[Job, Outcome]]) -> None:
        """Pass the outcomes on."""
        self._finish(ended)


def _mean_history(histories: Sequence[History]) -> History:
    """Return the mean curves, as far as all folds were trained."""
    shared = set.intersection(*(set(history) for history in histories))
    return {
        name: [
            None if None in values else fmean(values)
            for values in zip(*(history[name] for history in histories), strict=False)
        ]
        for name in histories[0]
        if name in shared
    }
