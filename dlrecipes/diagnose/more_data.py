"""What more data would bring: a power law through the errors of a learning curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.results import LearningCurve, PowerLaw, Rung, significant
from dlrecipes.results.fit_result import HIGH

Floats = NDArray[np.float64]
_EXPONENTS = np.geomspace(0.05, 3.0, 240)
_FLAT = 0.01
"""A gain is worth while from this share of the error of knowing nothing on."""
_DRAWS = 500
_FEWEST = 3


def read_learning_curve(
    examples: Sequence[int],
    validation: Sequence[ArrayLike],
    train: Sequence[ArrayLike],
    *,
    scale: float = 1.0,
    error: str = "error rate",
    reference: float | None = None,
    seed: int = 0,
) -> LearningCurve:
    """Fit a power law to errors against the number of training examples, and name the shape.

    The law is `a + b * n ** -c` with `a` and `b` at least 0, by least squares weighted with the
    noise of each rung. The interval of what twice the examples would bring is that of 500 fits to
    errors drawn with the noise of the trainings, where there are several a rung, and with that of
    the validation examples, where their errors are given: the same examples judge all rungs.

    The shape is high bias where the curve is flat and the training error is high and near the
    validation error: more data do not help. It is high variance where the errors lie far apart,
    and still falling where twice the examples would take off more than a hundredth of `scale`.

    Args:
        examples: Training examples of each rung, at least three rungs, ascending.
        validation: The validation errors of each rung: of each training `(trainings,)`, or those
            of the examples `(trainings, examples)`, whose means they are.
        train: Errors on the training examples of each rung, `(trainings,)`.
        scale: The error of knowing nothing, above 0.
        error: What the errors are.
        reference: The error that can be reached; None if unknown, which counts as 0.
        seed: Seed of the draws, at least 0.

    Returns:
        The curve with its law, the gain of twice the examples with its interval, and the shape.

    Raises:
        ArgumentError: If there are fewer than three rungs, they do not ascend, or an error is
            missing or not finite.

    Example:
        >>> sizes = [100, 200, 400, 800]
        >>> errors = [[0.05 + n**-0.5 + noise for noise in (-0.001, 0, 0.001)] for n in sizes]
        >>> curve = dlr.diagnose.read_learning_curve(sizes, errors, [[0.05] * 3] * 4)
        >>> round(curve.law.floor, 2), round(curve.law.exponent, 1), round(curve.gain, 3)
        (0.05, 0.5, 0.01)

    Reference:
        Cortes et al. 1993, Learning Curves: Asymptotic Values and Rate of Convergence; Viering and
        Loog 2022, The Shape of Learning Curves: a Review.
    """
    check_real("scale", scale, 0, low_open=True)
    check_integer("seed", seed, 0)
    sizes = _sizes(examples)
    held_out = [_rung("validation", errors, 2) for errors in validation]
    fitted = [_rung("train", errors, 1) for errors in train]
    if not len(sizes) == len(held_out) == len(fitted):
        raise ArgumentError(
            "There must be errors of each rung.",
            received=f"{len(sizes)} rungs, validation errors of {len(held_out)}, training errors "
            f"of {len(fitted)}",
        )
    by_training = [errors.mean(axis=1) if errors.ndim == 2 else errors for errors in held_out]
    means = np.array([errors.mean() for errors in by_training])
    noise, freedom = _noise(sizes, by_training, means)
    (law,) = _fit(sizes, means[np.newaxis], noise)
    # At the bound of a floor of 0 all draws would agree about the exponent.
    drawn = _fit(sizes, _drawn(held_out, means, noise, freedom, seed), noise, bounded=False)
    gains = [one.at(sizes[-1]) - one.at(2 * sizes[-1]) for one in drawn]
    gain = law.at(sizes[-1]) - law.at(2 * sizes[-1])
    law = PowerLaw(
        law.floor,
        law.factor,
        law.exponent,
        _interval([max(one.floor, 0.0) for one in drawn]),
        _interval([one.exponent for one in drawn]),
    )
    rungs = tuple(
        Rung(int(size), tuple(map(float, ours)), tuple(map(float, theirs)))
        for size, ours, theirs in zip(sizes, fitted, by_training, strict=True)
    )
    interval = _interval(gains)
    shape = _shape(rungs, gain, scale, reference or 0.0)
    sentence = _sentence(rungs[-1], error, scale, gain, interval, shape)
    return LearningCurve(error, rungs, law, float(scale), gain, interval, shape, sentence)


def _sizes(examples: Sequence[int]) -> Floats:
    sizes = np.asarray(examples)
    whole = sizes.ndim == 1 and sizes.dtype.kind in "iu"
    if not whole or len(sizes) < _FEWEST or (np.diff(sizes) <= 0).any() or sizes[0] < 1:
        raise ArgumentError(
            "A learning curve has at least three rungs of more and more examples.",
            received=f"examples={list(examples)}",
        )
    return sizes.astype(np.float64)


def _rung(name: str, errors: ArrayLike, axes: int) -> Floats:
    try:
        found = np.asarray(errors, np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"`{name}` must be numbers, for each training as many.", received=f"{errors!r:.100}"
        ) from error
    if not 1 <= found.ndim <= axes or not found.size or not np.isfinite(found).all():
        raise ArgumentError(
            f"`{name}` must be finite errors of each rung, of at least one training.",
            received=f"{name} of shape {found.shape}",
        )
    return found


def _noise(sizes: Floats, by_training: Sequence[Floats], means: Floats) -> tuple[Floats, int]:
    """Return the standard error of each rung's mean, and its degrees of freedom.

    Few trainings say little of their own spread: half of it is that of all rungs together. Where
    the law fits worse than that, what is left over is the noise.
    """
    counts = np.array([len(errors) for errors in by_training])
    freedom = int((counts - 1).sum())
    own = np.array([errors.var(ddof=1) if len(errors) > 1 else np.nan for errors in by_training])
    known = np.isfinite(own)
    pooled = float(np.average(own[known], weights=(counts - 1)[known])) if freedom else 0.0
    variance = (np.where(known, own, pooled) + pooled) / 2 / counts
    (law,) = _fit(sizes, means[np.newaxis], np.ones(len(sizes)))
    left = means - [law.at(size) for size in sizes]
    spare = max(len(sizes) - _FEWEST, 1)
    misfit = float((left**2).sum()) / spare
    rounding = (1e-6 * float(np.abs(means).max()) + 1e-12) ** 2
    variance = np.maximum(variance, misfit if len(sizes) > _FEWEST else 0.0) + rounding
    return np.sqrt(variance), freedom or spare


def _drawn(
    held_out: Sequence[Floats], means: Floats, noise: Floats, freedom: int, seed: int
) -> Floats:
    """Return errors as other trainings and other validation examples would give, `(draws, rungs)`.

    With Student's noise: the spread itself is known from few trainings.
    """
    generator = np.random.default_rng(seed)
    heavier = generator.standard_t(freedom, (_DRAWS, len(means)))
    drawn: Floats = means + noise * heavier
    lengths = {errors.shape[1] if errors.ndim == 2 else 0 for errors in held_out}
    if len(lengths) == 1 and lengths != {0}:
        (length,) = lengths
        examplewise = np.stack([errors.mean(axis=0) for errors in held_out])
        counts = generator.multinomial(length, np.full(length, 1 / length), _DRAWS)
        drawn = drawn + counts @ examplewise.T / length - means
    return drawn


def _fit(sizes: Floats, errors: Floats, noise: Floats, *, bounded: bool = True) -> list[PowerLaw]:
    """Return the law of each row of errors, `(rows, rungs)`, by weighted least squares.

    For a given exponent the law is a line with two coefficients that are not negative; the best
    exponent is looked for on a grid.
    """
    weights = 1.0 / noise**2
    weights = weights / weights.sum()
    best = np.full(len(errors), np.inf)
    found = np.zeros((len(errors), 3))
    for exponent in _EXPONENTS:
        curve = (sizes / sizes[-1]) ** -exponent
        mean, centre = float(weights @ curve), errors @ weights
        spread = float(weights @ (curve - mean) ** 2)
        factor = (errors - centre[:, np.newaxis]) @ (weights * (curve - mean)) / spread
        floor = centre - factor * mean
        through_zero = errors @ (weights * curve) / float(weights @ curve**2)
        if bounded:
            factor = np.where(floor < 0, through_zero, factor)
            floor = np.where(floor < 0, 0.0, floor)
        floor = np.where(factor < 0, centre, floor)
        factor = np.maximum(factor, 0.0)
        left = errors - floor[:, np.newaxis] - factor[:, np.newaxis] * curve
        squares = left**2 @ weights
        better = squares < best - 1e-15
        best = np.where(better, squares, best)
        scaled = factor * sizes[-1] ** exponent
        row = np.stack([floor, scaled, np.full(len(errors), exponent)], axis=1)
        found = np.where(better[:, np.newaxis], row, found)
    return [PowerLaw(float(floor), float(factor), float(slope)) for floor, factor, slope in found]


def _interval(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _shape(rungs: Sequence[Rung], gain: float, scale: float, reference: float) -> str:
    last = rungs[-1]
    trained = sum(last.train) / len(last.train)
    if gain < _FLAT * scale and last.gap <= HIGH * scale:
        return "high bias" if trained - reference > HIGH * scale else "flat"
    return "high variance" if last.gap > HIGH * scale else "still falling"


def _sentence(
    last: Rung, error: str, scale: float, gain: float, interval: tuple[float, float], shape: str
) -> str:
    now = sum(last.validation) / len(last.validation)
    half = (interval[1] - interval[0]) / 2
    brings = (
        f"Twice the data would bring the {error} from {significant(now, 3)} to "
        f"{significant(max(now - gain, 0.0), 3)}: {significant(gain, 2)} ± {significant(half, 2)} "
        f"less (95 %: {significant(interval[0], 2)} to {significant(interval[1], 2)})."
    )
    # Of a gain that may as well be nothing, nothing is promised.
    help_ = "help" if interval[0] > gain / 4 else "may help"
    means = {
        "high bias": "Both errors are high, near each other and flat, as with high bias: more data "
        "do not help, a larger network or better inputs may.",
        "high variance": f"The errors lie far apart, as with high variance: more data {help_}, and "
        "so may regularisation.",
        "still falling": "The errors are near each other, and the curve is still falling: more "
        f"data {help_}.",
        "flat": "The curve is flat and the errors are near each other: there is little to gain.",
    }
    said = means[shape]
    if shape == "high variance" and gain < _FLAT * scale:
        said = (
            "The errors lie far apart, as with high variance, but the curve is flat: rather "
            "regularise, and see whether the parts differ."
        )
    return f"{brings} {said}"
