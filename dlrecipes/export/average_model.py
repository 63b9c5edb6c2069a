"""Several models as one that predicts their mean."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.export.raw_inputs import preprocessed, raw_inputs
from dlrecipes.results import DataSpec


def build_average_model(
    members: Sequence[keras.Model], preprocess: keras.Layer | None, raw_spec: DataSpec
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
        mean = keras.layers.Average(dtype="float32", name="mean")(outputs)
        return keras.Model(inputs, mean, name="ensemble")
    means = {}
    for at, name in enumerate(sorted(outputs[0])):
        # Layers are numbered: a target may be called anything.
        layer = keras.layers.Average(dtype="float32", name=f"mean_{at}")
        means[name] = layer([one[name] for one in outputs])
    return keras.Model(inputs, means, name="ensemble")
