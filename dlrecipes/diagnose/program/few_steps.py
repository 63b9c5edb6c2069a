"""What it takes to train a network for a few steps, and to look at it meanwhile."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Program


def trainable(program: Program) -> Any:  # noqa: ANN401  (a compiled network)
    """Return what can be trained for a look: the model, or its copy where it has no weights yet."""
    if program.network is program.model:
        return program.model if program.model.trainable_variables else None
    copy, own = program.network, program.model.optimizer
    if not copy.trainable_variables:
        return None
    if not copy.compiled:
        copy.compile(type(own).from_config(own.get_config()), program.model.loss)
    return copy


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


def first_loss(logs: Any) -> float:  # noqa: ANN401  (a number, or a list that begins with one)
    """Return the loss from what `train_on_batch` or `test_on_batch` gives back."""
    return float(np.ravel(logs)[0])


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
