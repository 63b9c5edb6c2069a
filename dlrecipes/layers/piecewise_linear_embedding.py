"""Numbers as trained piecewise linear functions of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.column_embedding import check_columns, per_column, side_by_side, uniform_start
from dlrecipes.layers.feature_scaling import wide_dtype
from dlrecipes.layers.piecewise_linear_encoding import (
    PiecewiseLinearEncoding,
    piecewise_components,
)

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class PiecewiseLinearEmbedding(keras.layers.Layer):
    """Turn every number into `size` numbers, each a trained piecewise linear function of it.

    For a number x of a column, `e = a x + c + p W` with the components p that
    `PiecewiseLinearEncoding` gives x in the column's bins. `a`, `c` and `W` belong to the column
    and are trained. `W` starts at 0, so that training begins with straight lines and bends them
    where it helps; `a` and `c` start as U(-1/sqrt(size), 1/sqrt(size)). There is no activation.

    It computes in float32, or wider, whatever the compute dtype, which it puts out: two raw values
    that agree in three digits would be the same in bfloat16. The components are float32.

    The columns' bins are filled up to the same number with bins whose component is always 0. The
    weights of these stay as they start.

    Args:
        size: Numbers that a column becomes, at least 1.
        n_bins: Bins of each column before equal edges are merged, at least 1. Of no effect with
            `edges`.
        edges: The edges of each column, as for `PiecewiseLinearEncoding`. The layer then needs no
            `adapt`. None for quantiles of the training data.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Numbers `(batch, columns)`. NaN makes the numbers of its column NaN.

    Returns:
        Tensor `(batch, columns * size)`: the first column's numbers, then those of the second, and
        so on.

    Raises:
        ArgumentError: If an argument is out of range, if the layer is called before `adapt`
            without `edges`, or with another number of columns.

    Example:
        >>> layer = dlr.layers.PiecewiseLinearEmbedding(8, edges=[[0.0, 1.0, 2.0], [-5.0, 5.0]])
        >>> tuple(layer(np.array([[0.5, 1.0]])).shape)
        (1, 16)
        >>> layer = dlr.layers.PiecewiseLinearEmbedding(8, n_bins=4)
        >>> layer.adapt(np.arange(101.0).reshape(-1, 1))
        >>> layer.edges
        ((0.0, 25.0, 50.0, 75.0, 100.0),)

    Reference:
        Gorishniy, Rubachev and Babenko, On Embeddings for Numerical Features in Tabular Deep
        Learning, arXiv:2203.05556; the straight line beside it: Gorishniy, Kotelnikov and Babenko,
        TabM, arXiv:2410.24210.
    """

    def __init__(
        self,
        size: int = 16,
        n_bins: int = 48,
        edges: Sequence[Sequence[float]] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self.size = check_integer("size", size, 1)
        self.n_bins = check_integer("n_bins", n_bins, 1)
        self._given = edges is not None
        self._encoding = PiecewiseLinearEncoding(n_bins, edges, name="encoding")
        # Bins of each column, known once there are edges.
        self._bins = _count_bins(self._encoding.edges) if self._given else None

    @property
    def edges(self) -> tuple[tuple[float, ...], ...]:
        """The edges of every column, which make a layer of the same bins when given as `edges`."""
        self._require_adapted()
        return self._encoding.edges

    def adapt(self, x: ArrayLike) -> None:
        """Take the quantiles of the training data as edges, unless `edges` were given.

        Args:
            x: Training inputs `(examples, columns)`, real numbers within +-8.5e37, NaN where
                missing.

        Raises:
            DataError: If the data are of another shape or kind.
            ArgumentError: If `edges` were given for another number of columns, or if the layer
                was adapted before to data that give other numbers of bins.
        """
        if not self._given and self._bins is not None:
            # First by another: this one's edges would be gone.
            again = PiecewiseLinearEncoding(self.n_bins)
            again.adapt(x)
            bins = _count_bins(again.edges)
            if bins != self._bins:
                raise ArgumentError(
                    "A layer can only be adapted again to data of the same layout.",
                    received=f"columns of {self._bins} bins, then of {bins}",
                    fix="Make a new layer.",
                )
        self._encoding.adapt(x)
        self._bins = _count_bins(self._encoding.edges)

    def build(self, input_shape: Shape) -> None:
        bins = self._require_adapted()
        columns = check_columns(self, input_shape)
        if not self._encoding.built:
            self._encoding.build(input_shape)
        for name in ("slope", "bias"):
            weight = self.add_weight(
                name=name,
                shape=(columns, self.size),
                initializer=uniform_start(self.size),
                autocast=False,
            )
            setattr(self, name, weight)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(columns, max(bins), self.size),
            initializer="zeros",
            autocast=False,
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        check_columns(self, inputs.shape, self.kernel)
        x = keras.ops.expand_dims(inputs, -1)
        pieces = self._components(keras.ops.cast(x, "float32"))
        wide = wide_dtype(self)
        x, pieces, slope, bias, kernel = (
            keras.ops.cast(tensor, wide)
            for tensor in (x, pieces, self.slope, self.bias, self.kernel)
        )
        return side_by_side(self, slope * x + bias + per_column(pieces, kernel))

    def _components(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return the encoding of `(batch, columns, 1)`, filled up: `(batch, columns, bins)`."""
        places, is_bin, is_last = _layout(self._require_adapted())
        left, right = (
            keras.ops.take(self._encoding._value(name), places, axis=0)
            for name in ("left", "right")
        )
        right = keras.ops.where(is_bin, right, left)
        is_first = np.arange(places.shape[1]) == 0
        return piecewise_components(x, left, right, is_first, is_last)

    def _require_adapted(self) -> list[int]:
        """Return the number of bins of each column."""
        if self._bins is None:
            raise ArgumentError(
                "`PiecewiseLinearEmbedding` must be adapted to training data before it is called.",
                received=f"the layer {self.name!r}, which is not adapted and has no `edges`",
                fix="Call `layer.adapt(x_train)` first.",
            )
        return self._bins

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], check_columns(self, input_shape) * self.size)

    def get_config(self) -> dict[str, object]:
        edges = self._encoding.get_config()["edges"]
        return {**super().get_config(), "size": self.size, "n_bins": self.n_bins, "edges": edges}

    def get_build_config(self) -> dict[str, object] | None:
        if self._bins is None:
            return None
        # An adapted layer's edges are weights, which are not loaded yet when it is built.
        return {"bins": self._bins, "encoding": self._encoding.get_build_config()}

    def build_from_config(self, config: dict[str, Any]) -> None:
        self._bins = list(config["bins"])
        self._encoding.build_from_config(config["encoding"])
        self.build((None, len(self._bins)))
        self.built = True


def _count_bins(edges: Sequence[Sequence[float]]) -> list[int]:
    # A constant column has one that begins and ends at its only edge.
    return [max(len(column) - 1, 1) for column in edges]


def _layout(bins: list[int]) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where each column's bins stand among all, in a table that is filled up.

    Args:
        bins: Bins of each column.

    Returns:
        The places, that of the last bin where there are no more; whether there is a bin; whether
        it is its column's last. Each `(columns, most bins of a column)`.
    """
    counts = np.asarray(bins)[:, None]
    firsts = np.cumsum(counts, axis=0) - counts
    within = np.arange(counts.max())[None]
    places = firsts + np.minimum(within, counts - 1)
    return places.astype(np.int32), within < counts, within == counts - 1
