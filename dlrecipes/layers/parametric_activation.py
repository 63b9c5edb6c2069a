"""An activation that each feature may have more or less of."""

from __future__ import annotations

import keras

from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.layers.feature_scaling import check_features, wide_dtype

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class ParametricActivation(keras.layers.Layer):
    """Mix an activation with the identity: `x + a (f(x) - x)`, with a trained `a` a feature.

    All `a` start at 1, where the layer is the activation; at 0 it is the identity, and beyond 1
    the activation's bend is exaggerated.

    It computes `a f(x) + (1 - a) x`, which is the same but exact at 1, in float32, or wider, and
    puts out the compute dtype: in bfloat16, steps of `a` of less than 0.004 would be lost.

    Args:
        activation: The function `f`: a name, for example `"selu"`, or a function of a tensor.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Tensor `(batch, ..., features)`.

    Returns:
        Tensor of the inputs' shape.

    Raises:
        ArgumentError: If the activation's name is not known, if the number of features is unknown,
            or if the layer is called with another one.

    Example:
        >>> layer = dlr.layers.ParametricActivation("relu")
        >>> x = np.array([[-2.0, 4.0]])
        >>> np.asarray(layer(x)).tolist()
        [[0.0, 4.0]]
        >>> _ = layer.alpha.assign([0.25, 0.25])
        >>> np.asarray(layer(x)).tolist()
        [[-1.5, 4.0]]

    Reference:
        Holzmüller, Grinsztajn and Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted
        Trees on Tabular Data, arXiv:2407.04491, section 3.
    """

    def __init__(self, activation: Activation | dict[str, object], **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)
        given: Activation = (
            keras.saving.deserialize_keras_object(activation)
            if isinstance(activation, dict)
            else activation
        )
        self.activation = given
        self._activate = keras.activations.get(keras_activation(given))
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        features = check_features(self, input_shape)
        self.alpha = self.add_weight(
            name="alpha", shape=(features,), initializer="ones", autocast=False
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        check_features(self, inputs.shape, self.alpha)
        wide = wide_dtype(self)
        x, alpha = keras.ops.cast(inputs, wide), keras.ops.cast(self.alpha, wide)
        mixed = alpha * self._activate(x) + (1 - alpha) * x
        return keras.ops.cast(mixed, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape)

    def get_config(self) -> dict[str, object]:
        name = (
            self.activation
            if isinstance(self.activation, str)
            else keras.saving.serialize_keras_object(self.activation)
        )
        return {**super().get_config(), "activation": name}
