"""Is a group on two sides, or does the future train?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from dlrecipes.data.parts.split import Split
from dlrecipes.data.series.read_times import read_times
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
        advice="Split the rows by group: `SplitRule(group=…)`, or `split_by_group`."
        if wrong
        else "Leave these groups out of training: test scores on them are too good.",
        severity="error" if wrong else "warning",
    )


def _rows(train: Split, shared: list[str]) -> list[str]:
    """Return what training rows of these groups are called."""
    if train.groups is None:
        return []
    rows = np.flatnonzero(np.isin(train.groups.astype(str), shared))[:MAX_NAMED]
    return [str(row) for row in (rows if train.ids is None else train.ids[rows])]


_RANK = {"train": 0, "validation": 1, "test": 2}


def check_times(parts: Mapping[str, Split]) -> Finding:
    """Return the rows that are later than a row of a later part.

    Parts that have times are in the order of time: training, validation, test. A training row that
    is later than a validation row is an error. A row that is later than a test row is a warning:
    the test part may have been given as it is. Of that part, only the number of such rows
    comes back.

    Args:
        parts: `{"train", "validation" and "test": part}`; those without times are not compared.
    """
    times = {name: read_times(part.time) for name, part in parts.items() if part.time is not None}
    evidence: dict[str, float | int | str | list[str]] = {}
    early = 0
    for first, second in combinations(sorted(times, key=lambda name: _RANK[name]), 2):
        late = times[first] > times[second].min()
        evidence[f"{first} rows later than {second} begins"] = int(late.sum())
        early += int(late.sum())
        if late.any() and "rows" not in evidence:
            part, rows = parts[first], np.flatnonzero(late)[:MAX_NAMED]
            ids = rows if part.ids is None else part.ids[rows]
            evidence["rows"] = [str(identifier) for identifier in ids]
    if not early:
        return Finding("order of time", "Each part ends before the next one begins.", evidence)
    wrong = bool(evidence.get("train rows later than validation begins"))
    return Finding(
        "order of time",
        f"{plural(early, 'row is', 'rows are')} later than a row that should come after: the "
        "future trains.",
        evidence,
        advice="Split the rows by time: `SplitRule(time=…)`, or `split_by_time`. Leave `time` out "
        "if their order means nothing."
        if wrong
        else "The test score is not that of a model which knows the past only: leave out what is "
        "later than the test part begins.",
        severity="error" if wrong else "warning",
    )
