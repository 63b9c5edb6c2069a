"""What every engine is, and the one that a run's settings name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from dlrecipes.data import Development
from dlrecipes.results import EngineChoice, Objective
from dlrecipes.training.engines.fit_engine import FitEngine
from dlrecipes.training.engines.side_by_side_engine import SideBySideEngine
from dlrecipes.training.job import JobSource


def make_engine(
    name: str,
    development: Development,
    objective: Objective,
    policy: str,
    *,
    choices: Sequence[EngineChoice] = (),
    on_choice: Callable[[EngineChoice], None] = lambda choice: None,
    log: Callable[[str], None] = lambda line: None,
    on_step: Callable[[str], None] = lambda step: None,
) -> Engine:
    """Return an engine.

    Args:
        name: `"auto"`, `"population"`, `"resident"` or `"fit"`.
        development: Train and validation data.
        objective: What is better, and by which entry of the logs.
        policy: The dtype policy.
        choices: What `auto` chose in an earlier part of the same run.
        on_choice: Hears of every choice.
        log: Takes one line for each structure that cannot be trained as asked for.
        on_step: Hears what is built, compiled or timed now.
    """
    if name == "fit":
        return FitEngine(development, objective, policy, on_step)
    return SideBySideEngine(
        name,
        development,
        objective,
        policy,
        choices=choices,
        on_choice=on_choice,
        log=log,
        on_step=on_step,
    )


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
