"""Weights that an optimizer averages: validated and kept in place of the last ones."""

from __future__ import annotations

import keras


def averages_weights(model: keras.Model) -> bool:
    """Whether a model's optimizer averages its weights (`use_ema`), and has begun to.

    Args:
        model: A compiled model.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    built = hasattr(optimizer, "_model_variables_moving_average")
    return bool(getattr(optimizer, "use_ema", False)) and built


class SwapAverages(keras.callbacks.SwapEMAWeights):
    """Keras' callback, which does nothing where no weights are averaged.

    A `fit` of the user's own may compile a model again, with another optimizer.
    """

    def _swap_variables(self) -> None:
        if averages_weights(self.model):
            super()._swap_variables()

    def _finalize_ema_values(self) -> None:
        if averages_weights(self.model):
            super()._finalize_ema_values()
