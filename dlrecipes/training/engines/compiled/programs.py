"""The programs of an engine, one a structure, and smaller ones for groups that do not fill it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import tensorflow as tf

from dlrecipes.results import EngineChoice, plural
from dlrecipes.training.engines.compiled.blueprint import Blueprint
from dlrecipes.training.engines.compiled.choose_program import ProgramChooser
from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.sizes import fits
from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.engines.compiled.trial import Trial
from dlrecipes.training.engines.compiled.workload import Workload, estimate_step_seconds

# A program takes 9 to 40 MB; of structures that come once, the last ones are kept.
_KEPT, _FAMILIES_KEPT = 32, 16
# Compiling takes about a second; the group may shrink again before that is earned.
_WORTH_SECONDS = 3.0
_FEWEST = 2


@dataclass
class _OfFamily:
    """A family's program.

    Args:
        program: The program.
        agrees: Keys of the structures that were compared with it.
    """

    program: Program
    agrees: set[str] = field(default_factory=set)


class Programs:
    """The programs of an engine, one a structure.

    Args:
        chooser: Makes them.
        on_choice: Hears which program was chosen for a structure.
    """

    def __init__(self, chooser: ProgramChooser, on_choice: Callable[[EngineChoice], None]) -> None:
        self._chooser = chooser
        self._on_choice = on_choice
        self._programs: OrderedDict[tuple[str, bool], Program] = OrderedDict()
        self._of_families: OrderedDict[str, _OfFamily] = OrderedDict()
        # Families whose graph knows sizes after all.
        self._closed: set[str] = set()

    @property
    def widest(self) -> int | None:
        """How many members the widest of them trains; None without any."""
        return max((program.width for program in self.kept), default=None)

    @property
    def kept(self) -> list[Program]:
        """Those that are kept, each once."""
        of_families = [known.program for known in self._of_families.values()]
        return list(dict.fromkeys([*self._programs.values(), *of_families]))

    def of(
        self,
        blueprint: Blueprint,
        initial: State,
        numbers: Sequence[float],
        work: Workload,
        *,
        shared: bool,
        meanwhile: Callable[[], None],
        shapes: State | None = None,
    ) -> Program:
        """Return the program of a structure, compiled when it is asked for first.

        Args:
            blueprint: The structure.
            initial: A state to begin from.
            numbers: Values of the structure's numbers.
            work: What is to be trained with it.
            shared: Whether trials may share the order of the examples and the masks.
            meanwhile: Called while a program is compiled.
            shapes: Those of the states of the structure's family, if one program may serve it.

        Raises:
            Unsupported: If no program can be made.
        """
        program = self._programs.pop((blueprint.key, shared), None)
        if program is None and shapes is not None:
            of_family = self._of_family(blueprint, initial, numbers, work, shapes)
            if of_family is not None:
                return of_family
            blueprint = blueprint.on_its_own()
        if program is None and shared:
            program, choice = self._chooser.choose(blueprint, initial, numbers, work, meanwhile)
            self._on_choice(choice)
        elif program is None:
            program = self._chooser.alone(blueprint, initial, numbers, work)
        if shared and not program.layout.stacked:
            self._programs[blueprint.key, False] = program
        self._programs[blueprint.key, shared] = program
        while len(self._programs) > _KEPT:
            self._programs.popitem(last=False)
        return program

    def _of_family(
        self,
        blueprint: Blueprint,
        initial: State,
        numbers: Sequence[float],
        work: Workload,
        shapes: State,
    ) -> Program | None:
        """Return the program of a structure's family, if it computes what this model does."""
        family = blueprint.family
        if family in self._closed or not fits(shapes, initial):
            return None
        known = self._of_families.pop(family, None)
        found, agrees = known, False
        try:
            if found is None:
                alone = self._chooser.alone(blueprint, initial, numbers, work, shapes)
                found = _OfFamily(alone)
            agrees = blueprint.key in found.agrees or found.program.agrees(
                blueprint.member, initial, numbers
            )
        except (Unsupported, tf.errors.OpError, MemoryError):
            pass  # with sizes that are known it may be another thing
        if found is not None and (known or agrees):
            self._of_families[family] = found
            if len(self._of_families) > _FAMILIES_KEPT:
                self._of_families.popitem(last=False)
        else:
            self._closed.add(family)
        if found is None or not agrees:
            return None
        if blueprint.key not in found.agrees:
            found.agrees.add(blueprint.key)
            self._on_choice(
                EngineChoice(
                    structure=blueprint.key,
                    engine=found.program.layout.engine,
                    reason="one graph serves all sizes" if known else "a single trial",
                )
            )
        return found.program


def program_for(
    trials: Sequence[Trial], on_step: Callable[[str], None] = lambda step: None
) -> Program:
    """Return the program that trains a group: its own, or a smaller one where that saves time.

    At the end of a stage, or when successive halving has left few, rows of a group are empty and
    cost as much as the others. Whether it saves time is estimated and not measured: under XLA the
    last bit of a result can depend on the width, and the same study again should give the same
    results.

    Args:
        trials: Trials of one program that are at the same epoch.
        on_step: Hears that a smaller program is compiled.
    """
    program = trials[0].program
    if not program.layout.stacked:
        return program
    width = _FEWEST
    while width < len(trials):
        width *= 2
    if width >= program.width:
        return program
    if width not in program.narrower and _saved(trials, program.width - width) > _WORTH_SECONDS:
        on_step(f"compiling a smaller program for the {plural(len(trials), 'trial')} left")
        try:
            program.narrower[width] = _make(program, trials[0], width)
        except (Unsupported, tf.errors.OpError, MemoryError):
            program.narrower[width] = program  # not tried again
        on_step("training the rest")
    fitting = [width for width in program.narrower if width >= len(trials)]
    return program.narrower[min(fitting)] if fitting else program


def _saved(trials: Sequence[Trial], rows: int) -> float:
    """Return the seconds that so many rows fewer save until the last of the trials ends."""
    first = trials[0]
    epochs = max(trial.job.epochs - trial.epoch for trial in trials)
    step = estimate_step_seconds(first.blueprint.parameters, first.program.batch_size)
    return epochs * first.program.steps * step * rows


def _make(program: Program, trial: Trial, width: int) -> Program:
    made = program.with_layout(replace(program.layout, width=width))
    state = State(
        *([tf.constant(np.stack([array] * width)) for array in group] for group in trial.initial)
    )
    made.prepare(state, [np.full(width, number) for number in trial.numbers])
    return made
