"""The model that is tested and exported: from a trained network, or as the mean of several."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import keras

from dlrecipes.export.raw_inputs import preprocessed, raw_inputs
from dlrecipes.layers import TemperatureScaling
from dlrecipes.results import DataSpec
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.predictions import as_predictions


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
        binary), or `-> (batch,)` values; for several targets to a dictionary of both. For a table
        it takes a dictionary of `(batch,)` columns under their `input_names`.
    """
    inputs = raw_inputs(raw_spec)
    features = preprocessed(inputs, preprocess, raw_spec)
    taken = {one.name for one in raw_spec.inputs}
    if preprocess is not None:
        taken.add(preprocess.name)
    outputs = _uncompiled(network, taken, several=bool(spec.inputs))(features)
    predictions = as_predictions(outputs, output_kinds(network, spec), spec)
    return keras.Model(inputs, predictions, name="inference")


def build_calibrated_model(model: keras.Model, temperature: float) -> keras.Model:
    """Return a model whose probabilities are at a temperature, in float32.

    Args:
        model: From inputs to the probabilities of one target, as `build_inference_model` and
            `build_average_model` make it.
        temperature: By what their logarithms are divided, above 0; at 1 the model stays as it is.
    """
    if temperature == 1:
        return model
    name, taken = "temperature_scaling", {layer.name for layer in model.layers}
    while name in taken:  # a column may be called anything
        name += "_"
    layer = TemperatureScaling(temperature, dtype="float32", name=name)
    return keras.Model(model.input, layer(model.output), name=model.name)


def _uncompiled(
    network: keras.Model, taken: Collection[str], *, several: bool = False
) -> keras.Model:
    """Leave optimizer and loss behind, which a deployed model has no use for.

    A subclassed model has no symbolic inputs to start from and stays as it is. Another is named
    otherwise than what stands before it.
    """
    if not getattr(network, "inputs", None):
        return network
    output = getattr(network, "output", None)
    many = isinstance(output, dict) or len(network.outputs) > 1
    outputs = output if many else network.outputs[0]
    name = network.name if network.name not in taken else f"{network.name}_network"
    return keras.Model(network.input if several else network.inputs[0], outputs, name=name)


def build_average_model(
    members: Sequence[keras.Model],
    preprocess: keras.Layer | None,
    raw_spec: DataSpec,
    weights: Sequence[float] | None = None,
) -> keras.Model:
    """Return a model from raw inputs to the mean of the members' predictions, in float32.

    Probabilities are averaged, not logits: the mean is a probability again, and its log loss is
    never higher than the members' mean log loss, as a squared error never is (Jensen). The
    preprocessing is computed once for all.

    Args:
        members: Two or more models from preprocessed inputs to probabilities or values, or
            dictionaries of both, as `build_inference_model` makes them without preprocessing.
        preprocess: The adapted layer in front of all of them, or None.
        raw_spec: The data as loaded.
        weights: How much each member counts, with the sum 1; None for all alike.

    Reference:
        Lakshminarayanan, Pritzel and Blundell 2017, Simple and Scalable Predictive Uncertainty
        Estimation Using Deep Ensembles, equation 2.
    """
    inputs = raw_inputs(raw_spec)
    features = preprocessed(inputs, preprocess, raw_spec)
    outputs = [
        # The members have one name; inside a model each needs its own.
        keras.Model(member.inputs[0], member.output, name=f"member_{number}")(features)
        for number, member in enumerate(members)
    ]
    if not isinstance(outputs[0], dict):
        return keras.Model(inputs, _mean(outputs, weights, "mean"), name="ensemble")
    means = {}
    for at, name in enumerate(sorted(outputs[0])):
        # Layers are numbered: a target may be called anything.
        means[name] = _mean([output[name] for output in outputs], weights, f"mean_{at}")
    return keras.Model(inputs, means, name="ensemble")


def _mean(
    outputs: Sequence[keras.KerasTensor], weights: Sequence[float] | None, name: str
) -> keras.KerasTensor:
    """Return the mean by layers of Keras, so that the file needs no others."""
    if weights is None:
        return keras.layers.Average(dtype="float32", name=name)(outputs)
    scaled = [
        keras.layers.Rescaling(weight, dtype="float32", name=f"{name}_of_{number}")(output)
        for number, (weight, output) in enumerate(zip(weights, outputs, strict=True))
    ]
    return keras.layers.Add(dtype="float32", name=name)(scaled)
