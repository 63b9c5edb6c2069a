"""Which program trains a structure: found out by timing a few real steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.results import EngineChoice
from dlrecipes.training.engines.compiled.blueprint import Blueprint
from dlrecipes.training.engines.compiled.device_data import DeviceData
from dlrecipes.training.engines.compiled.leaves import all_layers
from dlrecipes.training.engines.compiled.map_members import Layout
from dlrecipes.training.engines.compiled.member import State
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.engines.compiled.workload import (
    COMPILE_SECONDS,
    FASTEST_STEP,
    Workload,
    count_cores,
    estimate_step_seconds,
    on_gpu,
)
from dlrecipes.training.outcome import headline
from dlrecipes.training.stopwatch import timed

# No batched form over filters, or over a recurrent layer's loop.
_NOT_STACKED = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D, keras.layers.RNN)
_MOST_MEMBERS, _FEWEST_MEMBERS = 32, 8
# Weights and two slots of an optimizer, in bytes, that still lie in a processor's cache.
_CACHE_BYTES = 24e6
# Trying other ways may cost this share of the time that the first way would take, and no more
# than so many seconds.
_BUDGET = 0.05
_MOST_SECONDS = 5.0
# A first look decides whether others are timed at all; then the times are compared.
_GLANCE_SECONDS, _TIMED_SECONDS = 0.05, 0.25
_NEARLY = 1.1
_TOO_MUCH = (tf.errors.OpError, MemoryError)


@dataclass
class _Candidate:
    program: Program
    compile_seconds: float
    step_seconds: float

    def seconds(self, work: Workload) -> float:
        """Time for all the work, compilation left out."""
        calls = -(-work.trials // self.program.width)
        per_trial = calls * self.program.width / work.trials
        steps = work.trials * work.epochs * self.program.steps
        return steps * self.step_seconds * per_trial


class ProgramChooser:
    """Makes the program of each structure.

    Args:
        engine: `"population"`, `"resident"`, or `"auto"` to choose by timing.
        train: Training data on the device.
        validation: Validation data on the device.
        workers: Programs that run at the same time.
        recorded: Earlier choices, which hold for a resumed run.
        on_step: Hears what is compiled or timed now.
    """

    def __init__(
        self,
        engine: str,
        train: DeviceData,
        validation: DeviceData,
        workers: int,
        recorded: Sequence[EngineChoice] = (),
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        self._engine = engine
        self._train, self._validation = train, validation
        self._workers = workers
        self._on_step = on_step
        self._recorded = {choice.structure: choice for choice in recorded}

    def choose(
        self,
        blueprint: Blueprint,
        initial: State,
        numbers: Sequence[float],
        work: Workload,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> tuple[Program, EngineChoice]:
        """Return a structure's program, compiled, and the choice to be recorded.

        Args:
            blueprint: The structure.
            initial: A state to begin from.
            numbers: Values of the structure's numbers.
            work: What is to be trained.
            meanwhile: Called while the first program is compiled.

        Raises:
            Unsupported: If no program can be made.
        """
        self._on_step(_compiling(work))
        start = _Start(blueprint, initial, list(numbers), meanwhile)
        before = self._recorded.get(blueprint.key)
        if before is not None:
            layout = Layout(before.members, before.engine == "population", before.xla)
            if not layout.stacked:
                layout = self._single(work)
            return self._make(start, layout).program, before
        candidates = self._candidates(start, work)
        fastest = min(candidate.seconds(work) for candidate in candidates)
        near = [
            candidate for candidate in candidates if candidate.seconds(work) <= _NEARLY * fastest
        ]
        # A narrow program leaves fewer rows empty when trials are pruned.
        best = min(near, key=lambda candidate: candidate.program.width)
        timed = {
            str(candidate.program.layout): 1000 * candidate.step_seconds
            for candidate in candidates
            if candidate.step_seconds
        }
        return best.program, EngineChoice(
            structure=blueprint.key,
            engine=best.program.layout.engine,
            members=best.program.layout.width,
            xla=best.program.layout.xla,
            reason=self._reason(blueprint, candidates, work),
            milliseconds=timed,
            compile_seconds=best.compile_seconds,
        )

    def alone(
        self,
        blueprint: Blueprint,
        initial: State,
        numbers: Sequence[float],
        work: Workload,
        shapes: State | None = None,
    ) -> Program:
        """Return a program for trainings that share nothing with others.

        Args:
            blueprint: The structure.
            initial: A state to begin from.
            numbers: Values of the structure's numbers.
            work: What is to be trained.
            shapes: Those of the states of the structure's family, if it is to serve all of it.

        Raises:
            Unsupported: If no program can be made.
        """
        self._on_step(_compiling(work))
        start = _Start(blueprint, initial, list(numbers), lambda: None, shapes)
        return self._make(start, self._single(work)).program

    def _candidates(self, start: _Start, work: Workload) -> list[_Candidate]:
        stackable = _stackable(start.blueprint)
        alone = work.trials == 1 or not start.blueprint.examined
        if self._engine == "resident" or not stackable or alone:
            return [self._make(start, self._single(work))]
        if self._engine == "auto" and self._is_little(start.blueprint, work):
            return [self._make(start, self._single(work))]
        width = _width(start.blueprint, work.trials)
        try:
            first = self._make(start, Layout(width, stacked=True, xla=True))
        except Unsupported:
            return [self._make(start, self._single(work))]
        candidates = [first]
        if self._engine == "population":
            return candidates
        # Another way costs about what the first did to compile; not trying it costs nothing.
        if first.compile_seconds > 2 * _BUDGET * self._estimate(start.blueprint, work):
            return candidates
        self._on_step("timing the programs that could train this structure")
        self._time(start, first, _GLANCE_SECONDS)
        budget = min(_MOST_SECONDS, _BUDGET * first.seconds(work))
        for layout in self._others(first, work):
            if first.compile_seconds > budget:
                break
            began = time.perf_counter()
            try:
                other = self._make(start, layout)
                self._time(start, other, _TIMED_SECONDS)
            except (Unsupported, *_TOO_MUCH):
                continue
            budget -= time.perf_counter() - began
            candidates.append(other)
        if len(candidates) > 1:
            self._time(start, first, _TIMED_SECONDS)
        return candidates

    def _is_little(self, blueprint: Blueprint, work: Workload) -> bool:
        """Whether a population would not save what XLA takes longer to compile."""
        return self._steps(blueprint, work) * FASTEST_STEP < COMPILE_SECONDS

    def _estimate(self, blueprint: Blueprint, work: Workload) -> float:
        step = estimate_step_seconds(blueprint.parameters, blueprint.batch_size)
        return self._steps(blueprint, work) * step

    def _steps(self, blueprint: Blueprint, work: Workload) -> int:
        batches = -(-len(self._train) // min(blueprint.batch_size, len(self._train)))
        return work.trials * work.epochs * batches

    def _others(self, first: _Candidate, work: Workload) -> Iterator[Layout]:
        width = first.program.width
        if first.step_seconds > FASTEST_STEP:
            yield self._single(work)
        other = width * 2 if width < _MOST_MEMBERS else width // 2
        yield Layout(other, stacked=True, xla=True)
        yield Layout(width, stacked=True)

    def _single(self, work: Workload) -> Layout:
        """Return how one member is trained, beside others or with all cores for itself."""
        if on_gpu():
            return Layout()
        callers = min(self._workers, work.trials + work.beside)
        return Layout(threads=max(1, count_cores() // callers))

    def _make(self, start: _Start, layout: Layout) -> _Candidate:
        """Make a program and run one step of it, which traces and compiles everything.

        Raises:
            Unsupported: If that cannot be done.
        """
        began = time.perf_counter()
        blueprint = start.blueprint
        program = Program(
            blueprint.first or blueprint.member,
            blueprint.metrics,
            self._train,
            self._validation,
            blueprint.batch_size,
            layout,
            start.shapes,
        )
        try:
            program.prepare(*start.stacked(layout.width), start.take_meanwhile())
        except _TOO_MUCH as error:
            raise Unsupported(f"{type(error).__name__}: {headline(error)}") from error
        return _Candidate(program, time.perf_counter() - began, 0.0)

    @timed("timing")
    def _time(self, start: _Start, candidate: _Candidate, least: float) -> None:
        """Measure a step of one member, with all workers at it, for so many seconds."""
        program = candidate.program
        state, numbers = start.stacked(program.width)
        with ThreadPoolExecutor(self._workers) as pool:

            def seconds(steps: int) -> float:
                began = time.perf_counter()
                list(
                    pool.map(
                        lambda seed: program.train(state, numbers, seed, steps),
                        range(self._workers),
                    )
                )
                return time.perf_counter() - began

            few = min(2, program.steps)
            seconds(few)
            many = int(few * max(1.0, least / seconds(few)))
            many = max(few, min(many, program.steps))
            measured = min(seconds(many) for _ in range(2))
        candidate.step_seconds = measured / (many * program.width * self._workers)

    def _reason(
        self, blueprint: Blueprint, candidates: Sequence[_Candidate], work: Workload
    ) -> str:
        if self._engine in ("resident", candidates[0].program.layout.engine):
            return "asked for"
        if not _stackable(blueprint):
            return "it has layers without a batched form over members"
        if work.trials == 1:
            return "a single trial"
        if self._engine == "auto" and self._is_little(blueprint, work):
            return "too little work to be worth compiling a population"
        if len(candidates) == 1 and not candidates[0].program.layout.stacked:
            return "it has no batched form over members"
        if len(candidates) == 1:
            return "other ways would take longer to compile than they could save"
        return "the fastest of those timed"


class _Start:
    """Where a program begins."""

    def __init__(
        self,
        blueprint: Blueprint,
        initial: State,
        numbers: list[float],
        meanwhile: Callable[[], None],
        shapes: State | None = None,
    ) -> None:
        self.blueprint = blueprint
        self.shapes = shapes
        self._meanwhile = meanwhile
        self._initial = initial
        self._numbers = numbers

    def take_meanwhile(self) -> Callable[[], None]:
        """Return what can be done while the first program is compiled, once."""
        taken, self._meanwhile = self._meanwhile, lambda: None
        return taken

    def stacked(self, width: int) -> tuple[State, list[np.ndarray]]:
        """Return the same state and numbers for `width` members."""
        state = State(
            *(
                [tf.constant(np.stack([array] * width)) for array in group]
                for group in self._initial
            )
        )
        return state, [np.full(width, number) for number in self._numbers]


def _compiling(work: Workload) -> str:
    if work.trials == 1:
        return "compiling a program for one trial"
    return f"compiling one program for {work.trials} trials of one structure"


def _stackable(blueprint: Blueprint) -> bool:
    return not any(isinstance(layer, _NOT_STACKED) for layer in all_layers(blueprint.member.model))


def _width(blueprint: Blueprint, trials: int) -> int:
    """Return a number of members whose weights still fit into the cache, a power of two."""
    most = min(_MOST_MEMBERS, max(_FEWEST_MEMBERS, _CACHE_BYTES / (16 * blueprint.parameters)))
    width = 1
    while width * 2 <= most and width < trials:
        width *= 2
    return width
