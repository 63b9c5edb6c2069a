"""A KerasTuner project: its arguments, its folder and its records of trials."""

from __future__ import annotations

import json
import math
import os
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Prior, Stage, Value
from dlrecipes.search.backends.coarse_to_fine_oracle import CoarseToFineOracle
from dlrecipes.training.outputs import put_out_float32

_OF_OTHER_TUNERS = (
    "factor",
    "hyperband_iterations",
    "num_initial_points",
    "alpha",
    "beta",
)
_LOOP = (
    "run_trial",
    "on_epoch_begin",
    "on_epoch_end",
    "on_batch_begin",
    "on_batch_end",
    "_build_and_fit_model",
    "_try_build",
)


class KerasTunerProject(keras_tuner.Tuner):
    """A `keras_tuner.Tuner` with our proposals, and what else is KerasTuner's in `Tuner`.

    Args:
        hypermodel: See `Tuner`, like all others.
        objective: The objective.
        max_trials: Trials at most.
        seed: The seed.
        hyperparameters: Hyperparameters declared in advance.
        tune_new_entries: Whether others are searched.
        allow_new_entries: Whether there may be others.
        max_retries_per_trial: How often a failed trial is tried again.
        max_consecutive_failed_trials: How many failed trials in a row end the search.
        max_epochs: Epochs of a trial at most.
        first: Values found by hand.
        priors: What an earlier search found.
        kwargs: All that every tuner of KerasTuner takes, and what single ones take.
    """

    def __init__(  # noqa: PLR0913  (KerasTuner's arguments)
        self,
        hypermodel: Any = None,  # noqa: ANN401  (KerasTuner's)
        objective: Any = None,  # noqa: ANN401  (KerasTuner's)
        max_trials: int | None = 10,
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        max_epochs: int | None = None,
        first: Sequence[dict[str, Value]] = (),
        priors: Mapping[str, Prior] | None = None,
        **kwargs: Any,  # noqa: ANN401  (KerasTuner's)
    ) -> None:
        if isinstance(hypermodel, keras_tuner.Oracle):
            raise ArgumentError(
                "`dlr.search.Tuner` takes the arguments of `keras_tuner.RandomSearch`; it proposes "
                "by itself.",
                received=f"oracle={type(hypermodel).__name__}",
                fix="Give `dlr.search.Tuner(build, objective=…, max_trials=…)`.",
            )
        self.seed = seed
        self.max_epochs = max_epochs
        self._policy = keras.config.dtype_policy().name
        for name in _OF_OTHER_TUNERS:
            if name in kwargs:
                self._say(f"`{name}={kwargs.pop(name)!r}` has no effect here")
        oracle = CoarseToFineOracle(
            objective=objective,
            max_trials=max_trials,
            seed=seed,
            hyperparameters=hyperparameters,
            tune_new_entries=tune_new_entries,
            allow_new_entries=allow_new_entries,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        oracle.first = Stage("trials", 1, 1, first=tuple(first)).first
        oracle.priors = dict(priors or {})
        super().__init__(oracle, hypermodel, **kwargs)

    def _say(self, line: str) -> None:
        oracle = getattr(self, "oracle", None)
        if oracle is None or oracle.verbose:
            print(f"{type(self).__name__}: {line}")

    def _own_loop(self, engines: type[KerasTunerProject]) -> str:
        """Return why trials can be trained by KerasTuner's loop only; empty if they need not be.

        Args:
            engines: The class whose methods train in the engines.
        """
        for name in _LOOP:
            if getattr(type(self), name) is not getattr(engines, name):
                return f"`{type(self).__name__}.{name}` is your own"
        fit = getattr(self.hypermodel, "fit", None)
        if getattr(fit, "__func__", None) is not keras_tuner.HyperModel.fit:
            return f"`{type(self.hypermodel).__name__}.fit` is your own"
        if self.distribution_strategy is not None:
            return "a `distribution_strategy` distributes a training by `fit`"
        if "KERASTUNER_ORACLE_IP" in os.environ:
            return "a chief of KerasTuner's hands out the trials"
        return ""

    # ---- models

    def _build_hypermodel(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        # `clear_session`, which comes before, resets the policy to float32.
        keras.config.set_dtype_policy(self._policy)
        model = super()._build_hypermodel(hp)
        if isinstance(model, keras.Model) and model.built:
            put_out_float32(model)  # as the engines do
        return model

    def load_model(self, trial: keras_tuner.engine.trial.Trial) -> keras.Model:
        """Return the trained model of a trial, with the weights of its best epoch.

        Args:
            trial: One of `oracle.trials`.
        """
        model = super().load_model(trial)
        put_out_float32(model)  # one without an `Input` has its layers now
        return model

    def _build_checked(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Build a model as `_try_build` does, inside of an engine, which clears the session."""
        model = self._build_hypermodel(hp)
        if not isinstance(model, keras.Model):
            raise keras_tuner.errors.FatalTypeError(
                "Expected the model-building function, or HyperModel.build() to return a valid "
                f"Keras Model instance. Received: {model} of type {type(model)}."
            )
        size = sum(math.prod(weight.shape) for weight in model.trainable_weights)
        if self.max_model_size and size > self.max_model_size:
            raise keras_tuner.errors.FailedTrialError(
                f"Oversized model: {size} parameters. Skip model."
            )
        return model

    def _configure_tensorboard_dir(
        self,
        callbacks: list[keras.callbacks.Callback],
        trial: keras_tuner.engine.trial.Trial,
        execution: int = 0,
    ) -> None:
        # KerasTuner imports tensorboard for every trial, and TensorFlow does not install it.
        if not any(type(callback).__name__ == "TensorBoard" for callback in callbacks):
            return
        try:
            super()._configure_tensorboard_dir(callbacks, trial, execution)
        except ImportError as error:
            raise keras_tuner.errors.FatalError(
                "The TensorBoard callback needs the package `tensorboard`. "
                f"Received: {error}. Install it: `pip install tensorboard`."
            ) from error

    # ---- records

    def _keep(self, trial: keras_tuner.engine.trial.Trial, model: keras.Model) -> None:
        """Write a trained model where `load_model` finds it."""
        model.save_weights(self._get_checkpoint_fname(trial.trial_id))
        Path(self._get_build_config_fname(trial.trial_id)).write_text(
            json.dumps(model.get_build_config()), encoding="utf-8"
        )

    def _complete(
        self,
        trial: keras_tuner.engine.trial.Trial,
        executions: Sequence[Mapping[str, float]],
        epochs: Sequence[int],
    ) -> None:
        """Record a trial that was trained: the means over its executions.

        Args:
            trial: The trial.
            executions: Metrics of the best epoch of each execution.
            epochs: These epochs.
        """
        means = {
            name: float(np.mean([metrics[name] for metrics in executions]))
            for name in executions[0]
        }
        self.oracle.update_trial(trial.trial_id, means, step=int(np.mean(epochs)))
        trial.status = "COMPLETED"
        self.on_trial_end(trial)

    def _fail(
        self, trial: keras_tuner.engine.trial.Trial, raised: Exception | None, message: str
    ) -> None:
        """Record a trial that failed, as KerasTuner does.

        Args:
            trial: The trial.
            raised: What the builder raised; None where the training failed.
            message: What is known otherwise.

        Raises:
            keras_tuner.errors.FatalError: If that is what was raised.
        """
        if isinstance(raised, keras_tuner.errors.FatalError):
            raise raised
        final = isinstance(raised, keras_tuner.errors.FailedTrialError)
        trial.status = "FAILED" if final else "INVALID"
        trial.message = message if raised is None else "".join(traceback.format_exception(raised))
        self.on_trial_end(trial)
