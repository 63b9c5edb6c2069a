"""Categories as one number a value."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError


@keras.saving.register_keras_serializable(package="dlrecipes")
class OneHot(keras.layers.Layer):
    """Turn columns of indices into one number a category: 1 for the one that it is, else 0.

    For few categories this says the same as an embedding, without weights, and as loudly as
    numbers of size 1; an embedding of Keras begins within ±0.05. An index outside its range is
    all zeros.

    Args:
        sizes: Number of categories of each column, at least 1 each.
        **kwargs: Those of `keras.layers.Layer`: `name`. A `dtype` has no effect: the layer
            computes in float32, in which indices are exact.

    Call arguments:
        inputs: Indices from 0, `(batch, columns)`, of any dtype.

    Returns:
        Float32 tensor `(batch, sum of sizes)`: the categories of the first column, then those of
        the second, and so on.

    Raises:
        ArgumentError: If a size is no whole number of at least 1, or there is none.

    Example:
        >>> np.asarray(dlr.layers.OneHot([2, 3])(np.array([[1, 0], [0, 2]]))).tolist()
        [[0.0, 1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 1.0]]
    """

    def __init__(self, sizes: Sequence[int], **kwargs: object) -> None:
        super().__init__(**{"trainable": False, **kwargs, "dtype": "float32"})
        self.sizes = [check_integer(f"sizes[{at}]", size, 1) for at, size in enumerate(sizes)]
        if not self.sizes:
            raise ArgumentError("There must be a column to encode.", received="sizes=[]")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        columns = np.repeat(np.arange(len(self.sizes)), self.sizes)
        categories = np.concatenate([np.arange(size) for size in self.sizes])
        indices = keras.ops.take(keras.ops.cast(inputs, "float32"), columns, axis=1)
        return keras.ops.cast(keras.ops.equal(indices, categories.astype("float32")), "float32")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        return input_shape[0], sum(self.sizes)

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "sizes": self.sizes}
