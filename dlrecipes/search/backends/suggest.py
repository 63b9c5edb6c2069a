"""A builder in a plain Optuna objective."""

from __future__ import annotations

import optuna

from dlrecipes.search.backends.builder_of import builder_of
from dlrecipes.search.backends.hyperparameters import TrialHyperParameters


def suggest(trial: optuna.Trial, build: object) -> object:
    """Build a model in a plain Optuna objective, with the values the trial suggests.

    The trial keeps the builder's values under `trial.user_attrs["values"]`. In `trial.params` they
    stand under the same names, but for what Optuna has no distribution of: steps on a logarithmic
    scale (`"units (index)"`), `reverse_log` (`"momentum (mirrored)"`), and a name that has other
    values in another conditional scope (`"units (size='large')"`).

    Args:
        trial: The trial that Optuna hands to an objective.
        build: A KerasTuner-style builder, `build(hp) -> keras.Model`, or a HyperModel.

    Returns:
        What the builder returns.

    Raises:
        ArgumentError: If `build` is neither.
        BuilderError: If the builder asks for two ranges under one name.

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
    hyperparameters = TrialHyperParameters(trial)
    built = builder_of(build)(hyperparameters)
    trial.set_user_attr("values", dict(hyperparameters.values))
    return built
