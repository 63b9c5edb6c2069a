"""What a training step of one member costs in an engine: what a fresh process measures."""

from __future__ import annotations

import math
import time
from statistics import median

import keras
import keras_tuner
import numpy as np

from dlrecipes.data import Development
from dlrecipes.models import build_mlp
from dlrecipes.results import DataSpec
from dlrecipes.training.engines import Engine, describe_device
from measuring.engine_notes import EngineNotes
from measuring.flops import count_training_flops, measure_peak
from measuring.scripted_source import ScriptedSource, make_jobs
from measuring.tasks import NETWORKS, Build, make_builder, make_development

_VALIDATION = 64  # examples: the cost of evaluating is hardly in an epoch
_INPUT_SHAPES = {
    "digits_mlp_deep": (8, 8, 1),
    "fashion_mlp": (28 * 28,),
    "digits_cnn": (8, 8, 1),
    "small_resnet": (28, 28, 1),
}
_MOST_EPOCHS = 4096
_GROWTH = 8


def measure_cost(
    engine: str,
    shape: str,
    batch_size: int,
    members: int,
    steps: int,
    work_epochs: int,
    seconds: float,
    repeats: int,
) -> dict[str, object]:
    """Measure the steady cost of a step, and what a run costs besides.

    Steady is half of what twice the epochs take longer, so that building, tracing, compiling and
    initial weights cancel. The data are random: their values do not matter.

    Args:
        engine: The engine's name.
        shape: A task's name, or the widths of a perceptron without dropout: `784-32-16-10`.
        batch_size: Examples a batch.
        members: Trainings.
        steps: Steps an epoch.
        work_epochs: Epochs that the first run's trainings announce, and of which they do one:
            what `auto` decides for.
        seconds: How long the difference should be at least.
        repeats: Number of differences; their median counts.

    Returns:
        `ms` a member-step, `first_seconds` of the first run besides its steps, `later_seconds` of
        a later one, GFLOP of a step, GFLOP/s of the machine, the engines that trained and why;
        or `error`.
    """
    build, development = _load(shape, steps * batch_size)
    runner = _Runner(engine, build, development, batch_size, members)
    first = runner.run(work_epochs, one_epoch=True)
    if runner.error:
        return {"error": runner.error}
    epochs = 1
    while True:
        once, twice = runner.run(epochs), runner.run(2 * epochs)
        if twice - once >= seconds or epochs == _MOST_EPOCHS:
            break
        wanted = epochs * seconds / max(twice - once, 1e-6)
        epochs = min(math.ceil(1.2 * wanted), _GROWTH * epochs, _MOST_EPOCHS)
    pairs = [(once, twice)]
    pairs += [(runner.run(epochs), runner.run(2 * epochs)) for _ in range(repeats - 1)]
    epoch = median(twice - once for once, twice in pairs) / epochs
    hp = keras_tuner.HyperParameters()
    return {
        "ms": 1000 * epoch / (steps * members),
        "first_seconds": first - epoch,
        "later_seconds": median(once for once, _ in pairs) - epochs * epoch,
        "members": members,
        "epochs": epochs,
        "engines": runner.engines,
        "choices": runner.notes.choices,
        "notes": runner.notes.lines,
        "gflop": count_training_flops(build(hp), batch_size) / 1e9,
        "peak_gflop_per_second": measure_peak() / 1e9,
        "device": describe_device(),
    }


class _Runner:
    """Runs the same jobs with other numbers of epochs through one engine."""

    def __init__(
        self, engine: str, build: Build, development: Development, batch_size: int, members: int
    ) -> None:
        self._name = engine
        self._build = build
        self._development = development
        self._batch_size = batch_size
        # Rates that move every member differently and none far.
        self._values = [
            {"dropout": 0.2, "learning_rate": 1e-4 * (1 + at / members), "weight_decay": 1e-4}
            for at in range(members)
        ]
        self._engine: Engine | None = None
        self.notes = EngineNotes()
        self.error = ""
        self.engines = ""

    def run(self, epochs: int, *, one_epoch: bool = False) -> float:
        """Return the seconds that all jobs took; the first run makes the engine, too."""
        source = ScriptedSource(
            make_jobs(self._build, self._values, epochs=epochs, batch_size=self._batch_size),
            one_epoch=one_epoch,
        )
        start = time.perf_counter()
        if self._engine is None:
            self._engine = self.notes.make_engine(self._name, self._development)
        self._engine.run(source)
        seconds = time.perf_counter() - start
        self.error, self.engines = source.error, ", ".join(sorted(source.engines))
        return seconds


def _load(shape: str, examples: int) -> tuple[Build, Development]:
    generator = np.random.default_rng(0)
    total = examples + _VALIDATION
    if shape in NETWORKS:
        size, network = _INPUT_SHAPES[shape], NETWORKS[shape]
    else:
        inputs, *hidden, outputs = (int(width) for width in shape.split("-"))
        size = (inputs,)

        def network(spec: DataSpec, hp: keras_tuner.HyperParameters) -> keras.Model:
            return build_mlp(spec.input_shape, outputs, hidden_units=hidden)

    x = generator.normal(size=(total, *size)).astype(np.float32)
    y = generator.integers(0, 10, total).astype(np.int32)
    development = make_development(x, y, _VALIDATION / total)
    return make_builder(network, development.model_spec, jit=False), development
