"""A finished search: open its test set, export it, report it, predict with it."""

from __future__ import annotations

import shutil
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas

from dlrecipes.baselines import FittedBaseline
from dlrecipes.checks import check_choice
from dlrecipes.data import Columns, Splits, unpack_inputs
from dlrecipes.diagnose import check_unknown_values
from dlrecipes.errors import DataWarning, RunError
from dlrecipes.export import (
    check_inputs,
    check_same_predictions,
    export_saved_model,
    find_image_inputs,
    find_text_inputs,
    load_model,
    predict,
    predict_saved_model,
    read_inputs,
)
from dlrecipes.metrics import split_predictions
from dlrecipes.report import write_report
from dlrecipes.results import RunInfo, RunResult, TestResult, dump_json
from dlrecipes.run.assemble import with_total
from dlrecipes.run.ensemble import tested_ensemble
from dlrecipes.run.prediction_table import prediction_table
from dlrecipes.run.score_test_set import score_test_set
from dlrecipes.run.subgroups import tested_subgroups
from dlrecipes.rundir import RunDirectory

FORMATS = {
    "saved_model": "saved_model",
    "keras": "model.keras",
    "ensemble_saved_model": "ensemble",
    "ensemble_keras": "ensemble.keras",
}
"""`{format: file or folder in the run directory}`"""


