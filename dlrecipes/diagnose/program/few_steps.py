"""What it takes to train a network for a few steps, and to look at it meanwhile."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Program
from dlrecipes.training.moving_optimizers import without_scaling

_OF_VALUES = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")


def trainable(program: Program) -> Any:  # noqa: ANN401  (a compiled network)
    """Return what can be trained for a look: the model, or its copy where it has no weights yet."""
    if program.network is program.model:
        return program.model if program.model.trainable_variables else None
    copy, own = program.network, program.model.optimizer
    if not copy.trainable_variables:
        return None
    several = isinstance(without_scaling(program.model), keras.optimizers.MultiOptimizer)
    if not copy.compiled and several and not _has_patterns(program.model):
        return None  # a function may give the copy the very optimizers of the model
    if not copy.compiled:
        copy.compile(type(own).from_config(own.get_config()), program.model.loss)
    return copy


def _has_patterns(model: Any) -> bool:  # noqa: ANN401  (a compiled network)
    return isinstance(without_scaling(model)._optimizer_map, keras.optimizers.OptimizerMap)


def has_own_step(model: Any) -> bool:  # noqa: ANN401  (a compiled network)
    """Whether a network has a `train_step` of its user's."""
    return type(model).train_step is not keras.Model.train_step


def pick(program: Program, rows: NDArray[np.int64]) -> tuple[Any, Any]:
    """Return inputs and targets of some examples, as they were handed over."""

    def some(one: Any) -> Any:  # noqa: ANN401
        return np.asarray(one)[rows]

    return (
        keras.tree.map_structure(some, program.given[0]),
        keras.tree.map_structure(some, program.given[1]),
    )


def as_tensors(x: Any) -> Any:  # noqa: ANN401
    """Return inputs in any structure of arrays as tensors."""
    return keras.tree.map_structure(keras.ops.convert_to_tensor, x)


def weights_of(program: Program, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Return the arguments of `train_on_batch` that weigh some examples as `fit` would.

    Args:
        program: The training.
        rows: Numbers of the examples.
    """
    given = {}
    if program.fit.get("class_weight") is not None:
        given["class_weight"] = program.fit["class_weight"]
    elif program.fit.get("sample_weight") is not None:
        given["sample_weight"] = keras.tree.map_structure(
            lambda one: np.asarray(one)[rows], program.fit["sample_weight"]
        )
    return given


def train_on(
    model: Any,  # noqa: ANN401  (a compiled network)
    given: tuple[Any, Any],
    weights: Mapping[str, Any] | None = None,
) -> float:
    """Take one step, and return the loss before it.

    As `fit`, and unlike `train_on_batch`, it hands `(x, y)` to a `train_step` of the user's own
    where there are no weights.

    Args:
        model: What is trained.
        given: Inputs and targets of a batch.
        weights: What `weights_of` returned for it.
    """
    if weights:
        return _first_loss(model.train_on_batch(*given, **weights))
    model._maybe_symbolic_build(data_batch=(*given, None))
    model.make_train_function()
    model.reset_metrics()
    return _first_loss(model.train_function(iter([given])))


def evaluate_on(model: Any, given: tuple[Any, Any]) -> float:  # noqa: ANN401  (a compiled network)
    """Return the loss of some examples, not training.

    Args:
        model: What is trained.
        given: Their inputs and targets.
    """
    model._maybe_symbolic_build(data_batch=(*given, None))
    model.make_test_function()
    model.reset_metrics()
    return _first_loss(model.test_function(iter([given])))


def _first_loss(logs: Any) -> float:  # noqa: ANN401  (numbers by name, in a list, or one)
    if isinstance(logs, Mapping):
        logs = logs["loss"] if "loss" in logs else next(iter(logs.values()))
    return float(
        np.ravel(keras.ops.convert_to_numpy(logs[0] if isinstance(logs, list) else logs))[0]
    )


def of_any_scale(program: Program) -> bool:
    """Whether the only output can give targets of any scale, so that they may be standardised.

    Args:
        program: The training.
    """
    if len(program.outputs) > 1:
        return False
    (output,) = program.outputs
    values = output.classes is None and output.targets.dtype.kind in "biuf"
    return values and output.activation == "linear" and output.loss_name in _OF_VALUES


def mean_and_deviation(values: NDArray[Any]) -> tuple[float, float]:
    """Return what standardises values; a deviation of 1 where they are all the same.

    Args:
        values: Finite ones of any shape.
    """
    return float(np.mean(values)), float(np.std(values)) or 1.0


class Stopwatch:
    """Measures what steps take, of which what other processes take of a busy machine is no part."""

    def __init__(self) -> None:
        self._start = time.monotonic(), time.process_time()

    @property
    def seconds(self) -> float:
        """Seconds since it was made: of the clock, or of the processors where those are fewer."""
        clock, processors = self._start
        return min(time.monotonic() - clock, time.process_time() - processors)


def spread_rows(examples: int, count: int) -> NDArray[np.int64]:
    """Return numbers of examples, evenly from the first to the last, at most `count`."""
    rows: NDArray[np.int64] = np.linspace(0, examples - 1, min(examples, count)).astype(np.int64)
    return rows


@contextmanager
def quietly() -> Iterator[None]:
    """Let Keras warn nobody: what is wrong is said as a finding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
