"""Examples that must stay together because they are the same."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dlrecipes.data.drawing.split_by_group import encode_groups


def join_copies(
    x: NDArray[Any], ids: NDArray[Any], groups: object = None
) -> NDArray[np.str_] | None:
    """Return a group for each example, such that examples with the same inputs share one.

    A test on what was trained on is none. Where copies of one example are in several groups,
    these become one.

    Args:
        x: Inputs, `(examples, …)`.
        ids: What each example is called, `(examples,)`.
        groups: The group of each example, `(examples,)`, or None.

    Returns:
        The names of the groups, `(examples,)`: without `groups`, the id of the first of the
        copies. None if there are neither groups nor copies.

    Raises:
        DataError: If a group is missing.
    """
    # Adding 0 turns -0.0, which equals 0.0 in other bytes, into 0.0.
    digests = [hashlib.blake2b((row + 0).tobytes(), digest_size=16).digest() for row in x]
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
