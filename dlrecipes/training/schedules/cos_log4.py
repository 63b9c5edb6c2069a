"""Cosine cycles on a logarithmic scale of time: each takes longer than the one before."""

from __future__ import annotations

import math
from typing import Any

import keras

from dlrecipes.checks import check_integer, check_real

# 2**30 steps are more than any training makes.
_MOST_CYCLES = 30


@keras.saving.register_keras_serializable(package="dlrecipes")
class CosLog4(keras.optimizers.schedules.LearningRateSchedule):
    """A number that rises from 0 to a peak and falls to 0 again in cycles that grow.

    With `t = step / steps` it is `peak / 2 * (1 - cos(2 pi log2(1 + (2**cycles - 1) t)))`. Each
    cycle takes twice as many steps as the one before: with 4 cycles a fifteenth of the training,
    two, four and eight fifteenths. After `steps` it stays at 0. The short cycles at the beginning
    try many rates before much is learned, the long one at the end settles.

    Args:
        peak: The highest value, above 0.
        steps: Steps of the whole training, `epochs * ceil(examples / batch_size)`, at least 1.
        cycles: How often it rises and falls, in [1, 30].

    Raises:
        ArgumentError: If a number is out of its range.

    Example:
        >>> rate = dlr.training.CosLog4(0.04, 150)
        >>> [round(float(rate(step)), 4) for step in (0, 10, 30, 70, 150)]
        [0.0, 0.0, 0.0, 0.0, 0.0]
        >>> float(max(rate(step) for step in range(10)))
        0.039...

    Reference:
        Holzmüller, Grinsztajn & Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted
        Trees on Tabular Data, arXiv:2407.04491, which calls it coslog4.
    """

    def __init__(self, peak: float, steps: int, *, cycles: int = 4) -> None:
        super().__init__()
        self.peak = check_real("peak", peak, 0, low_open=True)
        self.steps = check_integer("steps", steps, 1)
        self.cycles = check_integer("cycles", cycles, 1, _MOST_CYCLES)

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        dtype = keras.config.floatx()
        peak = keras.ops.convert_to_tensor(self.peak, dtype)
        share = keras.ops.minimum(keras.ops.cast(step, dtype) / self.steps, 1.0)
        cycle = keras.ops.log2(1.0 + (2.0**self.cycles - 1.0) * share)
        # Of a large angle the cosine has fewer digits.
        angle = 2.0 * math.pi * (cycle - keras.ops.floor(cycle))
        return peak * 0.5 * (1.0 - keras.ops.cos(angle))

    def get_config(self) -> dict[str, Any]:
        return {"peak": self.peak, "steps": self.steps, "cycles": self.cycles}
