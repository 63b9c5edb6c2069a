"""Checks: were there enough configurations for a stage's trials, and was none trained twice?"""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.results import Finding, Hyperparameter, Stage, TrialRecord, plural
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


def check_repeated(stage: str, records: Sequence[TrialRecord]) -> tuple[Finding, ...]:
    """Return a finding if trials of a stage have the values of others.

    A sampler sees to it that none has, but for the values that a builder asks for behind a plain
    `if`: which those are is known only when the trial is built.

    Args:
        stage: The stage's name.
        records: Its trials.
    """
    different = {tuple(sorted(record.values.items())) for record in records}
    repeated = len(records) - len(different)
    if not repeated:
        return ()
    many = "have" if repeated > 1 else "has"
    return (
        Finding(
            "repeated configurations",
            f"Of the {plural(len(records), 'trial')} of stage {stage}, {repeated} {many} the "
            "values of another.",
            {"trials": len(records), "repeated": repeated},
            "The builder asks for a hyperparameter behind a plain `if`, so that nobody knows what "
            "there is to choose from. With `with hp.conditional_scope(name, values):` around it, "
            "no configuration is trained twice.",
            severity="warning",
        ),
    )
