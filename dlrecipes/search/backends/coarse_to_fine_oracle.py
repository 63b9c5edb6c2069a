"""Our proposals for whoever keeps the trials in a KerasTuner project."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import keras_tuner
import optuna
from optuna.trial import FrozenTrial, TrialState

from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.results import Hyperparameter, Prior, Stage, Value
from dlrecipes.search.backends.distinct_sampler import DistinctSampler
from dlrecipes.search.backends.encoding import (
    Encoding,
    to_distribution,
    to_parameter,
    to_value,
)
from dlrecipes.search.backends.make_sampler import make_sampler
from dlrecipes.search.backends.space import read_hyperparameter
from dlrecipes.training.job import derive_seed

_TRIALS = 64
"""How many trials are reckoned with where no `max_trials` says it."""


class CoarseToFineOracle(keras_tuner.Oracle):
    """A KerasTuner oracle that proposes as our searches do, and no configuration twice.

    Two thirds of the trials are scrambled Sobol points over the whole space, the rest is proposed
    by multivariate TPE. A proposal depends on the seed, the trial's number and the trials before
    it, so that the project's own files are all that a search needs to go on. What TPE cannot
    represent is drawn as KerasTuner draws it.

    Args:
        objective: As in `keras_tuner.Oracle`, but not several of them.
        max_trials: Trials at most; None for no limit but that of the space.
        seed: Seed of the proposals; None for a random one, 0 is a seed like others.
        hyperparameters: As in `keras_tuner.Oracle`, like all that follow.
        tune_new_entries: See `keras_tuner.Oracle`.
        allow_new_entries: See `keras_tuner.Oracle`.
        max_retries_per_trial: See `keras_tuner.Oracle`.
        max_consecutive_failed_trials: See `keras_tuner.Oracle`.

    Raises:
        ArgumentError: If there are several objectives.
    """

    def __init__(  # noqa: PLR0913  (KerasTuner's arguments)
        self,
        objective: Any = None,  # noqa: ANN401  (KerasTuner's)
        max_trials: int | None = 10,
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        tune_new_entries: bool = True,
        allow_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
    ) -> None:
        if isinstance(objective, list | tuple):
            raise ArgumentError(
                "A search must have one objective.",
                received=f"a list of {len(objective)}",
                fix="Optimise the one that decides, or a metric of your own that joins them.",
            )
        super().__init__(
            objective=objective,
            max_trials=max_trials,
            hyperparameters=hyperparameters,
            tune_new_entries=tune_new_entries,
            allow_new_entries=allow_new_entries,
            seed=seed,
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        if seed is not None:
            self.seed = self._seed_state = seed
        self.first: tuple[dict[str, Value], ...] = ()
        """Values found by hand: each that no trial has had comes before any proposal."""
        self.priors: dict[str, Prior] = {}
        """What an earlier search found, as in `Stage`."""

    @property
    def waiting(self) -> int | None:
        """How many trials can be begun, those that are tried again included; None if unlimited."""
        if self.max_trials is None:
            return None
        return max(0, int(self.max_trials) - len(self.trials)) + len(self._retry_queue)

    @property
    def learns(self) -> bool:
        """Whether the next proposal depends on the scores so far."""
        return bool(self.priors) or self._fine

    def requeue_ongoing(self) -> None:
        """Let trials that an interrupted search left unfinished begin anew."""
        self._retry_queue.extend(trial.trial_id for trial in self.ongoing_trials.values())
        self.ongoing_trials.clear()

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Propose the values of a trial, or stop where the space has no other.

        Args:
            trial_id: Its name; its number is that of the trials before it.
        """
        space, drawn = self.readable_space()
        number = len(self.trials)
        stage = Stage(
            "trials",
            int(self.max_trials or _TRIALS),
            1,
            sampler="tpe" if self._fine else "sobol",
            pruner="none",
            first=self.first,
            priors=self.priors,
        )
        sampler = make_sampler(stage, space, self.seed)
        study = self._study(space, sampler)
        if not drawn and sampler.untried == 0:
            return {"status": "STOPPED", "values": None}
        known = {(one.name, one.conditions): one for one in space}
        encoding = Encoding(space)
        given = next((one for one in self.first if not self._had(one)), {})
        if given:
            study.enqueue_trial(encoding.encode(given))
        trial = study.ask()
        values: dict[str, Value] = {}
        for asked in self.hyperparameters.space:
            conditions = _conditions(asked)
            active = all(values.get(parent) in allowed for parent, allowed in conditions)
            if asked.name in values or not active:
                continue
            one = known.get((asked.name, conditions))
            if one is None:
                seed = derive_seed(self.seed, "drawn", number, asked.name)
                values[asked.name] = asked.random_sample(seed)
            elif one.kind == "fixed":
                values[asked.name] = one.choices[0]
            else:
                parameter, one = encoding.find(one)
                values[asked.name] = to_value(one, trial._suggest(parameter, to_distribution(one)))
        return {"status": "RUNNING", "values": values}

    def _had(self, given: dict[str, Value]) -> bool:
        """Whether a trial has these values, whatever its others are."""
        trials = [trial.hyperparameters.values for trial in self.trials.values()]
        return any(given.items() <= values.items() for values in trials)

    @property
    def _fine(self) -> bool:
        trials = int(self.max_trials or _TRIALS)
        return len(self.trials) >= trials - trials // 3

    def readable_space(self) -> tuple[tuple[Hyperparameter, ...], bool]:
        """Return what of the space TPE can represent, and whether anything else is in it."""
        space: list[Hyperparameter] = []
        for asked in self.hyperparameters.space:
            try:
                space.append(read_hyperparameter(asked))
            except BuilderError:
                continue
        return tuple(space), len(space) < len(self.hyperparameters.space)

    def _study(self, space: tuple[Hyperparameter, ...], sampler: DistinctSampler) -> optuna.Study:
        """Return the trials so far as a study; what failed is as bad as the worst of the rest."""
        maximize = self.objective.direction == "max"
        study = optuna.create_study(
            direction="maximize" if maximize else "minimize", sampler=sampler
        )
        trials = [self.trials[trial_id] for trial_id in self.start_order]
        scores = [trial.score for trial in trials if trial.status == "COMPLETED"]
        worst = (min if maximize else max)(scores, default=None)
        for number, trial in enumerate(trials):
            study.add_trial(_frozen(trial, space, worst))
            sampler.note(number, dict(trial.hyperparameters.values))
        return study


