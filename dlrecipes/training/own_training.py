"""What a user brings to each training: a `fit` of a HyperModel, and callbacks."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.results import Objective

Fit = Callable[..., object]
_NEEDED = ("callbacks", "validation_data", "x", "y")
_TWICE = re.compile(r"multiple values for (?:keyword )?argument '(\w+)'")


class GivenTwice(Exception):
    """A `fit` of the user's own says itself what it was given, and passes on both."""


class OwnTraining:
    """A `fit` of the user's own, and callbacks of which each training has a copy.

    Args:
        fit: Called as KerasTuner calls a HyperModel's: `fit(hp, model, x, y, **arguments)`; None
            for `model.fit`.
        callbacks: The user's callbacks. They come before those that report epochs, so that what
            they add to the logs is seen.
        name: What the `fit` is called.

    Raises:
        ArgumentError: If a callback is none, or cannot be copied.
    """

    def __init__(
        self,
        fit: Fit | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        name: str = "fit",
    ) -> None:
        self._fit = fit
        self._callbacks = _checked(callbacks)
        self._name = name
        self._says_itself: set[str] = set()

    @property
    def brought(self) -> tuple[str, ...]:
        """What was brought, in words, to be compared when a run is resumed."""
        fits = () if self._fit is None else (f"the `fit` of {self._name}",)
        return (*fits, *(type(callback).__name__ for callback in self._callbacks))

    @property
    def has_fit(self) -> bool:
        """Whether there is a `fit`."""
        return self._fit is not None

    @property
    def reason(self) -> str:
        """Why Keras must train, in words; empty if nothing was brought."""
        if self._fit is not None:
            return f"{self._name} has a `fit` of its own"
        return "it has callbacks" if self._callbacks else ""

    def without_callbacks(self) -> OwnTraining:
        """Return the same `fit` without the user's callbacks; what it says itself is shared."""
        other = copy.copy(self)
        other._callbacks = ()
        return other

    def train(
        self,
        hyperparameters: object,
        trial: str,
        model: keras.Model,
        x: object,
        y: object,
        *,
        callbacks: Sequence[keras.callbacks.Callback],
        **arguments: object,
    ) -> object:
        """Train a model as the user does and return what the user's `fit` returns.

        What the user's `fit` says itself, such as `epochs`, is not given to it.

        Args:
            hyperparameters: What the builder was given.
            trial: A name of the training, for the folder of its TensorBoard.
            model: The compiled model.
            x: Inputs.
            y: Targets.
            callbacks: Those that report epochs.
            arguments: All else that `model.fit` takes.

        Raises:
            GivenTwice: If the user's `fit` says something itself; from then on, it is not given.
            Exception: Whatever the user's `fit` raises.
        """
        callbacks = _swapped_once([*self._copied(trial), *callbacks])
        if self._fit is None:
            return model.fit(x, y, callbacks=callbacks, **arguments)
        given = {"callbacks": callbacks, **arguments}
        given = {name: value for name, value in given.items() if name not in self._says_itself}
        plain, ours = model.fit, callbacks

        def fit(*positional: object, callbacks: object = None, **named: object) -> object:
            # Who forgets to pass the callbacks on is watched all the same.
            asked = list(_checked(callbacks or ()))
            asked += [one for one in ours if all(one is not other for other in asked)]
            return plain(*positional, callbacks=_swapped_once(asked), **named)

        model.fit = fit
        try:
            return _call(self._fit, hyperparameters, model, x, y, given)
        except TypeError as error:
            twice = _TWICE.search(str(error))
            if twice is None or twice[1] not in given or twice[1] in _NEEDED:
                raise
            self._says_itself.add(twice[1])
            raise GivenTwice from error
        finally:
            del model.fit

    def _copied(self, trial: str) -> list[keras.callbacks.Callback]:
        copies = copy.deepcopy(list(self._callbacks))
        for callback in copies:
            if isinstance(callback, keras.callbacks.TensorBoard):
                callback.log_dir = str(Path(callback.log_dir) / trial)
        return copies


