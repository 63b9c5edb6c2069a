"""The `.keras` file: the tested model as it is, for programs with Keras and dlrecipes.

There is one where Keras can read it back and it answers as the model did; else a line says what it
lacks, and the SavedModel, which needs no code, is all there is.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

import dlrecipes.layers
import dlrecipes.losses  # noqa: F401  (imported so that Keras knows its classes)
from dlrecipes.data import Columns, Inputs
from dlrecipes.errors import ExportError
from dlrecipes.export.predict import predict
from dlrecipes.export.same_as_trained import check_layers_as_trained, check_same_as_trained
from dlrecipes.export.saved_model import Predict, load_saved_model
from dlrecipes.system_errors import find_refusal, refused
from dlrecipes.training.outcome import headline


def load_model(path: str | Path) -> keras.Model:
    """Load a `.keras` file with the layers of dlrecipes in it.

    Args:
        path: A `.keras` file, for example one that a run has exported.

    Returns:
        The model, without optimizer and loss.

    Raises:
        ExportError: If the file is missing, damaged, or has layers that Keras does not know.

    Example:
        >>> import tempfile
        >>> file = f"{tempfile.mkdtemp()}/model.keras"
        >>> dlr.models.build_mlp((2,), 1, target_mean=20.0, target_std=5.0).save(file)
        >>> np.asarray(dlr.load_model(file)(np.zeros((1, 2)))).tolist()
        [[20.0]]
    """
    if not Path(path).is_file():
        raise ExportError("The model's file must exist.", received=f"path={str(path)!r}")
    try:
        return keras.saving.load_model(str(path), compile=False)
    except Exception as error:  # Keras raises what it pleases here
        refusal = find_refusal(error)
        if refusal is not None:
            raise refused(refusal) from error
        lines = str(error).strip().splitlines()
        raise ExportError(
            "The model's file must be a whole .keras file, and its layers known to Keras.",
            received=f"{path} ({type(error).__name__}: {lines[0] if lines else ''})",
            fix="Decorate layers of your own with `@keras.saving.register_keras_serializable()` "
            "and import them first.",
        ) from error


def write_keras(
    model: keras.Model,
    file: Path,
    x: NDArray[Any] | Columns | Inputs,
    *,
    predicted: NDArray[Any] | None = None,
    policy: str,
) -> str:
    """Write a model's `.keras` file, if it loads again and answers as the model does.

    Args:
        model: The model, as `build_inference_model` makes it.
        file: Where it is written.
        x: Raw inputs, `(examples, …)`, or the columns of a table.
        predicted: What the model predicts for them; None to compare each layer's output, too.
        policy: The dtype policy of the model.

    Returns:
        Why there is no file, with what would make one; empty if there is.
    """
    # Keras takes the name of the file for its format.
    unchecked = file.with_name(f"unchecked-{file.name}")
    try:
        model.save(unchecked)
        saved = load_model(unchecked)
        if predicted is None:
            check_layers_as_trained(model, saved, x, policy=policy)
        check_same_as_trained(model, saved, x, predicted=predicted, policy=policy)
        unchecked.replace(file)
    except ExportError as error:
        return str(error).replace(str(unchecked), file.name)
    except Exception as error:  # Keras raises what it pleases here
        refusal = find_refusal(error)
        if refusal is not None:
            raise refused(refusal) from error
        return f"Keras cannot write it ({type(error).__name__}: {headline(error)})."
    finally:
        unchecked.unlink(missing_ok=True)
    return ""


def load_tested(path: Path) -> Predict:
    """Return what predicts with the model that a run tests, or has tested.

    Args:
        path: Its SavedModel; of runs of earlier versions its `.keras` file.

    Raises:
        ExportError: If it is missing or damaged.
    """
    return load_saved_model(path) if path.is_dir() else partial(predict, load_model(path))


def predict_keras(path: Path, x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float32]:
    """Return what a `.keras` file predicts, as loaded.

    Args:
        path: The file.
        x: Raw inputs, `(examples, …)`, or the columns of a table.
    """
    return predict(load_model(path), x)
