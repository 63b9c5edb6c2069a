"""The temperature of a model's probabilities, chosen on the validation part, in the model itself.

What is tested, exported and predicted with is the calibrated model, so every score and threshold is
of calibrated probabilities. What is kept beside a network's weights are the network's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs
from dlrecipes.diagnose import calibrated_scores, choose_temperature
from dlrecipes.diagnose.probabilities import at_temperature
from dlrecipes.export import predict
from dlrecipes.results import Calibration, DataSpec, TrialRecord
from dlrecipes.rundir import RunDirectory
from dlrecipes.targets import kind_of


def calibrate(y: np.ndarray, predictions: np.ndarray, spec: DataSpec) -> Calibration | None:
    """Return the temperature of a model's probabilities; None where it predicts no single class.

    Args:
        y: The validation targets.
        predictions: What the model predicts for them, before any temperature.
        spec: The data's description.
    """
    if spec.keyed or kind_of(spec.target).puts_out_values:
        return None
    return choose_temperature(*kind_of(spec.target).check(y, predictions))


def calibrated(
    predictions: NDArray[np.float32], calibration: Calibration | None
) -> NDArray[np.float32]:
    """Return what the calibrated model predicts.

    Args:
        predictions: What it predicts before the temperature.
        calibration: The temperature; None for none.
    """
    if calibration is None or calibration.temperature == 1:
        return predictions
    found = at_temperature(predictions.astype(np.float64), calibration.temperature)
    return found.astype(np.float32)


def predicted_and_calibrated(
    model: keras.Model,
    record: TrialRecord,
    directory: RunDirectory,
    validation: tuple[NDArray[np.generic] | Columns | Inputs, np.ndarray],
    spec: DataSpec,
    predict: Callable[[keras.Model, Any], NDArray[np.float32]] = predict,
) -> tuple[NDArray[np.float32], Calibration | None]:
    """Return a model's own predictions for the validation part and its temperature, and keep both.

    The temperature is written first: predictions or a SavedModel without one are those of an
    earlier version, whose model has none either.

    Args:
        model: From inputs to predictions, with the network of the training inside.
        record: The training.
        directory: The run directory.
        validation: The validation part's inputs, as the model takes them, and its targets.
        spec: The data's description.
        predict: Returns what the model predicts for inputs.
    """
    networks, number = directory.networks(record.stage), record.number
    predictions, calibration = networks.kept_predictions(number), networks.kept_calibration(number)
    if predictions is not None:
        return predictions, calibration
    x, y = validation
    predictions = predict(model, x)
    if not networks.model(number).is_dir():
        calibration = calibrate(y, predictions, spec)
        if calibration is not None:
            networks.keep_calibration(number, calibration)
    networks.keep_predictions(number, predictions)
    return predictions, calibration


def calibration_tested(
    calibration: Calibration | None, y: np.ndarray, predictions: np.ndarray, spec: DataSpec
) -> Calibration | None:
    """Return a calibration with what it has done on the test part.

    Args:
        calibration: As it was chosen; None for none.
        y: The test targets.
        predictions: What the calibrated model predicts for them.
        spec: The data's description.
    """
    if calibration is None:
        return None
    checked = kind_of(spec.target).check(y, predictions)
    return replace(calibration, test=calibrated_scores(*checked, calibration.temperature))
