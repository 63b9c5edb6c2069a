"""The exported refit over the subgroups of the data."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.data import Splits, unpack_subgroups
from dlrecipes.diagnose import measure_subgroups
from dlrecipes.export import load_model, predict
from dlrecipes.results import DataSpec, RefitResult, SubgroupResult, Threshold
from dlrecipes.rundir import RunDirectory


def validation_subgroups(
    directory: RunDirectory,
    refits: Sequence[RefitResult],
    splits: Splits,
    threshold: Threshold | None,
) -> tuple[SubgroupResult, ...]:
    """Return how the first refit fares on each group of the validation part.

    Args:
        directory: The run directory.
        refits: The refits.
        splits: The data.
        threshold: The threshold that decides, if one was chosen.

    Returns:
        One a column; none if the data has no subgroups.
    """
    part = splits.validation
    if part.subgroups is None:
        return ()
    model = load_model(directory.path / refits[0].checkpoint)
    return measure_subgroups(
        part.y,
        predict(model, part.x),
        part.subgroups,
        splits.model_spec,
        part="validation",
        threshold=None if threshold is None else threshold.threshold,
    )


def tested_subgroups(
    directory: RunDirectory, spec: DataSpec, threshold: Threshold | None
) -> tuple[SubgroupResult, ...]:
    """Return how the first refit fares on each group of the test part, by its saved predictions.

    Args:
        directory: The run directory.
        spec: The data's description.
        threshold: The threshold that decides, if one was chosen.

    Returns:
        One a column; none if the data has no subgroups.

    Raises:
        RunError: If the saved predictions are damaged.
    """
    arrays, predictions = directory.read_predictions()
    subgroups = unpack_subgroups(arrays)
    if subgroups is None:
        return ()
    return measure_subgroups(
        arrays["y"],
        predictions,
        subgroups,
        spec,
        part="test",
        threshold=None if threshold is None else threshold.threshold,
    )
