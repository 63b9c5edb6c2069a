"""The engine that trains with `keras.Model.fit`: always right, never fast."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.data import Development, keras_inputs, keras_targets
from dlrecipes.errors import BuilderError
from dlrecipes.results import History, Objective
from dlrecipes.results.study_result import Status
from dlrecipes.training.build_model import build_model
from dlrecipes.training.engines.undisturbed import undisturbed
from dlrecipes.training.job import FromEpoch, Job, JobSource, Report
from dlrecipes.training.moving_optimizers import moving_optimizers
from dlrecipes.training.outcome import BestEpoch, Outcome, headline, log_value
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.own_training import GivenTwice, returned_logs
from dlrecipes.training.precision import dtype_policy, is_half, policy_that_ran
from dlrecipes.training.predictions import predict_network
from dlrecipes.training.stopwatch import timed


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
        self._losses_agree = False

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
            # trial. It resets the policy, and looks at every object of the process.
            with timed("build"):
                keras.backend.clear_session()
            keras.config.set_dtype_policy(self._policy)
            keras.utils.set_random_seed(job.seed)
            try:
                with timed("build"):
                    model = build_model(job.build, self._development.train.inputs[:1], job.initial)
                watch.begin(model)
                returned = self._fit(model, job, watch)
                if job.fit is not None:
                    watch.take(returned)
                    self._check_losses(model, watch)
                predictions = self._predictions(model, watch) if job.keep_predictions else None
            except GivenTwice:
                # It may have trained a little before it said so; its epochs are not told twice.
                return self.train(job, FromEpoch(source, watch.epochs))
            except (tf.errors.ResourceExhaustedError, MemoryError) as error:
                if watch.raised is error:
                    raise
                return self._failed(f"out of memory: {_named(error)}", watch, start)
            except Exception as error:
                if error in (watch.raised, watch.wrong):
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

    @timed("fit")
    def _fit(self, model: keras.Model, job: Job, watch: _Watch) -> object:
        train, validation = self._development.train, self._development.validation
        spec = self._development.model_spec
        weights = validation.sample_weight
        targets = keras_targets(validation.y, spec)
        x = keras_inputs(validation.inputs)
        held_out = (x, targets, *(() if weights is None else (weights,)))
        options = {} if train.sample_weight is None else {"sample_weight": train.sample_weight}
        fit = model.fit if job.fit is None else partial(job.fit, model)
        return undisturbed(
            partial(
                fit,
                keras_inputs(train.inputs),
                keras_targets(train.y, spec),
                batch_size=job.batch_size,
                epochs=job.epochs,
                validation_data=held_out,
                callbacks=[_SwapAverages(), watch],
                verbose=0,
                **options,
            )
        )

    def _check_losses(self, model: keras.Model, watch: _Watch) -> None:
        """Check once that a `fit` of the user's own has validated on the data that it was given.

        Inputs that are preprocessed there, and not in the network, are not those of an export.
        """
        if self._losses_agree or watch.first is None:
            return
        weights, told = watch.first
        after = model.get_weights()
        model.set_weights(weights)
        part, spec = self._development.validation, self._development.model_spec
        loss = model.evaluate(
            keras_inputs(part.inputs),
            keras_targets(part.y, spec),
            sample_weight=part.sample_weight,
            batch_size=watch.job.batch_size,
            verbose=0,
            return_dict=True,
        )["loss"]
        tolerance = 5e-2 if is_half(policy_that_ran(model, self._policy)) else 1e-3
        model.set_weights(after)
        if not math.isclose(loss, told, rel_tol=tolerance, abs_tol=1e-5):
            watch.wrong = BuilderError(
                "A `fit` must validate on the validation data that it is given, by the loss that "
                "the model is compiled with.",
                received=f"val_loss={told:.4g} as it says, {loss:.4g} by the network",
                fix="Preprocess inside the network, and give a loss of another kind another name.",
            )
            raise watch.wrong
        self._losses_agree = True

    @timed("predict")
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
        self.job = job
        self._objective = objective
        self._report = report
        self._network: keras.Model | None = None
        self.best = BestEpoch(objective, job.stopping)
        self.history: History = {}
        self.status: Status = "completed"
        self.weights: list[np.ndarray] | None = None
        self.raised: BaseException | None = None
        self.wrong: BuilderError | None = None
        """What is a mistake of the user's code and not of one trial."""
        self.epochs = 0
        self.first: tuple[list[np.ndarray], float] | None = None
        """The weights of the first epoch with a validation loss, and that loss."""
        self._evaluated: list[np.ndarray] | None = None
        """The weights that were evaluated last, where an optimizer averages weights."""

    def begin(self, network: keras.Model) -> None:
        """Take the network whose weights count, whatever else a `fit` of the user's own trains."""
        self._network = network

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if not math.isfinite(float((logs or {}).get("loss", 0.0))):
            self._stop("diverged")

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._evaluated = None

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        self._evaluated = None

    def on_test_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._evaluated is None and _averaging(self.model):
            self._evaluated = self._weights()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        # A `fit` of the user's own may train several times, each from epoch 0.
        epoch, self.epochs = self.epochs, self.epochs + 1
        logs = {name: log_value(value) for name, value in (logs or {}).items()}
        for name, value in logs.items():
            curve = self.history.setdefault(name, [])
            curve += [None] * (epoch - len(curve))
            curve.append(value if math.isfinite(value) else None)
        self._note_first(logs)
        if self._objective.name not in logs and self.job.fit is not None:
            return  # which it returns, or a later training has
        score = logs[self._objective.name]
        losses = [value for name, value in logs.items() if name in ("loss", "val_loss")]
        if not all(math.isfinite(value) for value in [score, *losses]):
            self._stop("diverged")
        if self.status == "diverged":
            return
        if self.best.update(epoch, score, logs.get("val_loss")) and self.job.keeps_best:
            self.weights = self._weights()
        if self._tell(epoch):
            self._stop("pruned")
        elif self.best.should_stop:
            self.model.stop_training = True

    def take(self, result: object) -> None:
        """Take what a `fit` of the user's own returned: its score counts.

        Where its epochs did not tell the objective, the network is as it is now.

        Raises:
            BuilderError: If there is no score, neither in the logs nor returned.
        """
        try:
            returned = returned_logs(result, self._objective)
        except BuilderError as error:
            self.wrong = error
            raise
        if self.status != "completed":
            return
        score = returned.get(self._objective.name, self.best.score)
        if score is None:
            self.wrong = BuilderError(
                "The objective must be in the logs of an epoch, or be returned by `fit`.",
                received=f"objective={self._objective.name!r}, logs of "
                f"{', '.join(self.history) or 'no epoch'}",
                fix="Return it, or what `model.fit` returns; a callback may add it to the logs.",
            )
            raise self.wrong
        if not math.isfinite(score):
            self.status = "diverged"
            return
        if self.best.epoch is None:
            for name, value in returned.items():
                curve = self.history.setdefault(name, [])
                curve += [None] * (max(self.epochs, 1) - len(curve))
                curve[-1] = value
            self._note_first(returned)
            self.epochs = max(self.epochs, 1)
            self.best.update(self.epochs - 1, score)
            self.weights = self._weights() if self.job.keeps_best else None
            self._tell(self.epochs - 1)
        self.best.score = score

    def _note_first(self, logs: Mapping[str, float]) -> None:
        loss = logs.get("val_loss")
        own = self.job.fit is not None and self.first is None
        if own and loss is not None and math.isfinite(loss):
            self.first = self._weights(), loss

    def _weights(self) -> list[np.ndarray]:
        if self._evaluated is not None:
            return self._evaluated
        network = self._network or self.model
        weights: list[np.ndarray] = network.get_weights()
        return weights

    def _tell(self, epoch: int) -> bool:
        try:
            return self._report(epoch, float(self.best.score or 0.0))
        except BaseException as error:
            self.raised = error
            raise

    def _stop(self, status: Status) -> None:
        self.status = status
        self.model.stop_training = True


def _averaging(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Return the optimizers that average the weights that they move (`use_ema`), and have begun to.

    Args:
        model: A compiled model.
    """
    return [
        optimizer
        for optimizer in moving_optimizers(model)
        if getattr(optimizer, "use_ema", False)
        and hasattr(optimizer, "_model_variables_moving_average")
    ]


class _SwapAverages(keras.callbacks.SwapEMAWeights):
    """Keras' callback, which does nothing where no weights are averaged.

    A `fit` of the user's own may compile a model again, with another optimizer.
    """

    def _swap_variables(self) -> None:
        for optimizer in _averaging(self.model):
            self._tf_swap_variables(optimizer)

    def _finalize_ema_values(self) -> None:
        for optimizer in _averaging(self.model):
            self._tf_finalize_ema_values(optimizer)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {headline(error)}"
