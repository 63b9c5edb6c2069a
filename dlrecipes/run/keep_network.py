"""What is kept of a network of a run, and the proofs that it is the one that was trained.

Weights are written as soon as a training ends. With the builder and the training's values they
are the network; all else follows from them: its predictions for the validation part, made once,
its SavedModel, which is what is tested, and its `.keras` file where Keras can read it back. A run
that was cut off anywhere goes on from what is there.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import (
    Columns,
    Development,
    Inputs,
    Split,
    Splits,
    as_tensors,
    keras_inputs,
    keras_targets,
)
from dlrecipes.diagnose import describe_inputs, layer_gallery
from dlrecipes.errors import ArgumentError, BuilderError, ExportError, RunError
from dlrecipes.export import (
    check_not_random,
    check_same_predictions,
    export_saved_model,
    predict_saved_model,
    preprocessed,
    raw_inputs,
    write_keras,
)
from dlrecipes.results import DataSpec, RunInfo, TrialRecord, write_text
from dlrecipes.rundir import KERAS, NO_KERAS, RunDirectory, beside, write_arrays
from dlrecipes.search import StudyContext, restore_trial
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.precision import is_half, policy_that_ran

_ROWS, _BATCH, _FEW = 1024, 1024, 8
# Weights and examples are the same; in half precision sums depend on how they are grouped.
_RELATIVE, _RELATIVE_HALF, _ABSOLUTE = 1e-3, 5e-2, 1e-5


def keep_weights(directory: RunDirectory, stage: str) -> Callable[[TrialRecord, Outcome], None]:
    """Return what keeps the weights of a training before its trial counts as finished.

    Args:
        directory: The run directory.
        stage: The name of the stage that trains.
    """
    networks = directory.networks(stage)
    networks.create()

    def keep(record: TrialRecord, outcome: Outcome) -> None:
        if outcome.weights is not None:
            networks.write_weights(record.number, outcome.weights)

    return keep


def with_weights(records: Sequence[TrialRecord], directory: RunDirectory) -> list[TrialRecord]:
    """Return the trainings of which there is a network; the others ended without a score.

    Args:
        records: The trainings.
        directory: The run directory.

    Raises:
        RunError: If an earlier version left the network's file alone.
    """
    for record in records:
        networks = directory.networks(record.stage)
        file = beside(networks.model(record.number), KERAS)
        if file.is_file() and not networks.has_weights(record.number):
            raise RunError(
                "A resumed run needs the weights of the networks that it trained again.",
                received=f"{file} of an earlier version, which kept no weights beside it",
                fix="Such a run can be opened, exported, reported and predicted with; to search "
                "on, start a new run.",
            )
    return [
        record for record in records if directory.networks(record.stage).has_weights(record.number)
    ]


def restore_kept(
    record: TrialRecord,
    directory: RunDirectory,
    context: StudyContext,
    data: Development,
    policy: str,
) -> keras.Model:
    """Return the network of a training, from its weights, with the validation loss it had.

    Args:
        record: The training.
        directory: Where its weights are kept.
        context: The builder that it was trained with.
        data: What it was trained on.
        policy: The dtype policy of the run.

    Raises:
        BuilderError: If the builder makes another network for the same values.
        RunError: If the weights are damaged.
    """
    weights = directory.networks(record.stage).read_weights(record.number)
    example = data.train.inputs[:1]
    network = restore_trial(record, weights, context.build, example, policy=policy)
    batch_size = int(record.values.get("batch_size") or context.batch_size)
    check_score_as_trained(network, record, batch_size, data.validation, data.model_spec)
    return network


def save_as_trained(
    model: keras.Model,
    folder: Path,
    validation: NDArray[np.generic] | Columns | Inputs,
    predictions: NDArray[np.float32],
    info: RunInfo,
) -> None:
    """Save a model and prove that what was saved answers for the validation part as it does.

    The SavedModel is what is tested, and needs no code of the builder. Beside it stands a `.keras`
    file or, where Keras could not read it back, why not. A thousand examples, from all over the
    part, are enough: what a file lacks of a layer, it lacks for all of them.

    Args:
        model: From raw inputs to probabilities or values.
        folder: Where its SavedModel is written, unless it is there.
        validation: The raw inputs of the validation part.
        predictions: What the model predicted for them.
        info: What the run was started with.

    Raises:
        ExportError: If the SavedModel does not; no folder is left then.
    """
    rows = np.unique(np.linspace(0, len(validation) - 1, _ROWS).astype(int))
    some, predicted = validation[rows], predictions[rows]
    file, why = beside(folder, KERAS), beside(folder, NO_KERAS)
    policy = policy_that_ran(model, info.policy)
    if not file.is_file():
        reason = write_keras(model, file, some, predicted=predicted, policy=policy)
        if reason:
            write_text(why, reason)
    if folder.is_dir():
        return
    unchecked = folder.with_name(f"unchecked-{folder.name}")
    try:
        export_saved_model(model, unchecked, info.raw_spec)
        try:
            check_same_predictions(
                predict_saved_model(unchecked, some),
                predicted,
                info.spec,
                policy=policy,
                what="the SavedModel of a network",
            )
        except ExportError:
            check_not_random(model, some, policy=policy)
            raise
        unchecked.rename(folder)
    finally:
        shutil.rmtree(unchecked, ignore_errors=True)


def keep_preprocess(splits: Splits, directory: RunDirectory) -> None:
    """Keep the adapted preprocessing of a table, by which `predict` tells what training had not.

    A layer of the user's own that Keras cannot write is passed over.

    Args:
        splits: The data.
        directory: The run directory.
    """
    spec, layer = splits.raw_spec, splits.preprocess
    if layer is None or not spec.columns or directory.preprocess.is_file():
        return
    inputs = raw_inputs(spec)
    model = keras.Model(inputs, preprocessed(inputs, layer, spec))
    few = splits.train.x[:_FEW]
    write_keras(model, directory.preprocess, few, policy="float32")


def keep_statistics(splits: Splits, directory: RunDirectory) -> None:
    """Keep how the training inputs are distributed, by which `predict` tells what is unlike them.

    Args:
        splits: The data.
        directory: The run directory.
    """
    statistics = describe_inputs(splits.train, splits.raw_spec)
    if statistics is not None:
        directory.write(statistics)


def keep_gallery(network: keras.Model, data: Development, directory: RunDirectory) -> None:
    """Keep what the layers of a network on images make of the first validation image.

    A network without convolutions has no gallery, nor one whose input is no single image.

    Args:
        network: The network of the refit that is exported.
        data: The data, as it takes them.
        directory: The run directory.
    """
    if data.model_spec.kind != "image":
        return
    directory.feature_maps.unlink(missing_ok=True)  # of the refit that was the best before
    image = data.validation.array[0]
    try:
        gallery = layer_gallery(network, image)
    except ArgumentError:
        return
    if gallery:
        named = {f"{at} {name}": pixels for at, (name, pixels) in enumerate(gallery.items())}
        write_arrays(directory.feature_maps, {"image": image, **named})


def check_score_as_trained(
    network: keras.Model, record: TrialRecord, batch_size: int, validation: Split, spec: DataSpec
) -> None:
    """Check that a network that was built again has the validation loss that the trained one had.

    A builder that builds something else at each call, or an engine that trained something else,
    shows here: weights alone do not make a network.

    Args:
        network: Built again, with the weights of the training.
        record: How the training ended.
        batch_size: Examples a batch of it.
        validation: The validation part, preprocessed.
        spec: The description of the preprocessed data.

    Raises:
        BuilderError: If it has not.
    """
    curve = record.history.get("val_loss", [])
    best = record.best_epoch
    # A `fit` of the user's own need not validate in each epoch.
    before = curve[best] if best is not None and best < len(curve) else None
    if before is None:
        return
    relative = _RELATIVE_HALF if is_half(record.policy) else _RELATIVE

    def same(after: float) -> bool:
        return math.isclose(before, after, rel_tol=relative, abs_tol=_ABSOLUTE)

    if same(_loss(network, validation, spec)):
        return
    # A loss of batches, a step of the user's own, or layers that draw lots: as Keras evaluates it.
    first, again = (_evaluated(network, validation, spec, batch_size) for _ in range(2))
    if same(first) or not math.isclose(first, again, rel_tol=relative, abs_tol=_ABSOLUTE):
        return
    raise BuilderError(
        "A builder must build the same network at each call with the same values.",
        received=f"a validation loss of {before:.4g} in training and of {first:.4g} with the same "
        f"weights in a network that was built again ({record.values})",
        fix="What it draws at random must follow from the hyperparameters; what differs between "
        "calls belongs into weights.",
    )


def _loss(network: keras.Model, part: Split, spec: DataSpec) -> float:
    """Return the loss without a graph, which takes longer to trace than to run once."""
    targets = keras_targets(part.y, spec)
    total = 0.0
    for start in range(0, len(part), _BATCH):
        rows = slice(start, start + _BATCH)
        x = as_tensors(part.inputs[rows])
        y = keras.tree.map_structure(
            lambda array, rows=rows: keras.ops.convert_to_tensor(array[rows]), targets
        )
        weight = None if part.sample_weight is None else part.sample_weight[rows]
        loss = network.compute_loss(x, y, network(x, training=False), weight, training=False)
        total += float(loss) * len(part.y[rows])
    return total / len(part)


def _evaluated(network: keras.Model, part: Split, spec: DataSpec, batch_size: int) -> float:
    logs = network.evaluate(
        keras_inputs(part.inputs),
        keras_targets(part.y, spec),
        sample_weight=part.sample_weight,
        batch_size=batch_size,
        verbose=0,
        return_dict=True,
    )
    return float(logs["loss"])
