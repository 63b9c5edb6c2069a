"""Is a group on two sides?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from dlrecipes.data.split import Split
from dlrecipes.results import Finding, plural

MAX_NAMED = 20


def check_groups(parts: Mapping[str, Split]) -> Finding:
    """Return the groups (patients, families, …) of which two parts have examples.

    The network recognises the group, which it cannot in use. In training and validation part that
    is an error. In the test part it is a warning: that part may have been given as it is.

    Args:
        parts: `{name: part}`; those without groups are not compared.
    """
    groups = {
        name: np.unique(part.groups.astype(str))
        for name, part in parts.items()
        if part.groups is not None
    }
    evidence: dict[str, float | int | str | list[str]] = {}
    shared = []
    for first, second in combinations(groups, 2):
        both = np.intersect1d(groups[first], groups[second], assume_unique=True)
        evidence[f"{first} and {second}"] = len(both)
        shared += both.tolist()
    if not shared:
        return Finding("groups", "No group is in two parts.", evidence)
    wrong = bool(evidence.get("train and validation"))
    shared = sorted(set(shared))
    evidence["groups"] = shared[:MAX_NAMED]
    evidence["training rows"] = _rows(parts["train"], shared)
    return Finding(
        "groups",
        f"{plural(len(shared), 'group is', 'groups are')} in two parts.",
        evidence,
        advice="Deal the rows by group: `Drawing(group=…)`, or `split_by_group`."
        if wrong
        else "Leave these groups out of training: test scores on them are too good.",
        severity="error" if wrong else "warning",
    )


def _rows(train: Split, shared: list[str]) -> list[str]:
    """Return what training rows of these groups are called."""
    if train.groups is None:
        return []
    rows = np.flatnonzero(np.isin(train.groups.astype(str), shared))[:MAX_NAMED]
    return [str(one) for one in (rows if train.ids is None else train.ids[rows])]
