"""The gain of an ensemble: its arithmetic, and no surer than it may be."""

import keras
import numpy as np
import pytest
from scipy import stats

from dlrecipes.diagnose import average_predictions, judge, measure_gain


def _gain(ensemble, single, metric="accuracy"):
    return measure_gain(
        np.asarray(ensemble, dtype=float),
        np.asarray(single, dtype=float),
        metric=metric,
        score="test accuracy 0.9 against 0.8",
        members=4,
        step=1.0 if metric == "accuracy" else 0.0,
    )


def test_arithmetic():
    ensemble = [0, 0, 0, 1, 0, 1, 0, 0]
    single = [[0, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1, 1, 0]]
    gain = _gain(ensemble, single)
    assert gain.value == pytest.approx((1 - 2 / 8) - np.mean([1 - 3 / 8, 1 - 4 / 8]))
    assert gain.outcome == "equal"
    assert f"gain in accuracy {gain.value:+.4g} ± {gain.interval:.2g} (95 %)." in gain.sentence
    assert gain.sentence.startswith("The ensemble of 4 networks is as good as a single one within")


@pytest.mark.parametrize(("shift", "outcome"), [(0.5, "better"), (0.0, "equal"), (-0.5, "worse")])
def test_squared_errors_as_students_paired_interval(shift, outcome):
    generator = np.random.default_rng(0)
    ensemble = generator.exponential(size=300)
    single = ensemble + generator.normal(shift, 1.0, size=300)
    gain = _gain(ensemble, [single], metric="RMSE")
    expected = stats.ttest_rel(single, ensemble).confidence_interval(0.95)
    assert gain.value - gain.interval == pytest.approx(expected.low, rel=1e-3, abs=1e-4)
    assert gain.value + gain.interval == pytest.approx(expected.high, rel=1e-3, abs=1e-4)
    assert gain.outcome == outcome


def test_what_may_be_luck_is_not_called_better():
    ensemble, single = np.zeros(100), np.ones((2, 100))
    found = measure_gain(ensemble, single, metric="RMSE", score="a", members=2, lucky=True)
    sure = measure_gain(ensemble, single, metric="RMSE", score="a", members=2)
    worse = measure_gain(ensemble + 2, single, metric="RMSE", score="a", members=2, lucky=True)
    assert (found.outcome, sure.outcome, worse.outcome) == ("equal", "better", "worse")
    assert found.value == sure.value == 1.0
    assert "is not shown to be better than a single one: its members may look" in found.sentence


def test_mirrors_the_verdict():
    generator = np.random.default_rng(0)
    ensemble = generator.random(200) < 0.05
    single = generator.random((5, 200)) < 0.3
    gain = _gain(ensemble, single)
    verdict = judge(
        single.astype(float),
        ensemble.astype(float),
        baseline_name="",
        metric="accuracy",
        score="",
        step=1.0,
    )
    assert (gain.value, gain.interval) == pytest.approx((-verdict.difference, verdict.interval))
    assert (gain.outcome, verdict.outcome) == ("better", "worse")


def test_noise_of_the_seeds_widens_the_interval():
    generator = np.random.default_rng(0)
    ensemble = generator.normal(size=400)
    paired = generator.normal(0.1, 0.5, size=400)
    alike = _gain(ensemble, [ensemble + paired] * 3, metric="RMSE")
    spread = np.array([[-0.1], [0.0], [0.1]])
    apart = _gain(ensemble, ensemble + paired + spread, metric="RMSE")
    assert apart.value == pytest.approx(alike.value)
    assert alike.outcome == "better"
    assert apart.interval > 2 * alike.interval


@pytest.mark.parametrize("members", [2, 3, 7])
def test_the_average_is_what_the_exported_layer_makes_to_the_last_digit(members):
    generator = np.random.default_rng(0)
    each = [generator.dirichlet(np.ones(4), size=50).astype("float32") for _ in range(members)]
    found = average_predictions(each)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, keras.layers.Average(dtype="float32")(each))
    np.testing.assert_allclose(found, np.mean(each, axis=0), rtol=1e-6)
    weights = generator.dirichlet(np.ones(members))
    weighted = average_predictions(each, weights.tolist())
    assert weighted.dtype == np.float32
    np.testing.assert_allclose(weighted, np.average(each, axis=0, weights=weights), rtol=1e-6)
