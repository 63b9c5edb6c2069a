"""KerasTuner's oracles as proposers of an Optuna study."""

from __future__ import annotations

from typing import Any

import keras_tuner
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import TrialState

from dlrecipes.results import Hyperparameter
from dlrecipes.search.backends.encoding import Encoding
from dlrecipes.search.backends.proposal import stored_score
from dlrecipes.search.backends.space import fill_active, write_space

_ORACLES = {
    "keras_tuner_random": keras_tuner.oracles.RandomSearchOracle,
    "keras_tuner_bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
}


class KerasTunerSampler(optuna.samplers.BaseSampler):
    """Lets a KerasTuner oracle propose, while the trials live in an Optuna study.

    So a study with an oracle is resumed, pruned and shown like any other. The oracle is made
    anew for each proposal and told all other trials: its proposal depends on them and the seed
    alone, and nothing has to be saved beside the study. Those under way are told with the worst
    score so far, so that what is asked for together is not one point (a constant liar).

    Args:
        oracle: `"keras_tuner_random"` or `"keras_tuner_bayesian"`.
        space: The search space.
        seed: Seed of the proposal.
        startup: Trials that must be finished before the Bayesian oracle models anything.

    Reference:
        Ginsbourger et al. 2010, Kriging Is Well-Suited to Parallelize Optimization.
    """

    def __init__(
        self, oracle: str, space: tuple[Hyperparameter, ...], seed: int, startup: int = 10
    ) -> None:
        self._oracle = _ORACLES[oracle]
        self._bayesian = oracle == "keras_tuner_bayesian"
        self._startup = startup
        self._space = space
        self._encoding = Encoding(space)
        self._seed = seed
        self._independent = optuna.samplers.RandomSampler(seed=seed)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._encoding.distributions

    def sample_relative(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        if not search_space:
            return {}
        finished, running = [], []
        for one in study.get_trials(deepcopy=False):
            score = stored_score(one)
            if one.state in (TrialState.COMPLETE, TrialState.PRUNED) and score is not None:
                finished.append((one, score))
            elif one.state is TrialState.RUNNING and one.number != trial.number:
                running.append(one)
        maximize = study.direction == optuna.study.StudyDirection.MAXIMIZE
        oracle = self._oracle(
            objective=keras_tuner.Objective("score", "max" if maximize else "min"),
            hyperparameters=write_space(self._space),
            seed=self._seed + 1,  # an oracle takes 0 for "no seed"
            # It counts those under way as finished, too.
            **({"num_initial_points": self._startup + len(running)} if self._bayesian else {}),
        )
        worst = (min if maximize else max)((score for _, score in finished), default=0.0)
        for told, score in [*finished, *((trial, worst) for trial in running)]:
            self._tell(oracle, told, score)
        proposal = oracle.populate_space(str(trial.number))
        if proposal["values"] is None:  # the space is exhausted: let a repeat be drawn
            return {}
        proposed = self._encoding.encode(proposal["values"])
        return {name: proposed[name] for name in search_space if name in proposed}

    def _tell(
        self, oracle: keras_tuner.engine.oracle.Oracle, told: optuna.trial.FrozenTrial, score: float
    ) -> None:
        hyperparameters = write_space(self._space)
        hyperparameters.values = self._encoding.decode(told.params)
        fill_active(hyperparameters)
        trial = keras_tuner.engine.trial.Trial(
            hyperparameters, trial_id=str(told.number), status="COMPLETED"
        )
        trial.score = score
        oracle.trials[trial.trial_id] = trial
        oracle.end_order.append(trial.trial_id)
        oracle._record_values(trial)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: optuna.trial.FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  (Optuna's signature)
        return self._independent.sample_independent(study, trial, param_name, param_distribution)
