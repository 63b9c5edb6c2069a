"""One method, run once: what a fresh process does."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import keras

from dlrecipes.training.engines import describe_device
from measuring.choices import METHODS, Budget, TaskChoice
from measuring.score_over_time import ScoreOverTime
from measuring.tasks import Task, load_task

Method = Callable[[Task, Budget, Path, ScoreOverTime], dict[str, object]]


def run_method(method: str, choice: dict[str, Any], budget: dict[str, Any]) -> dict[str, object]:
    """Run a method once and say what it took and reached.

    The clock starts with the data in memory and TensorFlow's runtime started, and stops when
    the search returns: proposals, building, compiling, training, validating and everything that
    is written to disk are in it.

    Args:
        method: One of `METHODS`.
        choice: The fields of a `TaskChoice`.
        budget: The fields of a `Budget`.

    Returns:
        Seconds on the clock; those of all cores together, which show whether the machine stood
        still; finished trials, trained epochs, the best validation accuracy, every improvement as
        `[seconds, accuracy]`, the task's data and steps an epoch, the device.
    """
    task, spending = load_task(TaskChoice(**choice)), Budget(**budget)
    run = _find(method)  # imports its library, before the clock
    keras.utils.set_random_seed(spending.seed)
    with tempfile.TemporaryDirectory() as folder:
        scores = ScoreOverTime(spending.seconds)
        processor = time.process_time()
        found = run(task, spending, Path(folder), scores)
        seconds, processor = scores.elapsed, time.process_time() - processor
    return {
        "seconds": seconds,
        "cpu_seconds": processor,
        "best": scores.best,
        "improvements": scores.improvements,
        "source": task.source,
        "steps": task.steps,
        "device": describe_device(),
        **found,
    }


def _find(method: str) -> Method:
    module, _, function = METHODS[method].partition(":")
    return cast(Method, getattr(importlib.import_module(f"measuring.methods.{module}"), function))
