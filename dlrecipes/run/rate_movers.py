"""Which hyperparameters move the learning rate: found by building, never by a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search import Build, build_with
from dlrecipes.training.moving_optimizers import moving_optimizers, without_scaling

_PROPORTIONAL = 1e-3
_LOOKS = 64  # steps at which a schedule is looked at for its highest rate


def rate_movers(
    build: Build, space: Sequence[Hyperparameter]
) -> tuple[dict[Hyperparameter, float | None], list[str]]:
    """Return what moves the rate, and the optimizers that there are, the default one first.

    Of what moves it, the rate by the value is returned; None if that is no constant.

    Args:
        build: The builder.
        space: What it asks for.

    Raises:
        BuilderError: If it raises for one of the values.
    """
    defaults: dict[str, Value] = {one.name: one.default for one in space}
    usual, kind = _looked_at(build_with(build, {}))
    movers: dict[Hyperparameter, float | None] = {}
    kinds = [kind]
    for one in space:
        alone = sum(other.name == one.name for other in space) == 1
        if one.kind == "fixed" or not one.active(defaults) or not alone:
            continue
        values: list[Any] = [one.low, one.high] if one.numeric else list(one.choices)
        values = [value for value in values if value != one.default]
        looks = [_looked_at(build_with(build, {one.name: value})) for value in values]
        kinds += [kind for _, kind in looks if kind not in kinds]
        if all(_same(rates, usual) for rates, _ in looks):
            continue
        numbers = [*values, one.default]
        factors = [
            max(rates) / value
            for (rates, _), value in zip([*looks, (usual, "")], numbers, strict=True)
            if isinstance(value, int | float) and value
        ]
        constant = len(factors) == len(numbers) and all(
            abs(factor - factors[0]) <= _PROPORTIONAL * abs(factors[0]) for factor in factors
        )
        movers[one] = factors[-1] if constant and factors[-1] > 0 else None
    return movers, list(dict.fromkeys(kinds))


def _looked_at(model: keras.Model) -> tuple[tuple[float, ...], str]:
    """Return a network's learning rates, of a schedule its highest, and its kind of optimizer.

    There is one rate, or one for each optimizer of several.
    """
    rates = tuple(_highest(optimizer) for optimizer in moving_optimizers(model))
    return rates, type(without_scaling(model)).__name__


def _highest(optimizer: Any) -> float:  # noqa: ANN401  (Keras')
    rate = optimizer._learning_rate
    if not isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        rate = rate() if callable(rate) else rate
        return float(keras.ops.convert_to_numpy(rate))
    # Where a schedule ends is not known here; most warm up within some hundred steps.
    steps = np.unique(np.geomspace(1, 1e6, _LOOKS).astype(int)) - 1
    return max(float(keras.ops.convert_to_numpy(rate(int(step)))) for step in steps)


def _same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(
        abs(first - second) <= 1e-6 * max(abs(first), abs(second)) for first, second in pairs
    )
