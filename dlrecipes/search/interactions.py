"""Which hyperparameters mattered together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import Hyperparameter, Interaction, Interactions, TrialRecord, Value
from dlrecipes.search.forest_variance import forest_variance
from dlrecipes.search.ranges import position

FEWEST = 40
"""Trials below which nothing is said: of 20, a forest sees half of an interaction."""

_TREES = 32
_LEAVES = 64
_FOLDS = 5
_PREDICTED = 0.3
_FENCE = 1.5


def find_interactions(
    records: Sequence[TrialRecord], space: tuple[Hyperparameter, ...]
) -> Interactions | None:
    """Return which share of the scores' variance two hyperparameters explain together.

    A forest of extremely randomised trees learns the scores, and the functional ANOVA of its
    prediction over the whole ranges, each on its own scale, is computed exactly. What one
    hyperparameter explains alone is no part of what two explain together. Pruned and diverged
    trials count with their scores. Scores far from the others (beyond Tukey's fences, one and a
    half times the distance of the quartiles) count as if they lay at the fence: one loss of 10⁶
    would be all of the variance. Where a hyperparameter was not active, it is drawn at random,
    since whatever it had been made no difference.

    Args:
        records: Trials of one stage, evenly spread over its ranges (`"sobol"`, `"random"`); trials
            of a sampler that learns lie where it looked.
        space: The search space of that stage.

    Returns:
        None where there is too little to tell: fewer than 40 trials with a score, fewer than two
        hyperparameters that vary, or a forest that predicts trials it has not seen (five folds)
        with R² below .3.

    Example:
        >>> from dlrecipes.results import Hyperparameter, TrialRecord
        >>> space = tuple(Hyperparameter(name, "float", 0.0, 1.0) for name in "ab")
        >>> drawn = np.random.default_rng(0).random((64, 2)).tolist()
        >>> trials = [
        ...     TrialRecord("all", at, {"a": a, "b": b}, "completed", (a - 0.5) * (b - 0.5))
        ...     for at, (a, b) in enumerate(drawn)
        ... ]
        >>> found = dlr.search.find_interactions(trials, space)
        >>> found.pairs[0].names, found.pairs[0].share > 0.7
        (('a', 'b'), True)

    Reference:
        Hutter, Hoos and Leyton-Brown 2014, An Efficient Approach for Assessing Hyperparameter
        Importance; Geurts, Ernst and Wehenkel 2006, Extremely randomized trees.
    """
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.model_selection import KFold, cross_val_predict

    scored = [record for record in records if record.score is not None]
    varying = [one for one in space if one.kind != "fixed"]
    if len(scored) < FEWEST or len({one.name for one in varying}) < 2:
        return None
    places = _places(scored, varying)
    scores = _fenced(np.array([record.score for record in scored], np.float64))
    if scores.max() == scores.min():
        return None
    forest = ExtraTreesRegressor(_TREES, max_leaf_nodes=_LEAVES, random_state=0)
    folds = KFold(_FOLDS, shuffle=True, random_state=0)
    unseen = cross_val_predict(forest, places, scores, cv=folds)
    predicted = 1.0 - float(np.mean((unseen - scores) ** 2) / np.var(scores))
    if predicted < _PREDICTED:
        return None
    counts = [_number_of_values(one) for one in varying]
    shares = forest_variance(forest.fit(places, scores), counts)
    alone: dict[str, float] = {}
    pairs: dict[tuple[str, str], float] = {}
    # A name in several scopes is one hyperparameter.
    for at, one in enumerate(varying):
        alone[one.name] = alone.get(one.name, 0.0) + float(shares[at, at])
    for first, second in combinations(range(len(varying)), 2):
        names = varying[first].name, varying[second].name
        if names[0] != names[1]:
            key = names if names[::-1] not in pairs else names[::-1]
            pairs[key] = pairs.get(key, 0.0) + float(shares[first, second])
    ranked = sorted(pairs.items(), key=lambda item: -item[1])
    return Interactions(
        pairs=tuple(Interaction(names, share) for names, share in ranked),
        alone=dict(sorted(alone.items(), key=lambda item: -item[1])),
        predicted=predicted,
        trials=len(scored),
    )


def _places(
    records: Sequence[TrialRecord], varying: Sequence[Hyperparameter]
) -> NDArray[np.float64]:
    """Return where each trial lies in each range, `(trials, hyperparameters)`, from 0 to 1."""
    places = np.random.default_rng(0).random((len(records), len(varying)))
    for column, one in enumerate(varying):
        count = _number_of_values(one)
        if count:
            places[:, column] = (np.floor(count * places[:, column]) + 0.5) / count
        for row, record in enumerate(records):
            if one.name in record.values and one.active(record.values):
                places[row, column] = _place(one, record.values[one.name], count)
    return places


def _place(one: Hyperparameter, value: Value, count: int) -> float:
    """Return a place in [0, 1]; the k-th of `count` values lies in the middle of its part."""
    choices = one.grid if one.numeric else one.choices
    if value in choices:
        return (choices.index(value) + 0.5) / count
    place = min(max(position(one, value), 0.0), 1.0)
    return (round(place * (count - 1)) + 0.5) / count if count else place


def _number_of_values(one: Hyperparameter) -> int:
    """Return how many equally likely values there are; 0 for no end of them.

    Whole numbers on a logarithmic scale are not equally likely.
    """
    if one.choices:
        return len(one.grid if one.numeric else one.choices)
    if one.log or (one.kind == "float" and one.step is None):
        return 0
    return math.floor((one.high - one.low) / (one.step or 1) + 1e-9) + 1


def _fenced(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    first, third = np.quantile(scores, (0.25, 0.75))
    reach = _FENCE * (third - first)
    return np.clip(scores, first - reach, third + reach) if reach else scores
