"""The parts that are not given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.data.drawing.split_by_group import split_by_group
from dlrecipes.data.split_stratified import Rows, split_stratified


def draw_parts(
    labels: NDArray[Any],
    *,
    groups: object = None,
    validation_fraction: float | None,
    test_fraction: float | None,
    split_seed: int,
    minimum: int = 1,
) -> tuple[Rows, Rows, Rows]:
    """Return the rows to train on, to validate on and to test on, those not drawn empty.

    Stratified by class; where there are groups, no group is in two parts.

    Args:
        labels: The class of each example, `(examples,)`; all equal for regression.
        groups: The group of each example, `(examples,)`, or None.
        validation_fraction: Share of the validation part, in (0, 1); None if it is not drawn.
        test_fraction: Share of the test part, in (0, 1); None if it is not drawn.
        split_seed: Seed of the draw, at least 0.
        minimum: Smallest number of examples of a class in a part, without groups.

    Raises:
        ArgumentError: If a fraction or the seed is outside its range.
        DataError: If there are too few examples or groups.
    """
    none = np.empty(0, dtype=np.int64)
    if validation_fraction is None and test_fraction is None:
        return np.arange(len(labels)), none, none
    fractions = {"validation_fraction": validation_fraction, "test_fraction": test_fraction}
    for name, fraction in fractions.items():
        if fraction is not None:
            check_real(name, fraction, 0, 1, low_open=True, high_open=True)
    # What would be the part that is not drawn trains along.
    wanted = {
        name: (1 - sum(filter(None, fractions.values()))) / 2 if fraction is None else fraction
        for name, fraction in fractions.items()
    }
    if groups is None:
        drawn = split_stratified(labels, split_seed=split_seed, minimum=minimum, **wanted)
    else:
        drawn = split_by_group(groups, labels, split_seed=split_seed, **wanted)
    train, validation, test = drawn
    if validation_fraction is None:
        return np.concatenate([train, validation]), none, test
    if test_fraction is None:
        return np.concatenate([train, test]), validation, none
    return train, validation, test
