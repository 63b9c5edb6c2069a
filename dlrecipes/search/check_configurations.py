"""Check: were there enough configurations for a stage's trials?"""

from __future__ import annotations

from dlrecipes.results import Finding, Hyperparameter, Stage, plural
from dlrecipes.search.backends import count_configurations


def check_configurations(
    stage: Stage, ranges: tuple[Hyperparameter, ...], trained: int
) -> tuple[Finding, ...]:
    """Return a finding if a stage ended because every configuration of its ranges was trained.

    Args:
        stage: The stage, with its trials.
        ranges: Its search space.
        trained: Trials that it trained.
    """
    spared = stage.trials - trained
    configurations = count_configurations(ranges) if spared > 0 and trained else None
    if configurations is None or configurations > trained:
        return ()
    only = f"{plural(configurations, 'configuration')} only"
    return (
        Finding(
            "configurations",
            f"The ranges of stage {stage.name} hold {only}: {spared} of its "
            f"{plural(stage.trials, 'trial')} {'was' if spared == 1 else 'were'} not needed.",
            {"configurations": configurations, "planned": stage.trials, "spared": spared},
            "No configuration is trained twice in a stage, for the luckiest seed would win. Plan "
            "fewer trials, or let more vary; `refit_seeds` trains the best again.",
            severity="warning",
        ),
    )
