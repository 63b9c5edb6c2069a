"""One training to be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras

from dlrecipes.results import Hyperparameter, Value
from dlrecipes.training.weights_by_path import Weights


@dataclass(frozen=True)
class Job:
    """One training to be done by an engine.

    Args:
        number: The trial's number in its study.
        values: The hyperparameters' values, active ones only; `build` adds those that the builder
            asks for late (behind a plain `if`).
        build: Makes the compiled model for these values; the engine sets policy and seed first.
        seed: Seed of initial weights, shuffling and masks.
        epochs: Epochs to train at most.
        batch_size: Examples a batch.
        patience: Epochs without a better score after which to stop; None for never.
        keep_weights: Whether the outcome carries the best epoch's weights.
        rebuild: Makes the model for other values of the same hyperparameters; a builder that
            asks for one which has no value raises a `BuilderError`. None if that is impossible.
        space: The stage's hyperparameters with their ranges; late ones are not among them.
        shared_seed: Seed of what the trials of one study may share: the order of the examples,
            masks, initial weights of a few. None: everything comes from `seed`.
        keep_predictions: Whether the outcome carries the best epoch's predictions for the
            validation part.
        initial: Weights to begin from by path, as `weights_by_path` names them, for example those
            of a pre-trained encoder; all others are drawn as the builder says. None for none.
    """

    number: int
    values: dict[str, Value]
    build: Callable[[], keras.Model]
    seed: int
    epochs: int
    batch_size: int
    patience: int | None = None
    keep_weights: bool = False
    rebuild: Callable[[dict[str, Value]], keras.Model] | None = None
    space: tuple[Hyperparameter, ...] = ()
    shared_seed: int | None = None
    keep_predictions: bool = False
    initial: Weights | None = None

    @property
    def keeps_best(self) -> bool:
        """Whether the best epoch's weights are needed at the end."""
        return self.keep_weights or self.keep_predictions
