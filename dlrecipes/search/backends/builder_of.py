"""The builder in what a user hands over."""

from __future__ import annotations

import functools
from typing import Any, cast

import keras
import keras_tuner

from dlrecipes.errors import ArgumentError
from dlrecipes.search.backends.hyperparameters import AskedHyperParameters
from dlrecipes.search.backends.mixed_choice import HyperParameters
from dlrecipes.search.backends.space import Build
from dlrecipes.training.own_training import Fit


def builder_of(given: object) -> Build:
    """Return the builder of a `keras_tuner.HyperModel`, or of another object with a `build`.

    As KerasTuner does, `declare_hyperparameters` is asked before `build`, and `tunable=False`
    keeps a model's own hyperparameters out of the search.

    Args:
        given: A builder, which is returned as it is, or such an object.

    Raises:
        ArgumentError: If it is none of these.
    """
    if isinstance(given, keras.Model) or (isinstance(given, type) and hasattr(given, "build")):
        kind = "the model" if isinstance(given, keras.Model) else "the class"
        name = given.name if isinstance(given, keras.Model) else given.__name__
        raise ArgumentError(
            "`build` must be a function that returns a new model at each call, or a HyperModel.",
            received=f"{kind} {name}",
            fix="Write `def build(hp): …`, or make an instance of the class.",
        )
    _check_no_tuner(given)
    inner = getattr(given, "build", given)
    if not callable(inner):
        raise ArgumentError(
            "`build` must be callable, or an object with such a `build`.",
            received=f"build={given!r}",
        )
    if inner is given:
        return cast(Build, given)
    return _build_of(given, inner)


def fit_of(given: object) -> Fit | None:
    """Return the `fit` of the user's own that a HyperModel has; None for that of Keras.

    Args:
        given: A builder, or an object with a `build`.
    """
    fit = getattr(given, "fit", None)
    inherited = getattr(fit, "__func__", None) is keras_tuner.HyperModel.fit
    return fit if callable(fit) and not inherited else None


def _check_no_tuner(given: object) -> None:
    if isinstance(given, keras_tuner.engine.base_tuner.BaseTuner) or hasattr(given, "run_trial"):
        raise ArgumentError(
            "`build` must be what is tuned, and not what tunes it.",
            received=f"a {type(given).__name__}",
            fix="Hand over its HyperModel: `dlr.tune(tuner.hypermodel, splits, …)`. A `run_trial` "
            "that trains is the `fit(self, hp, model, *args, **kwargs)` of a HyperModel.",
        )


def _build_of(given: object, inner: Any) -> Build:  # noqa: ANN401  (a method, or what wraps it)
    # KerasTuner hides the user's method behind a wrapper that takes any arguments.
    hidden = getattr(inner, "__func__", None) is keras_tuner.HyperModel._build_wrapper
    declare = getattr(given, "declare_hyperparameters", None)

    @functools.wraps(type(given).build if hidden else inner)  # type: ignore[attr-defined]  # it has
    def build(hp: HyperParameters, *spec: object) -> keras.Model:
        if declare is not None:
            declare(hp)
            if isinstance(hp, AskedHyperParameters):
                hp.hold()
        return inner(hp, *spec)

    build.__name__ = type(given).__name__
    return build
