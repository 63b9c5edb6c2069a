"""How a process grows from trial to trial: what a fresh process measures."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import keras
import keras_tuner

from dlrecipes.models import build_mlp
from dlrecipes.results import DataSpec, Plan, Stage, TrialRecord
from dlrecipes.search import Listener
from measuring.choices import Budget, TaskChoice
from measuring.engine_notes import EngineNotes
from measuring.methods.dlrecipes_methods import run_search
from measuring.scripted_source import ScriptedSource, make_jobs
from measuring.tasks import load_task, make_builder

_NARROWEST, _WIDER = 16, 4


class _MemoryListener(Listener):
    """Notes the process's memory whenever a trial is stored."""

    def __init__(self) -> None:
        self.sizes: list[float] = []
        self.engines: set[str] = set()

    def on_trial(self, record: TrialRecord) -> None:
        self.sizes.append(resident_mb())
        self.engines.add(record.engine)


def one_structure(engine: str, trials: int, epochs: int) -> dict[str, object]:
    """Search the digits' perceptron at random, as a user's run does, journal included.

    Returns:
        `sizes`, the memory in MB after each trial, and the engines that trained.
    """
    task = load_task(TaskChoice("digits_mlp_deep"))
    plan = Plan((Stage("search", trials, epochs, sampler="random", pruner="none"),))
    listener = _MemoryListener()
    budget = Budget(trials, epochs, seed=0, engine=engine)
    with tempfile.TemporaryDirectory() as folder:
        run_search(task, plan, budget, Path(folder), listener, EngineNotes())
    return {"sizes": listener.sizes, "engines": ", ".join(sorted(listener.engines))}


def many_structures(engine: str, structures: int, each: int, epochs: int) -> dict[str, object]:
    """Train perceptrons of several widths on the digits, one after the other in one engine.

    Returns:
        `sizes`, the memory in MB after each structure, and the engines that trained.
    """
    task = load_task(TaskChoice("digits_mlp_deep"))
    widest = _NARROWEST + _WIDER * structures

    def network(spec: DataSpec, hp: keras_tuner.HyperParameters) -> keras.Model:
        units = hp.Int("units", _NARROWEST, widest)
        return build_mlp(spec.input_shape, spec.outputs, hidden_units=(units, units))

    build = make_builder(network, task.development.model_spec, jit=False)
    trainer = EngineNotes().make_engine(engine, task.development)
    sizes: list[float] = []
    engines: set[str] = set()
    for structure in range(structures):
        values = [
            {
                "units": _NARROWEST + _WIDER * structure,
                "learning_rate": 1e-3 * (1 + trial / each),
                "weight_decay": 1e-4,
            }
            for trial in range(each)
        ]
        source = ScriptedSource(make_jobs(build, values, epochs=epochs, batch_size=task.batch_size))
        trainer.run(source)
        if source.error:
            raise RuntimeError(source.error)
        sizes.append(resident_mb())
        engines |= source.engines
    return {"sizes": sizes, "engines": ", ".join(sorted(engines))}


def resident_mb() -> float:
    """Return this process's resident memory in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
