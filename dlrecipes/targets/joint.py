"""Several numbers an example in one array: values, or labels that do not exclude each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import TargetForm, plural
from dlrecipes.targets.encode import EncodedTargets, encode_targets
from dlrecipes.targets.read_labels import are_one_hot


@dataclass(frozen=True)
class JointTargets:
    """The targets of an array `(examples, targets)`.

    Args:
        names: One a column.
        task: `"classification"`, of 0 and 1, or `"regression"`.
        dtype: How labels are handed to Keras; empty for values, which are float32.
    """

    names: tuple[str, ...]
    task: str
    dtype: str

    def encode(self, y: NDArray[Any]) -> EncodedTargets:
        """Return them encoded, a target a column.

        Args:
            y: `(examples, targets)`.

        Raises:
            DataError: If one is missing, or has nothing to learn.
        """
        missing = np.isnan(y.astype(np.float64)).any(axis=1)
        if missing.any():
            raise DataError(
                "An array of several targets must have each of them for every example.",
                received=f"{plural(int(missing.sum()), 'example')} with NaN, first in row "
                f"{int(np.argmax(missing))}",
                fix="Give them as {name: values}, where some may be missing, with an output each.",
            )
        columns = {name: y[:, at] for at, name in enumerate(self.names)}
        whole = encode_targets(columns, tasks=dict.fromkeys(self.names, self.task))
        form = TargetForm(dtype=self.dtype)
        return replace(whole, targets=tuple(replace(some, form=form) for some in whole.targets))


def find_joint(
    y: object, task: str | None = None, names: Iterable[str] | None = None
) -> JointTargets | None:
    """Return what the columns of an array are; None if it has one target, or one-hot labels.

    Args:
        y: Anything that is given as targets.
        task: `"classification"` or `"regression"`; None to tell it from the values: only 0 and 1
            are labels.
        names: One a column; None for those of a data frame, or `y0`, `y1`, …

    Raises:
        ArgumentError: If there is not one name a column, or the task is neither.
        DataError: If labels are others than 0 and 1.
    """
    try:
        array = np.asarray(y)
    except ValueError:  # rows of different lengths, which is said elsewhere
        return None
    if array.ndim != 2 or array.shape[1] < 2 or array.dtype.kind not in "biuf":
        return None
    if task != "regression" and are_one_hot(array):
        return None
    binary = bool(np.isin(array, (0, 1)).all())
    task = task or ("classification" if binary else "regression")
    if task not in ("classification", "regression"):
        raise ArgumentError(
            "An array of several targets holds values, or labels of 0 and 1.",
            received=f"task={task!r}",
            fix="Give them as {name: values} for targets of other kinds.",
        )
    if task == "classification" and not binary:
        raise DataError(
            "Labels of several classes an example must be 0 or 1.",
            received=f"y of shape {array.shape} with {array[~np.isin(array, (0, 1))][0]:g}",
            fix="Pass task='regression' for values, or {name: labels} for several targets.",
        )
    width = array.shape[1]
    given = names if names is not None else getattr(y, "columns", None)
    numbered = [f"y{at:0{len(str(width - 1))}d}" for at in range(width)]
    unique = tuple(map(str, numbered if given is None else list(given)))
    if len(unique) != width or len(set(unique)) != width:
        raise ArgumentError(
            "`classes` must name each column of the targets once.",
            received=f"{', '.join(unique)} for {plural(width, 'column')}",
        )
    dtype = {"f": "float32", "b": "bool"}.get(array.dtype.kind, "int32")
    return JointTargets(unique, task, dtype if task == "classification" else "")


def by_output(y: object, examples: Collection[int]) -> tuple[object, bool]:
    """Return targets that come as a list of arrays, one for each output of a model, by names.

    Args:
        y: Anything that is given as targets.
        examples: How many inputs there may be.

    Returns:
        `{"y0": array, "y1": array, …}` and True; all else as it is, and False; so is an array
        that comes alone in a list.
    """
    if not isinstance(y, list | tuple) or not y:
        return y, False
    shapes = [tuple(getattr(one, "shape", ())) for one in y]
    lengths = {shape[0] if shape else 0 for shape in shapes}
    # A list of rows has an array for each example.
    if len(lengths) > 1 or len(y) in lengths or not lengths <= set(examples):
        return y, False
    if len(y) == 1:
        return y[0], False
    return {f"y{at}": one for at, one in enumerate(y)}, True
