"""What a `fit` of the user's own asks for is part of the search space."""

from __future__ import annotations

from contextlib import suppress

import keras
import numpy as np

from dlrecipes.data import Development, keras_inputs, keras_targets
from dlrecipes.search import Build, HyperParameters
from dlrecipes.training.engines.undisturbed import undisturbed
from dlrecipes.training.own_training import GivenTwice, OwnTraining

_ROWS = 8


class AlsoFit:
    """A builder after which the user's `fit` is called, too, up to its first step.

    So its hyperparameters are known before the search. On a few examples, it is left when training
    begins; a loop of the user's own that calls no callback goes through these examples. What it
    raises is left to the trials, and what it asks for later is found then.

    Args:
        build: The builder.
        own: The user's `fit`.
        data: What is trained on.
    """

    def __init__(self, build: Build, own: OwnTraining, data: Development) -> None:
        self._build = build
        self._own = own.without_callbacks()
        self._data = data

    def __call__(self, hp: HyperParameters) -> keras.Model:
        """Return the model, on which nothing was trained that is used."""
        model = self._build(hp)
        if isinstance(model, keras.Model) and model.compiled:
            before = model.get_weights() if model.built else None
            with suppress(Exception):
                self._fit(hp, model)
            if before is not None:
                model.set_weights(before)
        return model

    def _fit(self, hp: HyperParameters, model: keras.Model) -> None:
        train, validation = (
            part.pick(np.arange(min(_ROWS, len(part))))
            for part in (self._data.train, self._data.validation)
        )
        spec = self._data.model_spec
        options = {} if train.sample_weight is None else {"sample_weight": train.sample_weight}

        def fit() -> object:
            return self._own.train(
                hp,
                "first-look",
                model,
                keras_inputs(train.inputs),
                keras_targets(train.y, spec),
                batch_size=_ROWS,
                epochs=1,
                validation_data=(
                    keras_inputs(validation.inputs),
                    keras_targets(validation.y, spec),
                ),
                callbacks=[_Leave()],
                verbose=0,
                **options,
            )

        again = True
        while again:
            again = False
            try:
                undisturbed(fit)
            except _Begun:
                return
            except GivenTwice:
                again = True


class _Begun(BaseException):
    """Training would begin now; no `except Exception` of the user's code may take it."""


class _Leave(keras.callbacks.Callback):
    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        raise _Begun

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        raise _Begun

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        raise _Begun
