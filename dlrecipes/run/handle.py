"""A finished search: open its test set, export it, report it, predict with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import numpy as np

from dlrecipes.baselines import FittedBaseline
from dlrecipes.checks import check_choice
from dlrecipes.data import Ledger, Splits
from dlrecipes.errors import RunError, SealError
from dlrecipes.report import write_report
from dlrecipes.report.format import format_time
from dlrecipes.results import RunInfo, RunResult, TestResult, dump_json, plural
from dlrecipes.run.ensemble import tested_ensemble
from dlrecipes.run.export_baseline import export_baseline
from dlrecipes.run.exports import compare_exports, export_run, why_no_keras
from dlrecipes.run.messages import NO_TEST, say_end
from dlrecipes.run.phase_clock import PhaseClock
from dlrecipes.run.predict_inputs import predict_as_csv, predict_inputs
from dlrecipes.run.score_test_set import score_test_set, tested_subgroups
from dlrecipes.run.strongest import STRONGER, stronger_baseline
from dlrecipes.rundir import FORMATS, Format, RunDirectory
from dlrecipes.search import Listener


class Run:
    """A run directory whose search is done.

    Args:
        directory: The run directory, or its path.
        splits: The data; needed only to open the test set.
        listener: Hears what takes a while; None for silence.
        baselines: Its fitted baselines; None to fit them again, as they were chosen, when the test
            set is opened.

    Raises:
        RunError: If the directory is no run.

    Example:
        >>> run = dlr.Run("runs/first")  # as the example of `dlr.tune` leaves it
        >>> run.predict([[5.1, 3.5, 1.4, 0.2]]).shape
        (1, 3)
        >>> run.predict_table([[5.1, 3.5, 1.4, 0.2]]).splitlines()[0]
        'label,probability setosa,probability versicolor,probability virginica'
        >>> run.export("keras").name
        'model.keras'
    """

    def __init__(
        self,
        directory: RunDirectory | str | Path,
        splits: Splits | None = None,
        listener: Listener | None = None,
        baselines: dict[str, FittedBaseline] | None = None,
    ) -> None:
        if not isinstance(directory, RunDirectory):
            directory = RunDirectory.existing(directory)
        self._directory = directory
        self._splits = splits
        self._listener = listener or Listener()
        self._baselines = baselines

    def __repr__(self) -> str:
        if not self._directory.result_file.is_file():
            state = "without a result yet"
        else:
            result = self.result
            closed = "its test set is sealed: run.open_test_set(reason) opens it"
            closed = closed if result.has_test else NO_TEST
            state = result.verdict.sentence if result.verdict else closed
        return f"<Run {self.directory}: {state}>"

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

        What is exported is named before the opening: the ensemble, where the validation part shows
        it better beyond the noise, else the first refit, the best there. Predictions are saved, and
        everything later reads those; the exports that exist are compared with them. A second call
        returns what the first found.

        Args:
            reason: Why, for the ledger; not empty.

        Raises:
            SealError: If a study on this data is running, the reason is empty, or there is no test
                part.
            RunError: If the run has no data at hand (it was opened from its directory).
            ExportError: If an export does not reproduce the tested predictions, which stand.
        """
        with self._directory.locked(), self._listener.busy():
            result = self.result
            if result.test is not None:
                self._listener.on_note(self._opened_before())
                return result.test
            if not result.has_test:
                raise SealError(
                    "Only a run with a test part can open one.",
                    received=f"the run {self.directory}, whose data is all for training and "
                    "validation",
                    fix="Predict rows that it never saw, and score those.",
                )
            clock = PhaseClock()
            clock.begin("test")
            test = self._open_test_set(result, reason)
            compare_exports(self._directory)
            clock.end()
            self._directory.write(clock.written(self.result))
        return test

    def _opened_before(self) -> str:
        """Say when and why this run has opened its test set."""
        openings = Ledger(self._directory.ledger).openings(self.result.data.fingerprint)
        own = [opening for opening in openings if opening.study == self.info.study]
        when = f" on {format_time(own[-1].time)}: {own[-1].reason}" if own else ""
        return (
            f"This run has opened its test set before{when}. It is not opened again, and what was "
            "found then stands."
        )

    def _open_test_set(self, result: RunResult, reason: str) -> TestResult:
        splits = self._splits
        if splits is None:
            raise RunError(
                "Opening the test set needs the data.",
                received=f"the run {self.directory} without its splits",
                fix="Use `Run(directory, splits)`; for the run of a recipe, "
                f"`dlrecipes open {self.directory}`.",
            )
        self._check_same_data(splits, result)
        self._listener.on_step("baselines, then the test set, opened once")
        test, verdict, refits, baselines = score_test_set(
            self._directory, result, splits, reason, self._baselines
        )
        by_group = tested_subgroups(self._directory, splits.model_spec, result)
        ensemble = tested_ensemble(self._directory, result, test, splits.model_spec)
        findings = tuple(one for one in result.findings if one.name != STRONGER)
        if verdict.outcome == "worse":
            strongest = baselines[verdict.baseline]
            findings = (*stronger_baseline(verdict.baseline, strongest, self.info), *findings)
        self._directory.write(
            replace(
                result,
                test=test,
                verdict=verdict,
                ensemble=ensemble,
                refits=refits,
                baselines=baselines,
                findings=findings,
                subgroups=(*result.subgroups, *by_group),
                sealed="",
            )
        )
        return test

    def _check_same_data(self, splits: Splits, result: RunResult) -> None:
        if splits.test.fingerprint != result.data.fingerprint:
            now = len(splits.train) + len(splits.validation) + len(splits.test)
            then = result.data.train + result.data.validation + result.data.test
            raise RunError(
                "A run must go on with the test set that was sealed when it began.",
                received=f"another one, with fingerprint {splits.test.fingerprint}, of data with "
                f"{plural(now, 'example')}, {then:,} when it began",
                fix="Restore the data as it was, or its split: rows that are tested now may be "
                "rows that this run trained on.",
            )

    def export(self, format: str = "saved_model") -> Path:  # noqa: A002  (the word users know)
        """Export the chosen model, load it again and compare it with the saved predictions.

        Those are of the test part or, while that is sealed, of the validation part.

        Args:
            format: `"saved_model"` (raw inputs, named signatures, TensorFlow only) or `"keras"`;
                `"ensemble_saved_model"` or `"ensemble_keras"` for the ensemble in any case.

        Returns:
            The folder or file.

        Raises:
            ExportError: If the exported model does not reproduce the saved predictions.
            RunError: If there is no ensemble, or no predictions were saved.
        """
        check_choice("format", format, FORMATS)
        with self._directory.locked(), self._listener.busy():
            self._listener.on_step(f"export as {format}, compared with the saved predictions")
            return export_run(self._directory, cast(Format, format))

    def export_baseline(self, name: str | None = None, path: str | Path | None = None) -> Path:
        """Export a baseline, load it again and compare it with what it predicted.

        Where it is the strongest and better than the network, it is what to use. The folder holds
        its preprocessing and its model, without pickle; `dlrecipes.load_baseline` loads it. It is
        fitted again as it was chosen, unless this process has fitted it, and must reach the
        validation scores that the run has recorded.

        Args:
            name: One of `result.baselines`, boosted trees or a linear model; None for the one that
                the verdict is about or, while the test set is sealed, the best on the validation
                part.
            path: The folder to write; None for `baseline` in the run directory.

        Returns:
            The folder.

        Raises:
            ArgumentError: If the name is no baseline's, or something else is at the path.
            RunError: If the run has no data at hand (it was opened from its directory), or other
                data than it began with.
            ExportError: If the baseline is none that predicts outside of a run, a package is
                missing (`pip install dlrecipes[trees]`), or it does not predict as it did.
        """
        splits = self._splits
        if splits is None:
            raise RunError(
                "Exporting a baseline needs the data, on which it is fitted again.",
                received=f"the run {self.directory} without its splits",
                fix="Use `Run(directory, splits)`; for the run of a recipe, "
                f"`dlrecipes export {self.directory} --baseline`.",
            )
        with self._directory.locked(), self._listener.busy():
            self._check_same_data(splits, self.result)
            self._listener.on_step("a baseline, compared with what it predicted")
            return export_baseline(
                self._directory,
                splits,
                self._baselines,
                name=name,
                path=None if path is None else Path(path),
            )

    def finish(
        self, reason: str = "final score of the procedure", *, sealed: bool | None = None
    ) -> RunResult:
        """Do the second half of the procedure: the exports, the test set, the report.

        Args:
            reason: Why the test set is opened, for the ledger.
            sealed: Whether it stays closed. None closes it only where it has been opened before:
                by another run in the same folder of runs, or by this one for other networks; where
                the data has no test part, there is none to open.

        Raises:
            SealError: If a study on this data is running, or there is no test part and
                `sealed=False`.
            ExportError: If an exported model does not reproduce the saved predictions.
        """
        self._listener.on_phase("exports, test set, report")
        # ---- 7. what cannot be exported is not worth an opening
        try:
            for name in FORMATS:
                # An ensemble that is the exported model is exported once.
                beside = self.result.ensemble is not None and self.result.exported == "refit"
                wanted = beside or not name.startswith("ensemble")
                if not wanted or name in self.result.artifacts:
                    continue
                lacks = why_no_keras(self._directory, name) if name.endswith("keras") else ""
                if lacks:
                    self._listener.on_note(f"There is no .keras file: {lacks}")
                else:
                    self.export(name)
            # ---- 8. open the seal, once, and say how the network compares
            if not self._stays_sealed(sealed):
                self.open_test_set(reason)
        # ---- 9. report: what was found is told, also where the end failed
        finally:
            self.report()
        result = self.result
        say_end(self._listener, result, self._directory)
        return result

    def _stays_sealed(self, sealed: bool | None) -> bool:
        """Decide whether the test set stays closed, and write down why."""
        with self._directory.locked():
            result = self.result
            if result.test is not None or sealed is False:
                return False
            if not result.has_test:
                self._directory.write(replace(result, sealed="no test part"))
                return True
            openings = Ledger(self._directory.ledger).openings(result.data.fingerprint)
            study = self.info.study
            others = [opening for opening in openings if opening.study != study]
            looked = bool(others) or result.sealed == "opened before" or result.opened_before > 0
            if not (sealed or looked):
                return False
            why: Literal["asked", "opened before"] = "asked" if sealed else "opened before"
            self._directory.write(replace(result, sealed=why, opened_before=len(openings)))
            return True

    def report(self) -> Path:
        """Write `report.html` and return its path."""
        with self._directory.locked(), self._listener.busy():
            self._listener.on_step("report")
            result = self.result
            artifacts = {**result.artifacts, "report": self._directory.report.name}
            result = replace(result, artifacts=artifacts)
            self._directory.write(result)
            clock = PhaseClock()
            clock.begin("report")
            page = write_report(self.directory)
            clock.end()
            if "report" not in result.seconds:  # written again, it leaves the run as it is
                self._directory.write(clock.written(result))
        return page

    def predict(
        self,
        inputs: object,
        *,
        header: bool | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        quoting: bool | None = None,
    ) -> np.ndarray | dict[str, np.ndarray]:
        """Predict with the exported model: the first refit or, where it is better, the ensemble.

        Args:
            inputs: For a table a `pandas.DataFrame` (or what has `to_pandas()`), a dictionary
                `{column: values}` or of one row `{column: value}`, or a list of such rows; for
                one text a list of texts; else an array `(examples, *shape)`, or a list of
                examples. Or a file: CSV, npy or npz, for a table CSV, TSV or Parquet; for images
                also an image file, a folder or a table of paths. A table's cells are read by the
                rules of the training table, wherever they come from.
            header: Whether the first row of a table names its columns; None to tell it from the
                rows. Without names, columns are taken by their position (`read_new_table`).
            encoding: A table's text encoding, where it is not the training table's.
            separator: Its separator, likewise.
            quoting: Whether quotes hold its cells together, likewise.

        Returns:
            `(examples, classes)` probabilities or `(examples,)` values; of several targets
            `{target: either}`. Of targets that were given as one array `(examples, targets)`
            values, or the probabilities of 1, in that form.

        Raises:
            DataError: If the inputs cannot be read or do not fit.

        Warns:
            DataWarning: If columns hold more that training did not have than chance explains, if
                30 rows or more are distributed otherwise than those of training, or if images
                come on another scale.

        Example, for a run on a table with the columns `age` and `town`:

            run = dlr.Run("runs/tabular-20260101-120000")
            run.predict({"age": 41, "town": "Oslo"})
            run.predict(pandas.DataFrame({"age": [41, 17], "town": ["Oslo", None]}))
            run.predict("new.csv")
        """
        return predict_inputs(
            self._directory,
            inputs,
            header=header,
            encoding=encoding,
            separator=separator,
            quoting=quoting,
        )

    def predict_table(
        self,
        inputs: object,
        *,
        header: bool | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        quoting: bool | None = None,
    ) -> str:
        """Predict, and return CSV: `label` and a probability a class, or `value`.

        What tells the rows apart comes first: files, images in a column `image`, texts in a column
        `file`; of a table its columns of the time, the series or the group, and those that were
        left out of training as identifiers, as they stand in it. Of several targets each has
        columns under its name: `diagnosis label`, `price value`.

        Of a table in the order of time, the rows to come are predicted, those without a target;
        all rows where each has one. `predict` answers for every row.

        The label is the most probable class or, where a threshold was chosen, what that decides.

        Args:
            inputs: As for `predict`.
            header: As for `predict`.
            encoding: As for `predict`.
            separator: As for `predict`.
            quoting: As for `predict`.
        """
        return predict_as_csv(
            self._directory,
            inputs,
            header=header,
            encoding=encoding,
            separator=separator,
            quoting=quoting,
        )
