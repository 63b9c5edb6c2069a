"""Numbers as positions within their column's quantile bins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.adapted_layer import LARGEST, AdaptedLayer, Shape

# What the arguments are called in older configurations.
_OLD_NAMES = {"bins": "n_bins"}


@keras.saving.register_keras_serializable(package="dlrecipes")
class PiecewiseLinearEncoding(AdaptedLayer):
    """Encode every number by how far it reaches into each bin of its column.

    A column with the bin edges `b[0] < ... < b[T]` becomes T components. Component t of the
    value x is `(x - b[t-1]) / (b[t] - b[t-1])`, cut off at 0 below and at 1 above, except that
    the first is not cut off below and the last not above. So the components are 1 for the bins
    that x is past, 0 for those it has not reached, and a share in the bin where it lies. A
    linear layer on them is a piecewise linear function of x.

    The edges are quantiles of the training data, evenly spaced in probability, from the minimum
    to the maximum; edges that coincide are merged, so a column with few values has fewer bins.
    A column that is constant (or all NaN) in the training data has one edge and one component,
    which is always 0. NaN is ignored while adapting; later it makes the components of its column
    NaN.

    Args:
        n_bins: Bins of each column before equal edges are merged, at least 1. Of no effect with
            `edges`.
        edges: The edges of each column, `(features, edges)` with at least one edge each, strictly
            increasing in float32 and within +-8.5e37. The layer then needs no `adapt`, and
            `adapt` changes nothing. None for quantiles of the training data.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, total bins)`: the components of the first column, then those of
        the second, and so on.

    Raises:
        ArgumentError: If an argument is out of range, if the layer is called before `adapt`
            without `edges`, or with another number of features.

    Example:
        >>> layer = dlr.layers.PiecewiseLinearEncoding(edges=[[0.0, 10.0, 20.0]])
        >>> np.asarray(layer(np.array([[5.0], [15.0], [30.0]]))).tolist()
        [[0.5, 0.0], [1.0, 0.5], [1.0, 2.0]]

    Reference:
        Gorishniy, Rubachev & Babenko, On Embeddings for Numerical Features in Tabular Deep
        Learning, arXiv:2203.05556, section 3.2 and equation (1).
    """

    INDEX_WEIGHTS = frozenset({"columns"})

    def __init__(
        self, n_bins: int = 16, edges: Sequence[Sequence[float]] | None = None, **kwargs: object
    ) -> None:
        super().__init__(**kwargs)
        self.n_bins = check_integer("n_bins", n_bins, 1)
        self._constants: dict[str, NDArray[np.float32]] = {}
        self._given_edges = None if edges is None else _checked_edges(edges)
        if self._given_edges is not None:
            exact = [
                np.asarray(edges, np.float32).astype(np.float64) for edges in self._given_edges
            ]
            # Constants and not weights: members of a population share them.
            self._example_shape = (len(exact),)
            self._constants = {
                name: value.astype(np.float32) for name, value in _bin_weights(exact).items()
            }

    @property
    def edges(self) -> tuple[tuple[float, ...], ...]:
        """The edges of every column, which make the same layer when given as `edges`."""
        columns, left, right = (self._array(name) for name in ("columns", "left", "right"))
        found = []
        for column in range(self._require_adapted()[0]):
            own = columns == column
            # A constant column has a bin from its only edge to the same.
            found.append(tuple(float(edge) for edge in np.union1d(left[own], right[own])))
        return tuple(found)

    def adapt(self, x: ArrayLike) -> None:
        """Take the quantiles of the training data as edges, unless `edges` were given.

        Args:
            x: Training inputs `(examples, features)`, real numbers within +-8.5e37, NaN where
                missing.

        Raises:
            DataError: If the data are of another shape or kind.
            ArgumentError: If `edges` were given for another number of features, or if the layer
                was adapted before to data that give other numbers of bins.
        """
        if self._given_edges is None:
            super().adapt(x)
        else:
            self._check_input(self._training_array(x).shape)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        return _bin_weights([_quantile_edges(column, self.n_bins) for column in x.T])

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        columns, left, right = (self._value(name) for name in ("columns", "left", "right"))
        numbers = keras.ops.cast(columns, "int32")
        x = keras.ops.take(keras.ops.cast(inputs, "float32"), numbers, axis=1)
        changes = keras.ops.not_equal(columns[1:], columns[:-1])
        edge = keras.ops.ones((1,), "bool")
        first = keras.ops.concatenate([edge, changes])
        last = keras.ops.concatenate([changes, edge])
        return piecewise_components(x, left, right, first, last)

    def _value(self, name: str) -> keras.KerasTensor:
        if name in self._constants:
            return keras.ops.convert_to_tensor(self._constants[name])
        return super()._value(name)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self._check_input(input_shape)
        return (input_shape[0], self._value("columns").shape[0])

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "n_bins": self.n_bins, "edges": self._given_edges}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> PiecewiseLinearEncoding:
        """Make the layer from its `get_config`, or an older one with other names."""
        return cls(**{_OLD_NAMES.get(name, name): value for name, value in config.items()})


def piecewise_components(
    x: keras.KerasTensor,
    left: keras.KerasTensor,
    right: keras.KerasTensor,
    first: keras.KerasTensor,
    last: keras.KerasTensor,
) -> keras.KerasTensor:
    """Return how far numbers reach into bins; all arguments are of shapes that broadcast.

    Args:
        x: Numbers, float32, NaN where missing.
        left: Left edges of the bins, float32.
        right: Right edges, float32. A bin that ends where it begins gives 0 for every number.
        first: Whether a bin is the first of its column, which is not cut off below.
        last: Whether it is the last, which is not cut off above.
    """
    constant = keras.ops.equal(left, right)
    share = (x - left) / keras.ops.where(constant, 1.0, right - left)
    # Finite also far outside of a bin that is hardly wider than nothing.
    most = float(np.finfo(np.float32).max)
    share = keras.ops.maximum(share, keras.ops.where(first, -most, 0.0))
    share = keras.ops.minimum(share, keras.ops.where(last, most, 1.0))
    share = keras.ops.where(constant, 0.0, share)
    return keras.ops.where(keras.ops.isnan(x), x, share)


def _checked_edges(edges: Sequence[Sequence[float]]) -> list[list[float]]:
    rule = (
        "`edges` must hold, for every column, at least one number, strictly increasing in "
        f"float32 and within +-{LARGEST:.1e}."
    )
    try:
        checked = [[float(edge) for edge in column] for column in edges]
    except (TypeError, ValueError) as error:
        raise ArgumentError(rule, received=f"edges={edges!r}") from error
    if not checked:
        raise ArgumentError(rule, received="no columns")
    for index, column in enumerate(checked):
        in_range = all(abs(edge) <= LARGEST for edge in column)
        ascending = all(edge < following for edge, following in pairwise(column))
        merged = in_range and len(_distinct(np.asarray(column))) < len(column)
        if not column or not in_range or not ascending or merged:
            raise ArgumentError(rule, received=f"{column} for column {index}")
    return checked


def _quantile_edges(column: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    known = column[~np.isnan(column)]
    if not known.size:
        return np.zeros(1)
    return _distinct(np.quantile(known, np.linspace(0.0, 1.0, bins + 1)))


def _distinct(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges in ascending order, those that are one in float32 merged."""
    exact = np.unique(edges.astype(np.float32)).astype(np.float64)
    # Closer ones have a width that hardware may take for 0.
    apart = np.diff(exact, prepend=-np.inf) >= float(np.finfo(np.float32).tiny)
    return exact[apart]


def _bin_weights(edges: list[NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return the column, the left and the right edge of every bin, `(total bins,)` each."""
    bins = [max(len(column) - 1, 1) for column in edges]
    return {
        "columns": np.repeat(np.arange(len(edges), dtype=np.float64), bins),
        "left": np.concatenate([column[:count] for column, count in zip(edges, bins, strict=True)]),
        "right": np.concatenate(
            [column[-count:] for column, count in zip(edges, bins, strict=True)]
        ),
    }
