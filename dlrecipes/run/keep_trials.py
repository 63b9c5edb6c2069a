"""The networks of a search's best trials, kept while it goes on: an ensemble needs no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dlrecipes.results import Objective, RunSettings, TimePlan, TrialRecord
from dlrecipes.rundir import RunDirectory
from dlrecipes.training.outcome import Outcome

_MOST, _MOST_BYTES = 32, 2**30


def keeps_trials(settings: RunSettings, time_plan: TimePlan | None) -> bool:
    """Whether the networks of the best trials are kept while the search goes on.

    They are where an ensemble was asked for. Where minutes that were asked for say what is trained,
    there may be one, too; but a declared penalty for a gap between groups is none of what members
    are chosen by, so that such a run has an ensemble only if asked. With folds, a trial is several
    networks.

    Args:
        settings: What was asked for.
        time_plan: How the minutes are divided; None where the plan says what is trained.
    """
    timed = time_plan is not None and not time_plan.within_plan
    asked = settings.ensemble >= 2 or (timed and settings.penalty is None)
    return asked and settings.folds is None


class _Kept(NamedTuple):
    """A trial whose weights are kept, in the order in which trials are ranked."""

    badness: float
    stage_at: int
    number: int
    stage: str
    size: int


class KeptTrials:
    """Keeps the weights of the best trials so far, in bounded space.

    Those are kept that completed, best first, until there are `most` of them or the next one would
    be beyond `most_bytes`. A trial's weights are written before it counts as finished, and those
    of the trials that fall out are deleted after that: a process may be killed anywhere.

    Args:
        directory: The run directory.
        objective: What is better.
        most: How many trials at most.
        most_bytes: What their weights may take together.
    """

    def __init__(
        self,
        directory: RunDirectory,
        objective: Objective,
        *,
        most: int = _MOST,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._directory = directory
        self._sign = -1.0 if objective.direction == "max" else 1.0
        self._most, self._most_bytes = most, most_bytes
        self._stages: dict[str, int] = {}
        self._kept: list[_Kept] = []

    def meet(self, records: Sequence[TrialRecord]) -> None:
        """Take the trials of a stage that an earlier process of the run has finished.

        Args:
            records: The trials, before the stage goes on.
        """
        for record in records:
            networks = self._directory.networks(record.stage)
            if _may_be_kept(record) and networks.has_weights(record.number):
                self._take(record, networks.weights(record.number).stat().st_size)

    def keep(self, record: TrialRecord, outcome: Outcome) -> None:
        """Keep a trial's weights if it is among the best so far, before it counts as finished.

        Args:
            record: How it ended.
            outcome: The same with the best epoch's weights.
        """
        if not _may_be_kept(record) or outcome.weights is None:
            return
        networks = self._directory.networks(record.stage)
        size = sum(array.nbytes for array in outcome.weights)
        place = self._place(record, size)
        if place not in self._fitting(sorted((*self._kept, place))):
            return
        networks.create()
        networks.write_weights(record.number, outcome.weights)
        self._take(record, size)

    def _take(self, record: TrialRecord, size: int) -> None:
        ranked = sorted((*self._kept, self._place(record, size)))
        self._kept = self._fitting(ranked)
        for out in ranked[len(self._kept) :]:
            self._directory.networks(out.stage).remove(out.number)

    def _place(self, record: TrialRecord, size: int) -> _Kept:
        at = self._stages.setdefault(record.stage, len(self._stages))
        return _Kept(self._sign * (record.score or 0.0), at, record.number, record.stage, size)

    def _fitting(self, ranked: Sequence[_Kept]) -> list[_Kept]:
        """Return those that are kept: what comes after one that is not, never is again."""
        fitting, total = [], 0
        for one in ranked[: self._most]:
            total += one.size
            if total > self._most_bytes:
                break
            fitting.append(one)
        return fitting


def _may_be_kept(record: TrialRecord) -> bool:
    return record.status == "completed" and record.score is not None


def make_keeper(
    directory: RunDirectory,
    objective: Objective,
    settings: RunSettings,
    time_plan: TimePlan | None,
) -> KeptTrials | None:
    """Return what keeps the networks of the best trials; None where none are kept.

    Args:
        directory: The run directory.
        objective: What is better.
        settings: As for `keeps_trials`.
        time_plan: Likewise.
    """
    return KeptTrials(directory, objective) if keeps_trials(settings, time_plan) else None


def kept_trials(directory: RunDirectory, ranked: Sequence[TrialRecord]) -> tuple[TrialRecord, ...]:
    """Return the trials whose weights are kept.

    Args:
        directory: The run directory.
        ranked: The trials of the search, best first.
    """
    return tuple(
        record
        for record in ranked
        if _may_be_kept(record) and directory.networks(record.stage).has_weights(record.number)
    )
