import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.search import CoarseToFine


@given(st.integers(2, 500), st.integers(1, 300))
def test_shares(trials, epochs):
    plan = CoarseToFine(trials, epochs)
    coarse, fine = plan.stages
    assert plan.trials == trials
    assert coarse.trials >= fine.trials >= 1
    assert 1 <= coarse.epochs <= fine.epochs == epochs
    assert (coarse.sampler, coarse.widen, coarse.narrow) == ("sobol", True, False)
    assert (fine.sampler, fine.widen, fine.narrow) == ("tpe", False, True)


def test_arguments_reach_the_plan():
    plan = CoarseToFine(
        9,
        10,
        coarse_epochs=2,
        batch_size=8,
        refit_seeds=2,
        patience=4,
        limits={"dropout": (0.0, 0.9)},
        fine_sampler="keras_tuner_bayesian",
    )
    assert plan.stages[0].epochs == 2
    assert plan.stages[1].sampler == "keras_tuner_bayesian"
    assert (plan.batch_size, plan.refit_seeds, plan.patience) == (8, 2, 4)
    assert plan.limits == {"dropout": (0.0, 0.9)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trials": 1}, r"`trials` must be an integer, at least 2\. Received: trials=1"),
        ({"epochs": 0}, r"`epochs` must be an integer, at least 1"),
        ({"coarse_epochs": 0}, r"`epochs` must be an integer, at least 1"),
        ({"fine_sampler": "annealing"}, r"`sampler` must be one of"),
        ({"limits": {"rate": (1.0, 0.1)}}, r"lower limit must lie below"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        CoarseToFine(**arguments)
