"""Are there copies of rows, above all across parts?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.audit.equal_by_chance import equal_by_chance
from dlrecipes.data.row_hashes import row_hashes
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding
from dlrecipes.targets import kind_of

MAX_IDS = 20


def check_duplicates(parts: Mapping[str, Split], spec: DataSpec) -> Finding:
    """Return the exact copies of inputs, within each part and across parts.

    A test example that the network was trained on is no test; across parts is a warning, and so
    are copies with different labels, where there is one target. Where the inputs have so few values
    that rows are equal by chance, both are told and no more. A row that a part holds several times
    under one id, as `balance_classes` makes it, is one row.

    Args:
        parts: `{name: part}`.
        spec: The data's description.
    """
    labelled = not spec.keyed and bool(spec.target.class_names)
    every = pd.concat(
        [
            pd.DataFrame(
                {
                    "inputs": row_hashes(part.x),
                    "part": place,
                    "id": np.arange(len(part)) if part.ids is None else part.ids,
                    "y": kind_of(spec.targets[0]).strata(part.y) if labelled else 0,
                }
            )
            for place, part in enumerate(parts.values())
        ],
        ignore_index=True,
    )
    rows = every[every["inputs"].duplicated(keep=False)].drop_duplicates()
    rows = rows[rows["inputs"].duplicated(keep=False)]
    groups = [np.unique(rows.loc[rows["part"] == at, "inputs"]) for at in range(len(parts))]
    sizes = rows["part"].value_counts()
    evidence: dict[str, float | int | str | list[str]] = {
        name: int(sizes.get(place, 0)) - len(groups[place]) for place, name in enumerate(parts)
    }
    across = 0
    for first, second in combinations(range(len(parts)), 2):
        shared = len(np.intersect1d(groups[first], groups[second], assume_unique=True))
        evidence[" and ".join(list(parts)[place] for place in (first, second))] = shared
        across += shared
    copies = rows.groupby("inputs", sort=False)
    conflicting = 0
    if labelled:
        conflicting = int((copies["y"].nunique() > 1).sum())
        evidence["different labels"] = conflicting
    if not len(rows):
        return Finding("duplicates", "No two examples have the same inputs.", evidence)
    # Groups across parts first: those are the ones to look at.
    spread = copies["part"].nunique().sort_values(ascending=False, kind="stable")
    looked_at = rows[rows["inputs"].isin(spread.index[:MAX_IDS])]
    places = looked_at["inputs"].map(pd.Series(np.arange(len(spread)), index=spread.index))
    ordered = looked_at.iloc[np.argsort(places.to_numpy(), kind="stable")]
    evidence["ids"] = [str(one) for one in ordered["id"][:MAX_IDS]]
    extra = len(rows) - len(spread)
    found = f"Copies of other examples: {extra}; shared between two parts: {across}"
    if labelled:
        found += f"; with different labels: {conflicting}"
    if not across and not conflicting:
        return Finding("duplicates", f"{found}.", evidence)
    told_apart = [name for name, count in (("part", across), ("y", conflicting)) if count]
    once = ~every.duplicated(["part", "id", "inputs"]).to_numpy()
    kept = _picked(parts, every, once)
    keys = every.loc[once, "inputs"].to_numpy()
    labels = [every.loc[once, name].to_numpy(np.int64) for name in told_apart]
    if all(equal_by_chance(kept, keys, label) for label in labels):
        return Finding(
            "duplicates",
            f"{found}. Of inputs with few values, that is no more than chance makes.",
            evidence,
        )
    return Finding(
        "duplicates",
        f"{found}.",
        evidence,
        advice=" ".join(_advice(across, conflicting)),
        severity="warning",
    )


def _advice(across: int, conflicting: int) -> list[str]:
    said = []
    if across:
        said.append(
            "Keep one of each, or split so that copies stay together: scores on shared examples "
            "are too good."
        )
    if conflicting:
        said.append(
            "Look at the copies with different labels: no model can be right about all of them."
        )
    return said


def _picked(
    parts: Mapping[str, Split], every: pd.DataFrame, once: NDArray[np.bool_]
) -> list[Split]:
    """Return the parts without repeated rows."""
    places = every["part"].to_numpy()
    return [
        part if once[places == at].all() else part.pick(np.flatnonzero(once[places == at]))
        for at, part in enumerate(parts.values())
    ]
