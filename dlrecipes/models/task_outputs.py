"""The outputs that a task asks for, and the values that their bias starts with."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of
from dlrecipes.targets.output_layer import OutputLayer, output_layer


def task_outputs(
    x: keras.KerasTensor,
    spec: DataSpec,
    output_bias: Sequence[float] | None,
    *,
    penalty: keras.regularizers.Regularizer | None,
    layer: OutputLayer = output_layer,
) -> keras.KerasTensor:
    """Return logits, or for regression values in the user's units.

    Args:
        x: Symbolic tensor of shape `(batch, features)`.
        spec: The data's description.
        output_bias: Start value of each output, as `prior_bias` gives it; None for zero logits,
            or for the mean of the targets.
        penalty: Of the kernel; None for none.
        layer: Makes the layer that learns.

    Raises:
        DataError: If the data has several targets.
    """
    bias = None if output_bias is None else list(output_bias)
    return kind_of(spec.target).head(x, penalty=penalty, bias=bias, name="outputs", layer=layer)


def prior_bias(spec: DataSpec) -> list[float]:
    """Return the output bias with which an untrained model predicts the base rates.

    Without it, the first steps go into learning the base rates; on 0.2 % positives the
    cross-entropy starts at 0.69 instead of 0.015.

    A prior of 0 has no finite logit; it counts as half an example of the training part.

    Args:
        spec: The training data, with the priors or the mean of its target.

    Returns:
        One number for each output: `log(prior)` of each class (multiclass), the log odds
        `log(p / (1 - p))` of class 1 (binary), or the mean of the targets (regression).

    Raises:
        DataError: If the data has several targets.
        ArgumentError: If a classification has not one prior in [0, 1] for each class.

    Example:
        >>> splits = dlr.data.from_arrays(np.arange(100.0).reshape(-1, 1), [0] * 75 + [1] * 25)
        >>> [round(bias, 3) for bias in dlr.models.prior_bias(splits.raw_spec)]  # log(0.25 / 0.75)
        [-1.099]

    Reference:
        Lin et al., Focal Loss for Dense Object Detection, arXiv:1708.02002, section 4.1;
        Karpathy, A Recipe for Training Neural Networks (2019): "init well".
    """
    return kind_of(spec.target).start_bias()
