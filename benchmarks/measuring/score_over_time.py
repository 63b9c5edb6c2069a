"""The best score so far, and when it was reached."""

from __future__ import annotations

import time

import keras
import tensorflow as tf

from dlrecipes.search import Listener


class TimeUp(BaseException):
    """A search's time is up; no ordinary exception, which tuners take for a failed trial."""


class ScoreOverTime:
    """Keeps a clock, counts epochs and notes each better score.

    TensorFlow's runtime is started before the clock: no method is charged for it.

    Args:
        seconds: Seconds after which the time is up; None for never.
    """

    def __init__(self, seconds: float | None = None) -> None:
        tf.linalg.matmul(tf.ones((8, 8)), tf.ones((8, 8))).numpy()
        self._start = time.perf_counter()
        self._limit = seconds
        self.epochs = 0
        self.improvements: list[tuple[float, float]] = []

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start

    @property
    def best(self) -> float | None:
        """The best score so far."""
        return self.improvements[-1][1] if self.improvements else None

    @property
    def time_is_up(self) -> bool:
        """Whether the seconds have passed."""
        return self._limit is not None and self.elapsed > self._limit

    def add(self, score: float) -> None:
        """Take the score of an epoch that ended; larger is better. Too late is not counted."""
        if self.time_is_up:
            return
        self.epochs += 1
        if self.best is None or score > self.best:
            self.improvements.append((self.elapsed, score))


class ScoreCallback(keras.callbacks.Callback):
    """Passes each epoch's validation accuracy on, and ends the search when the time is up.

    Args:
        scores: Takes them.
    """

    def __init__(self, scores: ScoreOverTime) -> None:
        super().__init__()
        self._scores = scores

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._scores.add(float((logs or {})["val_accuracy"]))
        if self._scores.time_is_up:
            raise TimeUp

    def __deepcopy__(self, memo: dict[int, object]) -> ScoreCallback:
        """Return a callback with the same scores: KerasTuner copies callbacks for each trial."""
        return ScoreCallback(self._scores)


class ScoreListener(Listener):
    """Passes each epoch's running best on; dlrecipes has a deadline of its own.

    Args:
        scores: Takes them.
    """

    def __init__(self, scores: ScoreOverTime) -> None:
        self._scores = scores

    def on_epoch(self, stage: str, trial: int, epoch: int, epochs: int, best: float) -> None:
        self._scores.add(best)
