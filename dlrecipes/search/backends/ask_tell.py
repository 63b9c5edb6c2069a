"""Ask for a trial, report its epochs, tell its outcome."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any

import keras
import keras_tuner
import optuna
from optuna.trial import TrialState
from pydantic import TypeAdapter

from dlrecipes.results import Hyperparameter, Objective, Stage, TrialRecord, Value
from dlrecipes.search.backends.buffered_journal import BufferedStorage
from dlrecipes.search.backends.encoding import Encoding
from dlrecipes.search.backends.hyperparameters import (
    Declarations,
    GivenHyperParameters,
    TrialHyperParameters,
)
from dlrecipes.search.backends.make_sampler import make_pruner, make_sampler
from dlrecipes.search.backends.proposal import RECORD, Proposal
from dlrecipes.search.backends.space import Build
from dlrecipes.search.backends.storage import write_errors
from dlrecipes.training.own_training import OwnTraining

_SPACE = "dlrecipes:space"
_NOTHING = OwnTraining()
_RECORDS = TypeAdapter(TrialRecord)
_SPACES = TypeAdapter(tuple[Hyperparameter, ...])


class AskTell:
    """One Optuna study: a stage with its ranges, whoever proposes.

    The study holds everything that is known of a trial, so that a process may die at any
    moment. A trial is finished for good once `flush` has returned after `tell`; one that was
    under way when a process died is handed out again by `ask`, under its old number and with
    its old values. One process at a time works on a study.

    Args:
        storage: An open Optuna storage.
        name: The study's name in the storage.
        stage: Sampler, pruner, number of trials and their epochs.
        space: The search space with the stage's ranges; a study that exists keeps its own. The
            reserved constant `epochs` is answered with the stage's.
        objective: Which direction is better.
        seed: The run's seed; proposal n is seeded from (seed, stage, n).
        location: Where the storage is, for messages.
        reports: How often a trial reports, for the pruner; None for once an epoch.
    """

    def __init__(
        self,
        storage: optuna.storages.BaseStorage,
        name: str,
        stage: Stage,
        space: tuple[Hyperparameter, ...],
        objective: Objective,
        seed: int,
        location: str = "the storage",
        reports: int | None = None,
    ) -> None:
        self._location = location
        self._stage = stage.name
        self._trials_in_all = stage.trials
        self._reports_epochs = reports is None
        self._storage = storage
        self._objective = objective
        maximize = objective.direction == "max"
        self._study = optuna.create_study(
            storage=storage,
            study_name=name,
            direction="maximize" if maximize else "minimize",
            load_if_exists=True,
        )
        self._epochs = stage.epochs
        self._space = tuple(one.in_stage(stage.epochs) for one in self._remember(space))
        self._encoding = Encoding(self._space, self._study.user_attrs)
        self._distinct = make_sampler(stage, self._space, seed)
        self._study.sampler = self._distinct
        self._declarations = Declarations()
        self._fatal: keras_tuner.errors.FatalError | None = None
        self._pruner = make_pruner(stage, maximize=maximize, reports=reports)
        self._trials: dict[int, tuple[optuna.Trial, TrialHyperParameters]] = {}
        self._records: list[TrialRecord] = []
        self._orphans: list[int] = []
        # What was reported, `{epochs: {number: best}}`, …
        self._bests: defaultdict[int, dict[int, float]] = defaultdict(dict)
        # … and how far a trial under way had come in a process that died, `{number: epochs}`.
        self._before: dict[int, int] = {}
        self._completed: set[int] = set()
        self._read()
        self.flush()

    def _read(self) -> None:
        for trial in self._study.get_trials(deepcopy=False):
            given = trial.system_attrs.get("fixed_params", {})
            values = self._encoding.decode({**given, **trial.params})
            self._distinct.note(trial.number, self._complete(values))
            for epochs, best in trial.intermediate_values.items():
                self._bests[epochs][trial.number] = best
            if trial.state is TrialState.COMPLETE:
                self._completed.add(trial.number)
            if trial.state is TrialState.RUNNING:
                self._orphans.append(trial._trial_id)
                self._before[trial.number] = max(trial.intermediate_values, default=0)
            elif trial.state.is_finished() and RECORD in trial.user_attrs:
                self._records.append(read_record(trial))

    def _remember(self, space: tuple[Hyperparameter, ...]) -> tuple[Hyperparameter, ...]:
        """Return the space of a study that exists, else note this one in the new study.

        With other ranges inside one study, TPE would silently drop the hyperparameter.
        """
        stored = read_space(self._study.user_attrs)
        if stored is not None:
            return stored
        self._study.set_user_attr(_SPACE, [asdict(hyperparameter) for hyperparameter in space])
        return space

    def enqueue(self, queue: Sequence[dict[str, Value]]) -> None:
        """Queue trials with given values ahead of every proposal.

        Args:
            queue: Their values; they become trials 0, 1, …, and those that the study has
                already are left as they are.
        """
        known = len(self._study.get_trials(deepcopy=False))
        for number, values in enumerate(queue[known:], start=known):
            self._distinct.note(number, values)
            self._study.enqueue_trial(self._encoding.encode(values))

    def enqueue_first(self, first: Sequence[dict[str, Value]]) -> None:
        """Queue trials with values found by hand, behind what is queued; the rest is proposed.

        Those that the study has, in whatever state, are left out; so are those that no trial of
        the stage is left for, and those outside the ranges that its study began with.

        Args:
            first: Values of some hyperparameters each.
        """
        trials = self._study.get_trials(deepcopy=False)
        known = [trial.system_attrs.get("fixed_params") for trial in trials]
        for values in first:
            given = self._encoding.encode(values)
            if len(known) < self._trials_in_all and given not in known and self._holds(values):
                self._distinct.note(len(known), values)
                self._study.enqueue_trial(given)
                known.append(given)

    def _holds(self, values: dict[str, Value]) -> bool:
        """Whether the study's ranges have these values."""
        return all(
            any(_allows(one, value) for one in self._space if one.name == name)
            for name, value in values.items()
        )

    def ask(self, build: Build, own: OwnTraining = _NOTHING) -> Proposal:
        """Return the next trial: one that a dead process left, a queued one, or a new one.

        Args:
            build: The builder, which the proposal calls with its values.
            own: What the user brings to each training.
        """

        def remake(values: dict[str, Value]) -> keras.Model:
            return build(GivenHyperParameters(values, self._declarations))

        def asks_for_more(values: dict[str, Value]) -> bool:
            given = GivenHyperParameters(values)
            with suppress(Exception):  # which the trial itself will meet
                build(given)
            return given.asked_for_more

        self._distinct.asks_for_more = asks_for_more
        with write_errors(self._location):
            if self._orphans:
                trial = optuna.Trial(self._study, self._orphans.pop(0))
            else:
                trial = self._study.ask()
            hyperparameters = TrialHyperParameters(
                trial, self._space, self._declarations, self._encoding, epochs=self._epochs
            )
            for hyperparameter in self._space:
                if hyperparameter.name not in hyperparameters.values and hyperparameter.active(
                    hyperparameters.values
                ):
                    hyperparameters.suggest(hyperparameter)
        self._trials[trial.number] = trial, hyperparameters
        self._distinct.note(trial.number, hyperparameters.values)

        def make() -> keras.Model:
            with self._noting_fatal():
                return build(hyperparameters)

        name = f"{self._stage}-{trial.number}"

        def fit(*arguments: Any, **named: Any) -> object:  # noqa: ANN401  (what Keras takes)
            with self._noting_fatal():
                return own.train(hyperparameters, name, *arguments, **named)

        # Its values as they are, and not a copy: late ones come as the builder asks for them.
        return Proposal(
            trial.number, hyperparameters.values, make, remake, fit if own.reason else None
        )

    def report(self, reports: Sequence[tuple[int, int, float]]) -> set[int]:
        """Report running best scores and return the numbers of the trials to be pruned.

        All are stored before any is judged. Optuna takes the last report of a pruned trial as
        its value, hence the running best.

        Args:
            reports: `(number, epochs, best)`: the trial's number, epochs trained so far (from
                1), the best score so far.

        Raises:
            BuilderError: If the builder asked for two ranges under one name.
        """
        self._check_declarations()
        with write_errors(self._location):
            for number, epochs, best in reports:
                # A trial taken over from a dead process passed its epochs once already.
                if epochs > self._before.get(number, 0):
                    self._trials[number][0].report(best, epochs)
                    self._bests[epochs][number] = float(best)
        if self._pruner is None:
            return set()
        judged = {epochs: self._pruner.judged_at(epochs) for _, epochs, _ in reports}
        bars = {
            at: self._pruner.bar(at, self._bests[at], self._completed)
            for at in judged.values()
            if at is not None
        }
        pruned = set()
        for number, epochs, _ in reports:
            at = judged[epochs]
            if at is None or epochs < self._before.get(number, 0):
                continue
            if self._worse(self._bests[at].get(number), bars[at]):
                pruned.add(number)
        return pruned

    def _worse(self, best: float | None, bar: float | None) -> bool:
        return best is not None and bar is not None and self._objective.better(bar, best)

    def tell(self, number: int, record: TrialRecord) -> TrialRecord:
        """Finish a trial; its record is stored for good after the next `flush`.

        A diverged trial is stored as pruned with the score of the record (chance level), so
        that the sampler learns to stay away from it.

        Returns:
            The record with the values of hyperparameters that the builder asked for late.

        Raises:
            BuilderError: If the builder asked for two ranges under one name; the trial then
                counts as one that is under way.
        """
        self._check_declarations()
        trial, asked = self._trials.pop(number)
        varying = self._encoding.decode(trial.params)
        record = replace(record, number=number, values={**asked.constants, **varying})
        self._distinct.note(number, self._complete(varying))
        stored = _plain(vars(record))
        record = _RECORDS.validate_python(stored)  # as it will be read again
        with write_errors(self._location):
            self._store(trial, record, stored)
        self._records.append(record)
        return record

    def _check_declarations(self) -> None:
        """End the study, and not one trial, where names have no meaning or the builder says so."""
        if self._declarations.error is not None:
            raise self._declarations.error
        if self._fatal is not None:
            raise self._fatal

    @contextmanager
    def _noting_fatal(self) -> Iterator[None]:
        """Let KerasTuner's `FatalError` end the study, which an engine takes for one trial's."""
        try:
            yield
        except keras_tuner.errors.FatalError as error:
            self._fatal = self._fatal or error
            raise

    def _store(self, trial: optuna.Trial, record: TrialRecord, stored: dict[str, Any]) -> None:
        if record.status == "diverged" and record.score is not None:
            self._report_last(trial, record.score, record.epochs)
        trial.set_user_attr(RECORD, stored)
        if record.status == "completed" and record.score is not None:
            self._study.tell(trial, record.score)
            self._completed.add(trial.number)
        elif record.status in ("completed", "failed"):
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, state=TrialState.PRUNED)

    def _report_last(self, trial: optuna.Trial, score: float, epochs: int) -> None:
        """Report `score` after all else, unless a process that died here had done so already."""
        reported = {
            at: bests[trial.number] for at, bests in self._bests.items() if trial.number in bests
        }
        last = max(reported, default=0)
        if reported.get(last) != score:
            step = max(last, epochs) + 1
            trial.report(score, step)
            self._bests[step][trial.number] = score

    @property
    def unfinished(self) -> tuple[TrialRecord, ...]:
        """The trials that are under way, as far as they have come; nothing of it is stored.

        When the time is up, the best trials are often among them: under halving, what is
        finished by then are those that were stopped for being worse.
        """
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return tuple(
            self._as_far_as_it_came(trial) for trial in running if trial.intermediate_values
        )

    def _as_far_as_it_came(self, trial: optuna.trial.FrozenTrial) -> TrialRecord:
        values = self._complete(self._encoding.decode(trial.params))
        bests: list[float | None] = [best for _, best in sorted(trial.intermediate_values.items())]
        record = TrialRecord(self._stage, trial.number, values, "unfinished", score=bests[-1])
        if not self._reports_epochs:
            return record
        return replace(
            record,
            best_epoch=bests.index(bests[-1]),
            epochs=len(bests),
            history={self._objective.name: bests},
        )

    def _complete(self, drawn: dict[str, Value]) -> dict[str, Value]:
        """Return the values that Optuna knows and those that do not vary."""
        values = dict(drawn)
        for hyperparameter in self._space:
            if hyperparameter.kind == "fixed" and hyperparameter.active(values):
                values[hyperparameter.name] = hyperparameter.choices[0]
        return values

    def flush(self) -> None:
        """Write what a journal keeps in memory to the disk; a database does so by itself.

        Raises:
            StorageError: If the disk is full.
        """
        if isinstance(self._storage, BufferedStorage):
            with write_errors(self._location):
                self._storage.flush()

    @property
    def left(self) -> int | None:
        """How many trials can still be asked for; None where there is no end of them.

        They are those that a dead process left, those in the queue, and the configurations that no
        trial has.
        """
        untried = self._distinct.untried
        if untried is None:
            return None
        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        return len(self._orphans) + len(waiting) + untried

    @property
    def space(self) -> tuple[Hyperparameter, ...]:
        """The search space of the study."""
        return self._space

    @property
    def records(self) -> tuple[TrialRecord, ...]:
        """Every finished trial, by number."""
        return tuple(sorted(self._records, key=lambda record: record.number))


def _allows(one: Hyperparameter, value: Value) -> bool:
    try:
        one.taken(value)
    except ValueError:
        return False
    return True


def read_space(attributes: dict[str, Any]) -> tuple[Hyperparameter, ...] | None:
    """Return the search space that was stored with a study, if it was."""
    if _SPACE not in attributes:
        return None
    return _SPACES.validate_python(attributes[_SPACE])


def read_record(trial: optuna.trial.FrozenTrial) -> TrialRecord:
    """Return the record that was stored with a finished trial."""
    return _RECORDS.validate_python(trial.user_attrs[RECORD])


def _plain(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return nested data with NaN and infinity as None, which every storage takes."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
