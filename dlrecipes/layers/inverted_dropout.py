"""Dropout whose rate can change without a new graph."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.checks import check_integer, check_real


@keras.saving.register_keras_serializable(package="dlrecipes")
class InvertedDropout(keras.layers.Layer):
    """Set a share of the inputs to zero while training and scale the others up.

    It computes what `keras.layers.Dropout` computes: each element is dropped on its own, at each
    step anew, and the kept ones are multiplied by `1 / (1 - rate)`, so that the expectation of
    the output is the input and nothing has to be done at inference.

    The difference: the rate is a non-trainable float32 variable, so that
    `layer.rate.assign(0.3)` takes effect in functions that are already compiled, and the layer
    has the same variables at every rate, 0 included. Being a weight, the rate is saved and
    copied along with the other weights (`get_weights`, `load_weights`).

    Args:
        rate: Share of the elements that is DROPPED, in [0, 1). `layer.rate` is the variable;
            values that are assigned to it must lie in [0, 1) too and are not checked.
        seed: Seed of the masks, an integer in [0, 2**31 - 1]; None draws one from Python's
            random state, which `keras.utils.set_random_seed` fixes.
        **kwargs: Those of `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: Floating-point tensor of any shape `(batch, ...)`.
        training: Whether to drop; without it the inputs come back as they are.

    Raises:
        ArgumentError: If `rate` or `seed` is out of range.

    Example:
        >>> layer = dlr.layers.InvertedDropout(0.5, seed=0)
        >>> x = keras.ops.ones((1, 8))
        >>> np.asarray(layer(x)).tolist()
        [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]
        >>> sorted(set(np.asarray(layer(x, training=True)).ravel().tolist()))
        [0.0, 2.0]
        >>> _ = layer.rate.assign(0.0)
        >>> np.asarray(layer(x, training=True)).tolist()
        [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]

    Reference:
        Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
        JMLR 15 (2014), https://jmlr.org/papers/v15/srivastava14a.html.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: object) -> None:
        super().__init__(**kwargs)
        start = check_real("rate", rate, 0, 1, high_open=True)
        self.seed = None if seed is None else check_integer("seed", seed, 0, 2**31 - 1)
        # float32 under every policy: bfloat16 would turn a rate of 0.1 into 0.10009766.
        self._rate = self.add_weight(
            name="rate",
            shape=(),
            initializer=keras.initializers.Constant(start),
            dtype="float32",
            trainable=False,
            autocast=False,
        )
        # Also at rate 0, so that models which differ in the rate only have the same variables.
        # Named after the layer, so that two builds of one model agree in their variables' paths.
        self.seed_generator = keras.random.SeedGenerator(self.seed, name=f"{self.name}_seeds")
        self.supports_masking = True

    @property
    def rate(self) -> keras.Variable:
        """The share of the elements that is dropped, a scalar float32 variable."""
        return self._rate

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        if not training:
            return inputs
        return drop(inputs, keras.ops.convert_to_tensor(self._rate), self.seed_generator)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, object]:
        # The shortest number that gives this float32: 0.3 instead of 0.30000001192092896.
        rate = float(str(np.float32(keras.ops.convert_to_numpy(self._rate))))
        return {**super().get_config(), "rate": rate, "seed": self.seed}


def drop(
    inputs: keras.KerasTensor, rate: keras.KerasTensor, seed_generator: keras.random.SeedGenerator
) -> keras.KerasTensor:
    """Set a share of the inputs to zero and multiply the others by `1 / (1 - rate)`.

    Args:
        inputs: Floating-point tensor of any shape.
        rate: The share, a float32 scalar in [0, 1).
        seed_generator: Where the mask is drawn from.
    """
    noise = keras.random.uniform(keras.ops.shape(inputs), dtype="float32", seed=seed_generator)
    # The scale is applied in float32 or wider: rounded to bfloat16 it would shift the
    # expectation of every kept element the same way.
    wide = keras.backend.result_type(inputs.dtype, "float32")
    scaled = keras.ops.cast(inputs, wide) * (1.0 / (1.0 - keras.ops.cast(rate, wide)))
    kept = keras.ops.where(noise >= rate, scaled, keras.ops.zeros_like(scaled))
    return keras.ops.cast(kept, inputs.dtype)
