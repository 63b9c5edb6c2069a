"""The engine that trains with `keras.Model.fit`: always right, never fast."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.data import Development, keras_inputs, keras_targets
from dlrecipes.results import History, Objective
from dlrecipes.results.study_result import Status
from dlrecipes.training.build_model import build_model
from dlrecipes.training.job import Job, JobSource, Report
from dlrecipes.training.outcome import BestEpoch, Outcome, headline, log_value
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.precision import dtype_policy, policy_that_ran
from dlrecipes.training.predictions import predict_network


class FitEngine:
    """Trains one model after the other with `keras.Model.fit`.

    Args:
        development: Train and validation data.
        objective: What is better, and by which entry of the logs.
        policy: The dtype policy, set inside each training.
        on_step: Hears what is done until a trial's first epoch ends.
    """

    name = "fit"

    def __init__(
        self,
        development: Development,
        objective: Objective,
        policy: str,
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._development = development
        self._objective = objective
        self._policy = policy
        self._on_step = on_step

    def run(self, source: JobSource) -> None:
        """Train the source's jobs one at a time."""
        while jobs := source.next_jobs(1):
            for job in jobs:
                source.finish([(job, self.train(job, source))])

    def train(self, job: Job, source: JobSource) -> Outcome:
        """Train one job, reporting its epochs, and return its outcome; `finish` is not called."""
        start = time.perf_counter()

        def report(epoch: int, best: float) -> bool:
            return job.number in source.report([Report(job, epoch, best)])

        self._on_step(f"trial {job.number}: building the model, first epoch by `fit`")
        watch = _Watch(job, self._objective, report)
        with dtype_policy(self._policy):
            # Nothing of the last trial is needed any more; without this, memory grows by 5 MB a
            # trial. It resets the policy.
            keras.backend.clear_session()
            keras.config.set_dtype_policy(self._policy)
            keras.utils.set_random_seed(job.seed)
            try:
                model = build_model(job.build, self._development.train.inputs[:1], job.initial)
                self._fit(model, job, watch)
                predictions = self._predictions(model, watch) if job.keep_predictions else None
            except (tf.errors.ResourceExhaustedError, MemoryError) as error:
                if watch.raised is error:
                    raise
                return self._failed(f"out of memory: {_named(error)}", watch, start)
            except Exception as error:
                if watch.raised is error:
                    raise
                return self._failed(_named(error), watch, start)
        return Outcome(
            status=watch.status,
            score=watch.best.score,
            best_epoch=watch.best.epoch,
            history=watch.history,
            seconds=time.perf_counter() - start,
            policy=policy_that_ran(model, self._policy),
            parameters=int(model.count_params()),
            engine=self.name,
            weights=watch.weights if job.keep_weights else None,
            predictions=predictions,
        )

    def _fit(self, model: keras.Model, job: Job, watch: _Watch) -> None:
        train, validation = self._development.train, self._development.validation
        spec = self._development.model_spec
        weights = validation.sample_weight
        targets = keras_targets(validation.y, spec)
        x = keras_inputs(validation.inputs)
        held_out = (x, targets, *(() if weights is None else (weights,)))
        model.fit(
            keras_inputs(train.inputs),
            keras_targets(train.y, spec),
            sample_weight=train.sample_weight,
            batch_size=job.batch_size,
            epochs=job.epochs,
            validation_data=held_out,
            callbacks=[watch],
            verbose=0,
        )

    def _predictions(self, model: keras.Model, watch: _Watch) -> NDArray[np.float32] | None:
        """Return the best epoch's predictions; the model has that epoch's weights afterwards."""
        if watch.weights is None:
            return None
        model.set_weights(watch.weights)
        data = self._development
        kinds = output_kinds(model, data.model_spec)
        call = partial(model, training=False)
        return predict_network(call, data.validation.inputs, kinds, data.model_spec)

    def _failed(self, message: str, watch: _Watch, start: float) -> Outcome:
        return Outcome(
            status="failed",
            history=watch.history,
            seconds=time.perf_counter() - start,
            policy=self._policy,
            error=message,
            engine=self.name,
        )


class _Watch(keras.callbacks.Callback):
    """Reports each epoch, ends a diverged or pruned training and keeps the best weights."""

    def __init__(
        self, job: Job, objective: Objective, report: Callable[[int, float], bool]
    ) -> None:
        super().__init__()
        self._job = job
        self._objective = objective
        self._report = report
        self.best = BestEpoch(objective, job.patience)
        self.history: History = {}
        self.status: Status = "completed"
        self.weights: list[np.ndarray] | None = None
        self.raised: BaseException | None = None

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not math.isfinite(float((logs or {}).get("loss", 0.0))):
            self._stop("diverged")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = {name: log_value(value) for name, value in (logs or {}).items()}
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value if math.isfinite(value) else None)
        score = logs[self._objective.name]
        losses = [value for name, value in logs.items() if name in ("loss", "val_loss")]
        if not all(math.isfinite(value) for value in [score, *losses]):
            self._stop("diverged")
        if self.status == "diverged":
            return
        if self.best.update(epoch, score) and self._job.keeps_best:
            self.weights = self.model.get_weights()
        try:
            prune = self._report(epoch, float(self.best.score or 0.0))
        except BaseException as error:
            self.raised = error
            raise
        if prune:
            self._stop("pruned")
        elif self.best.exhausted:
            self.model.stop_training = True

    def _stop(self, status: Status) -> None:
        self.status = status
        self.model.stop_training = True


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {headline(error)}"
