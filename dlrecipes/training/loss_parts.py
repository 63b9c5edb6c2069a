"""What Keras calls `loss`, taken apart into what examples and what weights add to it."""

from __future__ import annotations

import math

import keras

from dlrecipes.data import Split, as_tensors, keras_targets
from dlrecipes.results import DataSpec, LossParts

_BATCH = 1024


def take_loss_apart(network: keras.Model, part: Split, spec: DataSpec) -> LossParts | None:
    """Return a network's loss on some examples without penalties, the penalties, and the rest.

    Everything is computed in inference mode, without a graph: that takes longer to trace than to
    run once.

    Args:
        network: A compiled network.
        part: Preprocessed examples, at least one.
        spec: Their description.

    Returns:
        The parts; None where the network has a loss by itself that cannot be computed so, or one
        that is not finite.
    """
    try:
        sums = [_of_batch(network, part, spec, start) for start in range(0, len(part), _BATCH)]
    except Exception:  # a loss of the user's own takes what it likes
        return None
    data, penalty, weighted = (math.fsum(values) / len(part) for values in zip(*sums, strict=True))
    parts = LossParts(data, penalty, weighted)
    return parts if math.isfinite(parts.total) and math.isfinite(parts.data) else None


def _of_batch(
    network: keras.Model, part: Split, spec: DataSpec, start: int
) -> tuple[float, float, float]:
    """Return the three parts for a batch, times its examples."""
    rows = slice(start, start + _BATCH)
    x = as_tensors(part.inputs[rows])
    labels = part.y[rows]
    y = keras.tree.map_structure(keras.ops.convert_to_tensor, keras_targets(labels, spec))
    outputs = network(x, training=False)
    penalty = math.fsum(float(keras.ops.sum(added)) for added in network.losses)
    data = float(network.compute_loss(x, y, outputs, None, training=False)) - penalty
    weighted = data
    if part.sample_weight is not None:
        weights = part.sample_weight[rows]
        weighted = float(network.compute_loss(x, y, outputs, weights, training=False)) - penalty
    examples = len(labels)
    return data * examples, penalty * examples, weighted * examples
