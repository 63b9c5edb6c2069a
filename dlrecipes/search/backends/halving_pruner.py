"""Successive halving that a resumed study decides as an unbroken one would."""

from __future__ import annotations

import optuna


class HalvingPruner(optuna.pruners.BasePruner):
    """Asynchronous successive halving that looks at nothing but the reported values.

    At each rung (`first`, `first * factor`, `first * factor**2`, … epochs) a trial goes on if
    it is among the best `1 / factor` of the trials that reported there so far. Optuna's own
    pruner notes a passed rung in the storage before it decides: a process that is killed in
    between leaves a trial that is never judged at that rung again.

    Args:
        first: Epochs of the lowest rung, at least 1.
        factor: One in so many goes on, at least 2.

    Reference:
        Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning (arXiv:1810.05934).
    """

    def __init__(self, first: int, factor: int) -> None:
        self._first = first
        self._factor = factor

    def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
        step = trial.last_step
        if step is None or not self._is_rung(step):
            return False
        value = trial.intermediate_values[step]
        others = [
            other.intermediate_values[step]
            for other in study.get_trials(deepcopy=False)
            if other.number != trial.number and step in other.intermediate_values
        ]
        maximize = study.direction == optuna.study.StudyDirection.MAXIMIZE
        ranked = sorted([value, *others], reverse=maximize)
        last = ranked[max(1, len(ranked) // self._factor) - 1]
        return value < last if maximize else value > last

    def _is_rung(self, step: int) -> bool:
        rung = self._first
        while rung < step:
            rung *= self._factor
        return rung == step
