"""A `tf.data.Dataset`, a `PyDataset` or a generator in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.data.parts.several_inputs import Inputs
from dlrecipes.errors import DataError

MOST_MEGABYTES = 4000.0
_BATCH = 256


@dataclass(frozen=True, eq=False)
class Examples:
    """What a data set holds.

    Args:
        x: Inputs `(examples, …)`; None where they are named columns.
        y: Targets, `(examples,)` or as they came; of several targets `{name: either}`.
        target_list: Whether several targets came by position; their names are `y0`, `y1`, …
        weight: Weights, `(examples,)`, or None.
        columns: `{name: values (examples,)}`; None where the inputs are something else.
    """

    x: NDArray[Any] | Inputs | None
    y: NDArray[Any] | dict[str, NDArray[Any]]
    weight: NDArray[np.float32] | None = None
    columns: dict[str, NDArray[Any]] | None = None
    target_list: bool = False

    def __len__(self) -> int:
        return len(next(iter(self.y.values())) if isinstance(self.y, dict) else self.y)

    @property
    def given_targets(self) -> object:
        """The targets in the structure in which they came."""
        by_position = self.target_list and isinstance(self.y, dict)
        return list(self.y.values()) if by_position else self.y  # type: ignore[union-attr]

    @property
    def megabytes(self) -> float:
        """About how much memory they take."""
        targets = list(self.y.values()) if isinstance(self.y, dict) else [self.y]
        columns = list((self.columns or {}).values())
        inputs = self.x.nbytes if isinstance(self.x, Inputs) else 0
        single = [self.x] if isinstance(self.x, np.ndarray) else []
        return (inputs + sum(map(_bytes, [*targets, *single, *columns]))) / 1e6


def read_dataset(
    what: str,
    dataset: object,
    most_megabytes: float = MOST_MEGABYTES,
    taken: float = 0.0,
    *,
    as_inputs: bool = False,
    as_column: bool = False,
) -> Examples:
    """Return all examples of a data set.

    Args:
        what: What to call it in messages.
        dataset: A finite data set of `(x, y)` or `(x, y, weight)`, in batches or not; `x` is an
            array, a text, a dictionary of numbers and texts, or a dictionary or tuple of several
            inputs; `y` an array, or a dictionary or tuple of several targets. A
            `keras.utils.PyDataset` and a generator give batches.
        most_megabytes: Limit of the size in memory, above 0.
        taken: What of it others take, in megabytes.
        as_inputs: Whether a dictionary of numbers and texts is several inputs, not a table.
        as_column: Whether a text an example is the column `text` of a table.

    Raises:
        DataError: If it is infinite, empty, too large, cannot be read, or holds something else.
    """
    check_real("most_megabytes", most_megabytes, 0, low_open=True)
    if isinstance(dataset, keras.utils.PyDataset | Iterator):
        dataset = _of_batches(what, dataset)
    if not isinstance(dataset, tf.data.Dataset):
        raise DataError(
            f"`{what}` must be a tf.data.Dataset, a keras.utils.PyDataset or a generator.",
            received=type(dataset).__name__,
            fix="Arrays go through `from_arrays`, tables through `from_table`.",
        )
    if int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise DataError(
            "A data set must have an end: it is read once, as a whole.",
            received=f"an infinite {what} data set",
            fix="Leave out `.repeat()`; the engines repeat it. Or cut it: `.take(number)`.",
        )
    if not _is_batched(what, dataset.element_spec):
        dataset = dataset.batch(_BATCH)
    elements = _read_all(what, dataset, most_megabytes, taken)
    if not elements:
        raise DataError(
            "A data set must have at least one example.", received=f"an empty {what} data set"
        )
    parts = [_joined(what, [element[at] for element in elements]) for at in range(len(elements[0]))]
    x, y = parts[0], parts[1]
    by_position = isinstance(y, tuple)
    if by_position:
        y = {f"y{at}": one for at, one in enumerate(y)}
    examples = len(next(iter(y.values())) if isinstance(y, dict) else y)
    several = isinstance(x, tuple) or (
        isinstance(x, dict) and (as_inputs or any(values.ndim > 1 for values in x.values()))
    )
    weight = _weight(what, parts[2], examples) if len(parts) > 2 else None
    if several:
        return Examples(Inputs(x), y, weight, target_list=by_position)
    if not isinstance(x, dict):
        if x.dtype != object or not as_column:
            return Examples(x, y, weight, target_list=by_position)
        x = {"text": x}
    return Examples(None, y, weight, x, target_list=by_position)


def _is_batched(what: str, spec: object) -> bool:
    """Return whether the elements are batches, which their shapes tell."""
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        raise DataError(
            "The elements of a data set must be (x, y) or (x, y, weight).",
            received=f"{_shown(spec)} in the {what} data set",
            fix="Map it first: dataset.map(lambda row: (row['image'], row['label'])).",
        )
    x, y = spec[0], spec[1]
    inputs = _leaves(x)
    targets = _leaves(y)
    for tensor in (*inputs, *targets, *spec[2:]):
        if not isinstance(tensor, tf.TensorSpec):
            raise DataError(
                "Examples must be arrays of one shape: no ragged, sparse or nested ones.",
                received=f"{_shown(tensor)} in the {what} data set",
                fix="Pad them first: dataset.map(lambda x, y: (x.to_tensor(), y)).",
            )
        if tensor.shape.rank is None:
            raise DataError(
                "The shapes of a data set must be known.",
                received=f"{_shown(tensor)} in the {what} data set",
                fix="Say what they are: tf.ensure_shape, or output_signature of from_generator.",
            )
    if not inputs:
        raise DataError("A table must have at least one column.", received=f"{what}: no features")
    if not targets:
        raise DataError("There must be at least one target.", received=f"{what}: no target")
    if any(tensor.shape.rank == 0 for tensor in (*inputs, *targets)):
        return False
    leading = {tensor.shape[0] for tensor in (*inputs, *targets)}
    # A single number or a one-hot label for each example has another length than an image.
    flat = all(tensor.shape.rank == 1 for tensor in targets)
    return leading == {None} or (len(leading) == 1 and flat)


def _leaves(x: object) -> list[Any]:
    """Return the tensors of inputs or targets, which may be a dictionary or a tuple of them."""
    if isinstance(x, dict):
        return list(x.values())
    return list(x) if isinstance(x, tuple) else [x]


def _of_batches(what: str, batches: Any) -> tf.data.Dataset:  # noqa: ANN401
    """Return what a `PyDataset` or a generator gives, each item one batch, as a data set."""
    if isinstance(batches, keras.utils.PyDataset):
        count = batches.num_batches
        if count is None:
            raise DataError(
                "A data set must have an end: it is read once, as a whole.",
                received=f"a {what} PyDataset without a number of batches",
                fix="Give it a `__len__`.",
            )
        given = (batches[number] for number in range(count))
    else:
        given = batches
    first = next(given, None)
    if not isinstance(first, tuple):
        raise DataError(
            "Batches must be (x, y) or (x, y, weight).",
            received=f"{type(first).__name__} as the first of the {what} part",
        )
    signature = keras.tree.map_structure(_spec_of, _with_tuples(first))

    def every() -> Iterator[Any]:
        for batch in chain([first], given):
            yield keras.tree.map_structure(np.asarray, _with_tuples(batch))

    return tf.data.Dataset.from_generator(every, output_signature=signature)


def _with_tuples(batch: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a batch whose lists of inputs and of targets are tuples, as `tf.data` has them."""
    x, y, *others = batch
    x = tuple(x) if isinstance(x, list) else x
    examples = len(keras.tree.flatten(x)[0])
    # A list of rows has an array for each example.
    listed = isinstance(y, list) and len(y) != examples
    if listed and all(np.ndim(one) and len(one) == examples for one in y):
        y = tuple(y)
    return x, y, *others


