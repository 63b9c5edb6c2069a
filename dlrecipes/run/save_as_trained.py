"""A trained network, saved as the model that is tested, and compared with what was trained."""

from __future__ import annotations

import math
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, Split, keras_targets
from dlrecipes.errors import BuilderError
from dlrecipes.export import check_same_as_trained, load_model
from dlrecipes.results import DataSpec, written_whole
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome

_ROWS, _BATCH = 1024, 1024
# Weights and examples are the same; in half precision sums depend on how they are grouped.
_RELATIVE, _RELATIVE_HALF, _ABSOLUTE = 1e-3, 5e-2, 1e-5


def save_as_trained(
    model: keras.Model, file: Path, validation: NDArray[np.generic] | Columns, policy: str
) -> keras.Model:
    """Save a model and check that it answers for the validation part as the one in memory does.

    A thousand examples, from all over the part, are enough: what a file lacks of a layer, it lacks
    for all of them. No file is left that answers otherwise.

    Args:
        model: From raw inputs to probabilities or values, with the trained network inside.
        file: Where it is saved.
        validation: The raw validation inputs.
        policy: The dtype policy of the network.

    Returns:
        The model as loaded from its file.

    Raises:
        ExportError: If it does not; the message names the layer where that begins.
    """
    rows = np.unique(np.linspace(0, len(validation) - 1, _ROWS).astype(int))
    with written_whole(file) as partial:
        model.save(partial)
        saved = load_model(partial)
        check_same_as_trained(model, saved, validation[rows], policy=policy)
    return saved


def check_score_as_trained(
    network: keras.Model, job: Job, outcome: Outcome, validation: Split, spec: DataSpec
) -> None:
    """Check that a network that was built again has the validation loss that the trained one had.

    A builder that builds something else at each call, or an engine that trained something else,
    shows here: weights alone do not make a network.

    Args:
        network: Built again, with the outcome's weights.
        job: What was trained.
        outcome: How that ended.
        validation: The validation part, preprocessed.
        spec: The description of the preprocessed data.

    Raises:
        BuilderError: If it has not.
    """
    curve = outcome.history.get("val_loss", [])
    before = curve[outcome.best_epoch] if outcome.best_epoch is not None and curve else None
    if before is None:
        return
    half = outcome.policy not in ("", "float32", "float64")
    relative = _RELATIVE_HALF if half else _RELATIVE

    def same(after: float) -> bool:
        return math.isclose(before, after, rel_tol=relative, abs_tol=_ABSOLUTE)

    if same(_loss(network, validation, spec)):
        return
    # A loss of batches, a step of the user's own, or layers that draw lots: as Keras evaluates it.
    first, again = (_evaluated(network, validation, spec, job.batch_size) for _ in range(2))
    if same(first) or not math.isclose(first, again, rel_tol=relative, abs_tol=_ABSOLUTE):
        return
    raise BuilderError(
        "A builder must build the same network at each call with the same values.",
        received=f"a validation loss of {before:.4g} in training and of {first:.4g} with the same "
        f"weights in a network that was built again ({job.values})",
        fix="What it draws at random must follow from the hyperparameters; what differs between "
        "calls belongs into weights.",
    )


def _loss(network: keras.Model, part: Split, spec: DataSpec) -> float:
    """Return the loss without a graph, which takes longer to trace than to run once."""
    targets = keras_targets(part.y, spec)
    total = 0.0
    for start in range(0, len(part), _BATCH):
        rows = slice(start, start + _BATCH)
        x = keras.ops.convert_to_tensor(part.array[rows])
        y = keras.tree.map_structure(
            lambda one, rows=rows: keras.ops.convert_to_tensor(one[rows]), targets
        )
        weight = None if part.sample_weight is None else part.sample_weight[rows]
        loss = network.compute_loss(x, y, network(x, training=False), weight, training=False)
        total += float(loss) * len(x)
    return total / len(part)


def _evaluated(network: keras.Model, part: Split, spec: DataSpec, batch_size: int) -> float:
    logs = network.evaluate(
        part.array,
        keras_targets(part.y, spec),
        sample_weight=part.sample_weight,
        batch_size=batch_size,
        verbose=0,
        return_dict=True,
    )
    return float(logs["loss"])
