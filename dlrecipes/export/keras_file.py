"""The `.keras` file: the tested model as it is, for programs with Keras and dlrecipes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

import dlrecipes.layers
import dlrecipes.losses  # noqa: F401  (imported so that Keras knows its classes)
from dlrecipes.data import Columns
from dlrecipes.errors import ExportError
from dlrecipes.export.predict import predict
from dlrecipes.system_errors import find_refusal, refused


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


def export_keras(checkpoint: Path, path: Path) -> None:
    """Write a `.keras` file: what was tested, byte by byte.

    Args:
        checkpoint: The file of the tested model.
        path: Where it is written.
    """
    shutil.copyfile(checkpoint, path)


def predict_keras(path: Path, x: NDArray[Any] | Columns) -> NDArray[np.float32]:
    """Return what a `.keras` file predicts, as loaded.

    Args:
        path: The file.
        x: Raw inputs, `(examples, …)`, or the columns of a table.
    """
    return predict(load_model(path), x)
