"""What each hyperparameter moves, found out by building the network with another value."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras

from dlrecipes.layers import ScheduledDropout
from dlrecipes.results import Hyperparameter, Value
from dlrecipes.training.moving_optimizers import moving_optimizers

Effect = Literal["size", "dropout", "penalty", "learning rate"]
Make = Callable[[dict[str, Value]], keras.Model]

_SECONDS = 10.0
_DROPOUT = ("rate", "dropout", "recurrent_dropout")
"""What Keras calls the share that its layers drop."""


@dataclass(frozen=True)
class Lever:
    """A hyperparameter that moves something that makes a network fit more or less.

    Args:
        hyperparameter: The hyperparameter.
        value: Its value in the winner.
        effects: What a larger value does: `1` for more of it, `-1` for less. `"size"` is the
            number of weights, `"dropout"` the share that is dropped, `"penalty"` what weights add
            to the loss, or their decay.
    """

    hyperparameter: Hyperparameter
    value: float
    effects: dict[Effect, int]

    @property
    def name(self) -> str:
        """The hyperparameter's name."""
        return self.hyperparameter.name


def find_levers(
    make: Make, values: Mapping[str, Value], space: Sequence[Hyperparameter]
) -> tuple[Lever, ...]:
    """Return what each number among the hyperparameters moves in a network.

    The network is built once more for each, with one other value, and both are compared: what
    a hyperparameter is called does not matter, nor whether the builder computes with it.

    Args:
        make: Builds the compiled network for some values; whatever else it asks for has its
            default.
        values: The values to begin from, such as the winner's.
        space: The hyperparameters with their ranges; text, booleans and fixed ones are passed over.

    Returns:
        Those that move something. Of a builder that takes long, those that could be tried within
        ten seconds.

    Example:
        >>> def make(values):
        ...     model = dlr.models.build_mlp((4,), 3, hidden_units=(2 ** values["size"],))
        ...     model.compile(keras.optimizers.Adam(values["speed"] / 100), "mse")
        ...     return model
        >>> space = dlr.search.discover_space(
        ...     lambda hp: make(
        ...         {"size": hp.Int("size", 2, 8), "speed": hp.Float("speed", 0.1, 1.0)}
        ...     )
        ... )
        >>> levers = dlr.diagnose.find_levers(make, {"size": 4, "speed": 0.1}, space)
        >>> [(lever.name, lever.effects) for lever in levers]
        [('size', {'size': 1}), ('speed', {'learning rate': 1})]
    """
    began = time.monotonic()
    try:
        before = make(dict(values))
    except Exception:  # it did, or there would be no winner; then nothing is known
        return ()
    found = []
    for one in space:
        value, other = values.get(one.name), _other_value(one, values)
        if other is None or not isinstance(value, int | float):
            continue
        if time.monotonic() - began > _SECONDS:
            break
        try:
            after = make({**values, one.name: other})
        except Exception:  # a builder may refuse a value
            continue
        effects = _compare(before, after)
        if other < value:
            effects = {name: -way for name, way in effects.items()}
        if effects:
            found.append(Lever(one, float(value), effects))
    return tuple(found)


def _other_value(one: Hyperparameter, values: Mapping[str, Value]) -> float | int | None:
    """Return another value of a number: halfway to the end that is farther."""
    value = values.get(one.name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not one.active(dict(values)):
        return None
    if one.kind == "choice" or one.choices:
        numbers = [
            choice
            for choice in one.choices
            if isinstance(choice, int | float) and not isinstance(choice, bool)
        ]
        others = [choice for choice in numbers if choice != value]
        return max(others, key=lambda choice: abs(choice - value)) if others else None
    if not one.numeric or one.low == one.high:
        return None
    end = one.high if one.high - value >= value - one.low else one.low
    if one.kind == "int":
        step = int(one.step or 1)
        steps = max(1, math.ceil(abs(end - value) / step / 2))
        return int(value + math.copysign(steps * step, end - value))
    return (value + end) / 2


def _compare(before: keras.Model, after: keras.Model) -> dict[Effect, int]:
    effects: dict[Effect, int] = {}
    sizes = before.count_params(), after.count_params()
    drops = _dropped(before), _dropped(after)
    rates = _number(before, "learning_rate"), _number(after, "learning_rate")
    decays = _number(before, "weight_decay"), _number(after, "weight_decay")
    pairs: list[tuple[Effect, tuple[float, float]]] = [("size", sizes)]
    # A deeper network has more layers that drop; that is another effect of its size.
    if sizes[0] == sizes[1]:
        pairs += [("dropout", drops), ("penalty", _penalties(before, after)), ("penalty", decays)]
    pairs.append(("learning rate", rates))
    for name, (one, other) in pairs:
        if other != one and not math.isclose(one, other, rel_tol=1e-6):
            effects.setdefault(name, 1 if other > one else -1)
    return effects


def _dropped(model: keras.Model) -> float:
    """Return the shares that layers drop, added up."""
    return math.fsum(
        share
        for layer in model._flatten_layers(include_self=False, recursive=True)
        for share in _shares(layer)
    )


def _shares(layer: Any) -> Iterator[float]:  # noqa: ANN401  (a layer)
    dropping = "dropout" in type(layer).__name__.lower()
    if isinstance(layer, ScheduledDropout):
        yield _first(layer.schedule)
    for name in _DROPOUT:
        value = getattr(layer, name, None)
        if isinstance(value, int | float | keras.Variable) and (dropping or name != "rate"):
            yield float(value)


def _penalties(before: keras.Model, after: keras.Model) -> tuple[float, float]:
    """Return what penalties add to the loss for the same weights."""
    try:
        after.set_weights(before.get_weights())
        return _added(before), _added(after)
    except Exception:  # networks that are alike in nothing but their number of weights
        return 0.0, 0.0


def _added(model: keras.Model) -> float:
    return math.fsum(float(keras.ops.sum(loss)) for loss in model.losses)


def _number(model: keras.Model, name: str) -> float:
    """Return a number of the optimizer, of several the sum; 0 where there is none.

    Of a schedule it is the one that it begins with, or its peak.
    """
    return math.fsum(_of_optimizer(optimizer, name) for optimizer in moving_optimizers(model))


def _of_optimizer(optimizer: Any, name: str) -> float:  # noqa: ANN401  (Keras')
    value = getattr(optimizer, f"_{name}", None)
    value = getattr(optimizer, name, None) if value is None else value
    try:
        return _first(value) if value is not None else 0.0
    except (TypeError, ValueError):
        return 0.0


def _first(value: Any) -> float:  # noqa: ANN401  (a number, or a schedule)
    if not isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        return float(value)
    return float(getattr(value, "peak", None) or value(0))
