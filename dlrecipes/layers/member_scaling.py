"""The inputs of one network, scaled anew for each of its members."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from dlrecipes.checks import check_integer
from dlrecipes.errors import ArgumentError

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class MemberScaling(keras.layers.Layer):
    """Give each member of an efficient ensemble the inputs times factors of its own.

    Member k sees `x * r_k`. The layers behind share their weights between the members: a layer of
    Keras that works on the last axis, such as `Dense`, takes `(batch, members, features)` as it is.
    So one network becomes many that differ, for a few weights more. The factors are trained.

    Args:
        members: Number of members, at least 1.
        chunks: How many neighbouring features belong together, such as the embedding of a column:
            all of a chunk begin with the same factor. At least 1 each, as many as there are
            features together; None for chunks of one feature.
        scale_initializer: Keras initializer of the factors, called with `(members, chunks)`.
        **kwargs: Those of `keras.layers.Layer`.

    Call arguments:
        inputs: Features `(batch, features)`.

    Returns:
        The features of each member, `(batch, members, features)`.

    Raises:
        ArgumentError: If an argument is out of range, if the inputs have another rank, or if the
            chunks are not as many features as the inputs have.

    Example:
        >>> layer = dlr.layers.MemberScaling(2, scale_initializer="ones")
        >>> layer(np.ones((5, 3))).shape
        TensorShape([5, 2, 3])

    Reference:
        Gorishniy, Kotelnikov and Babenko 2024, TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling, arXiv:2410.24210 (TabM-mini); Wen, Tran and Ba 2020,
        BatchEnsemble, arXiv:2002.06715.
    """

    def __init__(
        self,
        members: int,
        chunks: Sequence[int] | None = None,
        scale_initializer: str | keras.initializers.Initializer = "random_normal",
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self.members = check_integer("members", members, 1)
        self.chunks = (
            None
            if chunks is None
            else [check_integer(f"chunks[{at}]", size, 1) for at, size in enumerate(chunks)]
        )
        self.scale_initializer = keras.initializers.get(
            # Of Keras' own "random_normal" the standard deviation is 0.05.
            keras.initializers.RandomNormal(stddev=1.0)
            if scale_initializer == "random_normal"
            else scale_initializer
        )

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) != 2 or input_shape[-1] is None:
            raise ArgumentError(
                "The inputs must have the shape (batch, features).",
                received=f"input_shape={tuple(input_shape)}",
                fix="Put a `keras.layers.Flatten()` in front.",
            )
        features = input_shape[-1]
        chunks = [1] * features if self.chunks is None else self.chunks
        if sum(chunks) != features:
            raise ArgumentError(
                "`chunks` must be as many features as the inputs have.",
                received=f"{sum(chunks)} in {len(chunks)} chunks, {features} features",
            )

        def start(shape: Shape, dtype: str) -> keras.KerasTensor:
            drawn = self.scale_initializer((shape[0], len(chunks)), dtype=dtype)
            return keras.ops.take(drawn, np.repeat(np.arange(len(chunks)), chunks), axis=1)

        self.scale = self.add_weight(
            name="scale", shape=(self.members, features), initializer=start
        )
        self.built = True

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.expand_dims(inputs, 1) * self.scale

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape[0], self.members, input_shape[-1]

    def get_config(self) -> dict[str, object]:
        return {
            **super().get_config(),
            "members": self.members,
            "chunks": self.chunks,
            "scale_initializer": keras.initializers.serialize(self.scale_initializer),
        }
