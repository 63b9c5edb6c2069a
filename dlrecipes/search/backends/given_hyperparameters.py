"""The `hp` that a builder gets when all values are given."""

from __future__ import annotations

import keras_tuner

from dlrecipes.errors import BuilderError
from dlrecipes.results import Value


class GivenHyperParameters(keras_tuner.HyperParameters):
    """A `keras_tuner.HyperParameters` with given values and no others.

    KerasTuner's own would fill in the default of a hyperparameter that has no value, and the
    model would be another one than was asked for.

    Args:
        values: The hyperparameters' values.
    """

    def __init__(self, values: dict[str, Value]) -> None:
        super().__init__()
        self.values = dict(values)

    def _register(
        self,
        hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
        overwrite: bool = False,
    ) -> Value:
        if hyperparameter.name not in self.values and self.is_active(hyperparameter):
            raise BuilderError(
                "A builder must ask for the same hyperparameters when one has another value.",
                received=f"{hyperparameter.name!r} besides {', '.join(self.values) or 'none'}",
            )
        value: Value = super()._register(hyperparameter, overwrite)
        return value
