"""Are there copies of rows, above all across parts?"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from numpy.typing import NDArray

from dlrecipes.data.columns import Columns
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding

MAX_IDS = 20


def check_duplicates(parts: Mapping[str, Split], spec: DataSpec) -> Finding:
    """Return the exact copies of inputs, within each part and across parts.

    A test example that the network was trained on is no test; across parts is a warning, and so
    are copies with different labels.

    Args:
        parts: `{name: part}`.
        spec: The data's description.
    """
    groups: dict[bytes, list[tuple[str, str, float]]] = defaultdict(list)
    for name, part in parts.items():
        ids = range(len(part)) if part.ids is None else part.ids
        for digest, identity, target in zip(_digests(part.x), ids, part.y, strict=True):
            groups[digest].append((name, str(identity), float(target)))
    copies = [group for group in groups.values() if len(group) > 1]
    members = [(group, [member[0] for member in group]) for group in copies]
    evidence: dict[str, float | int | str | list[str]] = {}
    for name in parts:
        evidence[name] = sum(max(names.count(name) - 1, 0) for _, names in members)
    across = 0
    for first, second in combinations(parts, 2):
        shared = sum(first in names and second in names for _, names in members)
        evidence[f"{first} and {second}"] = shared
        across += shared
    conflicting = 0
    if spec.task != "regression":
        conflicting = sum(len({member[2] for member in group}) > 1 for group in copies)
        evidence["different labels"] = conflicting
    if not copies:
        return Finding("duplicates", "No two examples have the same inputs.", evidence)
    # Groups across parts first: those are the ones to look at.
    copies.sort(key=lambda group: len({member[0] for member in group}), reverse=True)
    evidence["ids"] = [member[1] for group in copies for member in group][:MAX_IDS]
    extra = sum(len(group) - 1 for group in copies)
    return Finding(
        "duplicates",
        f"Copies of other examples: {extra}; shared between two parts: {across}; "
        f"with different labels: {conflicting}.",
        evidence,
        advice="Keep one of each, or split so that copies stay together: scores on shared "
        "examples are too good."
        if across or conflicting
        else "",
        severity="warning" if across or conflicting else "info",
    )


def _digests(x: NDArray[Any] | Columns) -> Iterator[bytes]:
    """Return what stands for each row."""
    if isinstance(x, Columns):
        # The same text, number or gap in each column; NaN does not equal itself, its text does.
        columns = [
            (values if values.dtype == object else values + 0.0).tolist() for _, values in x.items()
        ]
        for row in zip(*columns, strict=True):
            yield hashlib.blake2b(repr(row).encode(), digest_size=16).digest()
        return
    for row in x:
        # Adding 0.0 turns -0.0, which equals 0.0 in other bytes, into 0.0.
        yield hashlib.blake2b((row + 0.0).tobytes(), digest_size=16).digest()
