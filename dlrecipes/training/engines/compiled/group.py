"""Trials that are trained together for one epoch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Event

import numpy as np
import tensorflow as tf

from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.program import Logs, Program
from dlrecipes.training.engines.compiled.trial import Trial
from dlrecipes.training.job import derive_seed
from dlrecipes.training.stopwatch import timed


@dataclass(frozen=True)
class Epoch:
    """What one epoch of a group gave.

    Args:
        state: The stacked states after it.
        logs: `{metric: values of the members}`.
        seconds: How long it took.
    """

    state: State
    logs: Logs
    seconds: float


class Group:
    """Trials of one program that are at the same epoch and share their batches.

    Args:
        trials: At most as many as the program is wide; rows that are left are filled up with
            copies of the first, whose results nobody reads.
        program: What trains them.
    """

    def __init__(self, trials: Sequence[Trial], program: Program) -> None:
        self.trials = list(trials)
        self._program = program
        filled = [*trials, *[trials[0]] * (program.width - len(trials))]
        self._state = _stacked(filled)
        self._numbers = [
            np.array(column) for column in zip(*(trial.numbers for trial in filled), strict=True)
        ]

    def train(self, stop: Event) -> Epoch:
        """Train one epoch; may run in any thread once the program is traced.

        Args:
            stop: Set to end the epoch early, with a `CancelledError`.
        """
        start = time.perf_counter()
        first = self.trials[0]
        # Each epoch has a seed of its own, so that a result does not depend on when it began.
        seed = derive_seed(first.order_seed, "epoch", first.epoch)
        with timed("train", first.blueprint.key):
            state, logs = self._program.epoch(self._state, self._numbers, seed, stop)
        return Epoch(state, logs, time.perf_counter() - start)


def _stacked(trials: Sequence[Trial]) -> State:
    """Return the trials' states on top of each other."""
    places = [trial.place for trial in trials if trial.place is not None]
    if not places:
        groups = zip(*(trial.initial for trial in trials), strict=True)
        return State(
            *(
                [tf.constant(np.stack(rows)) for rows in zip(*group, strict=True)]
                for group in groups
            )
        )
    stacks = {id(place.stack): place.stack for place in places}
    heights = {key: _height(stack) for key, stack in stacks.items()}
    rows = [place.row for place in places]
    if len(stacks) == 1 and rows == list(range(*heights.values())):
        return places[0].stack
    ends = accumulate(heights.values(), initial=0)
    offsets = dict(zip(heights, ends, strict=False))
    wanted = tf.constant([offsets[id(place.stack)] + place.row for place in places])
    groups = zip(*stacks.values(), strict=True)
    return State(
        *(
            [tf.gather(tf.concat(parts, 0), wanted) for parts in zip(*group, strict=True)]
            for group in groups
        )
    )


def _height(stack: State) -> int:
    """Return how many members' states lie on top of each other."""
    return int(next(array for group in stack for array in group).shape[0])
