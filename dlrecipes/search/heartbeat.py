"""A thread that looks after a run from time to time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType


class Heartbeat:
    """Calls a function every half second as long as a block lasts, however the block ends.

    Blocks may lie in each other. Of threads that train, each lets the others run: TensorFlow
    and scikit-learn do not hold Python's lock while they compute or compile.

    Args:
        beat: What is called, in a thread of its own.
        every: Seconds between two calls.
    """

    def __init__(self, beat: Callable[[], None], every: float = 0.5) -> None:
        self._beat = beat
        self._every = every
        self._depth = 0
        self._stop = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self._stop = Event()
            # Nobody waits for it at the end of the process.
            self._thread = Thread(
                target=self._go_on, args=(self._stop,), name="dlrecipes-heartbeat", daemon=True
            )
            self._thread.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _go_on(self, stop: Event) -> None:
        while not stop.wait(self._every):
            try:
                self._beat()
            except (OSError, ValueError):  # the screen is closed; who writes next says so
                return
