"""A tensor that passes for a plain number in code that asks whether it is zero."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


class DynamicNumber:
    """A scalar tensor in the place of a Python number.

    Keras keeps momentum, dropout rates, penalties and the like as Python numbers and asks them
    questions while it traces: `if self.momentum != 0`. A symbolic tensor cannot answer, so
    this stands in for it: every question is answered as for a number that is neither zero nor
    one, which takes the general branch (at zero the general formula gives the same result), and
    every calculation is that of the tensor.

    Args:
        tensor: A scalar of a floating-point type.
    """

    # NumPy scalars would otherwise try to turn this into an array.
    __array_ufunc__ = None

    def __init__(self, tensor: tf.Tensor) -> None:
        self.tensor = tensor

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    def __gt__(self, other: object) -> bool:
        return True

    def __ge__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return False

    def __le__(self, other: object) -> bool:
        return False

    def __add__(self, other: Any) -> tf.Tensor:  # noqa: ANN401  (whatever a tensor takes)
        return _with_dtype_of(other, self.tensor) + other

    __radd__ = __add__

    def __mul__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) * other

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) - other

    def __rsub__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return other - _with_dtype_of(other, self.tensor)

    def __truediv__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) / other

    def __rtruediv__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return other / _with_dtype_of(other, self.tensor)

    def __neg__(self) -> tf.Tensor:
        return -self.tensor

    def __pow__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) ** other


def _with_dtype_of(other: Any, tensor: tf.Tensor) -> tf.Tensor:  # noqa: ANN401
    """Return the tensor in the other operand's type: a Python number has every type."""
    dtype = getattr(other, "dtype", None)
    return tensor if dtype is None else tf.cast(tensor, dtype)


def _convert(
    value: DynamicNumber,
    dtype: tf.DType | None = None,
    name: str | None = None,
    as_ref: bool = False,
) -> tf.Tensor:
    return value.tensor if dtype is None else tf.cast(value.tensor, dtype, name=name)


tf.register_tensor_conversion_function(DynamicNumber, _convert)