class Run:
    """A run directory whose search is done.

    Args:
        directory: The run directory, or its path.
        splits: The data; needed only to open the test set.
        baselines: Its fitted baselines; None to fit them again, as they were chosen, when the test
            set is opened.

    Raises:
        RunError: If the directory is no run.
    """

    def __init__(
        self,
        directory: RunDirectory | str | Path,
        splits: Splits | None = None,
        baselines: dict[str, FittedBaseline] | None = None,
    ) -> None:
        if not isinstance(directory, RunDirectory):
            directory = RunDirectory.existing(directory)
        self._directory = directory
        self._splits = splits
        self._baselines = baselines

    @property
    def directory(self) -> Path:
        """The run directory."""
        return self._directory.path

    @property
    def info(self) -> RunInfo:
        """What the run was started with."""
        return self._directory.read_info()

    @property
    def result(self) -> RunResult:
        """The result so far; `test` and `verdict` are None while the test set is sealed."""
        return self._directory.read_result()

    @property
    def result_json(self) -> str:
        """The result so far, as `result.json` has it."""
        return dump_json(self.result)

    def open_test_set(self, reason: str) -> TestResult:
        """Open the test set once and score all refits and baselines in that one opening.

        The refit that is exported is the first, named before the opening. Predictions are
        saved, and everything later reads those. A second call returns what the first found.

        Args:
            reason: Why, for the ledger; not empty.

        Raises:
            SealError: If a study on this data is running, or the reason is empty.
            RunError: If the run has no data at hand (it was opened from its directory).
        """
        with self._directory.locked():
            return self._open_test_set(reason)

    def _open_test_set(self, reason: str) -> TestResult:
        result, splits = self.result, self._splits
        if result.test is not None:
            return result.test
        if splits is None:
            raise RunError(
                "Opening the test set needs the data.",
                received=f"the run {self.directory} without its splits",
                fix="Use `Run(directory, splits)`, or `dlrecipes tune RECIPE --resume DIR`.",
            )
        if splits.test.fingerprint != result.data.fingerprint:
            raise RunError(
                "A run must be tested on the test set that was sealed when it began.",
                received=f"one with fingerprint {splits.test.fingerprint}, not "
                f"{result.data.fingerprint}",
                fix="Another split's test rows may be rows that this run trained on.",
            )
        start = time.monotonic()
        test, verdict, refits, baselines = score_test_set(
            self._directory, result, splits, reason, self._baselines
        )
        by_group = tested_subgroups(self._directory, splits.model_spec, result.threshold)
        ensemble = tested_ensemble(self._directory, result, test, verdict, splits.model_spec)
        seconds = {**result.seconds, "test": time.monotonic() - start}
        self._directory.write(
            replace(
                result,
                test=test,
                verdict=verdict,
                ensemble=ensemble,
                refits=refits,
                baselines=baselines,
                subgroups=(*result.subgroups, *by_group),
                seconds=with_total(seconds),
            )
        )
        return test

    def export(self, format: str = "saved_model") -> Path:  # noqa: A002  (the word users know)
        """Export the first refit, load it again and compare it with the tested predictions.

        Args:
            format: `"saved_model"` (raw inputs, named signatures, TensorFlow only) or `"keras"`;
                `"ensemble_saved_model"` or `"ensemble_keras"` for the ensemble instead.

        Returns:
            The folder or file.

        Raises:
            ExportError: If the exported model does not reproduce the saved predictions.
            RunError: If the test set was not opened, so that there is nothing to compare with, or
                if there is no ensemble.
        """
        check_choice("format", format, FORMATS)
        with self._directory.locked():
            return self._export(format)

    def _export(self, format: str) -> Path:  # noqa: A002
        start = time.monotonic()
        result, info = self.result, self.info
        if not self._directory.predictions.is_file():
            raise RunError(
                "A model is exported after it was tested.",
                received=f"{self.directory} with its test set still sealed",
                fix="Call `run.open_test_set(reason)` first, or resume the run.",
            )
        arrays, tested = self._directory.read_tested()
        x = unpack_inputs(arrays)
        tested_file = self.directory / result.refits[0].checkpoint
        if format.startswith("ensemble"):
            if result.ensemble is None:
                raise RunError(
                    "Only a run with an ensemble can export one.",
                    received=f"format={format!r} for {self.directory}",
                    fix="Start a run with `ensemble=4`, on the command line --ensemble 4.",
                )
            tested = arrays["ensemble"]
            tested_file = self.directory / result.ensemble.checkpoint
        model = load_model(tested_file)
        path = self.directory / FORMATS[format]
        # An export takes its name, and the place of an older one, only once it is compared.
        unchecked = path.with_name(f"unchecked-{path.name}")
        try:
            if format.endswith("keras"):
                shutil.copyfile(tested_file, unchecked)
                predictions = predict(load_model(unchecked), x)
            else:
                export_saved_model(model, unchecked, info.raw_spec)
                predictions = predict_saved_model(unchecked, x)
            check_same_predictions(
                predictions, tested[: len(x)], info.spec, policy=info.policy, what=str(path)
            )
            _remove(path)
            unchecked.rename(path)
        finally:
            _remove(unchecked)
        seconds = {**result.seconds, f"export {format}": time.monotonic() - start}
        artifacts = {**result.artifacts, format: path.name}
        self._directory.write(replace(result, artifacts=artifacts, seconds=with_total(seconds)))
        return path

    def finish(self, reason: str = "final score of the procedure") -> RunResult:
        """Do the second half of the procedure: the test set, the exports, the report.

        Args:
            reason: Why the test set is opened, for the ledger.

        Raises:
            SealError: If a study on this data is running.
            ExportError: If an exported model does not reproduce the saved predictions.
        """
        # ---- 7. open the seal, once, and say how the network compares
        self.open_test_set(reason)
        # ---- 8. export what was tested, and compare it
        try:
            for name in FORMATS:
                wanted = self.result.ensemble is not None or not name.startswith("ensemble")
                if wanted and name not in self.result.artifacts:
                    self.export(name)
        # ---- 9. report: what was tested is told, also where it cannot be exported
        finally:
            self.report()
        return self.result

    def report(self) -> Path:
        """Write `report.html` and return its path."""
        with self._directory.locked():
            result = self.result
            artifacts = {**result.artifacts, "report": self._directory.report.name}
            self._directory.write(replace(result, artifacts=artifacts))
            return write_report(self.directory)

    def predict(
        self,
        inputs: str | Path | np.ndarray | Columns,
        *,
        header: bool | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        quoting: bool | None = None,
    ) -> np.ndarray | dict[str, np.ndarray]:
        """Predict with the first refit.

        Args:
            inputs: Raw inputs `(examples, *shape)`, a table's columns, or a file of them: CSV or
                npz, for a table CSV, TSV or Parquet, read as the training table was; for images
                also an image file, a folder or a table of paths.
            header: Whether the first row of a table names its columns; None to tell it from the
                rows. Without names, columns are taken by their position (`read_new_table`).
            encoding: A table's text encoding, where it is not the training table's.
            separator: Its separator, likewise.
            quoting: Whether quotes hold its cells together, likewise.

        Returns:
            `(examples, classes)` probabilities or `(examples,)` values; of several targets
            `{target: either}`.

        Raises:
            DataError: If the inputs cannot be read or do not fit.

        Warns:
            DataWarning: If columns hold more that training did not have than chance explains.
        """
        spec = self.info.raw_spec
        if isinstance(inputs, np.ndarray | Columns):
            inputs = check_inputs(inputs, spec, source="an array")
        else:
            inputs = read_inputs(
                inputs,
                spec,
                header=header,
                encoding=encoding,
                separator=separator,
                quoting=quoting,
            )
        model = load_model(self.directory / self.result.refits[0].checkpoint)
        unknown = check_unknown_values(model, inputs)
        if unknown is not None and unknown.severity == "warning":
            for line in (*unknown.verdict.splitlines(), unknown.advice):
                warnings.warn(line, DataWarning, stacklevel=2)
        predictions = predict(model, inputs)
        return split_predictions(predictions, spec) if spec.targets else predictions

    def predict_table(
        self,
        inputs: str | Path | np.ndarray | Columns,
        *,
        header: bool | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        quoting: bool | None = None,
    ) -> str:
        """Predict, and return CSV: `label` and a probability a class, or `value`.

        Files come first, images in a column `image`, texts in a column `file`. Of several targets
        each has such columns under its name: `diagnosis label`, `price value`.

        The label is the most probable class or, where a threshold was chosen, what that decides.

        Args:
            inputs: As for `predict`.
            header: As for `predict`.
            encoding: As for `predict`.
            separator: As for `predict`.
            quoting: As for `predict`.
        """
        threshold = self.result.threshold
        table = prediction_table(
            self.predict(
                inputs, header=header, encoding=encoding, separator=separator, quoting=quoting
            ),
            self.info.raw_spec,
            None if threshold is None else threshold.threshold,
        )
        return self._named(table, inputs)

    def _named(self, table: pandas.DataFrame, inputs: str | Path | np.ndarray | Columns) -> str:
        """Return predictions as CSV, with the files that they are of."""
        if isinstance(inputs, str | Path):
            images = find_image_inputs(inputs, self.info.raw_spec)
            if images is not None:
                table.insert(0, "image", images.names)
            texts = find_text_inputs(inputs, self.info.raw_spec)
            if texts is not None:
                table.insert(0, "file", texts.names)
        return table.to_csv(index=False)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
