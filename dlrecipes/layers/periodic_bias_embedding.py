"""Numbers beside cosines of them, of trained frequencies and phases."""

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
class PeriodicBiasEmbedding(keras.layers.Layer):
    """Put `size - 1` numbers beside every number, made of its cosines (PBLD).

    For a number x of a column, `z = cos(2 pi w x + p)` with `n_frequencies` frequencies `w` and
    phases `p`, and `e = z V + c`; the column becomes `[x, e]`. All belong to the column and are
    trained. The phases start as U(-pi, pi), `V` and `c` as U(-1/sqrt(n_frequencies),
    1/sqrt(n_frequencies)).

    It needs fewer frequencies than `PeriodicEmbedding`: a cosine with a phase is a cosine and a
    sine in one, and the number itself goes on untouched.

    It computes in float32, or wider, whatever the compute dtype, which it puts out: two raw values
    that agree in three digits would be the same in bfloat16.

    Args:
        size: Numbers that a column becomes, itself included, at least 2.
        n_frequencies: Frequencies of a column, at least 1.
        frequencies_initializer: Keras initializer of the frequencies, in cycles a unit of the
            column; None for `RandomNormal(stddev=0.1)`.
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
        >>> layer = dlr.layers.PeriodicBiasEmbedding(3)
        >>> output = np.asarray(layer(np.array([[0.5, -1.0]])))
        >>> output.shape, output[0, ::3].tolist()  # each number, then two more
        ((1, 6), [0.5, -1.0])

    Reference:
        Holzmüller, Grinsztajn and Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted
        Trees on Tabular Data, arXiv:2407.04491, section 3.
    """

    def __init__(
        self,
        size: int = 4,
        n_frequencies: int = 16,
        frequencies_initializer: Start | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.size = check_integer("size", size, 2)
        self.n_frequencies = check_integer("n_frequencies", n_frequencies, 1)
        self.frequencies_initializer = keras.initializers.get(
            keras.initializers.RandomNormal(stddev=0.1)
            if frequencies_initializer is None
            else frequencies_initializer
        )

    def build(self, input_shape: Shape) -> None:
        columns, parts = check_columns(self, input_shape), self.n_frequencies
        self.frequencies = self.add_weight(
            name="frequencies",
            shape=(columns, parts),
            initializer=self.frequencies_initializer,
            autocast=False,
        )
        self.phases = self.add_weight(
            name="phases",
            shape=(columns, parts),
            initializer=keras.initializers.RandomUniform(-math.pi, math.pi),
            autocast=False,
        )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(columns, parts, self.size - 1),
            initializer=uniform_start(parts),
            autocast=False,
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(columns, self.size - 1),
            initializer=uniform_start(parts),
            autocast=False,
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        check_columns(self, inputs.shape, self.frequencies)
        wide = wide_dtype(self)
        x, frequencies, phases, kernel, bias = (
            keras.ops.cast(tensor, wide)
            for tensor in (inputs, self.frequencies, self.phases, self.kernel, self.bias)
        )
        x = x[:, :, None]
        waves = keras.ops.cos(2 * math.pi * frequencies * x + phases)
        embedded = per_column(waves, kernel) + bias
        return side_by_side(self, keras.ops.concatenate([x, embedded], axis=-1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], check_columns(self, input_shape) * self.size)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "size": self.size,
            "n_frequencies": self.n_frequencies,
            "frequencies_initializer": keras.initializers.serialize(self.frequencies_initializer),
        }
