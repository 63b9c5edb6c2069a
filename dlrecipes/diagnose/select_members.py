"""Which of some trained models are worth averaging, and how much each counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.checks import check_integer
from dlrecipes.diagnose.verdict import mean_advantage, standard_error
from dlrecipes.errors import ArgumentError
from dlrecipes.results import plural

_ROUNDING = 1e-12
_FOLDS = 5
_SEED = 0
Losses = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Selection:
    """The weights with which models are averaged, and what such a mean is worth.

    Args:
        weights: `(models,)`, at least 0, of sum 1.
        held_out: What the mean predicts, for each example with weights that were chosen on others,
            in the shape of the models' predictions.
    """

    weights: NDArray[np.float64]
    held_out: NDArray[np.float64]


def select_members(
    predictions: Sequence[NDArray[np.floating]],
    losses: Losses,
    *,
    most: int | None = None,
    steps: int = 20,
) -> Selection:
    """Return the weights with which models are averaged: greedy selection with replacement.

    It begins with the best models, as many as have the least loss together. Then, again and again,
    it adds the one, perhaps for the second time, with which the mean of all that were added has the
    least loss, as long as that is lower than before. A model's weight is its share of what was
    added.

    Weights follow the luck of these examples, too, which does not carry over to others, and the
    more so the more models there are to choose from. So the examples are divided in five parts,
    and on each four of them it is done for itself; as many are added in the end as had the least
    loss on the parts left out, or more, while that is no standard error above it.

    Args:
        predictions: What each model predicts for the same held-out examples, one shape, the
            examples first. A model with a prediction that is no finite number gets no weight.
        losses: Returns each example's loss of predictions, `(examples,)`, finite; such as a log
            loss or a squared error.
        most: How many different models get a weight at most, at least 1; None for any number.
        steps: How often models are added at most, at least 1.

    Raises:
        ArgumentError: If no model has finite predictions, or shapes or numbers do not fit.

    Example:
        >>> truth = np.arange(40.0)
        >>> models = [truth + 0.5, truth - 0.4, truth + np.tile([3.0, -2.0, 0.0, 1.0], 10)]
        >>> found = dlr.diagnose.select_members(models, lambda mean: (mean - truth) ** 2)
        >>> found.weights.tolist()
        [0.5, 0.5, 0.0]

    Reference:
        Caruana, Niculescu-Mizil, Crew and Ksikes 2004, Ensemble Selection from Libraries of Models;
        Caruana, Munson and Niculescu-Mizil 2006, Getting the Most Out of Ensemble Selection, which
        cross-validates it.
    """
    check_integer("steps", steps, 1)
    arrays = [np.asarray(one) for one in predictions]
    most = len(arrays) if most is None else check_integer("most", most, 1)
    if len({one.shape for one in arrays}) > 1 or any(not one.size for one in arrays):
        raise ArgumentError(
            "Models are averaged over the same examples, at least one example.",
            received=f"predictions of the shapes {[one.shape for one in arrays]}",
        )
    usable = [at for at, one in enumerate(arrays) if np.isfinite(one).all()]
    if not usable:
        raise ArgumentError(
            "At least one model must have predictions that are finite numbers.",
            received=f"{plural(len(arrays), 'model')}",
        )
    models = [arrays[at] for at in usable]
    alone = np.stack([losses(one) for one in models])
    parts = np.random.default_rng(_SEED).permutation(len(models[0])) % _FOLDS
    paths = [
        # Of one example, nothing can be left out.
        (
            parts == part,
            _add(models, losses, alone, (parts != part) | (len(parts) == 1), most, steps),
        )
        for part in range(min(_FOLDS, len(parts)))
    ]
    longest = max(len(added) for _, added in paths)
    judged = [losses(_held_out(models, paths, size)) for size in range(1, longest + 1)]
    least = min(judged, key=np.mean)
    # A mean is the surer one: the best model owes a part of its lead to being the best here.
    size = max(
        at + 1
        for at, one in enumerate(judged)
        if float((one - least).mean()) <= standard_error(one - least)
    )
    added = _add(models, losses, alone, np.ones(len(parts), bool), most, size)
    counts = np.bincount([usable[at] for at in added], minlength=len(arrays))
    return Selection(counts / counts.sum(), _held_out(models, paths, size))


def _held_out(
    models: Sequence[NDArray[np.floating]],
    paths: Sequence[tuple[NDArray[np.bool_], list[int]]],
    size: int,
) -> NDArray[np.float64]:
    """Return what means predict for the examples that they were not chosen on.

    Args:
        models: What each model predicts, `(examples, …)`.
        paths: The examples that were left out, and what was added without them.
        size: How many of those are averaged.
    """
    predicted = np.empty(models[0].shape)
    for left_out, added in paths:
        predicted[left_out] = np.mean([models[at][left_out] for at in added[:size]], axis=0)
    return predicted


def _add(
    models: Sequence[NDArray[np.floating]],
    losses: Losses,
    alone: NDArray[np.float64],
    judged: NDArray[np.bool_],
    most: int,
    steps: int,
) -> list[int]:
    """Return the models in the order in which they are added.

    Args:
        models: What each predicts, `(examples, …)`.
        losses: As for `select_members`.
        alone: The losses of each, `(models, examples)`.
        judged: The examples that it is done on, `(examples,)`.
        most: How many different ones at most.
        steps: How often at most.
    """
    ranked = alone[:, judged].mean(axis=1).argsort(kind="stable")[: min(most, steps)]
    totals = np.cumsum([models[at] for at in ranked], axis=0, dtype=np.float64)
    firsts = [float(losses(total / (at + 1))[judged].mean()) for at, total in enumerate(totals)]
    begun = int(np.argmin(firsts))
    added: list[int] = ranked[: begun + 1].tolist()
    current, total = firsts[begun], totals[begun]
    while len(added) < steps:
        known = set(added)
        choices = range(len(models)) if len(known) < most else sorted(known)
        means = [
            float(losses((total + models[at]) / (len(added) + 1))[judged].mean()) for at in choices
        ]
        at = int(np.argmin(means))
        if not means[at] < current * (1 - _ROUNDING):
            break
        current, total = means[at], total + models[choices[at]]
        added.append(choices[at])
    return added


def selection_luck(losses: NDArray[np.float64], tried: int) -> float:
    """Return how much better than they are models look that were the best of many by some examples.

    It is what would be expected if none of those that were tried were any better than another: the
    mean of the best so many of `tried` normal deviates, times the standard error by which the
    models' mean losses differ on these examples. Where some are better, it is less.

    Args:
        losses: Of those that were the best, `(models, examples)`.
        tried: Among how many they were, at least as many.

    Returns:
        In units of the losses, at least 0; 0 where all that were tried are among them.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> losses = rng.normal(size=(256, 400))
        >>> best = losses[losses.mean(axis=1).argsort()[:32]]
        >>> round(-float(best.mean()), 2), round(dlr.diagnose.selection_luck(best, 256), 2)
        (0.08, 0.08)

    Reference:
        Cawley and Talbot 2010, On Over-fitting in Model Selection and Subsequent Selection Bias in
        Performance Evaluation.
    """
    models, examples = losses.shape
    share = models / max(models, tried)
    if models < 2 or examples < 2 or share >= 1:
        return 0.0
    apart = losses - losses.mean(axis=0)
    variance = float(apart.var(axis=1, ddof=1).mean()) * models / (models - 1) / examples
    return float(stats.norm.pdf(stats.norm.ppf(share)) / share * np.sqrt(variance))


def may_be_luck(
    mean: NDArray[np.float64],
    single: NDArray[np.float64],
    best: NDArray[np.float64],
    *,
    tried: int,
    share: float,
) -> bool:
    """Whether a mean of models may be better than single ones only because of how it was chosen.

    It is where the gain, less what the members may owe to being the best of many
    (`selection_luck`), is within its 95 % interval (`mean_advantage`).

    Args:
        mean: The losses of `Selection.held_out`, `(examples,)`, by which models are weighed.
        single: Those of the single models, `(models, examples)`.
        best: Those of the candidates that were the best of many, `(models, examples)`; none is an
            array of no models.
        tried: Of how many.
        share: The weight that such models have in the mean, from 0 to 1.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> single, mean = rng.normal(1.0, 0.3, (3, 500)), rng.normal(0.8, 0.3, 500)
        >>> best = rng.normal(0.9, 0.3, (32, 500))
        >>> dlr.diagnose.may_be_luck(mean, single, best, tried=256, share=1.0)
        False
    """
    found = mean_advantage(single - mean)
    luck = share * selection_luck(best, tried) if share else 0.0
    return found.value - luck <= found.interval
