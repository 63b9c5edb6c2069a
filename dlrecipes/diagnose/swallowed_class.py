"""A class that is found only among examples most of which bear the label of one other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.probabilities import Labels, Probabilities, read_probabilities
from dlrecipes.results import Finding

_LEAST_GROUP, _LEAST_OF_CLASS = 20, 8
_TOGETHER = 0.8
_FIRM = 0.02
_LEAST, _MOST = 0.1, 0.5
_MOSTLY = 0.6
_APART = 3.0
_BETWEEN = 0.15
_GRADED = 0.8
_TINY = 1e-3


def check_swallowed_class(y: Any, probabilities: Any) -> Finding | None:  # noqa: ANN401  (arrays)
    """Return a warning about a class whose examples seem to be labelled as another, most of them.

    Classes that overlap are told with every degree of certainty. Here one is told for certain to be
    one of two, and never which: its examples are a group of their own, within which the share of
    the label is the same everywhere and below a half, and outside of which there is none.

    Args:
        y: Class indices from 0, `(examples,)`.
        probabilities: `(examples, classes)`, of a network that did not train on these rows.

    Returns:
        A finding `suspicious labels`; None where there is no such class.

    Raises:
        ArgumentError: If they are no labels and probabilities, or of another length.

    Example:
        >>> from dlrecipes.diagnose.swallowed_class import check_swallowed_class
        >>> rng = np.random.default_rng(0)
        >>> group = np.repeat([0, 1, 2], 200)  # of the third, only one in four is called so
        >>> y = np.where((group == 2) & (rng.uniform(size=600) < 0.75), 1, group)
        >>> told = np.array([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.01, 0.73, 0.26]])[group]
        >>> told = np.abs(told + rng.normal(scale=0.003, size=told.shape))
        >>> finding = check_swallowed_class(y, told / told.sum(axis=1, keepdims=True))
        >>> finding.evidence["class"], finding.evidence["called"]
        (2, 1)
    """
    labels, found = read_probabilities(y, probabilities)
    for kind in np.unique(labels):
        rivals = np.bincount(found[labels == kind].argmax(axis=1), minlength=found.shape[1])
        rival = int(rivals.argmax())
        if rival != kind and rivals[rival] >= _MOSTLY * rivals.sum():
            finding = _judge(labels, found, int(kind), rival)
            if finding is not None:
                return finding
    return None


def _judge(labels: Labels, found: Probabilities, kind: int, rival: int) -> Finding | None:
    both = found[:, [kind, rival]].sum(axis=1)
    rows = np.flatnonzero(both > _TOGETHER)
    share = found[rows, kind] / both[rows]
    order = np.argsort(share)
    logits = np.log(np.clip(share, _TINY, 1 - _TINY) / np.clip(1 - share, _TINY, 1 - _TINY))[order]
    cut = _valley(logits)
    if cut is None:
        return None
    low, high = rows[order[:cut]], rows[order[cut:]]
    of_kind = int((labels[high] == kind).sum())
    held = of_kind / len(high)
    apart = logits[cut:].mean() - logits[:cut].mean()
    spread = float(np.sqrt((logits[:cut].var() + logits[cut:].var()) / 2))
    alone = (labels[low] == kind).mean() <= _FIRM and of_kind >= _LEAST_OF_CLASS
    # Between the groups there is nearly nothing.
    inner = logits[:cut].mean() + apart / 3, logits[cut:].mean() - apart / 3
    between = int(((logits > inner[0]) & (logits < inner[1])).sum())
    alone = alone and between <= _BETWEEN * min(len(low), len(high))
    if not alone or not _LEAST <= held <= _MOST or apart < _APART * max(spread, 1e-9):
        return None
    if _ranked(share[order][cut:], labels[high] == kind) > _GRADED:
        return None
    called = float((labels[high] == rival).mean())
    return Finding(
        "suspicious labels",
        f"{len(high):,} examples are a group of their own, the only one with class {kind}, and "
        f"{called:.0%} of it are labelled {rival}: most of class {kind} seems to be called so.",
        {
            "class": kind,
            "called": rival,
            "share": called,
            "rows": [str(row) for row in high[labels[high] == rival][:20]],
        },
        f"Look at these rows: which of them are of class {kind}? The training part will have as "
        "many.",
        severity="warning",
    )


def _valley(values: NDArray[np.float64]) -> int | None:
    """Return where sorted values part best into two groups (Otsu); None where one is too small."""
    count = len(values)
    if count < 2 * _LEAST_GROUP:
        return None
    sums = values.cumsum()
    at = np.arange(_LEAST_GROUP, count - _LEAST_GROUP + 1)
    left, right = sums[at - 1] / at, (sums[-1] - sums[at - 1]) / (count - at)
    return int(at[(at * (count - at) * (left - right) ** 2).argmax()])


def _ranked(scores: NDArray[np.float64], hits: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve."""
    ranks = np.argsort(np.argsort(scores)) + 1.0
    count = int(hits.sum())
    if not 0 < count < len(hits):
        return 0.5
    return float((ranks[hits].sum() - count * (count + 1) / 2) / (count * (len(hits) - count)))
