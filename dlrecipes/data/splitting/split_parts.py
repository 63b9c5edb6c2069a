"""The parts that are not given, with copies of an example in one part."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dlrecipes.checks import check_real
from dlrecipes.data.parts.several_inputs import Inputs, row_bytes
from dlrecipes.data.splitting.split_by_group import encode_groups, split_by_group
from dlrecipes.data.splitting.split_stratified import Rows, split_stratified


def split_parts(
    labels: NDArray[Any],
    *,
    groups: object = None,
    validation_fraction: float | None,
    test_fraction: float | None,
    split_seed: int,
    minimum: int = 1,
) -> tuple[Rows, Rows, Rows]:
    """Return the rows to train on, to validate on and to test on, those not split off empty.

    Stratified by class; where there are groups, no group is in two parts.

    Args:
        labels: The class of each example, `(examples,)`; all equal for regression.
        groups: The group of each example, `(examples,)`, or None.
        validation_fraction: Share of the validation part, in (0, 1); None if it is not split off.
        test_fraction: Share of the test part, in (0, 1); None if it is not split off.
        split_seed: Seed of the split, at least 0.
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
    # What would be the part that is not split off trains along.
    wanted = {
        name: (1 - sum(filter(None, fractions.values()))) / 2 if fraction is None else fraction
        for name, fraction in fractions.items()
    }
    if groups is None:
        rows = split_stratified(labels, split_seed=split_seed, minimum=minimum, **wanted)
    else:
        rows = split_by_group(groups, labels, split_seed=split_seed, **wanted)
    train, validation, test = rows
    if validation_fraction is None:
        return np.concatenate([train, validation]), none, test
    if test_fraction is None:
        return np.concatenate([train, test]), validation, none
    return train, validation, test


def join_copies(
    x: NDArray[Any] | Inputs, ids: NDArray[Any], groups: object = None
) -> NDArray[np.str_] | None:
    """Return a group for each example, such that examples with the same inputs share one.

    A test on what was trained on is none. Where copies of one example are in several groups,
    these become one.

    Args:
        x: Inputs, `(examples, …)`, or several of them.
        ids: What each example is called, `(examples,)`.
        groups: The group of each example, `(examples,)`, or None.

    Returns:
        The names of the groups, `(examples,)`: without `groups`, the id of the first of the
        copies. None if there are neither groups nor copies.

    Raises:
        DataError: If a group is missing.
    """
    digests = [hashlib.blake2b(row, digest_size=16).digest() for row in row_bytes(x)]
    copies = pd.factorize(np.array(digests, dtype=object))[0]
    count = int(copies.max()) + 1
    if groups is None:
        if count == len(copies):
            return None
        first = np.unique(copies, return_index=True)[1]
        return np.asarray(ids[first].astype(str)[copies])
    column = encode_groups(groups, len(x))
    names = column.names.astype(str)
    if count == len(copies):
        return np.asarray(names[column.codes])
    # Groups and contents are the nodes, each example is a line between two of them.
    nodes = len(names) + count
    lines = coo_array(
        (np.ones(len(copies), dtype=bool), (column.codes, len(names) + copies)), (nodes, nodes)
    )
    component = connected_components(lines, directed=False)[1][: len(names)]
    joined = pd.Series(names).groupby(component).agg(" + ".join).to_numpy(dtype=str)
    return np.asarray(joined[component][column.codes])
