"""What the verdict will be about, as far as that is known while the test set is sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlrecipes.data import Splits
from dlrecipes.results import BaselineResult, RefitResult, RunInfo
from dlrecipes.run.main_metric import main_metric
from dlrecipes.run.set_threshold import usable_goal


def judged_by(
    info: RunInfo,
    splits: Splits,
    refits: Sequence[RefitResult],
    baselines: Mapping[str, BaselineResult],
) -> str:
    """Return the name of the metric that the validation part is judged by.

    Args:
        info: What the run was started with.
        splits: The data; its test part is not touched.
        refits: The refits, with their thresholds.
        baselines: The baselines, likewise.
    """
    thresholds = [refit.threshold for refit in refits]
    thresholds += [baseline.threshold for baseline in baselines.values()]
    goal = usable_goal(info.threshold, thresholds)
    return main_metric(info.spec, splits.validation, splits.validation, goal).name
