"""What a run predicts with, kept in memory: it outlives the run's folder, and pickles."""

from __future__ import annotations

import shutil
import tempfile
import warnings
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.errors import DataWarning, ExportError
from dlrecipes.export import given_inputs, load_model, load_tested
from dlrecipes.run import Run
from dlrecipes.run.predict_inputs import unlike_training
from dlrecipes.rundir import RunDirectory
from dlrecipes.targets import in_form, split_predictions


class KeptModel:
    """The files of what a run exports, its first refit or an ensemble, as bytes.

    They are loaded when the first rows are predicted, once in a process: a SavedModel, which needs
    no code of the recipe's. A pickle holds the bytes, and nothing of TensorFlow's.

    Args:
        run: A run on a table, whose refits are done.
    """

    def __init__(self, run: Run) -> None:
        directory, result = RunDirectory.existing(run.directory), run.result
        folder = directory.path / result.exported_model.checkpoint
        self._spec = run.info.raw_spec
        self._statistics = directory.read_statistics()
        self._files = {
            f"model/{file.relative_to(folder).as_posix()}": file.read_bytes()
            for file in folder.rglob("*")
            if file.is_file()
        }
        if directory.preprocess.is_file():
            self._files[directory.preprocess.name] = directory.preprocess.read_bytes()
        self._preprocess_name = directory.preprocess.name
        self._loaded: tuple[Any, ...] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_loaded": None}

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Return what `Run.predict` does for a data frame: probabilities, or values.

        A warning is of the line that calls the estimator.

        Args:
            frame: A row an example, with the columns of the training table.

        Returns:
            `(examples, classes)` or `(examples,)`.

        Warns:
            DataWarning: As `Run.predict`, if the rows are unlike training.
        """
        x = given_inputs(frame, self._spec)
        model, preprocess = self._load()
        for line in unlike_training(preprocess, self._statistics, x, self._spec):
            warnings.warn(line, DataWarning, stacklevel=4)
        predictions = in_form(split_predictions(model(x), self._spec), self._spec)
        return np.asarray(predictions)

    def _load(self) -> tuple[Any, ...]:
        """Return the model, and its preprocessing or None."""
        if self._loaded is None:
            folder = tempfile.mkdtemp(prefix="dlrecipes-model-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            for name, content in self._files.items():
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            file, preprocess = Path(folder, self._preprocess_name), None
            with suppress(ExportError):  # a layer of the user's own, unknown in this process
                preprocess = load_model(file) if file.is_file() else None
            self._loaded = load_tested(Path(folder, "model")), preprocess
        return self._loaded
