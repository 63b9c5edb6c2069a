"""The loss of a network that only a training loop of the user's own knows."""

from __future__ import annotations

import keras

from dlrecipes.results import ClassTarget, DataSpec, ValueTarget
from dlrecipes.training.outputs import activation_of, head_layer

_ONE = ((), (1,))


def compile_as_usual(model: keras.Model, spec: DataSpec) -> str:
    """Compile a network by what its last layer puts out, if that is clear.

    A loop of the user's own has a loss of its own, of which nothing is known; what is reported,
    exported and compared needs to know what the outputs mean.

    Args:
        model: A network that is not compiled.
        spec: The data's description.

    Returns:
        A line that says what was assumed; empty, with the network left as it is, where there is no
        usual loss.
    """
    if spec.keyed or not isinstance(spec.target, ClassTarget | ValueTarget):
        return ""
    layer = head_layer(model, spec.target, spec)
    activation = activation_of(layer)
    loss: keras.losses.Loss = keras.losses.MeanSquaredError()
    metrics: list[keras.metrics.Metric] = [keras.metrics.RootMeanSquaredError(name="rmse")]
    means = "values"
    if isinstance(spec.target, ClassTarget):
        logits = activation == "linear" and bool(getattr(layer, "weights", ()))
        if not logits and activation not in ("softmax", "sigmoid"):
            return ""
        means = "logits" if logits else "probabilities"
        shape = getattr(model, "output_shape", None)
        if not isinstance(shape, tuple):
            return ""
        if shape[-1] == 1:
            loss = keras.losses.BinaryCrossentropy(from_logits=logits)
            metrics = [keras.metrics.BinaryAccuracy(threshold=0.0 if logits else 0.5)]
        elif spec.target.form.shape in _ONE:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
            metrics = [keras.metrics.SparseCategoricalAccuracy()]
        else:
            loss = keras.losses.CategoricalCrossentropy(from_logits=logits)
            metrics = [keras.metrics.CategoricalAccuracy()]
        metrics[0].name = "accuracy"
    model.compile(loss=loss, metrics=metrics)
    return (
        f"The network is not compiled: its {activation or 'last'} outputs are taken for {means}, "
        f"and {loss.name} for its loss, wherever they are judged. `model.compile(loss=…)` in the "
        "builder says otherwise."
    )
