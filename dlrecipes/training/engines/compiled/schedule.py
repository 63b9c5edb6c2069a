"""Which trials are trained together next."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.training.engines.compiled.trial import Trial


def next_group(
    waiting: Sequence[Trial],
    running: Sequence[Sequence[Trial]],
    *,
    more: bool,
    together: bool = False,
) -> list[Trial]:
    """Return the trials to train next.

    A full group comes first, the one that is furthest, so that trials end before others begin.
    With no full group there should be more trials; only when there are none, a part of a group
    is trained: the least advanced one, which may catch up with others on its way.

    Args:
        waiting: Trials between two epochs.
        running: The groups in training.
        more: Whether new trials can still be added.
        together: Whether trials that train one at a time take turns, so that they can be compared
            at the same epoch; then new ones are begun first.

    Returns:
        The group; empty if it is better to wait, or to add trials.
    """
    cohorts: dict[tuple[int, int, int], list[Trial]] = {}
    for trial in waiting:
        cohorts.setdefault(trial.cohort, []).append(trial)
    full = [one for one in cohorts.values() if len(one) >= one[0].program.width]
    alone = together and all(one[0].program.width == 1 for one in full)
    if alone and more:
        return []
    if full:
        group = (min if alone else max)(full, key=lambda one: one[0].epoch)
        return group[: group[0].program.width]
    if more or not cohorts:
        return []
    group = min(cohorts.values(), key=lambda one: one[0].epoch)
    first = group[0]
    behind = [
        one[0]
        for one in running
        if one[0].cohort[:2] == first.cohort[:2] and one[0].epoch < first.epoch
    ]
    return [] if behind else group
