"""The exports of a run: written, loaded again, and compared with what was predicted before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from dlrecipes.data import unpack_inputs
from dlrecipes.errors import ExportError, RunError
from dlrecipes.export import (
    check_same_predictions,
    export_saved_model,
    load_model,
    predict_keras,
    predict_saved_model,
)
from dlrecipes.run.phase_clock import PhaseClock
from dlrecipes.rundir import (
    FORMATS,
    KERAS,
    NO_KERAS,
    Format,
    Part,
    RunDirectory,
    beside,
    check_place,
)
from dlrecipes.training.precision import is_half


def export_run(directory: RunDirectory, format: Format) -> Path:  # noqa: A002  (the word users know)
    """Write an export, load it again and compare it with the saved predictions.

    Args:
        directory: The run directory, locked.
        format: One of `FORMATS`.

    Returns:
        The folder or file.

    Raises:
        ExportError: If the exported model does not reproduce the saved predictions, or if there is
            no `.keras` file of it.
        RunError: If there is no ensemble, or no predictions were saved.
    """
    clock = PhaseClock()
    clock.begin(f"export {format}")
    result, checkpoint = directory.read_result(), _checkpoint(directory, format)
    path = directory.export(format)
    if not format.endswith("keras"):
        check_place(path.parent)
    else:
        reason = why_no_keras(directory, format)
        if reason:
            _remove(path)  # of another network
            raise ExportError(
                "A .keras file is written where Keras can read it back.", received=reason
            )
    # An export takes its name, and the place of an older one, only once it is compared.
    unchecked = path.with_name(f"unchecked-{path.name}")
    _remove(unchecked)  # of a process that was killed
    try:
        if format.endswith("keras"):
            shutil.copyfile(_existing(beside(checkpoint, KERAS)), unchecked)
        elif checkpoint.is_dir():
            shutil.copytree(checkpoint, unchecked)
        else:  # of an earlier version
            export_saved_model(load_model(checkpoint), unchecked, directory.read_info().raw_spec)
        _compare(directory, format, unchecked)
        _remove(path)
        unchecked.rename(path)
    finally:
        _remove(unchecked)
    artifacts = {**result.artifacts, format: path.name}
    clock.end()
    directory.write(clock.written(replace(result, artifacts=artifacts)))
    return path


def why_no_keras(directory: RunDirectory, format: Format) -> str:  # noqa: A002
    """Return why there is no `.keras` file to be exported; empty if there is one.

    Args:
        directory: The run directory.
        format: `"keras"` or `"ensemble_keras"`.
    """
    checkpoint = _checkpoint(directory, format)
    why = beside(checkpoint, NO_KERAS)
    if beside(checkpoint, KERAS).is_file() or not why.is_file():
        return ""
    return why.read_text(encoding="utf-8").strip()


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise ExportError("The model's file must exist.", received=str(file))
    return file


def _checkpoint(directory: RunDirectory, format: Format) -> Path:  # noqa: A002
    """Return the model that was tested, or is to be."""
    result = directory.read_result()
    if not format.startswith("ensemble"):
        return directory.path / result.exported_model.checkpoint
    if result.ensemble is None:
        raise RunError(
            "Only a run with an ensemble can export one.",
            received=f"format={format!r} for {directory.path}",
            fix="Start a run with `ensemble=4`, on the command line --ensemble 4.",
        )
    return directory.path / result.ensemble.checkpoint


def _compare(directory: RunDirectory, format: Format, path: Path) -> None:  # noqa: A002
    """Compare an export with the predictions that were saved last."""
    result, info = directory.read_result(), directory.read_info()
    part: Part = "validation" if result.test is None else "test"
    if not directory.predictions_on(part).is_file():
        raise RunError(
            "An export is compared with saved predictions.",
            received=f"{directory.path} without those of the {part} part",
            fix="Resume the run, which saves them.",
        )
    averaged = format.startswith("ensemble") or result.exported == "ensemble"
    arrays, saved = directory.read_predictions(part, ensemble=averaged)
    x = unpack_inputs(arrays)
    ask = predict_keras if format.endswith("keras") else predict_saved_model
    predictions = ask(path, x)
    ran = (info.policy, *(refit.policy for refit in result.refits))
    policy = next(filter(is_half, ran), info.policy)  # a builder may set one of its own
    check_same_predictions(predictions, saved[: len(x)], info.spec, policy=policy, what=str(path))


def compare_exports(directory: RunDirectory) -> None:
    """Compare what was exported while the test set was closed with the tested predictions.

    Args:
        directory: The run directory, locked.

    Raises:
        ExportError: If one does not reproduce them; it is no artifact of the run any more.
    """
    result = directory.read_result()
    for name in FORMATS:
        if name not in result.artifacts:
            continue
        try:
            _compare(directory, name, directory.export(name))
        except ExportError:
            kept = {key: file for key, file in result.artifacts.items() if key != name}
            directory.write(replace(result, artifacts=kept))
            raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
