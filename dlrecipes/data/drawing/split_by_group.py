"""The three parts of grouped examples: patients, families, sites."""

from __future__ import annotations

import numpy as np

from dlrecipes.checks import check_integer
from dlrecipes.data.drawing.column import Column, encode_column, missing_error
from dlrecipes.data.drawing.fractions import check_fractions
from dlrecipes.data.drawing.group_assignment import assign_groups
from dlrecipes.data.split_stratified import Rows
from dlrecipes.errors import DataError
from dlrecipes.results import plural


def split_by_group(
    groups: object,
    labels: object,
    *,
    validation_fraction: float,
    test_fraction: float,
    split_seed: int,
) -> tuple[Rows, Rows, Rows]:
    """Return the rows of the training, the validation and the test part, each shuffled.

    No group is in two parts, and each part gets at least one. The fractions are of examples;
    parts and classes come as near to them as whole groups allow, and a class that enough groups
    have is in every part: with few groups by a search that seldom misses the best division.
    Nothing but `split_seed` moves a group, and the order of the rows does not count.

    Args:
        groups: The group of each example, text, numbers or dates, `(examples,)`.
        labels: The class of each example, `(examples,)`; all equal for regression.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1); the two together below 1.
        split_seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If a fraction or the seed is outside its range.
        DataError: If a group or label is missing, if there are fewer than three groups, or if
            one group leaves less than half of what validation and test should get.
    """
    check_fractions(validation_fraction, test_fraction)
    check_integer("split_seed", split_seed, 0)
    column = encode_groups(groups)
    classes = encode_column("labels", labels, len(column))
    if len(column.names) < 3:
        raise DataError(
            "There must be at least three groups, one for each part.",
            received=f"{len(column.names)} in {plural(len(column), 'example')}",
        )
    _check_largest(column, validation_fraction + test_fraction)
    generator = np.random.default_rng(split_seed)
    fractions = (1 - validation_fraction - test_fraction, validation_fraction, test_fraction)
    part = assign_groups(column.codes, classes.codes, fractions, generator)[column.codes]
    train, validation, test = (
        generator.permutation(np.flatnonzero(part == number)) for number in range(3)
    )
    return train, validation, test


def encode_groups(groups: object, examples: int | None = None) -> Column:
    """Return groups as indices; empty text is a missing group.

    Args:
        groups: The group of each example, text, numbers or dates, `(examples,)`.
        examples: How many there must be; None for any number above 0.

    Raises:
        DataError: If there is not one group for each example.
    """
    column = encode_column("groups", groups, examples)
    blank = np.array([isinstance(name, str) and not name.strip() for name in column.names])
    if blank.any():
        raise missing_error("groups", blank[column.codes])
    return column


def _check_largest(groups: Column, held_out: float) -> None:
    largest = int(np.argmax(groups.counts))
    size = int(groups.counts[largest])
    wanted = held_out * len(groups)
    if len(groups) - size < wanted / 2:
        raise DataError(
            "The groups besides the largest must fill at least half of validation and test.",
            received=f"group {str(groups.names[largest])!r} holds {size} of "
            f"{plural(len(groups), 'example')} and all others {len(groups) - size}, where "
            f"{wanted:.0f} are wanted",
            fix="Lower the fractions, or divide that group if its examples do not belong together.",
        )
