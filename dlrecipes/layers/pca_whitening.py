"""Whitening in the coordinates of the principal components."""

from __future__ import annotations

import math
import numbers

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import DataError
from dlrecipes.layers.adapted_layer import AdaptedLayer, Shape
from dlrecipes.layers.principal_axes import PrincipalAxes, principal_axes
from dlrecipes.results import plural


@keras.saving.register_keras_serializable(package="dlrecipes")
class PCAWhitening(AdaptedLayer):
    """Rotate examples onto their principal components and scale each to variance 1.

    The examples are flattened and centred; component i is divided by
    `sqrt(variance_i + epsilon * largest variance)`. On the training data the components then
    have mean 0, correlation 0 and the variance
    `variance_i / (variance_i + epsilon * largest variance)` (all variances divide by n - 1).
    With the default epsilon this is 1 to within 1e-3 for directions with at least a hundredth of
    the largest variance; weaker ones are held down, because they are mostly noise.

    Directions without variance in the training data (constant columns, copies of other columns,
    all beyond the number of examples minus 1), or with less than 1e-12 of the largest variance,
    are left out. Columns of very different units should be standardised first, or the small ones
    vanish. The sign of each component makes its largest coefficient positive.

    Args:
        components: How many components are put out: an integer, at least 1 and at most the
            number of directions with variance; a float in (0, 1], for as many as explain this
            share of the variance; None for all with variance.
        epsilon: Share of the largest variance that is added to every variance, at least 0. It
            limits the factor of a direction to `1 / sqrt(epsilon)` times that of the first.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, ...)`, of the example shape of the training data. A NaN makes
            its whole example NaN.

    Returns:
        Float32 tensor `(batch, components)`.

    Raises:
        ArgumentError: If an argument is out of range, if the layer is called before `adapt`, or
            with examples of another shape.
        DataError: From `adapt`, if the training data have a NaN, no variance, or fewer
            directions than `components`.

    Example:
        >>> layer = dlr.layers.PCAWhitening(epsilon=0.0)
        >>> x = np.array([[6.0, 2.0], [-6.0, -2.0], [1.0, -3.0], [-1.0, 3.0]])
        >>> layer.adapt(x)
        >>> np.cov(layer(x), rowvar=False).round(3).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Reference:
        Kessy, Lewin & Strimmer, Optimal whitening and decorrelation, arXiv:1512.00809.
    """

    ANY_EXAMPLE_SHAPE = True

    def __init__(
        self, components: int | float | None = None, epsilon: float = 1e-5, **kwargs: object
    ) -> None:
        super().__init__(**kwargs)
        self.components: int | float | None
        if components is None:
            self.components = None
        elif isinstance(components, numbers.Integral):
            self.components = check_integer("components", components, 1)
        else:
            self.components = check_real("components", components, 0, 1, low_open=True)
        self.epsilon = check_real("epsilon", epsilon, 0)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        found = principal_axes(x)
        kept = self._count(found)
        return found.weights(found.axes[:, :kept] * found.scales(self.epsilon)[:kept])

    def _count(self, found: PrincipalAxes) -> int:
        """Return the number of components."""
        directions = len(found.variance)
        if self.components is None:
            return directions
        if isinstance(self.components, int):
            if self.components > directions:
                raise DataError(
                    "The training data must vary in at least `components` directions.",
                    received=f"components={self.components} and {plural(directions, 'direction')}",
                    fix="Ask for fewer components.",
                )
            return self.components
        explained = np.cumsum(found.variance) / found.variance.sum()
        # The last of the sums can miss 1.0 by its rounding.
        return min(int(np.searchsorted(explained, self.components - 1e-12)) + 1, directions)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        example_shape = self._check_input(inputs.shape)
        centred = keras.ops.cast(inputs, "float32") - self._value("mean")
        flat = keras.ops.reshape(centred, (-1, math.prod(example_shape)))
        return keras.ops.matmul(flat, self._value("matrix")) + self._value("offset")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self._check_input(input_shape)
        return (input_shape[0], self._learned["offset"].shape[0])

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "components": self.components,
            "epsilon": self.epsilon,
        }
