"""Draws against SciPy's truncated normal, and places that lead back to their values."""

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scipy import stats

from dlrecipes.results import Hyperparameter, Prior
from dlrecipes.search.backends.distributions import place_of, value_at
from dlrecipes.search.backends.prior_sampler import PriorSampler, _normal
from dlrecipes.search.backends.random_sampler import RandomSampler


@pytest.mark.parametrize(
    ("distribution", "values"),
    [
        (FloatDistribution(1e-4, 1.0, log=True), (1e-4, 0.003, 1.0)),
        (FloatDistribution(-1.0, 3.0), (-1.0, 0.25, 3.0)),
        (FloatDistribution(0.0, 0.5, step=0.1), (0.0, 0.2, 0.5)),
        (IntDistribution(4, 64, log=True), (4, 5, 32, 64)),
        (IntDistribution(2, 10, step=4), (2, 6, 10)),
        (CategoricalDistribution(("a", None, 3)), ("a", None, 3)),
    ],
)
def test_a_place_leads_back_to_its_value(distribution, values):
    for value in values:
        found = value_at(distribution, place_of(distribution, value))
        assert found == pytest.approx(value) if isinstance(value, float) else found == value


def test_places_outside_and_of_no_value():
    assert place_of(FloatDistribution(1e-3, 1.0, log=True), 7.0) == pytest.approx(1.0)
    assert place_of(IntDistribution(2, 10), -5) == pytest.approx(0.5 / 9)
    with pytest.raises(ValueError, match="no number"):
        place_of(FloatDistribution(0.0, 1.0), "a")


def test_a_number_is_drawn_from_a_truncated_normal_on_the_range_s_scale():
    distribution = FloatDistribution(1e-4, 1.0, log=True)
    units = (np.arange(400) + 0.5) / 400
    drawn = [_normal(distribution, 1e-3, 0.25, unit) for unit in units]
    places = np.log(np.array(drawn) / 1e-4) / np.log(1e4)
    expected = stats.truncnorm(-0.25 / 0.25, 0.75 / 0.25, loc=0.25, scale=0.25)
    assert places == pytest.approx(expected.ppf(units), abs=1e-6)


def test_shares_of_choices_and_of_moves():
    space = (
        Hyperparameter("rate", "float", 1e-4, 1.0, log=True),
        Hyperparameter("kind", "choice", choices=("a", "b", "c", "d")),
        Hyperparameter("free", "float", 0.0, 1.0),
    )
    priors = {"rate": Prior(0.01), "kind": Prior("b")}
    sampler = PriorSampler(RandomSampler(0, "all"), space, priors, 0, 0)
    study = optuna.create_study(direction="maximize")
    for score, rate in ((0.5, 0.2), (0.9, 0.3), (0.1, 0.4)):
        params = {"rate": rate, "kind": "c", "free": 0.5}
        study.add_trial(
            optuna.trial.create_trial(
                value=score, params=params, distributions=sampler._distributions
            )
        )

    def drawn(numbers):
        trial = optuna.trial.create_trial(value=0.0)
        found = []
        for number in numbers:
            trial.number = number
            found.append(sampler.sample_relative(study, trial, {}))
        return found

    assert drawn([0]) == [{"rate": 0.01, "kind": "b"}]
    prior, incumbent = drawn(range(1, 3000, 3)), drawn(range(2, 3000, 3))
    assert drawn([3, 6]) == [{}, {}]
    # ---- one half the prior's own, and a quarter of the other half
    share = np.mean([one["kind"] == "b" for one in prior])
    assert share == pytest.approx(0.625, abs=0.05)
    assert all("free" not in one for one in prior)
    # ---- of the best trial, each value stays with probability one half
    assert np.mean([one["rate"] == 0.3 for one in incumbent]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([one["free"] == 0.5 for one in incumbent]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([one["kind"] == "c" for one in incumbent]) == pytest.approx(0.625, abs=0.05)
