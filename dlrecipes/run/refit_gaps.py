"""The gap between groups of each refit."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.data import Splits
from dlrecipes.diagnose import measure_gap
from dlrecipes.export import load_model, predict
from dlrecipes.results import GapPenalty, RefitResult
from dlrecipes.rundir import RunDirectory


def refit_gaps(
    declared: GapPenalty, directory: RunDirectory, refits: Sequence[RefitResult], splits: Splits
) -> tuple[float, ...]:
    """Return the gap of each refit on the validation part, where it can be measured.

    Args:
        declared: The penalty that the gap is for.
        directory: The run directory.
        refits: The refits.
        splits: The data.
    """
    part = splits.validation
    if part.subgroups is None:
        return ()
    groups, gaps = part.subgroups[declared.column], []
    for one in refits:
        predictions = predict(load_model(directory.path / one.checkpoint), part.x)
        gap = measure_gap(part.y, predictions, groups, splits.model_spec, declared.measure)
        gaps += [] if gap is None else [gap.value]
    return tuple(gaps)
