"""A power law through a learning curve, and what twice the data would bring."""

import numpy as np
import pytest

from dlrecipes.diagnose import read_learning_curve
from dlrecipes.errors import ArgumentError

SIZES = [64, 128, 256, 512, 1024]
LOW = [[0.01] * 3] * 5


def _errors(floor, factor, exponent, noise=0.0, seed=0, trainings=3):
    generator = np.random.default_rng(seed)
    return [
        floor + factor * size**-exponent + noise * generator.normal(size=trainings)
        for size in SIZES
    ]


@pytest.mark.parametrize(
    ("floor", "factor", "exponent"), [(0.05, 1.0, 0.5), (0.0, 2.0, 0.7), (0.2, 5.0, 1.0)]
)
def test_an_exact_law_is_found(floor, factor, exponent):
    curve = read_learning_curve(SIZES, _errors(floor, factor, exponent), LOW)
    assert curve.law.floor == pytest.approx(floor, abs=0.003)
    assert curve.law.exponent == pytest.approx(exponent, rel=0.05)
    gain = factor * 1024**-exponent * (1 - 2**-exponent)
    assert curve.gain == pytest.approx(gain, rel=0.05)
    # SciPy's own fit, from the right place.
    optimize = pytest.importorskip("scipy.optimize")
    means = [np.mean(errors) for errors in _errors(floor, factor, exponent)]
    (a, b, c), _ = optimize.curve_fit(
        lambda n, a, b, c: a + b * n**-c, np.array(SIZES, float), means, (floor, factor, exponent)
    )
    assert curve.law.at(2048) == pytest.approx(a + b * 2048**-c, rel=0.02)


@pytest.mark.parametrize(
    ("floor", "factor", "exponent", "noise"), [(0.05, 1.0, 0.5, 0.004), (0.0, 1.0, 0.5, 0.004)]
)
def test_intervals_hold_what_they_say(floor, factor, exponent, noise):
    gain = factor * 1024**-exponent * (1 - 2**-exponent)
    held = []
    for seed in range(20):
        errors = _errors(floor, factor, exponent, noise, seed)
        curve = read_learning_curve(SIZES, errors, LOW, seed=seed)
        law, inside = curve.law, []
        for value, (low, high) in (
            (gain, curve.gain_interval),
            (floor, law.floor_interval),
            (exponent, law.exponent_interval),
        ):
            inside.append(low <= value <= high)
        held.append(inside)
    # 400 draws of another seed: 95 to 98 %.
    assert np.mean(held, axis=0).min() >= 0.8


def test_few_validation_examples_are_noise_of_the_floor_more_than_of_the_gain():
    generator = np.random.default_rng(0)
    hard = generator.random(200)
    errors = [np.stack([(hard < 0.05 + n**-0.5).astype(float) for _ in range(3)]) for n in SIZES]
    known = read_learning_curve(SIZES, errors, LOW)
    without = read_learning_curve(SIZES, [rung.mean(axis=1) for rung in errors], LOW)
    assert known.rungs == without.rungs
    wide = [np.ptp(curve.law.floor_interval) for curve in (known, without)]
    assert wide[0] > wide[1]


@pytest.mark.parametrize(
    ("validation", "train", "reference", "shape", "says"),
    [
        ((0.3, 0.0, 1.0), 0.29, 0.05, "high bias", "more data do not help"),
        ((0.3, 0.0, 1.0), 0.29, 0.28, "flat", "little to gain"),
        ((0.05, 2.0, 0.4), 0.01, None, "high variance", "more data help, and so"),
        ((0.3, 0.0, 1.0), 0.01, None, "high variance", "but the curve is flat"),
        ((0.0, 2.0, 0.5), 0.05, None, "still falling", "still falling"),
        ((0.02, 0.0, 1.0), 0.01, None, "flat", "little to gain"),
    ],
)
def test_shapes(validation, train, reference, shape, says):
    curve = read_learning_curve(
        SIZES, _errors(*validation, noise=1e-3), [[train] * 3] * 5, reference=reference
    )
    assert curve.shape == shape
    assert says in curve.sentence
    assert curve.sentence.startswith("Twice the data would bring the error rate from")


def test_one_training_a_rung_has_the_noise_of_the_fit():
    rough = _errors(0.05, 1.0, 0.5, noise=0.01, trainings=1)
    smooth = _errors(0.05, 1.0, 0.5, trainings=1)
    widths = [
        np.ptp(read_learning_curve(SIZES, errors, [[0.0]] * 5).gain_interval)
        for errors in (rough, smooth)
    ]
    assert widths[0] > 20 * widths[1]


@pytest.mark.parametrize(
    ("sizes", "validation", "train"),
    [
        ([64, 128], LOW[:2], LOW[:2]),
        ([64, 128, 128], LOW[:3], LOW[:3]),
        ([64.0, 128.0, 256.0], LOW[:3], LOW[:3]),
        ([64, 128, 256], LOW[:2], LOW[:3]),
        ([64, 128, 256], [[0.1], [], [0.1]], LOW[:3]),
        ([64, 128, 256], [[0.1], [np.nan], [0.1]], LOW[:3]),
        ([64, 128, 256], [[0.1], ["low"], [0.1]], LOW[:3]),
        ([64, 128, 256], LOW[:3], [[0.1], 0.1, [0.1]]),
    ],
)
def test_what_is_no_curve(sizes, validation, train):
    with pytest.raises(ArgumentError, match="Received: "):
        read_learning_curve(sizes, validation, train)
