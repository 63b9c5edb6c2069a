"""Which labels does a network that never saw them doubt?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize

from dlrecipes.diagnose.probabilities import (
    TINY,
    Labels,
    Probabilities,
    read_probabilities,
)
from dlrecipes.errors import ArgumentError
from dlrecipes.results import Finding, plural

LEAST_ROWS, MAX_NAMED = 50, 20
LEAST_NOISE, UNLIKELY = 0.01, 0.001
START = 0.03
FAR, USUAL, INNER = 4.0, 0.95, 0.8
NEIGHBOURS = 50
_ROUNDS, _BENT = 5, 0.2
_CELLS, _LEAST_SOME, _MOST_SOME = 40_000, 1000, 4000
_ROUGHLY = {"maxiter": 200, "xatol": 0.01, "fatol": 0.01}


def find_label_issues(y: Any, probabilities: Any) -> NDArray[np.int64]:  # noqa: ANN401  (arrays)
    """Return the rows whose label a model that did not see it takes for another, surest first.

    Confident learning: a row is counted for class j if its probability is at least the mean one of
    the rows that have the label j; for the most probable of these, if there are several. Where that
    is not its label, the label is doubted. So a class on which the model is never sure needs less
    to be doubted than one on which it always is.

    Args:
        y: Class indices from 0, `(examples,)`.
        probabilities: `(examples, classes)`, of models that did not train on the row
            (cross-validation, or a validation part); of two classes also that of class 1.

    Returns:
        Row numbers; first where the other class leads by most.

    Raises:
        ArgumentError: If they are no labels and probabilities, or of another length.

    Reference:
        Northcutt, Jiang and Chuang 2021, Confident Learning: Estimating Uncertainty in Dataset
        Labels.

    Example:
        >>> y = np.array([0, 0, 0, 1, 1, 1])
        >>> probability = np.array([0.1, 0.2, 0.95, 0.9, 0.8, 0.7])
        >>> dlr.diagnose.find_label_issues(y, probability).tolist()
        [2]
    """
    labels, found = read_probabilities(y, probabilities)
    rows = np.arange(len(labels))
    classes = found.shape[1]
    counts = np.bincount(labels, minlength=classes)
    own = np.bincount(labels, found[rows, labels], minlength=classes)
    # No row can be taken for a class that none has.
    least = np.where(counts > 0, own / np.maximum(counts, 1), np.inf)
    sure = np.where(found >= least - 1e-12, found, -1.0)
    taken = np.where(sure.max(axis=1) >= 0, sure.argmax(axis=1), labels)
    doubted = np.flatnonzero(taken != labels)
    lead = found[doubted, taken[doubted]] - found[doubted, labels[doubted]]
    return doubted[np.argsort(-lead, kind="stable")]


def find_value_issues(y: Any, predictions: Any) -> NDArray[np.int64]:  # noqa: ANN401  (arrays)
    """Return the rows whose value lies far outside of where all others lie, furthest first.

    Residuals are measured in the spread of the 50 rows with the most similar prediction, so that
    large values may have large errors. A row is doubted if its residual is more than four times as
    large as 95 % of all.

    Args:
        y: Values, `(examples,)`.
        predictions: Of models that did not train on the row, `(examples,)`.

    Raises:
        ArgumentError: If they are no finite numbers, or of another length.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> values = rng.normal(size=200)
        >>> y = values + 0.1 * rng.normal(size=200)
        >>> y[[3, 17]] += 5
        >>> sorted(dlr.diagnose.find_value_issues(y, values).tolist())
        [3, 17]
    """
    distance = _distances(*_values(y, predictions))
    usual = float(np.quantile(distance, USUAL))
    doubted = np.flatnonzero(distance > FAR * usual) if usual > 0 else np.empty(0, np.int64)
    return doubted[np.argsort(-distance[doubted], kind="stable")]


def check_labels(
    y: Any,  # noqa: ANN401  (an array, or what becomes one)
    predictions: Any,  # noqa: ANN401  (likewise)
    *,
    ids: Sequence[object] | NDArray[Any] | None = None,
) -> Finding:
    """Return the rows with a suspicious label; a warning if there are more than chance explains.

    A network makes mistakes without any label being wrong. But it makes them where it is unsure,
    while wrong labels are everywhere. So the probabilities, as sure and as bent as suits the
    labels, are mixed with a share of labels drawn at random. Labels are wrong if this mixture
    explains them better than chance would (likelihood ratio, 1 in 1,000), and the share is 1 % or
    more. Of values, residuals beyond four times what 95 % have are compared with what the tail
    before it leads to expect.

    Args:
        y: Class indices or values, `(examples,)`.
        predictions: Probabilities `(examples, classes)`, or values `(examples,)`, of models that
            did not train on the row: of several, the mean.
        ids: What rows are called; None for their numbers.

    Returns:
        A finding `suspicious labels` with the rows in its evidence, the most suspicious first.

    Raises:
        ArgumentError: If they do not fit.
    """
    array = np.asarray(predictions)
    if ids is not None and len(ids) != len(array):
        raise ArgumentError(
            "`ids` must be one an example.", received=f"{len(ids):,} for {len(array):,} examples"
        )
    return _check_values(y, array, ids) if array.ndim == 1 else _check_classes(y, array, ids)


def _check_classes(y: object, predictions: NDArray[Any], ids: Any) -> Finding:  # noqa: ANN401
    labels, found = read_probabilities(y, predictions)
    if len(labels) < LEAST_ROWS:
        return Finding(
            "suspicious labels", f"{plural(len(labels), 'label')} are too few to judge them."
        )
    right = float((found.argmax(axis=1) == labels).mean())
    most = float(np.bincount(labels).max()) / len(labels)
    if right < most + 2 * float(np.sqrt(most * (1 - most) / len(labels))):
        return Finding(
            "suspicious labels",
            f"A network that is right in {right:.1%}, where always to name the most frequent class "
            f"is in {most:.1%}, cannot doubt a label.",
        )
    issues = find_label_issues(labels, found)
    some = np.linspace(0, len(labels) - 1, _most(*found.shape)).astype(int)
    noise, chance = _noise(labels[some], found[some])
    evidence: dict[str, float | int | str | list[str]] = {
        "rows": _named(issues, ids),
        "doubted": len(issues),
        "estimated share": noise,
    }
    if chance >= UNLIKELY or noise < LEAST_NOISE or not len(issues):
        return Finding(
            "suspicious labels",
            f"{plural(len(issues), 'label is', 'labels are')} doubted, where the network is "
            "unsure, too.",
            evidence,
        )
    return Finding(
        "suspicious labels",
        f"About {noise:.1%} of the labels seem to be wrong: they are others where the network is "
        f"sure. {plural(len(issues), 'row is', 'rows are')} doubted.",
        evidence,
        advice="Look at these rows, the most suspicious first, and mend or leave out what is "
        "wrong; the training part will have as many.",
        severity="warning",
    )


def _most(rows: int, classes: int) -> int:
    """Return how many rows are enough to estimate a share by."""
    return min(rows, int(np.clip(_CELLS // classes, _LEAST_SOME, _MOST_SOME)))


def _noise(labels: Labels, found: Probabilities) -> tuple[float, float]:
    """Return the share of labels drawn at random that fits best, and how probable 0 is."""
    rows = np.arange(len(labels))
    shares = np.bincount(labels, minlength=found.shape[1]) / len(labels)
    # Which labels a wrong one is drawn from: by how frequent they are.
    drawn = np.maximum(shares[labels], TINY)

    def loss(at: NDArray[np.float64]) -> float:
        own = _suited(found, shares, at[0], at[1])[rows, labels]
        share = 1 / (1 + np.exp(-np.clip(at[2], -30, 30))) if len(at) > 2 else 0.0
        fit = np.log(np.maximum((1 - share) * own + share * drawn, TINY)).sum()
        # Probabilities are seldom bent much.
        return float((at[1] / _BENT) ** 2 / 2 - fit)

    without = minimize(loss, np.zeros(2), method="Nelder-Mead", options=_ROUGHLY)
    few = float(np.log(START / (1 - START)))
    starts = [np.array([0.0, 0.0, few]), np.append(without.x, few)]
    fits = [minimize(loss, start, method="Nelder-Mead", options=_ROUGHLY) for start in starts]
    best = min(fits, key=lambda fit: float(fit.fun))
    plain = float(without.fun)
    share = float(1 / (1 + np.exp(-np.clip(best.x[2], -30, 30))))
    # A share cannot be below 0: half the time it is 0 by chance.
    chance = float(stats.chi2.sf(max(2 * (plain - float(best.fun)), 0.0), 1)) / 2
    # Of the labels that are drawn, some are right by luck.
    return share * (1 - float((shares**2).sum())), chance


def _suited(
    found: Probabilities, shares: NDArray[np.float64], hot: float, bent: float
) -> Probabilities:
    """Return probabilities at a temperature, with each class as frequent as its labels.

    How far a class lies behind the first one, in logits, may count more or less the further it
    lies; and class weights and repeated rows make rare classes more probable than they are.

    Args:
        found: `(examples, classes)`.
        shares: Of the labels, `(classes,)`.
        hot: Logarithm of the temperature.
        bent: Logarithm of the power of the distances between logits.
    """
    logits = np.log(np.maximum(found, TINY))
    behind = (logits.max(axis=1, keepdims=True) - logits) / np.exp(np.clip(hot, -3, 3))
    scaled = np.exp(-(behind ** np.exp(np.clip(bent, -1.5, 0.7))))
    scaled /= scaled.sum(axis=1, keepdims=True)
    for _ in range(_ROUNDS):
        scaled = scaled * (shares / np.maximum(scaled.mean(axis=0), TINY))
        scaled /= np.maximum(scaled.sum(axis=1, keepdims=True), TINY)
    return np.asarray(scaled)


def _check_values(y: object, predictions: NDArray[Any], ids: Any) -> Finding:  # noqa: ANN401
    values, predicted = _values(y, predictions)
    if len(values) < LEAST_ROWS:
        return Finding(
            "suspicious labels", f"{plural(len(values), 'value')} are too few to judge them."
        )
    issues = find_value_issues(values, predicted)
    inner, usual = np.quantile(_distances(values, predicted), [INNER, USUAL])
    # As the tail falls from one to the other, it falls on.
    steep = np.log((1 - INNER) / (1 - USUAL)) / np.log(usual / inner) if usual > inner > 0 else 0.0
    expected = len(values) * (1 - USUAL) * FAR**-steep
    evidence: dict[str, float | int | str | list[str]] = {
        "rows": _named(issues, ids),
        "doubted": len(issues),
        "expected": float(expected),
    }
    if not len(issues) or stats.poisson.sf(len(issues) - 1, expected) >= UNLIKELY:
        return Finding(
            "suspicious labels",
            f"{plural(len(issues), 'value lies', 'values lie')} far from the prediction, as many "
            "as the other errors lead to expect.",
            evidence,
        )
    return Finding(
        "suspicious labels",
        f"{plural(len(issues), 'value lies', 'values lie')} far from what is predicted, where "
        f"about {expected:.2g} would by the other errors.",
        evidence,
        advice="Look at these rows, the furthest first: a wrong unit, a shifted comma, a row that "
        "was mixed up.",
        severity="warning",
    )


def _distances(y: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each residual is from the middle one, in the spread of similar rows."""
    residuals = y - predicted
    away = np.abs(residuals - np.median(residuals))
    overall = float(np.median(away))
    order = np.argsort(predicted, kind="stable")
    window = min(NEIGHBOURS, len(y))
    sorted_away = np.lib.stride_tricks.sliding_window_view(away[order], window)
    middle = np.median(sorted_away, axis=1)
    place = np.clip(np.arange(len(y)) - window // 2, 0, len(middle) - 1)
    spread = np.empty(len(y))
    # Where all neighbours agree by luck, no residual is infinitely far.
    spread[order] = np.maximum(middle[place], overall / 3)
    return np.divide(away, spread, out=np.zeros_like(away), where=spread > 0)


def _values(y: object, predictions: object) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    arrays = [np.asarray(one) for one in (y, predictions)]
    for name, array in zip(("y", "predictions"), arrays, strict=True):
        good = array.dtype.kind in "biuf" and array.ndim == 1 and len(array) == len(arrays[1])
        if not good or not len(array):
            raise ArgumentError(
                f"`{name}` must be one number an example, (examples,).",
                received=f"{array.dtype} of shape {array.shape}",
            )
        if not np.isfinite(array).all():
            raise ArgumentError(
                f"`{name}` must be finite.",
                received=f"NaN or infinity in {plural(int((~np.isfinite(array)).sum()), 'row')}",
            )
    return arrays[0].astype(np.float64), arrays[1].astype(np.float64)


def _named(issues: NDArray[np.int64], ids: Any) -> list[str]:  # noqa: ANN401  (any sequence)
    rows = issues[:MAX_NAMED].tolist()
    return [str(row if ids is None else ids[row]) for row in rows]
