"""What is known of each kind of target, by its description."""

from __future__ import annotations

from typing import Any

from dlrecipes.results import ClassTarget, CountTarget, OrdinalTarget, Target, ValueTarget
from dlrecipes.targets.classes import ClassKind
from dlrecipes.targets.counts import CountKind
from dlrecipes.targets.kind import TargetKind
from dlrecipes.targets.ordinal import OrdinalKind
from dlrecipes.targets.values import ValueKind

_KINDS: dict[type[Target], type[TargetKind[Any]]] = {
    ClassTarget: ClassKind,
    OrdinalTarget: OrdinalKind,
    ValueTarget: ValueKind,
    CountTarget: CountKind,
}
OF_TASK = {kind.task: kind for kind in _KINDS.values()}
"""The kinds by what users call them."""
TASKS = tuple(OF_TASK)


def kind_of(target: Target) -> TargetKind[Any]:
    """Return all that follows from what a target is.

    Args:
        target: Its description.

    Example:
        >>> from dlrecipes.results import ClassTarget
        >>> from dlrecipes.targets import kind_of
        >>> target = ClassTarget(class_names=("no", "yes"), priors=(0.9, 0.1), known=100)
        >>> round(kind_of(target).start_bias()[0], 3)  # log(0.1 / 0.9)
        -2.197
    """
    return _KINDS[type(target)](target)
