"""Export: the tested model as `.keras` and SavedModel, compared before success is claimed."""

from dlrecipes.export.compare import check_same_predictions
from dlrecipes.export.given_inputs import given_examples, given_inputs
from dlrecipes.export.inference_model import build_average_model, build_inference_model
from dlrecipes.export.input_files import find_image_inputs, find_text_inputs
from dlrecipes.export.keras_file import export_keras, load_model, predict_keras
from dlrecipes.export.new_examples import NewExamples
from dlrecipes.export.predict import predict, predict_few
from dlrecipes.export.read_inputs import check_inputs, read_examples, read_inputs
from dlrecipes.export.same_as_trained import check_layers_as_trained, check_same_as_trained
from dlrecipes.export.saved_model import export_saved_model, predict_saved_model

__all__ = [
    "NewExamples",
    "build_average_model",
    "build_inference_model",
    "check_inputs",
    "check_layers_as_trained",
    "check_same_as_trained",
    "check_same_predictions",
    "export_keras",
    "export_saved_model",
    "find_image_inputs",
    "find_text_inputs",
    "given_examples",
    "given_inputs",
    "load_model",
    "predict",
    "predict_few",
    "predict_keras",
    "predict_saved_model",
    "read_examples",
    "read_inputs",
]
