"""The `hp` that a builder gets when an Optuna trial decides the values."""

from __future__ import annotations

import keras_tuner
import optuna

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search.backends.declarations import AskedHyperParameters, Declarations
from dlrecipes.search.backends.distributions import to_distribution
from dlrecipes.search.backends.space import read_hyperparameter


class TrialHyperParameters(AskedHyperParameters):
    """A `keras_tuner.HyperParameters` whose values an Optuna trial suggests when asked.

    A hyperparameter that no earlier build asked for (one behind a plain `if`) is suggested at
    the moment the builder asks for it, like any other.

    Args:
        trial: The Optuna trial.
        space: Hyperparameters with ranges of their own, which replace the builder's.
        declarations: The ranges that the builder asked for before; None for none.
    """

    def __init__(
        self,
        trial: optuna.Trial,
        space: tuple[Hyperparameter, ...] = (),
        declarations: Declarations | None = None,
    ) -> None:
        super().__init__(declarations)
        self._trial = trial
        self._ranges = {(one.name, one.conditions): one for one in space}

    def suggest(self, one: Hyperparameter) -> Value:
        """Return the trial's value for `one`, decided now if it was not yet."""
        if one.kind == "fixed":
            value = one.choices[0]
        else:
            value = self._trial._suggest(one.name, to_distribution(one))
        self.values[one.name] = value
        return value

    def _register(
        self,
        hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
        overwrite: bool = False,
    ) -> Value:
        one = read_hyperparameter(hyperparameter)
        one = self._ranges.get((one.name, one.conditions), one)
        if one.name not in self.values and self.is_active(hyperparameter):
            self.suggest(one)
        value: Value = super()._register(hyperparameter, overwrite)
        return value


def suggest(trial: optuna.Trial, build: object) -> object:
    """Build a model in a plain Optuna objective, with the values the trial suggests.

    Args:
        trial: The trial that Optuna hands to an objective.
        build: A KerasTuner-style builder, `build(hp) -> keras.Model`.

    Returns:
        What the builder returns.

    Raises:
        BuilderError: If the builder declares a distribution that Optuna lacks.

    Example:
        >>> import optuna
        >>> def build(hp):
        ...     units = hp.Int("units", 4, 64, sampling="log")
        ...     return keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
        >>> def objective(trial):
        ...     return dlr.search.suggest(trial, build).count_params()
        >>> study = optuna.create_study(sampler=optuna.samplers.GridSampler({"units": [4, 8]}))
        >>> study.optimize(objective, n_trials=2)
        >>> study.best_value, study.best_params
        (12.0, {'units': 4})
    """
    if not callable(build):
        raise ArgumentError("`build` must be callable.", received=f"build={build!r}")
    return build(TrialHyperParameters(trial))
