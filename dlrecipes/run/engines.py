"""The engines of a run: what `auto` chooses is written down, and folds have one each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from dlrecipes.data import FoldData
from dlrecipes.results import EngineChoice, Objective, RunInfo, TimePlan
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Build, CrossValidated
from dlrecipes.training.engines import make_engine


class RecordedChoices:
    """Writes each choice of an engine, and of a stage's size, down as soon as it is known.

    A resumed run keeps them.

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

    def take_time_plan(self, time_plan: TimePlan) -> None:
        """Write down how the time is divided."""
        self.info = replace(self.info, time_plan=time_plan)
        self._directory.write(self.info)


def make_cross_validated(
    folds: Sequence[FoldData],
    info: RunInfo,
    build: Build,
    engine: str,
    *,
    on_choice: Callable[[EngineChoice], None],
    log: Callable[[str], None],
    on_step: Callable[[str], None],
) -> CrossValidated:
    """Return an engine that trains each trial once a fold, with the run's engine.

    Args:
        folds: The folds.
        info: Objective, precision and earlier choices of `auto`.
        build: The builder.
        engine: The engine's name.
        on_choice: Hears of the choices of the first fold's engine; the others choose alike.
        log: Takes one line for each structure that cannot be trained as asked for.
        on_step: Hears what is compiled or trained now, and in which fold.
    """
    goal = Objective(info.objective, info.direction)
    engines = [
        make_engine(
            engine,
            fold.development,
            goal,
            info.policy,
            choices=info.engines,
            on_choice=on_choice if fold is folds[0] else lambda choice: None,
            log=log if fold is folds[0] else lambda line: None,
            on_step=partial(_in_fold, f"fold {at} of {len(folds)}", on_step),
        )
        for at, fold in enumerate(folds, start=1)
    ]
    return CrossValidated(engines, folds, build, goal, info.policy)


def _in_fold(fold: str, on_step: Callable[[str], None], step: str) -> None:
    on_step(f"{fold}: {step}")
