"""The `hp` that a builder gets when all values are given."""

from __future__ import annotations

import keras_tuner

from dlrecipes.errors import BuilderError
from dlrecipes.results import Value
from dlrecipes.search.backends.declarations import AskedHyperParameters, Declarations


class GivenHyperParameters(AskedHyperParameters):
    """A `keras_tuner.HyperParameters` with given values and no others.

    KerasTuner's own would fill in the default of a hyperparameter that has no value, and the
    model would be another one than was asked for.

    Args:
        values: The hyperparameters' values.
        declarations: The ranges that the builder asked for before; None for none.
    """

    def __init__(self, values: dict[str, Value], declarations: Declarations | None = None) -> None:
        super().__init__(declarations, values)
        self.asked_for_more = False
        """Whether the builder asked for one that has no value."""

    def _register(
        self,
        hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
        overwrite: bool = False,
    ) -> Value:
        if hyperparameter.name not in self.values and self.is_active(hyperparameter):
            self.asked_for_more = True
            raise BuilderError(
                "A builder must ask for the same hyperparameters when one has another value.",
                received=f"{hyperparameter.name!r} besides {', '.join(self.values) or 'none'}",
            )
        value: Value = super()._register(hyperparameter, overwrite)
        return value
