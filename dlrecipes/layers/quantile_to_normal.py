"""Columns of any distribution made normal, by their quantiles."""

from __future__ import annotations

from functools import reduce

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.layers.adapted_layer import AdaptedLayer, mean_and_deviation

# The probability from either end where the normal distribution is cut off, and the number there.
_LEAST_SHARE = 1e-7
_FURTHEST = 5.199337582605575

# Rational approximations of the normal distribution's quantile function, to 7 digits: Wichura
# 1988, algorithm AS 241, PPND7. Numerator and denominator, the highest power first.
_MIDDLE = (
    (59.109374720, 159.29113202, 50.434271938, 3.3871327179),
    (67.187563600, 78.757757664, 17.895169469, 1.0),
)
_TAIL = (
    (0.17023821103, 1.3067284816, 2.7568153900, 1.4234372777),
    (0.12021132975, 0.73700164250, 1.0),
)


@keras.saving.register_keras_serializable(package="dlrecipes")
class QuantileToNormal(AdaptedLayer):
    """Give every column a standard normal distribution, by the ranks of its training values.

    A number becomes the share of the training data below it, interpolated linearly between
    `n_quantiles` quantiles, and then the number below which a normal distribution has that share.
    Where quantiles are equal, because a value is frequent, it is the middle of their shares. What
    is at or beyond the ends of the training data becomes -5.2 or 5.2. So neither the units nor the
    tails of a column matter, only its order.

    It computes what scikit-learn's `QuantileTransformer(output_distribution="normal")` does, but
    takes all examples instead of 10,000, and a column that is constant (or all NaN) in the
    training data gives 0 for every later number.

    The quantiles are those of the training data with a little noise, which spreads a frequent
    value over several quantiles, so that a frequent minimum is not taken for an outlier. Values
    that are closer to each other than the noise, as most are beside a far outlier, are blurred.

    NaN is ignored while adapting and stays NaN.

    Args:
        n_quantiles: Quantiles of each column, at least 2; no more than there are examples are
            taken. None for a 30th of the examples, at least 10 and at most 1000.
        noise: Standard deviation of the noise, in standard deviations of the column, at least 0.
        seed: Seed of the noise, an integer in [0, 2**31 - 1].
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, features)`.

    Raises:
        ArgumentError: If an argument is out of range, if the layer is called before `adapt`, or
            with another number of features.

    Example:
        >>> layer = dlr.layers.QuantileToNormal(n_quantiles=101, noise=0.0)
        >>> layer.adapt(np.exp(np.linspace(0.0, 20.0, 101)).reshape(-1, 1))
        >>> np.asarray(layer(np.exp([[0.0], [5.0], [10.0], [30.0]])), float).round(3).tolist()
        [[-5.199], [-0.674], [0.0], [5.199]]

    Reference:
        Conover, Practical Nonparametric Statistics, 3rd edition, 1999, section 5.10; with noise:
        Gorishniy et al., Revisiting Deep Learning Models for Tabular Data, arXiv:2106.11959.
    """

    def __init__(
        self,
        n_quantiles: int | None = None,
        noise: float = 1e-5,
        seed: int = 0,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.n_quantiles = (
            None if n_quantiles is None else check_integer("n_quantiles", n_quantiles, 2)
        )
        self.noise = check_real("noise", noise, 0)
        self.seed = check_integer("seed", seed, 0, 2**31 - 1)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        rows, columns = x.shape
        count = self.n_quantiles or max(min(rows // 30, 1000), 10)
        shares = np.linspace(0.0, 1.0, max(min(count, rows), 2))
        generator = np.random.default_rng(self.seed)
        _, deviations = mean_and_deviation(x)
        quantiles = np.zeros((len(shares), columns))
        for index, column in enumerate(x.T):
            noise = self.noise * deviations[index] * generator.normal(size=rows)
            known = (column + noise)[~np.isnan(column)]
            if known.size and np.nanmin(column) < np.nanmax(column):
                quantiles[:, index] = np.maximum.accumulate(np.quantile(known, shares))
        rounded = quantiles.astype(np.float32)
        # In two numbers each: of a column far from 0, one would be as coarse as its distances.
        return {"quantiles": rounded.astype(np.float64), "rests": quantiles - rounded}

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        x = keras.ops.cast(inputs, "float32")
        beyond = _Quantiles(x, self._value("quantiles"), self._value("rests"))
        below, above = _shares(beyond)
        share = keras.ops.maximum(keras.ops.minimum(below, above), _LEAST_SHARE)
        # Each half by its own share: 1 minus a small one has lost its digits.
        normal = keras.ops.where(below < above, -1.0, 1.0) * _distance(share)
        normal = keras.ops.clip(normal, -_FURTHEST, _FURTHEST)
        lowest, highest = beyond.by(0), beyond.by(beyond.count - 1)
        normal = keras.ops.where(lowest <= 0.0, -_FURTHEST, normal)
        normal = keras.ops.where(highest >= 0.0, _FURTHEST, normal)
        normal = keras.ops.where(beyond.constant(), 0.0, normal)
        return keras.ops.where(keras.ops.isnan(x), x, normal)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "n_quantiles": self.n_quantiles,
            "noise": self.noise,
            "seed": self.seed,
        }


class _Quantiles:
    """How far numbers are beyond the quantiles of their columns.

    Args:
        x: `(batch, features)`.
        rounded: The quantiles, `(quantiles, features)`, in ascending order.
        rests: What is to be added to them, likewise.
    """

    def __init__(
        self, x: keras.KerasTensor, rounded: keras.KerasTensor, rests: keras.KerasTensor
    ) -> None:
        self._x = x
        self.count, self._features = rounded.shape
        self._parts = [keras.ops.reshape(part, (-1,)) for part in (rounded, rests)]
        self._ends = [(part[0], part[-1]) for part in (rounded, rests)]
        self._columns = np.arange(self._features, dtype="int32")

    def by(self, places: keras.KerasTensor | int) -> keras.KerasTensor:
        """Return `x - quantile` for the quantiles at places, `(…, batch, features)` or one."""
        rounded, rest = (
            keras.ops.take(part, places * self._features + self._columns) for part in self._parts
        )
        return self._x - rounded - rest

    def passed(self) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Return how many of its column's quantiles each number is beyond, `(batch, features)`.

        They are searched in halves, all columns at once: an operation a column would make a large
        graph of a wide table.

        Returns:
            With those that are equal, and without.
        """
        ties = np.array([True, False]).reshape(2, 1, 1)
        nothing = keras.ops.zeros_like(self._x, dtype="int32")
        found = keras.ops.stack([nothing, nothing])
        for power in reversed(range(self.count.bit_length())):
            more = found + 2**power
            distance = self.by(keras.ops.minimum(more, self.count) - 1)
            beyond = (distance > 0.0) | (ties & (distance == 0.0))
            found = keras.ops.where((more <= self.count) & beyond, more, found)
        return found[0], found[1]

    def constant(self) -> keras.KerasTensor:
        """Return whether all quantiles of a column are equal, `(features,)`."""
        same = [keras.ops.equal(first, last) for first, last in self._ends]
        return same[0] & same[1]


def _shares(beyond: _Quantiles) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return the shares of the training data below and above numbers, `(batch, features)` each."""
    most = beyond.count - 1
    # The last quantile that is not above the number, and the first that is not below.
    with_ties, without = beyond.passed()
    last = keras.ops.maximum(with_ties - 1, 0)
    first = keras.ops.minimum(without, most)
    between = last < first
    to_last, to_first = beyond.by(last), -beyond.by(first)
    width = keras.ops.where(between & (to_last + to_first > 0.0), to_last + to_first, 1.0)
    before, behind = (keras.ops.cast(one, "float32") for one in (last, most - first))
    # Where the number is one of the quantiles, or several, the middle of their places.
    middle = 0.5 * (before + most - behind)
    below = keras.ops.where(between, before + to_last / width, middle)
    above = keras.ops.where(between, behind + to_first / width, most - middle)
    return below / most, above / most


def _distance(share: keras.KerasTensor) -> keras.KerasTensor:
    """Return how far from 0 a normal distribution has a share beyond, in [1e-7, 0.5]."""
    middle = 0.5 - share
    near = middle * _ratio(_MIDDLE, 0.180625 - keras.ops.square(middle))
    far = _ratio(_TAIL, keras.ops.sqrt(-keras.ops.log(share)) - 1.6)
    return keras.ops.where(middle <= 0.425, near, far)


def _ratio(
    coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: keras.KerasTensor
) -> keras.KerasTensor:
    """Return the ratio of two polynomials."""
    above, below = (
        reduce(lambda value, factor: value * x + factor, polynomial) for polynomial in coefficients
    )
    return above / below
