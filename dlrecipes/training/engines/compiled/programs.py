"""The programs of an engine, one a structure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from dlrecipes.results import EngineChoice
from dlrecipes.training.engines.compiled.blueprint import Blueprint
from dlrecipes.training.engines.compiled.choose_program import ProgramChooser
from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.workload import Workload

# A program takes 9 to 40 MB; of structures that come once, the last ones are kept.
_KEPT = 32


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

    @property
    def widest(self) -> int | None:
        """How many members the widest of them trains; None without any."""
        return max((program.width for program in self._programs.values()), default=None)

    def of(
        self,
        blueprint: Blueprint,
        initial: State,
        numbers: Sequence[float],
        work: Workload,
        *,
        shared: bool,
        meanwhile: Callable[[], None],
    ) -> Program:
        """Return the program of a structure, compiled when it is asked for first.

        Args:
            blueprint: The structure.
            initial: A state to begin from.
            numbers: Values of the structure's numbers.
            work: What is to be trained with it.
            shared: Whether trials may share the order of the examples and the masks.
            meanwhile: Called while a program is compiled.

        Raises:
            Unsupported: If no program can be made.
        """
        program = self._programs.pop((blueprint.key, shared), None)
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
