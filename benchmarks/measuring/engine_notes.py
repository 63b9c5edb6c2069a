"""The one place where the benchmarks get an engine, and what it says about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from dlrecipes.data import Development
from dlrecipes.results import EngineChoice, Objective
from dlrecipes.training.engines import Engine, make_engine

OBJECTIVE = Objective("val_accuracy", "max")
POLICY = "float32"


@dataclass
class EngineNotes:
    """What an engine says about itself.

    Args:
        choices: Its choices for each structure, with the timings behind them.
        lines: Why a structure fell back to `fit`.
    """

    choices: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def make_engine(self, name: str, development: Development) -> Engine:
        """Return an engine that is noted here.

        Args:
            name: One of `RunSettings`' engines.
            development: Train and validation data.
        """
        return make_engine(
            name,
            development,
            OBJECTIVE,
            POLICY,
            on_choice=self._note_choice,
            log=self.lines.append,
        )

    def _note_choice(self, choice: EngineChoice) -> None:
        self.choices.append(asdict(choice))
