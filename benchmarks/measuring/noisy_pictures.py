"""Made-up pictures and a run on them: what a fresh process of `first_half_hour.py` measures."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import dlrecipes as dlr
from dlrecipes.results import TrialRecord
from dlrecipes.search import Listener


class _Clock(Listener):
    """Notes when something is said."""

    def __init__(self) -> None:
        self.began = self.said = time.monotonic()
        self.first_trial: float | None = None
        self.phases: list[dict[str, Any]] = []
        self._last = "start"
        self._begin("start")

    def _begin(self, name: str) -> None:
        entry = {"name": name, "seconds": 0.0, "silent": 0.0, "after": ""}
        self.phases.append(entry)

    def hear(self, what: str) -> None:
        now = time.monotonic()
        phase = self.phases[-1]
        phase["seconds"] += now - self.said
        if now - self.said > phase["silent"]:
            phase["silent"], phase["after"] = now - self.said, self._last
        self.said, self._last = now, what

    def begin(self, name: str) -> None:
        self.hear(name)
        self._begin(name)

    def on_phase(self, name: str) -> None:
        self.begin(name)

    def on_step(self, name: str) -> None:
        self.hear(name)

    def on_note(self, line: str) -> None:
        self.hear(line)

    def on_stage(self, name: str, trials: int, done: int) -> None:
        self.hear(f"stage {name}")

    def on_epoch(self, stage: str, trial: int, epoch: int, epochs: int, best: float) -> None:
        self.hear(f"epoch of {stage}")

    def on_trial(self, record: TrialRecord) -> None:
        self.hear(f"trial of {record.stage}")
        self.first_trial = self.first_trial or time.monotonic() - self.began


def _make(examples: int, columns: int, classes: int, seed: int) -> tuple[Any, Any]:
    """Return float32 inputs `(examples, columns)` of noise with faint centres, and their names."""
    import numpy as np

    generator = np.random.default_rng(seed)
    centres = 0.1 * generator.normal(size=(classes, columns))
    y = generator.integers(0, classes, examples)
    x = np.empty((examples, columns), "float32")
    for start in range(0, examples, 10_000):
        rows = slice(start, start + 10_000)
        x[rows] = centres[y[rows]] + generator.normal(size=(len(y[rows]), columns))
    # Many whole numbers would be taken for values.
    return x, np.char.add("class ", y.astype(str))


def _build(classes: int) -> Any:  # noqa: ANN401  (a builder)
    import keras

    def build(hp: Any) -> Any:  # noqa: ANN401  (of KerasTuner)
        model = keras.Sequential(
            [
                keras.layers.Dense(hp.Choice("units", [32, 64]), activation="relu"),
                keras.layers.Dense(classes, activation="softmax"),
            ]
        )
        rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
        optimizer = keras.optimizers.Adam(rate)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return build


def run_dlrecipes(  # noqa: PLR0913  (the sizes of a task)
    examples: int, columns: int, classes: int, trials: int, epochs: int, seed: int
) -> dict[str, object]:
    """Carry out a whole run: search, refits, test set, exports, report.

    Returns:
        `first_trial` and `seconds` of the whole from `dlr.tune` on; `phases`, each with its name,
        its seconds, the longest time that nothing was said, and what was said before that; the
        baselines' scores and notes.
    """
    x, y = _make(examples, columns, classes, seed)
    splits = dlr.data.from_arrays(x, y)

    with tempfile.TemporaryDirectory() as folder:
        settings = dlr.RunSettings(out=Path(folder) / "run")
        plan = dlr.CoarseToFine(trials=trials, epochs=epochs)
        clock = _Clock()
        run = dlr.tune(_build(classes), splits, "val_accuracy", plan, settings, listener=clock)
        clock.begin("test set")
        run.open_test_set("a benchmark")
        clock.begin("exports and report")
        run.finish()
        clock.hear("end")
        result = run.result
    return {
        "first_trial": clock.first_trial,
        "seconds": time.monotonic() - clock.began,
        "phases": clock.phases,
        "trials": sum(stage.trials.completed + stage.trials.pruned for stage in result.stages),
        "baselines": {
            name: {"accuracy": found.validation.get("accuracy"), "note": found.note}
            for name, found in result.baselines.items()
        },
    }


def run_keras_tuner(  # noqa: PLR0913  (the sizes of a task)
    examples: int, columns: int, classes: int, trials: int, epochs: int, seed: int
) -> dict[str, object]:
    """Search with KerasTuner's random search: no baselines, refits, exports or report.

    Returns:
        `seconds` of the search.
    """
    import keras_tuner

    x, y = _make(examples, columns, classes, seed)
    data = dlr.data.from_arrays(x, y).development()
    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.RandomSearch(
            _build(classes), "val_accuracy", max_trials=trials, directory=folder, seed=seed
        )
        start = time.monotonic()
        tuner.search(
            data.train.x,
            data.train.y,
            validation_data=(data.validation.x, data.validation.y),
            epochs=epochs,
            verbose=0,
        )
        seconds = time.monotonic() - start
    return {"seconds": seconds}
