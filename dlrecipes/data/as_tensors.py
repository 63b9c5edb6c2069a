"""Inputs as tensors."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns


def as_tensors(x: NDArray[Any] | Columns) -> tf.Tensor | dict[str, tf.Tensor]:
    """Return inputs as a tensor, or as one tensor a column: float32 or string, `(examples,)`.

    Example:
        >>> columns = dlr.data.Columns({"age": [41.0], "town": ["Oslo"]})
        >>> {name: tensor.numpy().tolist() for name, tensor in dlr.data.as_tensors(columns).items()}
        {'age': [41.0], 'town': [b'Oslo']}
    """
    if isinstance(x, Columns):
        return {
            name: tf.constant(list(one) if one.dtype == object else one) for name, one in x.items()
        }
    return tf.constant(x)
