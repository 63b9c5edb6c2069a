"""Several inputs of a network side by side, each an array of its own shape and dtype."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import DataError
from dlrecipes.results import InputSpec, plural

_EXACT = 2**24  # whole numbers up to here are float32 numbers


class Inputs:
    """Several inputs by Keras' conventions: a dictionary of arrays, or a list of them.

    Names, order and shapes stay as given. Whole numbers and booleans keep their dtype, other
    numbers are float32, text is an array of Python strings: what `model.fit` would be given.

    It has of an array what the rest of the library asks of inputs: a length, a shape, rows that
    can be picked.

    Args:
        arrays: `{name: values (examples, …)}`, or a list or tuple of such values, at least one. The
            inputs of a list are called `input_0`, `input_1`, ….

    Raises:
        DataError: If there are none, if they differ in length, or if one holds something other than
            finite numbers or text.

    Example:
        >>> x = dlr.data.Inputs({"tokens": np.array([[3, 1], [2, 0]]), "title": ["one", "two"]})
        >>> len(x), x.dtypes, x["tokens"].tolist()
        (2, {'tokens': 'int64', 'title': 'string'}, [[3, 1], [2, 0]])
        >>> x[np.array([1])]["title"].tolist()
        ['two']
    """

    def __init__(self, arrays: Mapping[str, object] | Sequence[object]) -> None:
        self.is_list = not isinstance(arrays, Mapping)
        named = _named(arrays)
        if not named:
            raise DataError("There must be at least one input.", received="none")
        self._arrays = {name: encode_input(name, values) for name, values in named.items()}
        lengths = {name: len(values) for name, values in self._arrays.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(
                "All inputs must have the same number of examples.",
                received=", ".join(
                    f"{name}: {plural(length, 'example')}" for name, length in lengths.items()
                ),
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs' names, in order."""
        return tuple(self._arrays)

    @property
    def shape(self) -> tuple[int]:
        """The number of examples; each input has axes of its own."""
        return (len(self),)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`{input: shape of one example}`."""
        return {name: values.shape[1:] for name, values in self.items()}

    @property
    def dtypes(self) -> dict[str, str]:
        """`{input: NumPy name of the dtype, or "string"}`."""
        return {name: dtype_name(values) for name, values in self.items()}

    @property
    def nbytes(self) -> int:
        """About how many bytes the values take."""
        return sum(
            sum(map(len, values.ravel())) if values.dtype == object else values.nbytes
            for _, values in self.items()
        )

    @property
    def arranged(self) -> list[NDArray[Any]] | dict[str, NDArray[Any]]:
        """The arrays as they were given: a list, or a dictionary."""
        return list(self._arrays.values()) if self.is_list else dict(self._arrays)

    def __len__(self) -> int:
        return len(next(iter(self._arrays.values())))

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def items(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Return names and values."""
        return iter(self._arrays.items())

    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, key: slice | NDArray[Any]) -> Inputs: ...
    def __getitem__(self, key: str | slice | NDArray[Any]) -> NDArray[Any] | Inputs:
        """Return one input by its name, or all inputs of some examples, with their own memory."""
        if isinstance(key, str):
            return self._arrays[key]
        return self._with({name: _owned(values[key]) for name, values in self.items()})

    def copy(self) -> Inputs:
        """Return the same inputs with memory of their own."""
        return self[:]

    def joined(self, other: Inputs) -> Inputs:
        """Return the examples of both, these first.

        Args:
            other: Other examples of the same inputs.
        """
        return self._with(
            {name: np.concatenate([values, other[name]]) for name, values in self.items()}
        )

    def _with(self, arrays: dict[str, NDArray[Any]]) -> Inputs:
        made = object.__new__(Inputs)  # what was checked once needs no second look
        made.is_list, made._arrays = self.is_list, arrays
        return made

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}: {values.shape[1:]} {dtype_name(values)}" for name, values in self.items()
        )
        return f"Inputs({plural(len(self), 'example')}, {shown})"


def _named(arrays: Mapping[str, object] | Sequence[object]) -> dict[str, object]:
    if isinstance(arrays, Mapping):
        return {str(name): values for name, values in arrays.items()}
    return {f"input_{place}": values for place, values in enumerate(arrays)}


