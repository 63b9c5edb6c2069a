"""Dropout whose rate follows a schedule."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.checks import check_integer, check_real, shown
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.inverted_dropout import drop

_SCHEDULE = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="dlrecipes")
class ScheduledDropout(keras.layers.Layer):
    """Set a share of the inputs to zero while training, a share that changes from step to step.

    In step `s` of the training it computes what `InvertedDropout(schedule(s))` computes, from the
    same random numbers. A non-trainable integer variable, `layer.step`, counts the calls with
    `training=True` from 0; like moving averages it is a weight, saved and restored with the others,
    so that a training that is continued goes on where it was.

    Args:
        schedule: From the step to the share that is DROPPED, in [0, 1): any
            `keras.optimizers.schedules.LearningRateSchedule`, for example
            `dlr.training.FlatCos`. Where it leaves [0, 1) during a training, the outputs
            are NaN.
        seed: Seed of the masks, an integer in [0, 2**31 - 1]; None draws one from Python's
            random state, which `keras.utils.set_random_seed` fixes.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Floating-point tensor of any shape `(batch, ...)`.
        training: Whether to drop, and to count; without it the inputs come back as they are.

    Raises:
        ArgumentError: If `schedule` is none, begins outside of [0, 1) or has a `peak` there, or if
            `seed` is out of range.

    Example:
        >>> layer = dlr.layers.ScheduledDropout(dlr.training.FlatCos(0.5, 4), seed=0)
        >>> x = keras.ops.ones((1, 8))
        >>> sorted(set(np.asarray(layer(x, training=True)).ravel().tolist()))
        [0.0, 2.0]
        >>> for _ in range(3):
        ...     _ = layer(x, training=True)
        >>> int(layer.step), float(layer.rate)
        (4, 0.0)
        >>> np.asarray(layer(x, training=True)).tolist()
        [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]

    Reference:
        Holzmüller, Grinsztajn & Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted
        Trees on Tabular Data, arXiv:2407.04491, where the rate is flat and then falls.
    """

    def __init__(
        self,
        schedule: keras.optimizers.schedules.LearningRateSchedule,
        seed: int | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.schedule = _checked(schedule)
        self.seed = None if seed is None else check_integer("seed", seed, 0, 2**31 - 1)
        # Not in a floating-point type, in which a count ends where steps are lost.
        self._step = self.add_weight(
            name="step", shape=(), initializer="zeros", dtype="int", trainable=False
        )
        # Named after the layer, so that two builds of one model agree in their variables' paths.
        self.seed_generator = keras.random.SeedGenerator(self.seed, name=f"{self.name}_seeds")
        self.supports_masking = True

    @property
    def step(self) -> keras.Variable:
        """How often the layer was called in training, a scalar integer variable."""
        return self._step

    @property
    def rate(self) -> keras.KerasTensor:
        """The share that the next training step drops, a scalar."""
        return self.schedule(self._step)

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        if not training:
            return inputs
        rate = keras.ops.cast(self.rate, "float32")
        self._step.assign(self._step + 1)
        dropped = drop(inputs, rate, self.seed_generator)
        # A share outside would drop all, or shrink what is kept, and nobody would see it.
        inside = keras.ops.logical_and(rate >= 0.0, rate < 1.0)
        return keras.ops.where(inside, dropped, keras.ops.full_like(dropped, float("nan")))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {**super().get_config(), "schedule": schedule, "seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ScheduledDropout:
        config = {**config, "schedule": keras.saving.deserialize_keras_object(config["schedule"])}
        made: ScheduledDropout = super().from_config(config)
        return made


def _checked(
    schedule: keras.optimizers.schedules.LearningRateSchedule,
) -> keras.optimizers.schedules.LearningRateSchedule:
    if not isinstance(schedule, _SCHEDULE):
        raise ArgumentError(
            "`schedule` must be a `keras.optimizers.schedules.LearningRateSchedule`.",
            received=f"schedule={shown(schedule)}",
            fix="For a rate that stays: `dlr.layers.InvertedDropout(rate)`.",
        )
    # Where most begin, and how far those go that begin at 0.
    check_real("schedule(0)", float(schedule(0)), 0, 1, high_open=True)
    check_real("schedule.peak", getattr(schedule, "peak", 0.0), 0, 1, high_open=True)
    return schedule
