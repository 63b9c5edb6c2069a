"""The engine of a run whose trials are scored by folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from dlrecipes.data import FoldData
from dlrecipes.results import EngineChoice, Objective, RunInfo
from dlrecipes.search import Build, CrossValidated
from dlrecipes.training.engines import make_engine


def make_cross_validated(
    folds: Sequence[FoldData],
    info: RunInfo,
    build: Build,
    *,
    on_choice: Callable[[EngineChoice], None],
    log: Callable[[str], None],
    on_step: Callable[[str], None],
) -> CrossValidated:
    """Return an engine that trains each trial once a fold, with the run's engine.

    Args:
        folds: The folds.
        info: Objective, engine, precision and earlier choices of `auto`.
        build: The builder.
        on_choice: Hears of the choices of the first fold's engine; the others choose alike.
        log: Takes one line for each structure that cannot be trained as asked for.
        on_step: Hears what is compiled or trained now, and in which fold.
    """
    goal = Objective(info.objective, info.direction)
    engines = [
        make_engine(
            info.engine,
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
