"""A search space, from KerasTuner's form to ours and back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeAlias

import keras
import keras_tuner

from dlrecipes.errors import BuilderError, DlrecipesError
from dlrecipes.results import Hyperparameter, Value

HyperParameters: TypeAlias = keras_tuner.HyperParameters
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
    hyperparameters = hyperparameters or keras_tuner.HyperParameters()
    try:
        return build(hyperparameters)
    except (DlrecipesError, keras_tuner.errors.FatalError):
        raise
    except Exception as error:  # the builder is the user's code
        values = ", ".join(f"{name}={value!r}" for name, value in hyperparameters.values.items())
        raise BuilderError(
            f"The builder must run with the hyperparameters it asks for ({values or 'none yet'}).",
            received=f"{type(error).__name__}: {str(error).strip()}".rstrip("."),
        ) from error


def read_hyperparameter(
    hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
) -> Hyperparameter:
    """Return KerasTuner's hyperparameter as ours.

    Raises:
        BuilderError: If Optuna has no such distribution.
    """
    types = keras_tuner.engine.hyperparameters
    conditions = tuple(
        (condition.name, tuple(condition.values)) for condition in hyperparameter.conditions
    )
    name = hyperparameter.name
    if isinstance(hyperparameter, types.Float | types.Int):
        log = hyperparameter.sampling == "log"
        integer = isinstance(hyperparameter, types.Int)
        low, high = hyperparameter.min_value, hyperparameter.max_value
        step = hyperparameter.step
        if hyperparameter.sampling == "reverse_log" or (log and step not in (None, 1)):
            raise BuilderError(
                f"Hyperparameter {name!r} must have a distribution that Optuna has.",
                received=f"sampling={hyperparameter.sampling!r}, step={step!r}",
                fix="Use a linear or log range, or `hp.Choice` with the values themselves.",
            )
        if low >= high:
            raise BuilderError(
                f"The lower end of {name!r} must lie below its upper end.",
                received=f"min_value={low!r}, max_value={high!r}",
                fix="Use `hp.Fixed` for a value that does not vary.",
            )
        return Hyperparameter(
            name=name,
            kind="int" if integer else "float",
            low=low,
            high=high,
            step=None if log or (integer and step == 1) else step,
            log=log,
            default=hyperparameter.default,
            conditions=conditions,
        )
    default = hyperparameter.default
    if isinstance(hyperparameter, types.Choice):
        choices = tuple(hyperparameter.values)
        return Hyperparameter(
            name, "choice", choices=choices, default=default, conditions=conditions
        )
    if isinstance(hyperparameter, types.Boolean):
        return Hyperparameter(
            name, "boolean", choices=(False, True), default=default, conditions=conditions
        )
    fixed = (hyperparameter.value,)
    return Hyperparameter(name, "fixed", choices=fixed, default=default, conditions=conditions)


def write_space(space: tuple[Hyperparameter, ...]) -> keras_tuner.HyperParameters:
    """Return our space as KerasTuner's, for its oracles."""
    written = keras_tuner.HyperParameters()
    for hyperparameter in space:
        sampling = "log" if hyperparameter.log else "linear"
        with ExitStack() as scopes:
            for parent, values in hyperparameter.conditions:
                scopes.enter_context(written.conditional_scope(parent, list(values)))
            if hyperparameter.kind == "float":
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


def clip_to_space(space: tuple[Hyperparameter, ...], values: dict[str, Value]) -> dict[str, Value]:
    """Return `values` with numeric ones moved inside the ranges of `space`."""
    clipped = dict(values)
    for hyperparameter in space:
        value = clipped.get(hyperparameter.name)
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
