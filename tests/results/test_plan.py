"""Plans, stages and settings that cannot be carried out."""

import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Plan, RunSettings, Stage


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, r"non-empty word without a slash. Received: name=''"),
        ({"name": "a/b"}, r"non-empty word without a slash. Received: name='a/b'"),
        ({"trials": -1}, r"`trials` must be an integer, at least 0. Received: trials=-1"),
        ({"trials": 2.0}, r"`trials` must be an integer, at least 0. Received: trials=2\.0"),
        ({"trials": True}, r"`trials` must be an integer"),
        ({"epochs": 0}, r"`epochs` must be an integer, at least 1. Received: epochs=0"),
        ({"sampler": "x"}, r"`sampler` must be one of 'grid', 'keras_tuner_bayesian'.*sampler='x'"),
        ({"pruner": "axe"}, r"`pruner` must be one of 'halving', 'median', 'none'.*pruner='axe'"),
        ({"ranges": {"rate": (1.0, 0.1)}}, r"must lie below.*ranges\['rate'\]=\(1, 0\.1\)"),
        ({"ranges": {"rate": (0.0, float("inf"))}}, r"`ranges\['rate'\]\[1\]` must be a finite"),
    ],
)
def test_wrong_stage(changes, message):
    with pytest.raises(ArgumentError, match=message):
        Stage(**{"name": "coarse", "trials": 1, "epochs": 1, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stages": ()}, r"at least one stage.*Received: stages=\[\]"),
        ({"stages": (Stage("a", 1, 1), Stage("a", 2, 1))}, r"names must differ.*\['a', 'a'\]"),
        ({"batch_size": 0}, r"`batch_size` must be an integer, at least 1. Received: batch_size=0"),
        ({"refit_seeds": 0}, r"`refit_seeds` must be an integer, at least 1"),
        ({"refit_epochs": 0}, r"`refit_epochs` must be an integer, at least 1"),
        ({"patience": 0}, r"`patience` must be an integer, at least 1"),
        ({"limits": {"rate": (1.0, 1.0)}}, r"must lie below.*limits\['rate'\]=\(1, 1\)"),
        ({"limits": {"rate": ("a", 1.0)}}, r"`limits\['rate'\]\[0\]` must be a finite number"),
    ],
)
def test_wrong_plan(changes, message):
    with pytest.raises(ArgumentError, match=message):
        Plan(**{"stages": (Stage("a", 1, 1),), **changes})


def test_trials_of_a_plan():
    assert Plan((Stage("a", 3, 1), Stage("b", 4, 1))).trials == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"engine": "warp"},
            r"`engine` must be one of 'auto', 'fit', 'population', 'resident'.*engine='warp'",
        ),
        ({"precision": "float16"}, r"`precision` must be one of"),
        ({"storage": "study.db"}, r"`storage` must be a database URL.*sqlite:///"),
        ({"seed": 1.5}, r"`seed` must be an integer"),
        ({"seed": 2**31}, r"`seed` must be an integer, in \[0, 2147483647\]"),
        ({"minutes": -1}, r"`minutes` must be a finite number in \(0, 1e\+06\]"),
    ],
)
def test_wrong_settings(changes, message):
    with pytest.raises(ArgumentError, match=message):
        RunSettings(**changes)
