"""Numbers as cosines and sines of trained frequencies, each column with its own."""

from __future__ import annotations

import math

import keras

from dlrecipes.checks import check_integer
from dlrecipes.layers.column_embedding import (
    Start,
    check_columns,
    per_column,
    side_by_side,
    uniform_start,
)
from dlrecipes.layers.feature_scaling import wide_dtype

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class PeriodicEmbedding(keras.layers.Layer):
    """Turn every number into `size` numbers through cosines and sines (PLR).

    For a number x of a column with the frequencies `c`, `z = [cos(2 pi c x), sin(2 pi c x)]` and
    `e = relu(z V + b)`; `c`, `V` and `b` belong to the column and are trained. `V` and `b` start as
    U(-1/sqrt(2 n_frequencies), 1/sqrt(2 n_frequencies)).

    How fine the steps in x are that the network can tell apart follows from the start of the
    frequencies. It is worth a search, over 0.01 to 100 for columns of about unit size.

    It computes in float32, or wider, whatever the compute dtype, which it puts out: two raw values
    that agree in three digits would be the same in bfloat16.

    Args:
        size: Numbers that a column becomes, at least 1.
        n_frequencies: Frequencies of a column, at least 1.
        frequencies_initializer: Keras initializer of the frequencies, in cycles a unit of the
            column; None for `TruncatedNormal(stddev=0.01)`.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Numbers `(batch, columns)`, scaled. NaN makes the numbers of its column NaN.

    Returns:
        Tensor `(batch, columns * size)`: the first column's numbers, then those of the second, and
        so on.

    Raises:
        ArgumentError: If an argument is out of range, or the input is not `(batch, columns)` with
            the number of columns that the layer was built for.

    Example:
        >>> layer = dlr.layers.PeriodicEmbedding(4, n_frequencies=8)
        >>> tuple(layer(np.array([[0.5, -1.0, 2.0]])).shape)
        (1, 12)
        >>> [(weight.name, tuple(weight.shape)) for weight in layer.weights]
        [('frequencies', (3, 8)), ('kernel', (3, 16, 4)), ('bias', (3, 4))]

    Reference:
        Gorishniy, Rubachev and Babenko, On Embeddings for Numerical Features in Tabular Deep
        Learning, arXiv:2203.05556, section 3.3.
    """

    def __init__(
        self,
        size: int = 24,
        n_frequencies: int = 48,
        frequencies_initializer: Start | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.size = check_integer("size", size, 1)
        self.n_frequencies = check_integer("n_frequencies", n_frequencies, 1)
        self.frequencies_initializer = keras.initializers.get(
            keras.initializers.TruncatedNormal(stddev=0.01)
            if frequencies_initializer is None
            else frequencies_initializer
        )

    def build(self, input_shape: Shape) -> None:
        columns, parts = check_columns(self, input_shape), 2 * self.n_frequencies
        self.frequencies = self.add_weight(
            name="frequencies",
            shape=(columns, self.n_frequencies),
            initializer=self.frequencies_initializer,
            autocast=False,
        )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(columns, parts, self.size),
            initializer=uniform_start(parts),
            autocast=False,
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(columns, self.size),
            initializer=uniform_start(parts),
            autocast=False,
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        check_columns(self, inputs.shape, self.frequencies)
        wide = wide_dtype(self)
        x, frequencies, kernel, bias = (
            keras.ops.cast(tensor, wide)
            for tensor in (inputs, self.frequencies, self.kernel, self.bias)
        )
        x = x[:, :, None]
        turns = 2 * math.pi * frequencies * x
        waves = keras.ops.concatenate([keras.ops.cos(turns), keras.ops.sin(turns)], axis=-1)
        embedded = keras.ops.relu(per_column(waves, kernel) + bias)
        # A ReLU takes NaN for 0 on some hardware.
        return side_by_side(self, keras.ops.where(keras.ops.isnan(x), x, embedded))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], check_columns(self, input_shape) * self.size)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "size": self.size,
            "n_frequencies": self.n_frequencies,
            "frequencies_initializer": keras.initializers.serialize(self.frequencies_initializer),
        }
