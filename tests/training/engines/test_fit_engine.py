import pytest

from dlrecipes.training.engines import FitEngine

# Keras' own doing, here.
SLOW = {"check_it_learns", "check_twice_the_same", "check_one_diverges_among_healthy_ones"}


def test_contract(check_engine, question):
    if question in SLOW:
        pytest.skip("in the slow tests")
    check_engine(FitEngine, question)


@pytest.mark.slow
@pytest.mark.parametrize("slow", sorted(SLOW))
def test_contract_slow(check_engine, slow):
    check_engine(FitEngine, slow)
