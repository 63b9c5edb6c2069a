"""Why the first trials are no better than chance, looked for while the search goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dlrecipes.results import Finding, Objective, StudyResult, TrialRecord, Value, plural
from dlrecipes.search import Listener, LogListener

_FIRST = 4
_MARGIN = 0.02
"""Of the distance from chance to perfect, or of chance itself: as good as chance."""


class Doubt(LogListener):
    """Passes on what happens; has a look why where four trials end no better than chance.

    What has to train costs seconds, and says nothing of a study whose trials learn: these pay
    nothing.

    Args:
        log: The run's logger.
        inner: Hears of everything, too.
        objective: What the study optimises.
        chance: What an answer that knows nothing reaches in it; None where that is unknown.
        look: Returns what is wrong with the network of some values, a few steps tried.
    """

    def __init__(
        self,
        log: logging.Logger,
        inner: Listener,
        objective: Objective,
        chance: float | None,
        look: Callable[[dict[str, Value]], tuple[Finding, ...]],
    ) -> None:
        super().__init__(log, inner)
        self._objective, self._chance, self._look = objective, chance, look
        self._ended = 0
        self._best: TrialRecord | None = None
        self._found: tuple[Finding, ...] | None = None

    def on_trial(self, record: TrialRecord) -> None:
        super().on_trial(record)
        self._ended += 1
        if self._best is None or self._is_better(record, self._best):
            self._best = record
        if self._ended == _FIRST and self._in_vain(self._best):
            self._tell(self._best)

    def of_study(self, study: StudyResult) -> tuple[Finding, ...]:
        """Return why the whole search is no better than chance; nothing if it is.

        Args:
            study: The search, whether its trials were heard of or were there before.
        """
        if len(study.trials) < _FIRST or not self._in_vain(study.best):
            return ()
        if self._found is None:
            self._ended = len(study.trials)
            self._tell(study.best)
        return self._found or ()

    def _tell(self, record: TrialRecord) -> None:
        self.on_step("why no trial is better than chance")
        try:
            found = self._look(record.values)
        except Exception:  # a builder that raises: why its trials failed is told by themselves
            self._found = ()
            return
        self._found = tuple(one for one in found if one.severity != "info")
        score = "no score" if record.plain_score is None else f"{record.plain_score:.4g}"
        self.on_note(
            f"After {plural(self._ended, 'trial')} the best {self._objective.name} is {score}, no "
            "better than chance: a few steps of its network were looked at"
            + (":" if self._found else ", and nothing wrong was found.")
        )
        for finding in self._found:
            self.on_finding(finding)

    def _is_better(self, record: TrialRecord, other: TrialRecord) -> bool:
        score, best = record.plain_score, other.plain_score
        if score is None or best is None:
            return score is not None
        return self._objective.better(score, best)

    def _in_vain(self, record: TrialRecord | None) -> bool:
        if record is None or record.plain_score is None:
            return True
        if self._chance is None:
            return False
        margin = _MARGIN * abs(self._chance)
        if self._objective.direction == "max":
            return record.plain_score <= self._chance + margin
        return record.plain_score >= self._chance - margin
