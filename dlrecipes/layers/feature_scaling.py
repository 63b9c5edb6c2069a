"""A trained factor for each feature."""

from __future__ import annotations

import keras

from dlrecipes.errors import ArgumentError

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class FeatureScaling(keras.layers.Layer):
    """Multiply every feature by a trained factor that starts at 1.

    In front of a network it can turn columns down that say nothing, and up those that matter, by
    one weight each. RealMLP trains it with a higher learning rate than the rest.

    It computes in float32, or wider, and puts out the compute dtype: in half precision, columns
    would be rounded before they are scaled.

    Args:
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Numbers `(batch, ..., features)`.

    Returns:
        Tensor of the inputs' shape.

    Raises:
        ArgumentError: If the number of features is unknown, or there is no axis of examples.

    Example:
        >>> layer = dlr.layers.FeatureScaling()
        >>> x = np.array([[1.0, 2.0]])
        >>> np.asarray(layer(x)).tolist()
        [[1.0, 2.0]]
        >>> layer.scale.assign([0.5, 3.0]).numpy().tolist()
        [0.5, 3.0]
        >>> np.asarray(layer(x)).tolist()
        [[0.5, 6.0]]

    Reference:
        Holzmüller, Grinsztajn and Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted
        Trees on Tabular Data, arXiv:2407.04491, section 3.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        features = check_features(self, input_shape)
        self.scale = self.add_weight(
            name="scale", shape=(features,), initializer="ones", autocast=False
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        check_features(self, inputs.shape, self.scale)
        wide = wide_dtype(self)
        scaled = keras.ops.cast(inputs, wide) * keras.ops.cast(self.scale, wide)
        return keras.ops.cast(scaled, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)


def wide_dtype(layer: keras.Layer) -> str:
    """Return the type in which a layer computes that half precision would spoil.

    Args:
        layer: The layer; with `autocast=False`, so that its inputs come as they are.

    Returns:
        `"float32"`, or `"float64"` where that is the layer's compute dtype.
    """
    return str(keras.backend.result_type(layer.compute_dtype, "float32"))


def check_features(
    layer: keras.Layer, input_shape: Shape, weight: keras.Variable | None = None
) -> int | None:
    """Return the number of features, the last axis of an input.

    Args:
        layer: The layer, for the message.
        input_shape: Shape of its input.
        weight: A weight whose first axis is the features; None while the layer is built. A weight
            of one feature would otherwise be taken for that of all.

    Returns:
        The number; None where it is unknown, which it must not be while the layer is built.

    Raises:
        ArgumentError: If the shape is not `(batch, ..., features)`, or has other features.
    """
    shape = tuple(input_shape)
    last = shape[-1] if len(shape) > 1 else 0
    wanted = None if weight is None else weight.shape[0]
    if last == 0 or (last is None and weight is None) or (last and wanted not in (None, last)):
        raise ArgumentError(
            f"The input of `{type(layer).__name__}` must have the shape "
            f"(batch, ..., {wanted or 'features'}), with at least one feature.",
            received=f"input_shape={shape}",
        )
    return last
