"""What the members of an ensemble predict together."""

from __future__ import annotations

import math

import keras

from dlrecipes.checks import check_choice
from dlrecipes.errors import ArgumentError

OUTPUTS = ("logits", "values")
Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="dlrecipes")
class MemberMean(keras.layers.Layer):
    """Put out the mean of what the members predict; in training what each of them puts out.

    Values are averaged as they are. Of logits the probabilities are averaged: what is put out are
    the logits of their mean, `log(mean_k softmax(z_k))`, or with one unit
    `log(mean_k sigmoid(z_k)) - log(mean_k sigmoid(-z_k))`, so that losses from logits and metrics
    take them like any other. It is computed without leaving logarithms, so that no probability
    becomes 0.

    `dlrecipes.models.MemberModel` trains a network that ends with it.

    Args:
        outputs: `"logits"` or `"values"`, what the members put out.
        **kwargs: Those of `keras.layers.Layer`.

    Call arguments:
        inputs: What the members put out, `(batch, members, units)`.
        training: Whether to hand on the members.

    Returns:
        `(batch, units)`; in training the inputs.

    Raises:
        ArgumentError: If `outputs` is neither, or the inputs have another rank.

    Example:
        >>> members = np.log([[[0.2, 0.8], [0.6, 0.4]]])  # one example, two members
        >>> np.asarray(keras.ops.softmax(dlr.layers.MemberMean()(members))).round(3).tolist()
        [[0.4000000059604645, 0.6000000238418579]]

    Reference:
        Gorishniy, Kotelnikov and Babenko 2024, TabM, arXiv:2410.24210: the prediction is the mean
        of the members' probabilities.
    """

    def __init__(self, outputs: str = "logits", **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.outputs = check_choice("outputs", outputs, OUTPUTS)

    def build(self, input_shape: Shape) -> None:
        if len(input_shape) != 3:
            raise ArgumentError(
                "The inputs must have the shape (batch, members, units).",
                received=f"input_shape={tuple(input_shape)}",
            )
        self.built = True

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        return inputs if training else self.mean(inputs)

    def mean(self, members: keras.KerasTensor) -> keras.KerasTensor:
        """Return what the members predict together.

        Args:
            members: What each puts out, `(batch, members, units)`.
        """
        if self.outputs == "values":
            return keras.ops.mean(members, axis=1)
        if members.shape[-1] == 1:
            likely, not_likely = (
                _log_mean(keras.ops.log_sigmoid(logits)) for logits in (members, -members)
            )
            return likely - not_likely
        return _log_mean(keras.ops.log_softmax(members, axis=-1))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape[0], input_shape[-1]

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "outputs": self.outputs}


def _log_mean(logarithms: keras.KerasTensor) -> keras.KerasTensor:
    """Return the logarithm of the members' mean probability."""
    return keras.ops.logsumexp(logarithms, axis=1) - math.log(logarithms.shape[1])
