"""Bias and variance: how well a network fits what it trained on, and what it did not."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from dlrecipes.checks import check_real
from dlrecipes.diagnose.verdict import mean_advantage
from dlrecipes.errors import ArgumentError
from dlrecipes.results import BiasVariance, Finding, LossParts, significant

Errors = NDArray[np.float64]
_PENALTY = 0.1
_BIASED = (
    "First the bias: a wider or deeper network, more epochs, another learning rate, less dropout "
    "and smaller penalties."
)
_VARIES = "More or cleaner data, L1 or L2, dropout, early stopping, or a smaller network."


def bias_variance(
    *,
    train: ArrayLike,
    validation: ArrayLike,
    reference: ArrayLike | None = None,
    scale: float = 1.0,
    reference_name: str = "",
) -> BiasVariance:
    """Tell high bias and high variance from the errors of a training and a validation part.

    Bias is how far the training error lies above what can be reached, variance how far the
    validation error lies above the training error. Either is high where it is more than a
    twentieth of `scale` and, as far as the noise is known, more than its 95 % interval.

    An error is a number or, so that its noise is known, the errors of the examples, whose mean it
    is: 0 or 1 (wrong), or any loss. The training error must be that of the finished network in
    inference mode: what `fit` shows is a mean over an epoch, with dropout.

    Args:
        train: Error on training examples: a number, or `(examples,)`.
        validation: Error on validation examples: a number, `(examples,)`, or of several trainings
            `(trainings, examples)`.
        reference: The error that can be reached, a human's or the best baseline's; a number, or
            the errors of the same validation examples, `(examples,)`. None if it is unknown, which
            counts as 0.
        scale: The error of knowing nothing, in the same unit, above 0: 1 for shares, 100 for
            percent; of a regression, that of the mean.
        reference_name: Whose error the reference is, for the sentence.

    Returns:
        The errors with both gaps, their intervals and the verdict.

    Raises:
        ArgumentError: If an error is not finite, or has another shape.

    Example:
        >>> pairs = [(15, 16), (1, 11), (15, 30), (0.5, 1)]  # percent, humans at about 0
        >>> for train, validation in pairs:
        ...     print(
        ...         dlr.diagnose.bias_variance(
        ...             train=train, validation=validation, scale=100
        ...         ).verdict
        ...     )
        high bias
        high variance
        high bias and high variance
        neither
        >>> dlr.diagnose.bias_variance(train=15, validation=16, reference=14, scale=100).verdict
        'neither'

    Reference:
        Ng 2018, Machine Learning Yearning, chapters 20 to 24; Agresti and Caffo 2000, Simple and
        Effective Confidence Intervals for Proportions and Differences of Proportions.
    """
    check_real("scale", scale, 0, low_open=True)
    fitted, held_out = _errors("train", train, 1), _errors("validation", validation, 2)
    known = None if reference is None else _errors("reference", reference, 1)
    rows = np.atleast_1d(held_out)
    rows = rows if rows.ndim == 2 else rows[np.newaxis]
    reached = 0.0 if known is None else float(known.mean())
    bias, variance = float(fitted.mean()) - reached, float(held_out.mean() - fitted.mean())
    noise = _noise(fitted), _noise(rows.mean(axis=0))
    by_training = _standard_error(rows.mean(axis=1)), len(rows) - 1
    behind, behind_interval = float(held_out.mean()) - reached, _interval(noise[1], by_training)
    if known is not None and known.ndim and len(known) == rows.shape[1] > 1:
        found = mean_advantage(rows - known[np.newaxis], step=_step(rows))
        behind, behind_interval = found.value, found.interval
    reference_noise = (0.0, 0) if known is None else _noise(known)
    return BiasVariance(
        train=float(fitted.mean()),
        validation=float(held_out.mean()),
        reference=reached,
        scale=float(scale),
        bias=bias,
        variance=variance,
        bias_interval=_interval(noise[0], reference_noise),
        variance_interval=_interval(*noise, by_training),
        behind=behind,
        behind_interval=behind_interval,
        reference_name=reference_name or ("the reference" if known is not None else ""),
    )


def check_bias_variance(
    found: BiasVariance,
    *,
    error: str = "error",
    train_loss: LossParts | None = None,
) -> Finding:
    """Say whether a network has high bias or high variance, and what helps, bias first.

    It is a warning where it costs something: where the network is worse on the validation part
    than a known reference, beyond the noise. A network without training error that is as good as
    the best baseline has high variance, too, and nothing may be wrong with it.

    Args:
        found: From `bias_variance`.
        error: What the errors are, such as `"RMSE"`.
        train_loss: The training loss, taken apart; a penalty that is much of it is said.

    Returns:
        The finding, called `"bias and variance"`.

    Example:
        >>> errors = dlr.diagnose.bias_variance(train=0.15, validation=0.16, reference=0.02)
        >>> finding = dlr.diagnose.check_bias_variance(errors)
        >>> print(f"{finding.severity}: {finding.verdict}")
        warning: High bias: the error is 0.15 on the training part, 0.16 on the validation part; \
