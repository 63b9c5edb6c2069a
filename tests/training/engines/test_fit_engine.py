import pytest
import tensorflow as tf

from dlrecipes.training.engines import FitEngine

# Keras' own doing, here.
SLOW = {"check_it_learns", "check_twice_the_same", "check_one_diverges_among_healthy_ones"}
# Here Keras' own graph is what is compared; else it takes longer to trace than the epochs to run.
WITH_GRAPH = {"check_the_same_as_keras", "check_policies"}


@pytest.fixture
def without_graphs():
    yield lambda: tf.config.run_functions_eagerly(True)
    tf.config.run_functions_eagerly(False)


@pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly")
def test_contract(check_engine, question, without_graphs):
    if question in SLOW:
        pytest.skip("in the slow tests")
    if question not in WITH_GRAPH:
        without_graphs()
    check_engine(FitEngine, question)


@pytest.mark.slow
@pytest.mark.parametrize("slow", sorted(SLOW))
def test_contract_slow(check_engine, slow):
    check_engine(FitEngine, slow)
