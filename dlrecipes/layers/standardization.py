"""The z-score, guarded."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.layers.adapted_layer import AdaptedLayer, check_flag, mean_and_deviation, varies


@keras.saving.register_keras_serializable(package="dlrecipes")
class Standardization(AdaptedLayer):
    """Z-score of every column: `(x - mean) / standard deviation`, both from the training data.

    What sets it apart from `keras.layers.Normalization`:

    - A column that is constant in the training data is only centred (its scale is 1). Keras
      divides it by 1e-7, so that an offset of 0.5 in a later example becomes 5e6.
    - NaN is ignored in the statistics and stays NaN. In Keras one NaN turns the mean and with it
      the whole column into NaN.
    - The statistics are computed in float64. In float32 the variance of a column with a large
      mean is mostly rounding error.

    A column counts as constant if its standard deviation is within the rounding of float32
    (1.2e-7 times its mean). The standard deviation divides by n, as in scikit-learn. A column
    that is all NaN in the training data is left as it is.

    Args:
        center: Whether to subtract the mean.
        scale: Whether to divide by the standard deviation.
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect:
            the layer computes in float32.

    Call arguments:
        inputs: Numbers `(batch, features)`, NaN where missing.

    Returns:
        Float32 tensor `(batch, features)`.

    Raises:
        ArgumentError: If an argument is no boolean, if the layer is called before `adapt`, or
            with another number of features.

    Example:
        >>> layer = dlr.layers.Standardization()
        >>> layer.adapt(np.array([[1.0, 5.0], [3.0, 5.0]]))  # the second column is constant
        >>> np.asarray(layer(np.array([[4.0, 5.5], [np.nan, 5.0]]))).tolist()
        [[2.0, 0.5], [nan, 0.0]]

    Reference:
        LeCun et al., Efficient BackProp, 1998, section 4.3,
        http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf.
    """

    def __init__(self, center: bool = True, scale: bool = True, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.center = check_flag("center", center)
        self.scale = check_flag("scale", scale)

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        mean, deviation = mean_and_deviation(x)
        varying = varies(deviation, np.abs(mean))
        scale = np.where(varying & self.scale, deviation, 1.0)
        mean = mean if self.center else np.zeros_like(mean)
        # The distance from the mean to the next float32, which for a mean of 1e8 is up to 4.
        rest = (mean.astype(np.float32) - mean) / scale
        return {"mean": mean, "scale": scale, "offset": rest}

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        self._check_input(inputs.shape)
        x = keras.ops.cast(inputs, "float32")
        return (x - self._value("mean")) / self._value("scale") + self._value("offset")

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "center": self.center, "scale": self.scale}