def _owned(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.base is None else values.copy()


def dtype_name(values: NDArray[Any]) -> str:
    """Return the dtype of an input as TensorFlow calls it: `"string"` for text."""
    return "string" if values.dtype == object else values.dtype.name


def encode_input(name: str, values: object) -> NDArray[Any]:
    """Return an input as Keras is given it: whole numbers as they are, others float32, text.

    Args:
        name: What to call it in messages.
        values: Numbers or text, `(examples, …)`.

    Raises:
        DataError: If it has no examples, or holds something other than finite numbers or text.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(
            f"The input {name!r} must be an array whose rows have the same shape.",
            received=str(error),
        ) from error
    if array.ndim == 0 or not array.size:
        raise DataError(
            f"The input {name!r} must have at least one example with at least one value.",
            received=f"shape {array.shape}",
        )
    if array.dtype.kind in "OSU":
        return encode_text(name, array)
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"The input {name!r} must hold numbers or text.", received=f"dtype {array.dtype}"
        )
    if array.dtype.kind != "f":
        return array.copy()
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite: found below
        numbers = array.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(numbers.reshape(len(numbers), -1)).all(axis=1))
    if len(bad):
        raise DataError(
            f"The input {name!r} must hold finite float32 numbers only.",
            received=f"NaN or infinity in {len(bad)} of {plural(len(numbers), 'row')}, first in "
            f"row {bad[0]}",
            fix="Fill in the missing values or leave those rows out.",
        )
    return numbers


def encode_text(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return text as an array of Python strings.

    Args:
        name: What to call it in messages.
        array: Of strings or bytes, `(examples, …)`.

    Raises:
        DataError: If something else is among it, or a zero byte, behind which TensorFlow would lose
            what stands there.
    """
    flat = [
        value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
        for value in array.ravel().tolist()
    ]
    wrong = next((value for value in flat if not isinstance(value, str) or "\0" in value), None)
    others = {type(value).__name__ for value in flat if not isinstance(value, str)}
    if others or wrong is not None:
        raise DataError(
            f"The input {name!r} must hold numbers only, or text only, and no zero bytes.",
            received=f"{' and '.join(sorted(others))} in an array of dtype {array.dtype}"
            if others
            else "text with a zero byte",
            fix='Fill in what is missing, such as with "".',
        )
    text = np.empty(len(flat), dtype=object)
    text[:] = flat
    return text.reshape(array.shape)


def beyond_float32(array: NDArray[Any]) -> bool:
    """Return whether whole numbers are so large that float32 would make different ones equal."""
    if array.dtype.kind not in "iu" or not array.size:
        return False
    return int(array.max()) > _EXACT or int(array.min()) < -_EXACT


def are_several(x: object, examples: int) -> bool:
    """Return whether what was given are several inputs by Keras' conventions.

    Args:
        x: Inputs as they were given.
        examples: How many examples there are.

    Returns:
        True for a dictionary, and for a list or tuple of arrays. A list with as many arrays as
        there are examples is one of rows, unless each has as many rows, of several numbers.
    """
    if isinstance(x, Mapping | Inputs):
        return True
    if not isinstance(x, list | tuple) or not x:
        return False
    if not all(hasattr(values, "__array__") and np.ndim(values) > 0 for values in x):
        return False
    if len(x) != examples:
        return True
    shapes = [np.shape(values) for values in x]
    return all(shape[0] == examples and len(shape) > 1 for shape in shapes)


def as_described(
    x: object, wanted: Sequence[InputSpec], *, is_list: bool, what: str = "the inputs"
) -> Inputs:
    """Return several inputs as a model that was made for others takes them.

    Args:
        x: `Inputs`, a dictionary by name or a list in the order of the inputs.
        wanted: What each input is.
        is_list: Whether the model takes them by position.
        what: What to call them in messages.

    Raises:
        DataError: If one is missing, unknown, or of another shape or dtype.
    """
    names = [one.name for one in wanted]
    known = ", ".join(f"{one.name!r} of shape {one.shape} ({one.dtype})" for one in wanted)
    if not isinstance(x, Inputs | Mapping | list | tuple):
        raise DataError(
            f"This model takes {plural(len(wanted), 'input')}: {known}.",
            received=f"one {type(x).__name__}",
            fix="Give them as a list in this order."
            if is_list
            else "Give them as a dictionary by name.",
        )
    given = dict(x.items()) if isinstance(x, Inputs | Mapping) else _named(x)
    if isinstance(x, list | tuple) and len(x) == len(names):
        given = dict(zip(names, x, strict=True))
    missing = [name for name in names if name not in given]
    unknown = [str(name) for name in given if name not in names]
    if missing or unknown:
        told = [f"without {', '.join(map(repr, missing))}"] if missing else []
        told += [f"with {', '.join(map(repr, unknown))}"] if unknown else []
        raise DataError(
            "All inputs must be there, and no others.",
            received=f"{what} {' and '.join(told)}",
            fix=f"They are {known}.",
        )
    arrays = {one.name: cast_input(given[one.name], one) for one in wanted}
    return Inputs(list(arrays.values()) if is_list else arrays)


def cast_input(values: object, wanted: InputSpec) -> NDArray[Any]:
    """Return one input in the shape and the dtype of a description.

    Args:
        values: Numbers or text, `(examples, *wanted.shape)`, or flattened row by row.
        wanted: The description.

    Raises:
        DataError: If they are others, or would be changed by the cast.
    """
    array = encode_input(wanted.name, values)
    if array.shape[1:] != wanted.shape and array[0].size != math.prod(wanted.shape):
        raise DataError(
            f"An example of the input {wanted.name!r} must have the shape {wanted.shape}.",
            received=f"examples of shape {array.shape[1:]}",
        )
    array = array.reshape(len(array), *wanted.shape)
    if dtype_name(array) == wanted.dtype:
        return array
    if "string" in (dtype_name(array), wanted.dtype):
        raise DataError(
            f"The input {wanted.name!r} must hold {wanted.dtype}.", received=dtype_name(array)
        )
    with np.errstate(invalid="ignore"):
        cast = array.astype(wanted.dtype)
    if wanted.dtype != "float32" and not np.array_equal(cast, array):
        raise DataError(
            f"The input {wanted.name!r} must hold numbers that are {wanted.dtype}, as in training.",
            received=f"{dtype_name(array)} that would be changed",
        )
    return cast


def check_described(x: object, wanted: Sequence[InputSpec], what: str) -> None:
    """Refuse inputs that are not exactly those of a description.

    Args:
        x: The inputs of a part.
        wanted: The description of several inputs; empty for one array or a table.
        what: What the part is called.

    Raises:
        DataError: If they are others.
    """
    described = describe_inputs(x)
    if described != tuple(wanted):
        shown = [
            ", ".join(f"{one.name}: {one.shape} {one.dtype}" for one in some) or "one array"
            for some in (described, wanted)
        ]
        raise DataError(
            "All parts must have the same inputs.",
            received=f"{what}: {shown[0]}; expected {shown[1]}",
        )


def describe_inputs(x: object) -> tuple[InputSpec, ...]:
    """Return what each of several inputs is; empty for one array or a table.

    Args:
        x: The inputs of a part.
    """
    if not isinstance(x, Inputs):
        return ()
    return tuple(
        InputSpec(name, values.shape[1:], dtype_name(values)) for name, values in x.items()
    )


def row_bytes(x: NDArray[Any] | Inputs) -> Iterator[bytes]:
    """Yield what stands for the inputs of each example: equal inputs, equal bytes.

    Args:
        x: One array, of numbers or text, or several.
    """
    arrays = [values for _, values in x.items()] if isinstance(x, Inputs) else [x]
    for row in range(len(x)):
        yield b"".join(map(_bytes_of, (values[row] for values in arrays)))


def _bytes_of(row: Any) -> bytes:  # noqa: ANN401  (an array, a number or a text)
    if isinstance(row, str) or (isinstance(row, np.ndarray) and row.dtype == object):
        texts = [row] if isinstance(row, str) else row.ravel().tolist()
        return "".join(f"{text}\0" for text in texts).encode("utf-8", errors="surrogatepass")
    # Adding 0 turns -0.0, which equals 0.0 in other bytes, into 0.0.
    added: bytes = (row + 0).tobytes()
    return added
