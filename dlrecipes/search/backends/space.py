"""A search space, from KerasTuner's form to ours and back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import keras
import keras_tuner

from dlrecipes.errors import BuilderError, DlrecipesError
from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search.backends.mixed_choice import HyperParameters

_FETCH = "URL fetch failure"
"""What Keras says where a file of weights cannot be had."""
_DOWNLOAD = (
    "It loads a file from the network: connect, or put the file into the folder `models` of "
    "`~/.keras` (`KERAS_HOME`), under its name."
)

_COARSE_LIST = 3
"""So many floats may be refined; whole numbers are often meant, such as odd ones."""

Build = Callable[[HyperParameters], keras.Model]


def run_builder(
    build: Build, hyperparameters: keras_tuner.HyperParameters | None = None
) -> keras.Model:
    """Call a builder and turn whatever it raises into one clear message.

    Args:
        build: The builder.
        hyperparameters: What it is given; None for its defaults.

    Raises:
        BuilderError: If the builder raises.
        FatalError: If the builder raises that, by which KerasTuner's users end a search.
    """
    hyperparameters = hyperparameters or HyperParameters()
    try:
        return build(hyperparameters)
    except (DlrecipesError, keras_tuner.errors.FatalError):
        raise
    except Exception as error:  # the builder is the user's code
        values = ", ".join(f"{name}={value!r}" for name, value in hyperparameters.values.items())
        raise BuilderError(
            f"The builder must run with the hyperparameters it asks for ({values or 'none yet'}).",
            received=f"{type(error).__name__}: {str(error).strip()}".rstrip("."),
            fix=_DOWNLOAD if _FETCH in str(error) else "",
        ) from error


def build_with(build: Build, values: dict[str, Value]) -> keras.Model:
    """Call a builder with some values; whatever else it asks for has its default.

    Args:
        build: The builder.
        values: `{name: value}`.

    Raises:
        BuilderError: If the builder raises.
    """
    hyperparameters = HyperParameters()
    hyperparameters.values = dict(values)
    return run_builder(build, hyperparameters)


def read_hyperparameter(
    hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
) -> Hyperparameter:
    """Return KerasTuner's hyperparameter as ours; what has one value only is a fixed one."""
    types = keras_tuner.engine.hyperparameters
    conditions = tuple(
        (condition.name, tuple(condition.values)) for condition in hyperparameter.conditions
    )
    name, default = hyperparameter.name, hyperparameter.default
    if isinstance(hyperparameter, types.Float | types.Int):
        return replace(_read_number(hyperparameter), conditions=conditions)
    if isinstance(hyperparameter, types.Choice):
        # A value that is given twice is one configuration, and not two.
        choices = tuple(dict.fromkeys(hyperparameter.values))
        numbers = all(type(choice) is float for choice in choices)
        return Hyperparameter(
            name,
            "choice",
            choices=choices,
            default=default,
            conditions=conditions,
            ordered=bool(hyperparameter.ordered) and numbers and len(choices) >= _COARSE_LIST,
        )
    if isinstance(hyperparameter, types.Boolean):
        return Hyperparameter(
            name, "boolean", choices=(False, True), default=default, conditions=conditions
        )
    fixed = (hyperparameter.value,)
    return Hyperparameter(name, "fixed", choices=fixed, default=default, conditions=conditions)


def _read_number(number: Any) -> Hyperparameter:  # noqa: ANN401  (KerasTuner's Float or Int)
    integer = isinstance(number, keras_tuner.engine.hyperparameters.Int)
    low, high, step = number.min_value, number.max_value, number.step
    log = number.sampling != "linear"
    grid: tuple[Value, ...] = ()
    if log and step is not None:
        powers = (number._get_value_by_index(at) for at in range(number._get_n_values()))
        grid = tuple(sorted(int(value) if integer else float(value) for value in powers))
        low, high = grid[0], grid[-1]
    if low == high or (step is not None and not log and low + step * (1 - 1e-9) > high):
        return Hyperparameter(number.name, "fixed", choices=(low,), default=low)
    return Hyperparameter(
        name=number.name,
        kind="int" if integer else "float",
        low=low,
        high=high,
        step=None if integer and step == 1 else step,
        log=log,
        choices=grid,
        default=number.default,
        mirror=number.max_value + number.min_value if number.sampling == "reverse_log" else None,
    )


def write_space(space: tuple[Hyperparameter, ...]) -> keras_tuner.HyperParameters:
    """Return our space as KerasTuner's, for its oracles."""
    written = HyperParameters()
    for hyperparameter in space:
        sampling = "log" if hyperparameter.log else "linear"
        if hyperparameter.mirror is not None:
            sampling = "reverse_log"  # of a narrowed range KerasTuner's is that of its own ends
        with ExitStack() as scopes:
            for parent, values in hyperparameter.conditions:
                scopes.enter_context(written.conditional_scope(parent, list(values)))
            if hyperparameter.numeric and hyperparameter.choices:
                # Those inside the range; KerasTuner knows an order of numbers.
                written.Choice(hyperparameter.name, list(hyperparameter.grid))
            elif hyperparameter.kind == "float":
                written.Float(
                    hyperparameter.name,
                    hyperparameter.low,
                    hyperparameter.high,
                    step=hyperparameter.step,
                    sampling=sampling,
                )
            elif hyperparameter.kind == "int":
                step = int(hyperparameter.step) if hyperparameter.step else None
                written.Int(
                    hyperparameter.name,
                    int(hyperparameter.low),
                    int(hyperparameter.high),
                    step=step,
                    sampling=sampling,
                )
            elif hyperparameter.kind == "choice":
                written.Choice(hyperparameter.name, list(hyperparameter.choices))
            elif hyperparameter.kind == "boolean":
                written.Boolean(hyperparameter.name)
            else:
                written.Fixed(hyperparameter.name, hyperparameter.choices[0])
    return written


def fill_active(hyperparameters: keras_tuner.HyperParameters) -> None:
    """Give each active hyperparameter without a value its default, and take inactive ones' values.

    KerasTuner's own also takes the value of a name that is active in another scope.
    """
    active = set()
    for hyperparameter in hyperparameters.space:
        if hyperparameters.is_active(hyperparameter):
            active.add(hyperparameter.name)
            hyperparameters.values.setdefault(hyperparameter.name, hyperparameter.default)
    for name in {hyperparameter.name for hyperparameter in hyperparameters.space} - active:
        hyperparameters.values.pop(name, None)


def clip_to_space(space: tuple[Hyperparameter, ...], values: dict[str, Value]) -> dict[str, Value]:
    """Return `values` with numeric ones moved inside the ranges of `space`.

    The constant `epochs` is that of `space`, so that values from stages of different epochs can be
    compared.
    """
    clipped = dict(values)
    for hyperparameter in space:
        value = clipped.get(hyperparameter.name)
        if hyperparameter.is_epochs and value is not None and hyperparameter.active(values):
            clipped[hyperparameter.name] = hyperparameter.choices[0]
        if (
            hyperparameter.numeric
            and isinstance(value, int | float)
            and hyperparameter.active(values)
        ):
            inside = min(max(value, hyperparameter.low), hyperparameter.high)
            clipped[hyperparameter.name] = (
                int(inside) if hyperparameter.kind == "int" else float(inside)
            )
    return clipped
