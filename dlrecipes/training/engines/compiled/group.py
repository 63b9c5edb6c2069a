"""Trials that are trained together for one epoch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event

import numpy as np
import tensorflow as tf

from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.program import Logs
from dlrecipes.training.engines.compiled.trial import Trial
from dlrecipes.training.seeds import derive_seed


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
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self.trials = list(trials)
        self._program = trials[0].program
        filled = [*trials, *[trials[0]] * (self._program.width - len(trials))]
        self._state = _stacked(filled)
        self._numbers = [
            np.array(column) for column in zip(*(one.numbers for one in filled), strict=True)
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
        state, logs = self._program.epoch(self._state, self._numbers, seed, stop)
        return Epoch(state, logs, time.perf_counter() - start)


def _stacked(trials: Sequence[Trial]) -> State:
    """Return the trials' states on top of each other."""
    places = [one.place for one in trials if one.place is not None]
    if not places:
        groups = zip(*(one.initial for one in trials), strict=True)
        return State(
            *(
                [tf.constant(np.stack(rows)) for rows in zip(*group, strict=True)]
                for group in groups
            )
        )
    stacks = {id(place.stack): place.stack for place in places}
    width = trials[0].program.width
    rows = [place.row for place in places]
    if len(stacks) == 1 and rows == list(range(width)):
        return places[0].stack
    offsets = {key: width * at for at, key in enumerate(stacks)}
    wanted = tf.constant([offsets[id(place.stack)] + place.row for place in places])
    groups = zip(*stacks.values(), strict=True)
    return State(
        *(
            [tf.gather(tf.concat(parts, 0), wanted) for parts in zip(*group, strict=True)]
            for group in groups
        )
    )
