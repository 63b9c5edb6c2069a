"""Two classes over all thresholds: what the precision-recall curve is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError

Floats = NDArray[np.float64]


def precision_recall_steps(y: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats]:
    """Return recall, rising, and the precision of the step that ends there.

    The area below these steps is the average precision; straight lines between the points would
    promise more than any threshold keeps.

    Args:
        y: 0 or 1, `(examples,)`; both occur.
        scores: Any number that is higher where class 1 is likelier, `(examples,)`.

    Returns:
        Two arrays `(points,)`, drawn as steps that go up or down first, then along.

    Raises:
        ArgumentError: If the shapes do not fit or a class is missing.

    Example:
        >>> recall, precision = dlr.metrics.precision_recall_steps([0, 1, 1], [0.1, 0.7, 0.9])
        >>> recall.tolist(), precision.round(3).tolist()
        ([0.0, 0.5, 1.0, 1.0], [1.0, 1.0, 1.0, 0.667])

    Reference:
        Davis and Goadrich 2006, The Relationship Between Precision-Recall and ROC Curves.
    """
    labels, numbers = np.asarray(y), np.asarray(scores, np.float64)
    if labels.ndim != 1 or numbers.shape != labels.shape or set(np.unique(labels)) != {0, 1}:
        raise ArgumentError(
            "Labels and scores must be `(examples,)` each, with labels 0 and 1 that both occur.",
            received=f"y.shape={labels.shape}, scores.shape={numbers.shape}, "
            f"labels {np.unique(labels)[:5].tolist()}",
        )
    precision, recall, _ = metrics.precision_recall_curve(labels, numbers, drop_intermediate=True)
    # The last point, no alarm with precision 1, is a convention and no threshold's.
    recall, precision = recall[-2::-1], precision[-2::-1]
    return np.concatenate([[0.0], recall]), np.concatenate([precision[:1], precision])


def precision_at_share(recall: ArrayLike, false_alarms: ArrayLike, share: float) -> Floats:
    """Return the precision of a point of the ROC curve, where class 1 has another share.

    `share * recall / (share * recall + (1 - share) * false_alarms)`: the ROC curve does not know
    how rare a class is, the precision does.

    Args:
        recall: The share of class 1 that is found, in [0, 1], any shape.
        false_alarms: The share of class 0 that raises an alarm, in [0, 1], of the same shape.
        share: The share of class 1 among the examples, in (0, 1).

    Returns:
        Precisions of that shape; 1 where there is no alarm at all.

    Raises:
        ArgumentError: If a number is out of range or the shapes do not fit.

    Example:
        >>> dlr.metrics.precision_at_share([0.9, 0.9], [0.1, 0.01], 0.1).round(3).tolist()
        [0.5, 0.909]
    """
    found, false = np.asarray(recall, np.float64), np.asarray(false_alarms, np.float64)
    check_real("share", share, 0, 1, low_open=True, high_open=True)
    if found.shape != false.shape or not all(
        ((rates >= 0) & (rates <= 1)).all() for rates in (found, false)
    ):
        raise ArgumentError(
            "`recall` and `false_alarms` must be shares in [0, 1], as many of the one as of the "
            "other.",
            received=f"shapes {found.shape} and {false.shape}",
        )
    right, wrong = share * found, (1 - share) * false
    alarms = right + wrong
    return np.divide(right, alarms, out=np.ones_like(alarms), where=alarms > 0)
