"""A run directory: its files, by name."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from filelock import FileLock, Timeout

from dlrecipes.errors import RunError
from dlrecipes.results import (
    RunInfo,
    RunResult,
    StudyResult,
    TrainingStatistics,
    dump_json,
    parse_json,
    upgrade_info,
    write_text,
)
from dlrecipes.rundir.arrays import read_arrays, write_arrays, write_tables
from dlrecipes.rundir.networks import Networks
from dlrecipes.rundir.place import check_names, check_place
from dlrecipes.system_errors import system_errors

Result = TypeVar("Result")
Part = Literal["validation", "test"]
Format = Literal["saved_model", "keras", "ensemble_saved_model", "ensemble_keras"]
FORMATS: tuple[Format, ...] = get_args(Format)
LEDGER = "test_sets.jsonl"
"""The ledger of test set openings, in a folder of runs."""

_INFO = "run.json"
_CHECKPOINTS = "checkpoints"
_EXPORTS: dict[Format, str] = {
    "saved_model": "saved_model",
    "keras": "model.keras",
    "ensemble_saved_model": "ensemble",
    "ensemble_keras": "ensemble.keras",
}


@dataclass(frozen=True)
class RunDirectory:
    """A run directory: its files, by name.

    Args:
        path: The directory.
    """

    path: Path

    @classmethod
    def planned(cls, out: str | Path | None, name: str) -> RunDirectory:
        """Return the directory that `create` would make, or say now why it cannot.

        Args:
            out: Its path; None for `runs/NAME-DATE-TIME`.
            name: The recipe's name.

        Raises:
            RunError: If it holds something already, cannot be written, has too long a name, or is
                no place to load a SavedModel from (`check_place`).
        """
        stamp = time.strftime("%Y%m%d-%H%M%S")
        path = Path(out) if out is not None else Path("runs") / f"{name}-{stamp}"
        check_place(path, "out=")
        with system_errors():
            check_names(path)
        if out is not None and path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RunError(
                "A new run needs a directory of its own.",
                received=f"out={path}, which exists",
                fix=f"Give another --out, or go on with it: --resume {path}.",
            )
        return cls(path)

    @classmethod
    def create(cls, out: str | Path | None, name: str) -> RunDirectory:
        """Make a new run directory.

        Args:
            out: Its path; None for `runs/NAME-DATE-TIME`.
            name: The recipe's name.

        Raises:
            RunError: If it holds something already, cannot be written, or is no place to load a
                SavedModel from (`check_place`).
        """
        path = cls.planned(out, name).path
        try:
            if out is None:
                path = _make_new(path)
            (path / _CHECKPOINTS).mkdir(parents=True)
        except OSError as error:
            raise RunError(
                "The run directory must be writable.",
                received=f"{path} ({error.strerror})",
                fix="Give another --out.",
            ) from error
        return cls(path)

    @classmethod
    def existing(cls, path: str | Path) -> RunDirectory:
        """Return the run directory at `path`.

        Raises:
            RunError: If it is none.
        """
        directory = cls(Path(path))
        if not directory.info_file.is_file():
            raise RunError(
                "A run directory holds a `run.json`.",
                received=f"{path}",
                fix="Give the directory that `dlrecipes tune` printed, for example "
                "runs/digits-20260101-120000.",
            )
        return directory

    def discard(self) -> None:
        """Remove the directory, when nothing was done in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def name(self) -> str:
        """The run's name: the directory's."""
        return self.path.resolve().name

    @property
    def info_file(self) -> Path:
        """Settings, versions, recipe."""
        return self.path / _INFO

    @property
    def result_file(self) -> Path:
        """The result."""
        return self.path / "result.json"

    @property
    def study_file(self) -> Path:
        """All trials."""
        return self.path / "study.json"

    @property
    def journal(self) -> Path:
        """Optuna's journal, where no other storage is given."""
        return self.path / "study.journal"

    @property
    def ledger(self) -> Path:
        """The ledger of test set openings of the folder that the run lies in."""
        return self.path.resolve().parent / LEDGER

    @property
    def predictions(self) -> Path:
        """Predictions on the test set, one row of them a refit."""
        return self.predictions_on("test")

    def predictions_on(self, part: Part) -> Path:
        """Predictions on a part, one row of them a refit."""
        return self.path / f"{part}_predictions.npz"

    @property
    def feature_maps(self) -> Path:
        """What the layers of the exported network make of one image."""
        return self.path / "feature_maps.npz"

    @property
    def log(self) -> Path:
        """The log."""
        return self.path / "log.txt"

    @property
    def report(self) -> Path:
        """The report, with which a run ends."""
        return self.path / "report.html"

    @property
    def finished(self) -> bool:
        """Whether the run has a result and a report of it."""
        if not self.report.exists() or not self.result_file.exists():
            return False
        result = self.read_result()
        return bool(result.verdict or result.sealed)

    @property
    def trials_table(self) -> Path:
        """A row a trial, for other tools."""
        return self.path / "trials.csv"

    @property
    def curves(self) -> Path:
        """Each trial's curves, for other tools."""
        return self.path / "curves.npz"

    def export(self, format: Format) -> Path:  # noqa: A002  (the word users know)
        """Where an export in that format lies, a file or a folder."""
        return self.path / _EXPORTS[format]

    @property
    def baseline(self) -> Path:
        """A baseline that was exported, a folder."""
        return self.path / "baseline"

    @property
    def preprocess(self) -> Path:
        """The adapted preprocessing of a table, as a `.keras` file."""
        return self.path / _CHECKPOINTS / "preprocess.keras"

    @property
    def statistics_file(self) -> Path:
        """How the training inputs are distributed."""
        return self.path / "training_inputs.json"

    def networks(self, stage: str) -> Networks:
        """What is kept of the networks of a stage, be it the search's or that of the refits."""
        kind = "refit" if stage.startswith("refit") else "trial"
        return Networks(self.path / _CHECKPOINTS / stage, kind)

    def relative(self, file: Path) -> str:
        """Return a file of the run as its results name it."""
        return str(file.relative_to(self.path))

    def read_info(self) -> RunInfo:
        """Return what the run was started with."""
        return self._read(RunInfo, self.info_file)

    def read_result(self) -> RunResult:
        """Return the result so far."""
        return self._read(RunResult, self.result_file)

    def read_study(self) -> StudyResult:
        """Return the search's result."""
        return self._read(StudyResult, self.study_file)

    def read_statistics(self) -> TrainingStatistics | None:
        """Return how the training inputs are distributed; None of a run that does not know."""
        if not self.statistics_file.is_file():
            return None
        return self._read(TrainingStatistics, self.statistics_file)

    def write(self, result: RunInfo | RunResult | StudyResult | TrainingStatistics) -> None:
        """Write a result to its file, as a whole or not at all."""
        files = {
            RunInfo: self.info_file,
            RunResult: self.result_file,
            StudyResult: self.study_file,
            TrainingStatistics: self.statistics_file,
        }
        write_text(files[type(result)], dump_json(result))

    def write_tables(self, study: StudyResult) -> None:
        """Write the trials and their curves for other tools."""
        write_tables(study, self.trials_table, self.curves)

    def write_predictions(
        self,
        ids: np.ndarray,
        inputs: dict[str, np.ndarray],
        y: np.ndarray,
        predictions: np.ndarray,
        ensemble: np.ndarray | None = None,
        *,
        part: Part = "test",
    ) -> None:
        """Write the predictions on a part, as a whole or not at all.

        Args:
            ids: `(examples,)` row ids; Python objects are written as text.
            inputs: Raw inputs of the first examples, `{name: (some, …)}`, and the subgroups of
                all, `{name: (examples,)}`.
            y: `(examples,)` class indices or values.
            predictions: `(refits, examples, classes)` or `(refits, examples)`, float32.
            ensemble: `(examples, classes)` or `(examples,)`, float32; None without one.
            part: Which part.
        """
        ids = ids.astype(str) if ids.dtype == object else ids  # which would need pickling
        arrays: dict[str, Any] = {"ids": ids, **inputs, "y": y, "predictions": predictions}
        if ensemble is not None:
            arrays["ensemble"] = ensemble
        write_arrays(self.predictions_on(part), arrays)

    def read_predictions(
        self, part: Part = "test", *, ensemble: bool = False
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return what `write_predictions` wrote, and what the first refit predicted.

        Args:
            part: Which part.
            ensemble: Whether what the ensemble predicted is returned instead.

        Raises:
            RunError: If the file is damaged, or has none of the ensemble.
        """
        arrays = read_arrays(self.predictions_on(part), "saved predictions", "predictions")
        if not ensemble:
            return arrays, arrays["predictions"][0]
        if "ensemble" not in arrays:
            raise RunError(
                "The saved predictions must be whole.",
                received=f"{self.predictions_on(part)} without those of the ensemble",
                fix="Resume the run, which saves them.",
            )
        return arrays, arrays["ensemble"]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from working on this run; a dead process holds no lock.

        Raises:
            RunError: If another process does, or if the operating system refuses something
                meanwhile: a full disk, a file that is gone.
        """
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise RunError(
                "Only one process may work on a run at a time.",
                received=f"{self.path}, which another process holds",
                fix="Wait for it, or end it.",
            ) from error
        except OSError as error:
            raise RunError(
                "The run directory must be writable.", received=f"{self.path} ({error.strerror})"
            ) from error
        try:
            with self.refusals():
                yield
        finally:
            lock.release()

    def refusals(self) -> AbstractContextManager[None]:
        """Return a context in which what the system refuses is said with the way to go on."""
        return system_errors(self._how_to_go_on)

    def _how_to_go_on(self) -> str:
        """Return what a message ends with; nothing where the directory itself is gone."""
        kept = self.info_file.is_file()
        return f"What was finished is kept: --resume {self.path} goes on." if kept else ""

    def _read(self, kind: type[Result], path: Path) -> Result:
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise RunError(
                f"The run must have a `{path.name}`.",
                received=f"{self.path} without one",
                fix="It did not get that far: go on with it by `dlrecipes tune RECIPE --resume "
                f"{self.path}`.",
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(
                "The run's files must be readable.", received=f"{path}: {error}"
            ) from error
        text = upgrade_info(text) if kind is RunInfo else text
        return parse_json(kind, text, source=str(path))


def _make_new(path: Path) -> Path:
    """Make a directory of this name, or the next one where another run, just now, was first."""
    made, attempt = path, 1
    while True:
        try:
            made.mkdir(parents=True)
        except FileExistsError:
            attempt += 1
            made = path.with_name(f"{path.name}-{attempt}")
        else:
            return made


def newest_unfinished(folder: Path, recipe: str) -> RunDirectory:
    """Return the newest run of a recipe that has no report yet; damaged runs are passed over.

    Args:
        folder: The runs folder.
        recipe: The recipe's name.

    Raises:
        RunError: If there is none.
    """
    found = sorted(folder.glob(f"*/{_INFO}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in found:
        directory = RunDirectory(file.parent)
        with suppress(RunError):
            if directory.read_info().origin.recipe == recipe and not directory.finished:
                return directory
    raise RunError(
        "There must be an unfinished run to resume.",
        received=f"none of {recipe!r} in {folder}",
        fix="Start one, or name its directory: --resume DIR.",
    )
