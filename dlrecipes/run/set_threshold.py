"""The threshold of the refit that will be exported."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.data import Splits
from dlrecipes.diagnose import choose_threshold
from dlrecipes.errors import DataError
from dlrecipes.export import load_model, predict
from dlrecipes.results import Finding, RefitResult, Threshold
from dlrecipes.rundir import RunDirectory


def set_threshold(
    goal: str, directory: RunDirectory, refits: Sequence[RefitResult], splits: Splits
) -> tuple[Threshold | None, tuple[Finding, ...]]:
    """Choose the threshold on the validation predictions of the exported refit, the first.

    A goal that they do not reach is a finding: a search is not thrown away for it, and the more
    probable class remains the label.

    Args:
        goal: What it is chosen for, as `ThresholdGoal.parse` takes it; empty for no threshold.
        directory: The run directory.
        refits: The refits.
        splits: The data, of two classes.

    Returns:
        The threshold or None, and what there is to say about it.
    """
    if not goal:
        return None, ()
    model = load_model(directory.path / refits[0].checkpoint)
    scores = predict(model, splits.validation.x)[:, 1]
    try:
        return choose_threshold(splits.validation.y, scores, goal), ()
    except DataError as error:
        finding = Finding(
            name="threshold",
            verdict=f"No threshold was chosen. {error}",
            evidence={"goal": goal},
            advice="Labels go to the more probable class. Start again with another goal, or with "
            "a model that ranks better.",
            severity="warning",
        )
        return None, (finding,)
