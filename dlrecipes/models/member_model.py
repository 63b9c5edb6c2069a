"""A model of members that learn one by one and predict together."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import MemberMean
from dlrecipes.results import plural


@keras.saving.register_keras_serializable(package="dlrecipes")
class MemberModel(keras.Model):
    """A functional model that ends with `MemberMean`: an ensemble that is trained at once.

    The loss of training is the mean of the members' losses, each with the loss that the model was
    compiled with, never the loss of their mean: members that are trained for what they say together
    lean on each other and end up alike. All else is of what they predict together: metrics, the
    loss of evaluation, `predict`, an export. Compile and fit it as any model of Keras.

    Args:
        inputs: As for a functional `keras.Model`.
        outputs: What one `MemberMean` puts out, and no layer behind it.
        name: The model's name.
        **kwargs: Those of `keras.Model`: `trainable`.

    Raises:
        ArgumentError: If the model does not end with `MemberMean`.

    Example:
        >>> inputs = keras.Input((4,))
        >>> members = dlr.layers.MemberScaling(8)(inputs)
        >>> members = keras.layers.Dense(32, activation="relu")(members)
        >>> members = dlr.layers.MemberDense(3)(members)
        >>> model = dlr.models.MemberModel(inputs, dlr.layers.MemberMean()(members))
        >>> model.output_shape
        (None, 3)

    Reference:
        Gorishniy, Kotelnikov and Babenko 2024, TabM, arXiv:2410.24210, section 3.
    """

    # The arguments must be those of a functional model: by them Keras knows one, and saves it so.
    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(inputs, outputs, name=name, **kwargs)
        last = self.layers[-1]
        one = isinstance(self.output, keras.KerasTensor)
        if not one or not isinstance(last, MemberMean) or last.output is not self.output:
            raise ArgumentError(
                "A `MemberModel` must end with one `MemberMean`.",
                received=f"{plural(len(self.outputs), 'output')}, the last layer "
                f"{type(last).__name__}",
            )

    def together(self, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return what the members predict together.

        Args:
            y_pred: What a call of the model gave: in training `(batch, members, units)`, else
                `(batch, units)`, which is returned as it is.
        """
        last: MemberMean = self.layers[-1]
        return last.mean(y_pred) if _apart(y_pred) else y_pred

    def compute_loss(
        self,
        x: Any = None,  # noqa: ANN401
        y: Any = None,  # noqa: ANN401
        y_pred: Any = None,  # noqa: ANN401
        sample_weight: Any = None,  # noqa: ANN401
        training: bool = True,
    ) -> keras.KerasTensor:
        """Return the loss; of the outputs of members the mean of theirs."""
        if not _apart(y_pred):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        losses = [
            super(MemberModel, self).compute_loss(x, y, member, sample_weight, training)
            for member in keras.ops.unstack(y_pred, axis=1)
        ]
        return sum(losses) / len(losses)

    def compute_metrics(
        self,
        x: Any,  # noqa: ANN401
        y: Any,  # noqa: ANN401
        y_pred: Any,  # noqa: ANN401
        sample_weight: Any = None,  # noqa: ANN401
    ) -> dict[str, Any]:
        """Return the metrics of what the members predict together."""
        found: dict[str, Any] = super().compute_metrics(x, y, self.together(y_pred), sample_weight)
        return found


def _apart(y_pred: keras.KerasTensor) -> bool:
    return len(y_pred.shape) == 3
