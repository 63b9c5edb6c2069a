"""Are there copies of rows, above all across parts, or rows that are equal by chance?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import poisson

from dlrecipes.data.audit.evidence import Hashes, row_hashes, sample_rows
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.several_inputs import Inputs
from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding
from dlrecipes.targets import row_labels

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
    labels = [row_labels(part.y, spec) for part in parts.values()]
    labelled = all(label is not None for label in labels)
    every = pd.concat(
        [
            pd.DataFrame(
                {
                    "inputs": row_hashes(part.x),
                    "part": place,
                    "id": np.arange(len(part)) if part.ids is None else part.ids,
                    "y": label if labelled else 0,
                }
            )
            for place, (part, label) in enumerate(zip(parts.values(), labels, strict=True))
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
    evidence["ids"] = [str(identifier) for identifier in ordered["id"][:MAX_IDS]]
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
    apart = [every.loc[once, name].to_numpy(np.int64) for name in told_apart]
    if all(equal_by_chance(kept, keys, different) for different in apart):
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


MOST_COLUMNS = 100
MOST_ROWS = 200_000
MOST_WORDS = 8
UNLIKELY = 0.02
DEPENDENT = 3.0
"""How many times as often a column repeats where the others do: columns tell of each other."""


def equal_by_chance(parts: Sequence[Split], keys: Hashes, labels: NDArray[np.int64]) -> bool:
    """Return whether chance explains the pairs of rows with equal inputs and different labels.

    Two people of the same age, sex and town are no copies: for each such pair there are many that
    are equal in all columns but one. A row that was stored twice has none of these. From the pairs
    that one column alone tells apart, and how often that column repeats, follows how many pairs
    nothing tells apart; a Poisson number of up to three times as many is chance.

    Args:
        parts: The parts; their inputs are columns, or arrays.
        keys: A number for each row, the same for the same inputs, of all rows one part after the
            other, `(rows,)`.
        labels: What the rows of a pair must differ in, such as the part, `(rows,)`.
    """
    some = sample_rows(len(labels), MOST_ROWS)
    columns = _columns(_sampled(parts, some))
    if not 2 <= len(columns) <= MOST_COLUMNS:
        return False
    equal = _pairs(keys, labels)
    times = (len(labels) / len(some)) ** 2
    whole, label = np.zeros(len(some), np.uint64), labels[some]
    for place, hashes in enumerate(columns):
        whole += _weighed(hashes(), place)
    sampled = _pairs(whole, label)
    total = _pairs(np.zeros_like(whole), label) - sampled
    for place, hashes in enumerate(columns):
        own = _weighed(hashes(), place)
        repeats = (_pairs(own, label) - sampled) / max(total, 1)
        # Hashes are added, so that one of them can be taken out again.
        loose = _pairs(whole - own, label) - sampled
        if repeats < 1:
            expected = times * loose * repeats / (1 - repeats)
            if poisson.sf(equal - 1, DEPENDENT * expected) > UNLIKELY:
                return True
    return False


def _sampled(parts: Sequence[Split], rows: NDArray[np.int64]) -> list[Split]:
    """Return of each part the rows that are wanted of all, one part after the other."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    if len(rows) == starts[-1]:
        return list(parts)
    own = [
        rows[(rows >= start) & (rows < end)] - start
        for start, end in zip(starts[:-1], starts[1:], strict=True)
    ]
    return [part.pick(kept) for part, kept in zip(parts, own, strict=True) if len(kept)]


def _columns(parts: Sequence[Split]) -> list[Callable[[], Hashes]]:
    """Return what makes a number for each row, column by column; none for images and the like.

    A text is as many columns as it has words, up to eight: two may differ in one word.
    """
    first = parts[0].x
    if isinstance(first, Columns):
        found: list[Callable[[], Hashes]] = []
        for name in first.names:
            words = max(_most_words(part.x[name]) for part in parts if isinstance(part.x, Columns))
            found += [partial(_hashed, parts, name, at, words) for at in range(words)]
        return found
    if isinstance(first, Inputs) or first.dtype == object:
        return _of_several([part.inputs for part in parts])
    if first.ndim != 2:
        return []
    return [partial(_hashed, parts, place, 0, 1) for place in range(first.shape[1])]


def _of_several(inputs: Sequence[NDArray[Any] | Inputs]) -> list[Callable[[], Hashes]]:
    """Return the same of several inputs, or of texts; none if one of them is an image or alike."""
    arranged = [x if isinstance(x, Inputs) else Inputs([x]) for x in inputs]
    whole = reduce(lambda first, second: first.joined(second), arranged)
    if any(values.ndim > 2 for _, values in whole.items()):
        return []
    return [
        partial(row_hashes, column)
        for _, values in whole.items()
        for column in values.reshape(len(values), -1).T
    ]


def _most_words(values: NDArray[Any]) -> int:
    if values.dtype != object:
        return 1
    return min(1 + max(str(text).strip().count(" ") for text in values), MOST_WORDS)


def _hashed(parts: Sequence[Split], name: str | int, word: int, words: int) -> Hashes:
    """Return a number for each row's cell, or for one word of it; the last has what is left."""
    if not isinstance(name, str):
        return pd.util.hash_array(np.concatenate([part.array[:, name] for part in parts]) + 0.0)
    cells = [part.x[name] for part in parts if isinstance(part.x, Columns)]
    if words > 1:
        cells = [
            np.array(
                [[*text.split(None, words - 1), *[""] * words][word] for text in values], object
            )
            for values in cells
        ]
    return np.concatenate([row_hashes(Columns({name: values})) for values in cells])


def _weighed(hashes: Hashes, place: int) -> Hashes:
    """Return hashes that add up to different sums if two columns change places."""
    return hashes * np.uint64(2 * place + 1)


def _pairs(keys: Hashes, labels: NDArray[np.int64]) -> float:
    """Return the number of pairs with the same key and different labels."""
    codes = np.unique(keys, return_inverse=True)[1]
    joint = codes * np.int64(int(labels.max()) + 1) + labels
    same_key, same_both = (
        np.bincount(np.unique(each, return_inverse=True)[1]).astype(np.float64)
        for each in (codes, joint)
    )
    return float((same_key * (same_key - 1)).sum() - (same_both * (same_both - 1)).sum()) / 2
