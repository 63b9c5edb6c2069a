"""What a run is doing, and what time its stage will still take."""

from __future__ import annotations

import time
from collections.abc import Callable

from dlrecipes.results import plural


class Activity:
    """Keeps what a listener last heard, for whoever asks what is going on.

    What a stage will still take is judged by the time that passed for what is done of it, not by
    the seconds of its trials: those train side by side. What is done once before the first epoch,
    such as compiling a program, does not count for every trial.

    Args:
        clock: Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.phase = ""
        self.step = ""
        self._began = self._moved = self._step_began = clock()
        self._deadline: float | None = None
        self._close_stage()

    def _close_stage(self) -> None:
        self._stage, self._total, self._done, self._done_before = "", 0, 0, 0
        self._shares: dict[int, float] = {}
        self._seen: set[str] = set()
        self._once = True
        self._epoch: tuple[int, int, int] | None = None

    def begin_phase(self, name: str) -> None:
        """Forget the stage, and the time limit, which was the last phase's."""
        self._close_stage()
        self.phase = name
        self._deadline = None
        self.begin_step("")

    def begin_stage(self, name: str, trials: int, done: int) -> None:
        """Begin a stage of so many trials, some of them done before."""
        self._close_stage()
        self._stage, self._total, self._done, self._done_before = name, trials, done, done
        self.begin_step("")

    def begin_step(self, name: str) -> None:
        """Begin something that takes a while; empty for nothing that has a name."""
        self.step = name
        self._step_began = self._clock()
        # What comes again, such as another structure's program, is part of the pace.
        self._once = self._once and name not in self._seen
        self._seen.add(name)
        if self._once:
            self._began = self._step_began

    def end_epoch(self, trial: int, epoch: int, epochs: int) -> None:
        """Take an epoch of a trial, counted from 0."""
        self._shares[trial] = (epoch + 1) / epochs
        self._epoch = trial, epoch, epochs
        self._end_step()

    def end_trial(self, number: int) -> None:
        """Take the end of a trial."""
        self._shares.pop(number, None)
        self._done += 1
        self._end_step()

    def _end_step(self) -> None:
        self.step = ""
        self._once = False
        self._moved = self._step_began = self._clock()

    def limit(self, seconds: float) -> None:
        """Take the time that this phase may still last."""
        self._deadline = self._clock() + seconds

    @property
    def _goes_on(self) -> bool:
        """Whether there is a stage that has trials to be done."""
        return bool(self._stage) and self._done < self._total

    @property
    def progress(self) -> str:
        """How many of the stage's trials are done, `"3 of 8"`."""
        return f"{self._done} of {self._total}"

    @property
    def step_seconds(self) -> float:
        """How long the step has taken so far."""
        return self._clock() - self._step_began

    @property
    def doing(self) -> str:
        """The step and how long it has taken, or else the last epoch; `""` at the very start."""
        if not self.step and self._epoch is not None and self._goes_on:
            trial, epoch, epochs = self._epoch
            return f"trial {trial}: epoch {epoch + 1} of {epochs}"
        so_far = in_words(self.step_seconds) if self.step_seconds >= 1 else ""
        return ", ".join(part for part in (self.step, so_far) if part)

    @property
    def left(self) -> str:
        """What the stage will still take at its pace, but no more than it may; `""` if unknown."""
        limit = None if self._deadline is None else max(0.0, self._deadline - self._clock())
        done = self._done - self._done_before + sum(self._shares.values())
        if self._goes_on and done > 0:
            still = max(0.0, self._total - self._done_before - done)
            since = self._clock() - self._moved
            # What is late takes at least as long again.
            pace = max((self._moved - self._began) * still / done - since, since)
            return f"about {in_words(max(1.0, pace if limit is None else min(pace, limit)))} left"
        return "" if limit is None else f"at most {in_words(max(1.0, limit))} left"

    def describe(self) -> str:
        """Say in one line what is going on and what time is left."""
        name = "" if self.step else self._stage or self.phase
        now = ", ".join(part for part in (name, self.doing) if part)
        if not self._goes_on:
            return now
        left = f", {self.left}" if self.left else ""
        trials = f"{self._done} of {plural(self._total, 'trial')} done"
        return f"{now} ({trials}{left})"


def of_search(stage: str) -> bool:
    """Whether a stage's trials are the search's, and not trained again or for comparison.

    Args:
        stage: Its name.
    """
    return not stage.startswith(("refit", "ensemble", "compare"))


def in_words(seconds: float) -> str:
    """Return a duration as one number and its unit: `"42 s"`, `"7 min"`, `"2.5 h"`.

    Args:
        seconds: At least 0.
    """
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def lasted(seconds: float) -> str:
    """Return how long something took: `"2.0 s"`, or `"less than 0.1 s"`.

    Args:
        seconds: At least 0.
    """
    return f"{seconds:.1f} s" if seconds >= 0.1 else "less than 0.1 s"
