"""A dense layer for each member of an ensemble."""

from __future__ import annotations

import keras

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class MemberDense(keras.layers.Layer):
    """Multiply the features of each member by weights of its own: `y_k = x_k W_k + b_k`.

    It is `members` layers of `keras.layers.Dense` without an activation, computed in one product.

    Args:
        units: Outputs of each member, at least 1.
        kernel_initializer: Keras initializer, called with `(features, members * units)`, so that
            the fan-in is that of one member; by default uniform within ±1 / sqrt(features).
        bias_initializer: Keras initializer, called with `(members, units)`.
        kernel_regularizer: Keras regularizer of all kernels together.
        **kwargs: Those of `keras.layers.Layer`.

    Call arguments:
        inputs: Features of each member, `(batch, members, features)`.

    Returns:
        The outputs of each member, `(batch, members, units)`.

    Raises:
        ArgumentError: If `units` is out of range, or the inputs have another rank.

    Example:
        >>> dlr.layers.MemberDense(1)(np.ones((5, 16, 3))).shape
        TensorShape([5, 16, 1])

    Reference:
        Gorishniy, Kotelnikov and Babenko 2024, TabM, arXiv:2410.24210: the heads.
    """

    def __init__(
        self,
        units: int,
        kernel_initializer: str | keras.initializers.Initializer | None = None,
        bias_initializer: str | keras.initializers.Initializer = "zeros",
        kernel_regularizer: str | keras.regularizers.Regularizer | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.units = check_integer("units", units, 1)
        self.kernel_initializer = (
            keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
            if kernel_initializer is None
            else keras.initializers.get(kernel_initializer)
        )
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) != 3 or None in input_shape[1:]:
            raise ArgumentError(
                "The inputs must have the shape (batch, members, features).",
                received=f"input_shape={tuple(input_shape)}",
                fix="`MemberScaling` makes the members.",
            )
        _, members, features = input_shape

        def start(shape: tuple[int, int, int], dtype: str) -> keras.KerasTensor:
            # In one draw: an initializer gives the same numbers whenever it is called.
            members, features, units = shape
            drawn = self.kernel_initializer((features, members * units), dtype=dtype)
            apart = keras.ops.reshape(drawn, (features, members, units))
            return keras.ops.transpose(apart, (1, 0, 2))

        self.kernel = self.add_weight(
            name="kernel",
            shape=(members, features, self.units),
            initializer=start,
            regularizer=self.kernel_regularizer,
        )
        self.bias = self.add_weight(
            name="bias", shape=(members, self.units), initializer=self.bias_initializer
        )
        self.built = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.einsum("bkd,kdo->bko", inputs, self.kernel) + self.bias

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
