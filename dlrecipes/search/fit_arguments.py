"""What is handed to `keras.Model.fit`, as an engine takes it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Development, Split, from_arrays, keras_targets
from dlrecipes.errors import DlrecipesError
from dlrecipes.results import Objective, Stopping

_BATCH_SIZE = 32
_ONLY_FIT = {
    "shuffle": True,
    "initial_epoch": 0,
    "steps_per_epoch": None,
    "validation_steps": None,
    "validation_freq": 1,
}


class OnlyFit(Exception):
    """Nothing but `keras.Model.fit` can do what the arguments ask for; the message says what."""


@dataclass(frozen=True)
class FitArguments:
    """A training by an engine.

    Args:
        development: Training and validation data.
        epochs: Epochs.
        batch_size: Examples a batch.
        stopping: What ends the training before its last epoch.
    """

    development: Development
    epochs: int
    batch_size: int
    stopping: Stopping

    @classmethod
    def read(
        cls, args: Sequence[Any], kwargs: Mapping[str, Any], objective: Objective
    ) -> FitArguments:
        """Read the arguments of `keras.Model.fit`.

        Args:
            args: Those by position.
            kwargs: Those by name.
            objective: What trials are compared by; early stopping by it is taken over.

        Raises:
            OnlyFit: If an engine cannot train so.
            TypeError: If `fit` has no such argument.
        """
        bound = inspect.signature(keras.Model.fit).bind(None, *args, **kwargs)
        bound.apply_defaults()
        given = bound.arguments
        for name, default in _ONLY_FIT.items():
            if given[name] != default:
                raise OnlyFit(f"`{name}={given[name]!r}`")
        stopping = _stopping(given["callbacks"], objective)
        train, validation = _parts(given)
        return cls(
            development=_development(train, validation),
            epochs=int(given["epochs"]),
            batch_size=int(given["batch_size"] or _BATCH_SIZE),
            stopping=stopping,
        )

    def targets(self, rows: int) -> object:
        """Return the first targets as a network is given them.

        Args:
            rows: How many of them.
        """
        return keras_targets(self.development.train.y[:rows], self.development.model_spec)


Part = tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None]


def _stopping(callbacks: Any, objective: Objective) -> Stopping:  # noqa: ANN401  (Keras's)
    if callbacks is None:
        return Stopping()
    found: list[Stopping] = []
    for callback in callbacks if isinstance(callbacks, list | tuple) else [callbacks]:
        if type(callback) is keras.callbacks.TerminateOnNaN:
            continue  # so does every engine
        if type(callback) is not keras.callbacks.EarlyStopping:
            raise OnlyFit(f"the callback `{type(callback).__name__}`")
        if callback.monitor != objective.name or callback.mode not in ("auto", objective.direction):
            raise OnlyFit(
                f"early stopping by `{callback.monitor}`, where trials are compared by "
                f"`{objective.name}`"
            )
        plain = callback.baseline is None and not callback.start_from_epoch
        if not plain or callback.patience < 1:
            raise OnlyFit("early stopping by more than a patience")
        # Keras keeps it with the sign of its direction.
        found.append(Stopping(int(callback.patience), abs(float(callback.min_delta))))
    if len({one.min_delta for one in found}) > 1:
        raise OnlyFit("several ways of early stopping")
    return min(found, key=lambda one: one.patience or 0, default=Stopping())


def _parts(given: Mapping[str, Any]) -> tuple[Part, Part]:
    """Return what is trained on and what is validated on, each inputs, targets and weights."""
    x, y = _array("inputs", given["x"]), _array("targets", given["y"])
    weights = given["sample_weight"]
    weights = None if weights is None else _array("weights", weights)
    if len(x) != len(y):
        raise OnlyFit("inputs and targets of different lengths")
    held_out, fraction = given["validation_data"], given["validation_split"]
    if held_out is not None:
        if not isinstance(held_out, list | tuple) or len(held_out) not in (2, 3):
            raise OnlyFit(f"validation data as a {type(held_out).__name__}")
        xv, yv, *rest = held_out
        wv = _array("weights", rest[0]) if rest and rest[0] is not None else None
        validation = (_array("inputs", xv), _array("targets", yv), wv)
        train = (x, y, weights)
    elif fraction:
        at = math.floor(len(x) * (1 - fraction))  # as Keras does: the last examples
        train = (x[:at], y[:at], None if weights is None else weights[:at])
        validation = (x[at:], y[at:], None if weights is None else weights[at:])
    else:
        raise OnlyFit("a training without validation data")
    if not len(train[0]) or not len(validation[0]):
        raise OnlyFit("a part without examples")
    if given["class_weight"] is not None:
        if weights is not None:
            raise OnlyFit("weights of examples and of classes")
        train = (*train[:2], _class_weights(given["class_weight"], train[1]))
    return train, validation


def _array(what: str, values: object) -> NDArray[Any]:
    if isinstance(values, np.ndarray):
        return values
    if type(values).__module__.startswith("pandas.") or keras.ops.is_tensor(values):
        return np.asarray(values)
    raise OnlyFit(f"{what} as a {type(values).__name__}")


def _class_weights(class_weight: Mapping[int, float], y: NDArray[Any]) -> NDArray[Any]:
    classes = y.argmax(axis=-1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
    if len(classes) != len(y):
        raise OnlyFit("weights of classes for such targets")
    weights = np.ones(len(y), np.float32)
    for index, weight in class_weight.items():
        weights[np.round(classes).astype(int) == int(index)] = weight
    return weights


def _development(train: Part, validation: Part) -> Development:
    """Return both parts for an engine, bit for bit what `fit` would train on.

    Whole numbers may be read as labels, which are then counted from 0: the network would learn
    other ones than it was built for. As values they stay what they are.
    """
    reason = "the data are none that an engine takes as they are"
    for task in (None, "regression"):
        try:
            splits = from_arrays(
                *train[:2], validation=validation[:2], test=validation[:2], task=task
            )
        except DlrecipesError as error:
            reason = str(error)
            continue
        read = splits.development()
        spec = read.model_spec
        same = all(
            np.array_equal(part.array, x.astype(np.float32, copy=False))
            and _same_targets(keras_targets(part.y, spec), y)
            for part, (x, y, _) in ((read.train, train), (read.validation, validation))
        )
        if same:
            weighted = train[2] is not None or validation[2] is not None
            try:
                return replace(
                    read,
                    train=_weighted(read.train, train) if weighted else read.train,
                    validation=(
                        _weighted(read.validation, validation) if weighted else read.validation
                    ),
                )
            except DlrecipesError as error:
                reason = str(error)
    raise OnlyFit(reason)


def _same_targets(read: object, y: NDArray[Any]) -> bool:
    return (
        isinstance(read, np.ndarray)
        and y.dtype.kind in "biuf"
        and read.shape == y.shape
        and np.array_equal(read, y.astype(read.dtype, copy=False))
        and (y.dtype.kind not in "iu" or np.array_equal(y.astype(np.float64), read))
    )


def _weighted(part: Split, given: Part) -> Split:
    weights = given[2]
    return replace(
        part, sample_weight=np.ones(len(part), np.float32) if weights is None else weights
    )
