"""What a search spends its time on, measured where it is spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, get_ident, local
from types import TracebackType

from dlrecipes.results import TimeSpent

Seconds = dict[str, float]

# The stopwatches that run, the innermost last. As Keras' own state they are the process': what
# trains in a thread of an engine belongs to the run that began last.
_RUNNING: list[Stopwatch] = []


@dataclass
class Part:
    """A part that is being measured.

    Args:
        structure: The structure that it is of; may be set until the part ends. Empty for that of
            the part around it.
    """

    structure: str = ""
    seconds: Seconds = field(default_factory=dict)
    inside: float = 0.0


class Stopwatch:
    """Measures by the clock what the threads of a process are doing.

    Each part counts without those inside it. What the thread that made the stopwatch does, and
    what others do beside it, is told apart: only the first sums to no more than the time that
    passed. Two calls of the clock and a lock: some microseconds a part.

    Args:
        clock: Returns seconds.

    Example:
        >>> from dlrecipes.training.stopwatch import Stopwatch, timed
        >>> with Stopwatch() as watch:
        ...     with timed("probe") as part:
        ...         with timed("build"):
        ...             pass
        ...         part.structure = "two layers"
        >>> list(watch.take().structures["two layers"])
        ['build', 'probe']
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._lock = Lock()
        self._thread = get_ident()
        self._open = local()
        self._forget()

    def _forget(self) -> None:
        self._parts: Seconds = {}
        self._beside: Seconds = {}
        self._structures: dict[str, Seconds] = {}

    def __enter__(self) -> Stopwatch:
        _RUNNING.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _RUNNING.remove(self)

    def take(self) -> TimeSpent:
        """Return what was measured since the last time."""
        with self._lock:
            taken = TimeSpent(self._parts, self._beside, self._structures)
            self._forget()
        return taken

    @contextmanager
    def on(self, part: str, structure: str = "") -> Iterator[Part]:
        """Measure a block.

        Args:
            part: What it does, such as `"trace"`.
            structure: The structure that it is of, where it is known.
        """
        around: list[Part] = self._open.__dict__.setdefault("parts", [])
        measured = Part(structure)
        around.append(measured)
        began = self._clock()
        try:
            yield measured
        finally:
            lasted = self._clock() - began
            around.pop()
            _add(measured.seconds, {part: lasted - measured.inside})
            if around:
                around[-1].inside += lasted
            if around and not measured.structure:
                _add(around[-1].seconds, measured.seconds)
            else:
                self._keep(measured)

    def _keep(self, measured: Part) -> None:
        own = get_ident() == self._thread
        with self._lock:
            _add(self._parts if own else self._beside, measured.seconds)
            if measured.structure:
                _add(self._structures.setdefault(measured.structure, {}), measured.seconds)


def _add(total: Seconds, seconds: Seconds) -> None:
    for name, value in seconds.items():
        total[name] = total.get(name, 0.0) + value


@contextmanager
def timed(part: str, structure: str = "") -> Iterator[Part]:
    """Measure a block, or each call of a function, by the stopwatch that runs.

    Without one, nobody hears of it.

    Args:
        part: As for `Stopwatch.on`.
        structure: As for `Stopwatch.on`.
    """
    watch = _RUNNING[-1] if _RUNNING else Stopwatch()
    with watch.on(part, structure) as measured:
        yield measured