0.02 is what the reference reaches.
    """
    said = f"the {error} is {significant(found.train)} on the training part, "
    said += f"{significant(found.validation)} on the validation part"
    if found.reference_name:
        said += f"; {significant(found.reference)} is what {found.reference_name} reaches"
    verdict = found.verdict
    first = "Neither high bias nor high variance" if verdict == "neither" else verdict.capitalize()
    evidence: dict[str, float | int | str | list[str]] = {
        "verdict": verdict,
        "training error": found.train,
        "validation error": found.validation,
        "reference": found.reference,
        "bias": found.bias,
        "bias interval": found.bias_interval,
        "variance": found.variance,
        "variance interval": found.variance_interval,
    }
    penalty = ""
    if train_loss is not None:
        evidence |= {"data loss": train_loss.data, "penalty": train_loss.penalty}
        if train_loss.penalty > _PENALTY * abs(train_loss.total):
            penalty = (
                f" Of the training loss, {significant(train_loss.total)}, "
                f"{significant(train_loss.penalty)} is penalty, which `val_loss` has, too."
            )
    advice = _BIASED if found.high_bias else _VARIES if found.high_variance else ""
    return Finding(
        "bias and variance",
        f"{first}: {said}.{penalty}",
        evidence,
        advice,
        severity="warning" if found.costly and verdict != "neither" else "info",
    )


def _errors(name: str, given: ArrayLike, axes: int) -> Errors:
    try:
        errors = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"`{name}` must be an error, or the errors of examples, in numbers.",
            received=f"{type(given).__name__}",
        ) from error
    if errors.ndim > axes or not errors.size or not np.isfinite(errors).all():
        raise ArgumentError(
            f"`{name}` must be a finite number, or such errors of at least one example.",
            received=f"{name} of shape {errors.shape}"
            + " with NaN or infinity" * (not np.isfinite(errors).all()),
        )
    return errors


def _step(errors: Errors) -> float:
    """Return what one example makes that is right or wrong; 0 for graded losses."""
    values = np.unique(errors)
    return float(values[-1]) if len(values) <= 2 and values[0] in (0, values[-1]) else 0.0


def _noise(errors: Errors) -> tuple[float, int]:
    """Return the standard error of a mean and its degrees of freedom; none of a number."""
    if not errors.ndim or len(errors) < 2:
        return 0.0, 0
    # Of decisions that are all right or wrong one more is added on each side: none is sure.
    step = _step(errors) if errors.any() else 1.0
    counted = np.append(errors, [step, 0.0]) if step else errors
    return _standard_error(counted), len(errors) - 1


def _standard_error(values: Errors) -> float:
    if len(values) < 2:
        return 0.0
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def _interval(*noises: tuple[float, int]) -> float:
    """Return half the 95 % interval of a sum, with Welch and Satterthwaite's degrees of freedom."""
    known = [(error, freedom) for error, freedom in noises if error > 0 and freedom > 0]
    total = sum(error**2 for error, _ in known)
    if not total:
        return 0.0
    freedom = total**2 / sum(error**4 / freedom for error, freedom in known)
    return float(stats.t.ppf(0.975, freedom)) * math.sqrt(total)
