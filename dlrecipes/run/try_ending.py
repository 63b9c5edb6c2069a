"""What the end of a run does, tried before the search."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np

from dlrecipes.data import Splits, unpack_inputs
from dlrecipes.errors import DlrecipesError, ExportError
from dlrecipes.export import (
    build_inference_model,
    check_layers_as_trained,
    check_same_predictions,
    export_saved_model,
    load_model,
    predict_few,
    predict_saved_model,
)
from dlrecipes.report.saved_predictions import read_predictions
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.rundir import RunDirectory
from dlrecipes.system_errors import find_refusal
from dlrecipes.training.headline import headline

_ROWS = 8


def try_ending(network: keras.Model, splits: Splits, policy: str) -> None:
    """Do with an untrained network and a few validation rows what is done with the tested one.

    It is saved and loaded as `.keras`, where each layer must answer as before, and as SavedModel,
    and both must answer alike; its predictions are kept in a file and read as the report reads
    them. What fails here, because of a layer or of a name, would fail after the test set was
    opened.

    Args:
        network: A compiled model of the builder.
        splits: The data; its test part is not touched.
        policy: The dtype policy of the network.

    Raises:
        ExportError: If the model cannot be saved and loaded, a layer that was loaded answers
            otherwise than before, or the SavedModel does.
        RunError: If the predictions cannot be kept in a file.
    """
    spec = splits.raw_spec
    some = splits.validation.pick(np.arange(min(_ROWS, len(splits.validation))))
    inference = build_inference_model(network, splits.preprocess, spec, splits.model_spec)
    with tempfile.TemporaryDirectory() as folder:
        directory = RunDirectory(Path(folder))
        file, saved = directory.export("keras"), directory.export("saved_model")
        inference.save(file)
        model = load_model(file)
        check_layers_as_trained(inference, model, some.x, policy=policy)
        predictions = predict_few(model, some.x)
        keep_predictions(directory, some, predictions[np.newaxis])
        arrays, kept = directory.read_predictions()
        read_predictions(directory.predictions, spec)
        try:
            export_saved_model(model, saved, spec)
            answers = predict_saved_model(saved, unpack_inputs(arrays))
        except DlrecipesError:
            raise
        except Exception as error:  # TensorFlow raises what it pleases here
            if find_refusal(error) is not None:
                raise
            raise ExportError(
                "A SavedModel of the untrained model must be written and loaded before anything "
                "trains.",
                received=f"{type(error).__name__}: {headline(error)}",
                fix="Layers must compute with `keras.ops` or TensorFlow, so that they can be "
                "traced.",
            ) from error
        check_same_predictions(
            answers, kept, splits.model_spec, policy=policy, what="the untrained SavedModel"
        )
