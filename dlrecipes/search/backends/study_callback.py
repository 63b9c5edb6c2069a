"""One's own `model.fit` inside a plain Optuna objective, with the rules of a search here."""

from __future__ import annotations

import math

import keras
import numpy as np
import optuna

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import ArgumentError
from dlrecipes.results import Objective, Stopping
from dlrecipes.training.outcome import BestEpoch, log_value


class StudyCallback(keras.callbacks.Callback):
    """Reports each epoch to an Optuna trial, ends one that is pruned, keeps the best epoch.

    What is reported is the best score so far: Optuna takes the last report of a pruned trial as
    its value. A loss or score that is no finite number prunes the trial at once, and such an epoch
    is never the best. When training ends, the model has the weights of its best epoch, and the
    trial has the number of that epoch as its attribute `best_epoch`.

    Args:
        trial: The trial that Optuna hands to an objective. Of a study with several directions
            nothing is reported, since Optuna prunes none of it.
        objective: A metric of the logs (`"val_accuracy"`), an `Objective`, or a
            `keras_tuner.Objective`.
        patience: Epochs without a better score after which training ends; None for never.
        min_delta: How much better a score must be for patience to count it, at least 0.
        max_loss_rise: Training ends once `val_loss` lies above its best by more than this, at
            least 0; None for any height.

    Attributes:
        score: The score of the best epoch; None before the first.
        best_epoch: That epoch, from 0; None before the first.

    Raises:
        ArgumentError: If the study has the other direction, or the logs lack the objective.

    Example:
        >>> import optuna
        >>> splits = dlr.data.load("iris")
        >>> def objective(trial):
        ...     model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
        ...     rate = trial.suggest_float("rate", 1e-3, 1e-1, log=True)
        ...     loss = "sparse_categorical_crossentropy"
        ...     model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
        ...     best = dlr.StudyCallback(trial, "val_accuracy")
        ...     train, other = splits.train, (splits.validation.x, splits.validation.y)
        ...     options = {"epochs": 3, "verbose": 0, "validation_data": other}
        ...     model.fit(train.x, train.y, callbacks=[best], **options)
        ...     return best.score
        >>> study = optuna.create_study(direction="maximize")
        >>> study.optimize(objective, n_trials=2)
        >>> 0.0 <= study.best_value <= 1.0, study.best_trial.user_attrs["best_epoch"] in (0, 1, 2)
        (True, True)
    """

    def __init__(
        self,
        trial: optuna.Trial,
        objective: object = "val_accuracy",
        patience: int | None = None,
        *,
        min_delta: float = 0.0,
        max_loss_rise: float | None = None,
    ) -> None:
        super().__init__()
        self._trial = trial
        self._objective = Objective.parse(objective)
        directions = trial.study.directions
        self._reports = len(directions) == 1
        wanted = "maximize" if self._objective.direction == "max" else "minimize"
        if self._reports and directions[0].name.lower() != wanted:
            raise ArgumentError(
                "Study and objective must have the same direction.",
                received=f"direction={directions[0].name.lower()!r}, and {self._objective.name} "
                f"({self._objective.direction})",
                fix=f'Use `optuna.create_study(direction="{wanted}")`.',
            )
        self._best = BestEpoch(self._objective, Stopping(patience, min_delta, max_loss_rise))
        self._weights: list[np.ndarray] | None = None
        self._epochs = 0

    @property
    def score(self) -> float | None:
        """The score of the best epoch."""
        return self._best.score

    @property
    def best_epoch(self) -> int | None:
        """The best epoch, from 0."""
        return self._best.epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Prune a trial whose loss is no number any more."""
        if not math.isfinite(float((logs or {}).get("loss", 0.0))):
            raise optuna.TrialPruned(f"The loss is not finite in epoch {self._epochs}.")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Report the best score so far."""
        # Counted here: a second `fit` of the same trial goes on, and does not begin again.
        epoch, self._epochs = self._epochs, self._epochs + 1
        logs = logs or {}
        if self._objective.name not in logs:
            raise ArgumentError(
                "The objective must be in the logs.",
                received=f"objective={self._objective.name!r}, logs of {', '.join(logs) or 'none'}",
                fix=did_you_mean(self._objective.name, tuple(logs))
                or "Add the metric in `compile`, and `validation_data` in `fit`.",
            )
        score = log_value(logs[self._objective.name])
        losses = {name: log_value(logs[name]) for name in ("loss", "val_loss") if name in logs}
        if not all(math.isfinite(value) for value in (score, *losses.values())):
            raise optuna.TrialPruned(f"Epoch {epoch} has no finite score.")
        if self._best.update(epoch, score, losses.get("val_loss")):
            self._weights = self.model.get_weights()
            self._trial.set_user_attr("best_epoch", epoch)
        if self._reports:
            self._trial.report(float(self._best.score or 0.0), epoch)
            if self._trial.should_prune():
                raise optuna.TrialPruned(f"Pruned after epoch {epoch}.")
        if self._best.should_stop:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Give the model the weights of its best epoch."""
        if self._weights is not None:
            self.model.set_weights(self._weights)
