"""What every engine is."""

from __future__ import annotations

from typing import Protocol

from dlrecipes.training.job_source import JobSource


class Engine(Protocol):
    """Trains what a source hands out, until there is no more.

    Attributes:
        name: The engine's name, as recorded in trials and `run.json`.
    """

    name: str

    def run(self, source: JobSource) -> None:
        """Pull jobs from `source`, report every epoch to it and hand it each outcome.

        Whatever the builder or Keras raises becomes a failed outcome; what `source` raises
        (an interrupt, a deadline) passes through and leaves the jobs in flight unfinished.
        """
        ...
