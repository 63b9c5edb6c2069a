"""What is asked of the only target: is it of a kind with which something can be done?"""

from __future__ import annotations

from dlrecipes.errors import ArgumentError
from dlrecipes.results import CountTarget, DataSpec, Target
from dlrecipes.targets.kinds import kind_of


def check_classes(spec: DataSpec, what: str) -> Target:
    """Return the only target, which must be classes.

    Args:
        spec: The data's description.
        what: What is done with the classes, for the message: `"balanced"`.

    Raises:
        ArgumentError: If it is something else, or if there are several.
    """
    if spec.keyed or not spec.target.class_names:
        raise ArgumentError(f"Only classes can be {what}.", received=f"{spec.task} data")
    return spec.target


def check_counts(spec: DataSpec, what: str) -> CountTarget:
    """Return the only target, which must be a count.

    Args:
        spec: The data's description.
        what: What only counts do, for the message: `"have an exposure"`.

    Raises:
        ArgumentError: If it is something else, or if there are several.
    """
    if spec.keyed or not isinstance(spec.target, CountTarget):
        raise ArgumentError(
            f"Only counts {what}.",
            received=f"{spec.task} data",
            fix="A target of whole numbers becomes one with task='count' (--task count).",
        )
    return spec.target


def has_threshold(spec: DataSpec) -> bool:
    """Whether a threshold can be chosen: between two classes without an order.

    Args:
        spec: The data's description.
    """
    return not spec.keyed and kind_of(spec.target).has_threshold


def gap_measures(spec: DataSpec) -> tuple[str, ...]:
    """Return the measures that a gap penalty may be about; none of several targets.

    Args:
        spec: The data's description.
    """
    return () if spec.keyed else kind_of(spec.target).gap_measures
