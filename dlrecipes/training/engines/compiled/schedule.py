"""Which trials are trained together next."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.training.engines.compiled.trial import Trial


def next_group(
    waiting: Sequence[Trial],
    running: Sequence[Sequence[Trial]],
    *,
    more: bool,
    turns: int | None = None,
) -> list[Trial]:
    """Return the trials to train next.

    A full group comes first, the one that is furthest, so that trials end before others begin.
    With no full group there should be more trials; only when there are none, a part of a group
    is trained: the least advanced one, which may catch up with others on its way.

    Args:
        waiting: Trials between two epochs.
        running: The groups in training.
        more: Whether new trials can still be added.
        turns: How many of the trials that train one at a time may take turns, so that they can
            be compared at the same epoch; None if each should train to its end.

    Returns:
        The group; empty if it is better to wait, or to add trials.
    """
    cohorts: dict[tuple[int, int, int], list[Trial]] = {}
    for trial in waiting:
        cohorts.setdefault(trial.cohort, []).append(trial)
    full = [one for one in cohorts.values() if len(one) >= one[0].program.width]
    if full and turns is not None and all(one[0].program.width == 1 for one in full):
        return _in_turn([group[0] for group in full], waiting, running, turns, more=more)
    if full:
        group = max(full, key=lambda one: one[0].epoch)
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


def _in_turn(
    singles: Sequence[Trial],
    waiting: Sequence[Trial],
    running: Sequence[Sequence[Trial]],
    turns: int,
    *,
    more: bool,
) -> list[Trial]:
    """Return the least advanced trial, new ones first while they may still begin."""
    begun = sum(one.epoch > 0 and one.program.width == 1 for one in waiting)
    begun += sum(one.program.width == 1 for group in running for one in group)
    if begun >= turns:
        return [min((one for one in singles if one.epoch > 0), key=lambda one: one.epoch)]
    first = min(singles, key=lambda one: one.epoch)
    return [] if more and first.epoch > 0 else [first]