def _spec_of(values: object) -> tf.TensorSpec:
    array = np.asarray(values)
    dtype = tf.string if array.dtype.kind in "OSU" else tf.as_dtype(array.dtype)
    return tf.TensorSpec((None, *array.shape[1:]), dtype)


def _read_all(
    what: str, dataset: tf.data.Dataset, most_megabytes: float, taken: float
) -> list[tuple[Any, ...]]:
    elements = []
    limit = (most_megabytes - taken) * 1e6
    try:
        for element in dataset.as_numpy_iterator():
            elements.append(element)
            limit -= sum(map(_bytes, tf.nest.flatten(element)))
            if limit < 0:
                raise DataError(
                    f"A data set must fit into memory: {most_megabytes:g} MB at most for all "
                    "parts.",
                    received=f"more than that in the {what} data set, which may have no end",
                    fix="Raise most_megabytes, or take a part of it: `.take(number)`.",
                )
    except tf.errors.OpError as error:
        reason = str(error.message).strip().splitlines()[0]
        raise DataError(
            "A data set must be readable to its end, its examples of one shape.",
            received=f"{type(error).__name__} in the {what} data set: {reason}",
        ) from error
    return elements


def _joined(what: str, values: list[Any]) -> Any:  # noqa: ANN401  (an array, or a dictionary)
    if isinstance(values[0], tuple):
        return tuple(_joined(what, list(parts)) for parts in zip(*values, strict=True))
    if isinstance(values[0], dict):
        return {str(name): _joined(what, [batch[name] for batch in values]) for name in values[0]}
    shapes = {np.shape(batch)[1:] for batch in values}
    if len(shapes) > 1:
        raise DataError(
            "All examples must have one shape.",
            received=f"{' and '.join(map(str, sorted(shapes)[:3]))} in the {what} data set",
            fix="Resize or pad them in the data set.",
        )
    whole = np.concatenate(values)
    if whole.dtype != object:
        return whole
    return np.array(
        [text.decode("utf-8", errors="replace") for text in whole.ravel()], object
    ).reshape(whole.shape)


def _weight(what: str, values: NDArray[Any], examples: int) -> NDArray[np.float32]:
    weight = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    good = weight.ndim == 1 and len(weight) == examples and weight.dtype.kind in "biuf"
    if not good or not np.isfinite(weight).all() or (weight < 0).any():
        raise DataError(
            "A weight must be one finite number of at least 0 for each example.",
            received=f"{weight.dtype} of shape {weight.shape} in the {what} data set",
        )
    return weight.astype(np.float32)


def _bytes(array: object) -> int:
    values = np.asarray(array)
    if values.dtype == object:
        return sum(len(text) for text in values.ravel())
    return int(values.nbytes)


def _shown(spec: object) -> str:
    text = str(spec)
    return text if len(text) <= 200 else f"{text[:199]}…"
