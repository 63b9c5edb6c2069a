"""Export: the tested model as `.keras` and SavedModel, compared before success is claimed."""

from dlrecipes.export.answers import in_given_form, predictions_as_csv
from dlrecipes.export.baseline import LoadedBaseline, load_baseline, need_skops, save_baseline
from dlrecipes.export.compare import check_same_predictions
from dlrecipes.export.given_inputs import given_examples, given_inputs
from dlrecipes.export.inference_model import (
    build_average_model,
    build_calibrated_model,
    build_inference_model,
)
from dlrecipes.export.input_files import find_image_inputs, find_text_inputs
from dlrecipes.export.keras_file import load_model, load_tested, predict_keras, write_keras
from dlrecipes.export.new_examples import NewExamples
from dlrecipes.export.predict import predict, predict_eagerly, predict_few
from dlrecipes.export.raw_inputs import preprocessed, raw_inputs
from dlrecipes.export.read_inputs import check_inputs, read_examples, read_inputs
from dlrecipes.export.same_as_trained import check_not_random
from dlrecipes.export.saved_model import (
    Predict,
    export_saved_model,
    load_saved_model,
    predict_saved_model,
    trace,
)

__all__ = [
    "LoadedBaseline",
    "NewExamples",
    "Predict",
    "build_average_model",
    "build_calibrated_model",
    "build_inference_model",
    "check_inputs",
    "check_not_random",
    "check_same_predictions",
    "export_saved_model",
    "find_image_inputs",
    "find_text_inputs",
    "given_examples",
    "given_inputs",
    "in_given_form",
    "load_baseline",
    "load_model",
    "load_saved_model",
    "load_tested",
    "need_skops",
    "predict",
    "predict_eagerly",
    "predict_few",
    "predict_keras",
    "predict_saved_model",
    "predictions_as_csv",
    "preprocessed",
    "raw_inputs",
    "read_examples",
    "read_inputs",
    "save_baseline",
    "trace",
    "write_keras",
]
