"""What `auto` chose, written down as soon as it is known."""

from __future__ import annotations

from dataclasses import replace

from dlrecipes.results import EngineChoice, RunInfo
from dlrecipes.rundir import RunDirectory


class RecordedChoices:
    """Writes each choice of an engine into `run.json`, so that a resumed run keeps it.

    Args:
        info: What the run was started with, earlier choices included.
        directory: Where the run keeps its files.
    """

    def __init__(self, info: RunInfo, directory: RunDirectory) -> None:
        self.info = info
        self._directory = directory

    def take(self, choice: EngineChoice) -> None:
        """Write a choice down."""
        self.info = replace(self.info, engines=(*self.info.engines, choice))
        self._directory.write(self.info)
