"""A network that has collapsed: one class, or one value, whatever it is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec, Finding, Target, plural
from dlrecipes.targets import if_named, kind_of, known_values, split_predictions

_FEWEST = 10
_SAME_PROBABILITY = 0.01
_SAME_VALUE = 0.01
_COMMON = 0.6
_LOOK = (
    "Look at network and data with `dlr.check` (`dlrecipes check RECIPE`): the last activation, "
    "the scale of the inputs, the learning rate, dead units, penalties that are too strong."
)


def check_collapse(
    y: ArrayLike, predictions: ArrayLike, spec: DataSpec, *, learnable: bool = True
) -> tuple[Finding, ...]:
    """Say whether networks give the same answer for all examples.

    Of classes, that is the same probabilities, or always the same class where less than 60 % of
    the examples have it; of values, predictions whose spread is less than a hundredth of the
    targets'. Where the targets do not vary themselves, one answer is right.

    Args:
        y: Encoded targets, `(examples,)`; of several `(examples, targets)`, NaN where missing.
        predictions: Of one or several networks, such as the refits of a run,
            `(networks, examples, …)`: probabilities or values, as `score_predictions` takes them.
        spec: The data's description.
        learnable: Whether there is something to learn, as far as is known: a baseline that beats
            the trivial one. Otherwise one answer may be the best there is: it is information.

    Returns:
        A finding for each target for which a network has collapsed, called `"one answer"`: an
        error if all have, a warning if some; none of fewer than ten examples.

    Raises:
        ArgumentError: If the shapes do not fit.

    Example:
        >>> spec = dlr.data.load("iris").raw_spec
        >>> y, always = np.repeat([0, 1, 2], 20), np.tile([0.2, 0.5, 0.3], (1, 60, 1))
        >>> (finding,) = dlr.diagnose.check_collapse(y, always, spec)
        >>> finding.severity, finding.verdict
        ('error', "The network gives one answer for all 60 examples: 'versicolor'.")
    """
    try:
        together = np.asarray(predictions, np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            "Predictions must be numbers.", received=type(predictions).__name__
        ) from error
    if together.ndim < 2 or len(np.asarray(y)) != together.shape[1]:
        raise ArgumentError(
            "Predictions must be `(networks, examples, …)`, of the same examples as the targets.",
            received=f"y.shape={np.shape(y)}, predictions.shape={together.shape}",
        )
    by_network = [split_predictions(one, spec) for one in together]
    found = []
    for target in spec.targets:
        known, values = known_values(y, spec, target)
        own = [one[target.name][known] for one in by_network]
        answers = [_one_answer(values, one, target) for one in own]
        collapsed = [answer for answer in answers if answer]
        if collapsed:
            found.append(_finding(target, collapsed, len(own), len(values), learnable=learnable))
    return tuple(found)


def _one_answer(y: NDArray[Any], predictions: NDArray[Any], target: Target) -> str:
    """Return the one answer in words; empty if there are several, or one is right."""
    if len(y) < _FEWEST or not np.isfinite(predictions).all() or np.ptp(y) == 0:
        return ""
    if kind_of(target).puts_out_values:
        values = np.asarray(predictions, np.float64).reshape(len(y))
        return f"{values.mean():.4g}" if values.std() < _SAME_VALUE * y.std() else ""
    chosen = np.unique(predictions.argmax(axis=1))
    name = target.class_names[int(chosen[0])] if len(target.class_names) > chosen[0] else ""
    # Probabilities near 0 or 1 differ by less where they differ.
    mean = predictions.mean(axis=0)
    if (np.ptp(predictions, axis=0) <= _SAME_PROBABILITY * 4 * mean * (1 - mean) + 1e-9).all():
        return repr(name)
    alone = len(chosen) == 1 and float(np.mean(y == chosen[0])) < _COMMON
    return repr(name) if alone else ""


def _finding(
    target: Target, answers: list[str], networks: int, examples: int, *, learnable: bool
) -> Finding:
    all_of_them = len(answers) == networks
    who = "The network gives" if networks == 1 else f"{len(answers)} of {networks} networks give"
    of_target = if_named(target, f" of {target.shown!r}")
    return Finding(
        "one answer",
        f"{who} one answer{of_target} for all {plural(examples, 'example')}: "
        f"{', '.join(dict.fromkeys(answers))}."
        + ("" if learnable else " No baseline has found anything to learn either."),
        {"networks": networks, "collapsed": len(answers), "examples": examples},
        _LOOK if learnable else "",
        severity=("error" if all_of_them else "warning") if learnable else "info",
    )
