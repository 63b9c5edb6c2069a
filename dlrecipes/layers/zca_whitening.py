"""Whitening that changes the examples as little as possible."""

from __future__ import annotations

import math

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.layers.adapted_layer import AdaptedLayer
from dlrecipes.layers.principal_axes import principal_axes


@keras.saving.register_keras_serializable(package="dlrecipes")
class ZCAWhitening(AdaptedLayer):
    """Decorrelate the entries of examples and keep their shape: PCA whitening rotated back.

    With the principal axes `U` and variances `s` of the flattened training data (divided by
    n - 1), the centred examples are multiplied by
    `U diag(1 / sqrt(s + epsilon * largest variance)) U^T`. Of all whitening matrices this one
    stays closest to the identity, so that a whitened image still looks like the image. On
    training data whose variances are all at least a hundredth of the largest, mean and
    covariance are 0 and the identity to within 1e-3 at the default epsilon.

    Directions without variance in the training data (constant columns, copies of other columns,
    all beyond the number of examples minus 1), or with less than 1e-12 of the largest variance,
    are set to 0 and not blown up: a constant column gives 0. The matrix has the square of the
    number of entries of an example.

    Args:
        epsilon: Share of the largest variance that is added to every variance, at least 0. It
            limits the factor of a direction to `1 / sqrt(epsilon)` times that of the strongest.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, ...)`, of the example shape of the training data. A NaN makes
            its whole example NaN.

    Returns:
        Float32 tensor of the shape of the inputs.

    Raises:
        ArgumentError: If `epsilon` is out of range, if the layer is called before `adapt`, or
            with examples of another shape.
        DataError: From `adapt`, if the training data have a NaN or no variance.

    Example:
        >>> layer = dlr.layers.ZCAWhitening(epsilon=0.0)
        >>> x = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        >>> layer.adapt(x)
        >>> np.asarray(layer(x)).round(2)
        array([[ 1.22,  0.  ],
               [-1.22,  0.  ],
               [ 0.  ,  1.22],
               [ 0.  , -1.22]], dtype=float32)

    Reference:
        Bell & Sejnowski, The "independent components" of natural scenes are edge filters, Vision
        Research 37 (1997), https://doi.org/10.1016/S0042-6989(97)00121-1; Kessy, Lewin &
        Strimmer, Optimal whitening and decorrelation, arXiv:1512.00809.
    """

    ANY_EXAMPLE_SHAPE = True

    def __init__(self, epsilon: float = 1e-5, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.epsilon = check_real("epsilon", epsilon, 0)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        found = principal_axes(x)
        return found.weights((found.axes * found.scales(self.epsilon)) @ found.axes.T)

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        example_shape = self._check_input(inputs.shape)
        centred = keras.ops.cast(inputs, "float32") - self._value("mean")
        flat = keras.ops.reshape(centred, (-1, math.prod(example_shape)))
        white = keras.ops.matmul(flat, self._value("matrix")) + self._value("offset")
        return keras.ops.reshape(white, (-1, *example_shape))

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "epsilon": self.epsilon}