def _frozen(
    trial: keras_tuner.engine.trial.Trial, space: tuple[Hyperparameter, ...], worst: float | None
) -> FrozenTrial:
    values: dict[str, Value] = trial.hyperparameters.values
    encoding = Encoding(space)
    params: dict[str, Any] = {}
    inside = {}
    for asked in space:
        if asked.kind == "fixed" or asked.name not in values or not asked.active(values):
            continue
        parameter, one = encoding.find(asked)
        distribution = to_distribution(one)
        with suppress(ValueError):  # a choice that the range of now has not
            held = to_parameter(one, values[one.name])
            if distribution._contains(distribution.to_internal_repr(held)):
                params[parameter], inside[parameter] = held, distribution
    score = trial.score if trial.status == "COMPLETED" else worst
    state = TrialState.FAIL if score is None else TrialState.COMPLETE
    if trial.status in ("RUNNING", "INVALID"):
        state, score = TrialState.RUNNING, None
    return optuna.trial.create_trial(
        state=state,
        value=score if state is TrialState.COMPLETE else None,
        params=params,
        distributions=inside,
    )


def _conditions(
    asked: keras_tuner.engine.hyperparameters.HyperParameter,
) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    return tuple((condition.name, tuple(condition.values)) for condition in asked.conditions)
