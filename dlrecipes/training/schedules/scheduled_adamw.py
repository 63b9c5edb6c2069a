"""AdamW whose weight decay follows a schedule."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.checks import check_real

_SCHEDULE = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="dlrecipes")
class ScheduledAdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` with a weight decay that may change from step to step.

    The decay stays decoupled from the gradient. Before each update a weight becomes
    `p * (1 - weight_decay(step) * rate(step))`, where `step` counts the updates from 0. Weights
    that `exclude_from_weight_decay` names are left out. With a number for a decay it computes the
    same bits as `keras.optimizers.AdamW`.

    Args:
        learning_rate: As for `keras.optimizers.AdamW`: a number, a schedule, or a function.
        weight_decay: A number, at least 0, or a schedule of such numbers, for example `FlatCos`. As
            an attribute it is the decay of the next update, and a number can be assigned.
        **kwargs: Those of `keras.optimizers.AdamW`: `beta_1`, `clipnorm`, `name` and so on.

    Raises:
        ArgumentError: If the decay is neither.

    Example:
        >>> decay = dlr.training.FlatCos(0.02, 100)
        >>> optimizer = dlr.training.ScheduledAdamW(0.01, decay)
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(optimizer, "mse")
        >>> round(float(optimizer.weight_decay), 4)
        0.02
        >>> _ = optimizer.iterations.assign(75)
        >>> round(float(optimizer.weight_decay), 4)
        0.01

    Reference:
        Loshchilov & Hutter, Decoupled Weight Decay Regularization, arXiv:1711.05101, whose
        algorithm 2 has a schedule; Holzmüller, Grinsztajn & Steinwart, arXiv:2407.04491.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,  # noqa: ANN401  (whatever Keras takes)
        weight_decay: Any = 0.004,  # noqa: ANN401  (a number or a schedule)
        **kwargs: Any,  # noqa: ANN401  (Keras')
    ) -> None:
        super().__init__(learning_rate, weight_decay, **kwargs)

    @property
    def weight_decay(self) -> Any:  # noqa: ANN401  (a number or a tensor)
        """The decay of the next update."""
        decay = self._weight_decay
        # As the learning rate, which counts the same steps.
        return decay(self._iterations) if isinstance(decay, _SCHEDULE) else decay

    @weight_decay.setter
    def weight_decay(self, decay: Any) -> None:  # noqa: ANN401
        is_schedule = isinstance(decay, _SCHEDULE)
        self._weight_decay = decay if is_schedule else check_real("weight_decay", decay, 0)

    def get_config(self) -> dict[str, Any]:
        decay = self._weight_decay
        if isinstance(decay, _SCHEDULE):
            decay = keras.saving.serialize_keras_object(decay)
        return {**super().get_config(), "weight_decay": decay}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> ScheduledAdamW:  # noqa: ANN401
        config = dict(config)
        if isinstance(config["weight_decay"], dict):
            config["weight_decay"] = keras.saving.deserialize_keras_object(
                config["weight_decay"], custom_objects=custom_objects
            )
        made: ScheduledAdamW = super().from_config(config, custom_objects)
        return made
