"""Flat for one half of a training, a cosine down to 0 in the other."""

from __future__ import annotations

import math
from typing import Any

import keras

from dlrecipes.checks import check_integer, check_real


@keras.saving.register_keras_serializable(package="dlrecipes")
class FlatCos(keras.optimizers.schedules.LearningRateSchedule):
    """A number that stays for half of a training and then falls to 0 on half a cosine.

    With `t = step / steps` it is `peak` up to `t = 1/2`, then
    `peak / 2 * (1 + cos(2 pi (t - 1/2)))`. After `steps` it stays at 0. It fits what holds a
    network back and is to let go at the end: the rate of a `ScheduledDropout`, the decay of a
    `ScheduledAdamW`.

    Args:
        peak: The highest value, with which it begins, at least 0.
        steps: Steps of the whole training, `epochs * ceil(examples / batch_size)`, at least 1.

    Raises:
        ArgumentError: If a number is out of its range.

    Example:
        >>> rate = dlr.training.FlatCos(0.2, 100)
        >>> [round(float(rate(step)), 4) for step in (0, 50, 75, 100, 120)]
        [0.2, 0.2, 0.1, 0.0, 0.0]

    Reference:
        Holzmüller, Grinsztajn & Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted
        Trees on Tabular Data, arXiv:2407.04491, which calls it flat_cos.
    """

    def __init__(self, peak: float, steps: int) -> None:
        super().__init__()
        self.peak = check_real("peak", peak, 0)
        self.steps = check_integer("steps", steps, 1)

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        dtype = keras.config.floatx()
        peak = keras.ops.convert_to_tensor(self.peak, dtype)
        share = keras.ops.clip(keras.ops.cast(step, dtype) / self.steps, 0.5, 1.0)
        return peak * 0.5 * (1.0 + keras.ops.cos(2.0 * math.pi * (share - 0.5)))

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps}