def _swapped_once(
    callbacks: Sequence[keras.callbacks.Callback],
) -> list[keras.callbacks.Callback]:
    """Return the callbacks without a second one that swaps weights and averages: it swaps back."""
    swapping = [one for one in callbacks if isinstance(one, keras.callbacks.SwapEMAWeights)]
    return [one for one in callbacks if one not in swapping[1:]]


def _checked(callbacks: object) -> tuple[keras.callbacks.Callback, ...]:
    given = [callbacks] if isinstance(callbacks, keras.callbacks.Callback) else callbacks
    if not isinstance(given, list | tuple):
        raise ArgumentError(
            "`callbacks` must be a list of `keras.callbacks.Callback`.",
            received=f"callbacks={callbacks!r}",
        )
    for one in given:
        if not isinstance(one, keras.callbacks.Callback):
            kind = "the class" if isinstance(one, type) else type(one).__name__
            raise ArgumentError(
                "`callbacks` must be instances of `keras.callbacks.Callback`.",
                received=f"{kind} {getattr(one, '__name__', one)!r}",
            )
        try:
            copy.deepcopy(one)
        except Exception as error:  # whatever it holds
            raise ArgumentError(
                "Each training has a copy of the callbacks: Python must be able to copy them.",
                received=f"{type(one).__name__}, of which `copy.deepcopy` says: {error}",
                fix="Open files and connections in `on_train_begin`.",
            ) from error
    return tuple(given)


def _call(
    fit: Fit,
    hyperparameters: object,
    model: keras.Model,
    x: object,
    y: object,
    given: dict[str, object],
) -> object:
    """Call a `fit`, which takes any arguments or names those that it wants."""
    try:
        parameters = inspect.signature(fit).parameters.values()
    except (TypeError, ValueError):  # a callable that Python cannot look into
        return fit(hyperparameters, model, x, y, **given)
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        names = {parameter.name for parameter in parameters}
        given = {name: value for name, value in given.items() if name in names}
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    places = sum(kind in by_place for kind in kinds)
    if inspect.Parameter.VAR_POSITIONAL in kinds or places >= len(("hp", "model", "x", "y")):
        return fit(hyperparameters, model, x, y, **given)
    return fit(hyperparameters, model, x=x, y=y, **given)


def returned_logs(returned: object, objective: Objective) -> dict[str, float]:
    """Return what a `fit` of the user's own returned, as logs; none for what epochs have told.

    As KerasTuner has it: a number is the objective's, a dictionary has several, a list is averaged.

    Args:
        returned: What it returned; of a `History` the epochs have told already.
        objective: What is optimised.

    Raises:
        BuilderError: If it returned something else, or a dictionary without the objective.
    """
    if returned is None or isinstance(returned, keras.callbacks.History):
        return {}
    if isinstance(returned, list):
        parts = [returned_logs(one, objective) for one in returned]
        names = set.intersection(*(set(part) for part in parts)) if parts else set()
        return {name: float(np.mean([part[name] for part in parts])) for name in sorted(names)}
    if isinstance(returned, dict):
        if objective.name not in returned:
            raise BuilderError(
                "A dictionary that `fit` returns must have the objective.",
                received=f"{', '.join(map(repr, returned))} without {objective.name!r}",
            )
        return {str(name): float(value) for name, value in returned.items() if np.ndim(value) == 0}
    if np.ndim(returned) == 0 and not isinstance(returned, str | bool):  # type: ignore[arg-type]
        try:
            return {objective.name: float(returned)}  # type: ignore[arg-type]
        except TypeError:
            pass  # no number
    raise BuilderError(
        "`fit` must return a History, a number, a dictionary of numbers, or a list of these.",
        received=f"{type(returned).__name__}",
        fix="End it with `return model.fit(*args, **kwargs)`, or return the objective.",
    )
