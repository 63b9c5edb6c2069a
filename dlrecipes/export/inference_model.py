"""From a trained network to the model that is tested and exported."""

from __future__ import annotations

import keras

from dlrecipes.export.raw_inputs import preprocessed, raw_inputs
from dlrecipes.results import DataSpec
from dlrecipes.training.outputs import output_kind


def build_inference_model(
    network: keras.Model, preprocess: keras.Layer | None, raw_spec: DataSpec, spec: DataSpec
) -> keras.Model:
    """Return a model from raw inputs to probabilities or values, both in float32.

    The same model is scored on the test set and exported, so that what is deployed is what
    was tested.

    Args:
        network: The trained network, compiled (its loss says whether it puts out logits).
        preprocess: The adapted layer in front of it, or None.
        raw_spec: The data as loaded.
        spec: The data after preprocessing.

    Returns:
        A model `(batch, *raw input shape) -> (batch, classes)` probabilities (two columns for
        binary), or `-> (batch,)` values. For a table it takes a dictionary of `(batch,)` columns
        under their `input_names`.
    """
    inputs = raw_inputs(raw_spec)
    features = preprocessed(inputs, preprocess, raw_spec)
    kind = output_kind(network, spec)
    outputs = keras.ops.cast(_uncompiled(network)(features), "float32")
    if kind == "values":
        outputs = keras.ops.reshape(outputs, (-1,))
        return keras.Model(inputs, outputs, name="inference")
    if len(outputs.shape) == 1:
        outputs = keras.ops.expand_dims(outputs, -1)
    if outputs.shape[-1] == 1:
        # sigmoid(-z) keeps the small probability exact where 1 - sigmoid(z) would round it.
        positive = keras.ops.sigmoid(outputs) if kind == "logits" else outputs
        negative = keras.ops.sigmoid(-outputs) if kind == "logits" else 1.0 - outputs
        outputs = keras.ops.concatenate([negative, positive], axis=-1)
    elif kind == "logits":
        outputs = keras.ops.softmax(outputs, axis=-1)
    return keras.Model(inputs, outputs, name="inference")


def _uncompiled(network: keras.Model) -> keras.Model:
    """Leave optimizer and loss behind, which a deployed model has no use for.

    A subclassed model has no symbolic inputs to start from and stays as it is.
    """
    if not getattr(network, "inputs", None):
        return network
    return keras.Model(network.inputs[0], network.outputs[0], name=network.name)
