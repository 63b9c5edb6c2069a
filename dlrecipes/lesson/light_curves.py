"""Made light curves: brightness at irregular times, each point with an error of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_flag, check_integer

DECAYS = (4.0, 8.0)
"""Days in which a flare falls to 1/e of its peak: of class 0 and of class 1."""
STEPS = 30
_LEAST, _DAYS = 15, 40.0
_FIRST, _LAST = 2.0, 15.0
_CLEAR, _CLOUDS = (0.03, 0.1), (0.5, 1.5)
_CLOUDY = 0.3
_FAIR = 0.3

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LightCurves:
    """Flares as they were observed, filled up with zeros behind the last point.

    Args:
        times: Days since the first night, rising, `(stars, 30)`.
        flux: Brightness above that of the star at rest, `(stars, 30)`.
        errors: Standard deviation of each brightness, `(stars, 30)`, 0 behind the last point.
        seen: Which points there are, `(stars, 30)`.
        labels: The place of the decay in `DECAYS`, `(stars,)`.
    """

    times: Numbers
    flux: Numbers
    errors: Numbers
    seen: NDArray[np.bool_]
    labels: NDArray[np.int64]


def make_light_curves(stars: int, *, seed: int = 0) -> LightCurves:
    """Return flares of stars, every other one a slow one.

    A flare begins between day 2 and 15, is at once 1 to 3 units bright, and decays with
    `exp(-t / decay)`. There are 15 to 30 points within 40 days: nights are missing at random and
    two of three stars have a pause of a week. In three of ten nights there are clouds: the errors
    are 0.5 to 1.5 there, 0.03 to 0.1 else, and each is known.

    Args:
        stars: How many, at least 1.
        seed: Seed of the draw, at least 0.

    Example:
        >>> curves = dlr.lesson.make_light_curves(100)
        >>> curves.flux.shape, curves.labels[:4].tolist()
        ((100, 30), [0, 1, 0, 1])
        >>> bool((np.diff(curves.times[0][curves.seen[0]]) > 0).all())
        True
    """
    check_integer("stars", stars, 1)
    check_integer("seed", seed, 0)
    generator = np.random.default_rng(seed)
    times, flux, errors = np.zeros((3, stars, STEPS))
    labels = np.arange(stars) % len(DECAYS)
    for star, label in enumerate(labels):
        number = int(generator.integers(_LEAST, STEPS + 1))
        nights = generator.uniform(0, _DAYS, 2 * STEPS)
        pause = generator.uniform(0, _DAYS)
        if generator.random() < 2 / 3:
            nights = nights[(nights < pause) | (nights > pause + 7)]
        at = np.sort(nights[:number])
        clouds = generator.random(number) < _CLOUDY
        error = np.where(
            clouds, generator.uniform(*_CLOUDS, number), generator.uniform(*_CLEAR, number)
        )
        bright = generator.uniform(1, 3) * _flare(at, generator.uniform(_FIRST, _LAST), int(label))
        times[star, :number], errors[star, :number] = at, error
        flux[star, :number] = bright + error * generator.normal(size=number)
    return LightCurves(times, flux, errors, errors > 0, labels)


def light_channels(
    curves: LightCurves, *, times: bool = True, errors: bool = True
) -> NDArray[np.float32]:
    """Return light curves as a network takes them, one channel a fact of each point.

    Args:
        curves: As `make_light_curves` gives them.
        times: Whether a channel has the days since the point before (0 for the first).
        errors: Whether channels have the weight of each point, `1 / error**2` by the largest of
            its curve, and the flux times that weight.

    Returns:
        `(stars, 30, channels)`: flux, whether there is a point, and those asked for; zeros behind
        the last point.

    Example:
        >>> curves = dlr.lesson.make_light_curves(100)
        >>> dlr.lesson.light_channels(curves).shape
        (100, 30, 5)
        >>> dlr.lesson.light_channels(curves, times=False, errors=False).shape
        (100, 30, 2)
    """
    check_flag("times", times)
    check_flag("errors", errors)
    channels = [curves.flux, curves.seen.astype(np.float64)]
    if times:
        channels.append(np.diff(curves.times, axis=1, prepend=curves.times[:, :1]) * curves.seen)
    if errors:
        weights = _weights(curves)
        weights /= weights.max(axis=1, keepdims=True)
        channels += [weights, weights * curves.flux]
    return np.stack(channels, axis=-1).astype(np.float32)


def light_grid(
    curves: LightCurves, *, bins: int = 20, weighted: bool = True
) -> NDArray[np.float32]:
    """Return light curves on a grid of equal times: the mean of each bin, and how much is known.

    With weights the mean is `m = sum(w f) / sum(w)`, `w = 1 / error**2`, and what is known of it
    `k = W / (W + W_0)` with `W = sum(w)` and `W_0` the weight of one point of error 0.3: near 1
    for a clear night, 0 for none. The channels are `k m` and `k`. Without weights all points count
    alike, and `k` is 1 where there is one.

    Args:
        curves: As `make_light_curves` gives them.
        bins: Bins of the 40 days, at least 1.
        weighted: Whether points count by their errors.

    Returns:
        `(stars, bins, 2)`.

    Example:
        >>> curves = dlr.lesson.make_light_curves(100)
        >>> dlr.lesson.light_grid(curves).shape
        (100, 20, 2)
    """
    check_integer("bins", bins, 1)
    check_flag("weighted", weighted)
    weights = _weights(curves) if weighted else curves.seen.astype(np.float64)
    at = np.minimum((curves.times / _DAYS * bins).astype(int), bins - 1)
    inside = at[:, :, None] == np.arange(bins)
    total = (weights[:, :, None] * inside).sum(axis=1)
    flux = ((weights * curves.flux)[:, :, None] * inside).sum(axis=1)
    mean = np.divide(flux, total, out=np.zeros_like(flux), where=total > 0)
    known = total / (total + _FAIR**-2) if weighted else (total > 0).astype(np.float64)
    return np.stack([known * mean, known], axis=-1).astype(np.float32)


def fit_flares(curves: LightCurves, *, weighted: bool = True) -> NDArray[np.int64]:
    """Return by least squares, without a network, which of `DECAYS` fits each curve best.

    Of each decay and each of 53 first days, 2 to 15, the peak that fits best is `a = sum(w m f) /
    sum(w m**2)` for the model `m` of peak 1; the least `sum(w (f - a m)**2)` decides.

    Args:
        curves: As `make_light_curves` gives them.
        weighted: Whether a point counts by `w = 1 / error**2`; else all alike.

    Example:
        >>> curves = dlr.lesson.make_light_curves(200)
        >>> by_errors = dlr.lesson.fit_flares(curves) == curves.labels
        >>> alike = dlr.lesson.fit_flares(curves, weighted=False) == curves.labels
        >>> bool(by_errors.mean() > alike.mean())
        True
    """
    check_flag("weighted", weighted)
    weights = _weights(curves) if weighted else curves.seen.astype(np.float64)
    left = []
    for label in range(len(DECAYS)):
        each = []
        for first in np.linspace(_FIRST, _LAST, 53):
            model = _flare(curves.times, first, label)
            size = (weights * model**2).sum(axis=1)
            peak = (weights * model * curves.flux).sum(axis=1) / np.where(size > 0, size, 1)
            off = curves.flux - peak[:, None] * model
            each.append((weights * off**2).sum(axis=1))
        left.append(np.min(each, axis=0))
    return np.asarray(np.argmin(left, axis=0), dtype=np.int64)


def _flare(times: Numbers, first: float, label: int) -> Numbers:
    """Return the brightness of a flare of peak 1."""
    since = times - first
    return np.where(since >= 0, np.exp(-np.maximum(since, 0) / DECAYS[label]), 0.0)


def _weights(curves: LightCurves) -> Numbers:
    return np.where(curves.seen, 1 / np.where(curves.seen, curves.errors, 1) ** 2, 0.0)
