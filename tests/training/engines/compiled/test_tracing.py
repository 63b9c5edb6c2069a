import keras
import pytest
import tensorflow as tf

from dlrecipes.training.engines.compiled.tracing import check_pure
from dlrecipes.training.engines.compiled.unsupported import Unsupported


def _traced(function):
    """Trace a function of three numbers as a program is traced, in a loop."""

    @tf.function(autograph=False)
    def whole(x):
        _, x = tf.while_loop(lambda at, _: at < 2, lambda at, x: (at + 1, function(x)), (0, x))
        check_pure()
        return x

    return whole.get_concrete_function(tf.zeros(3))


DRAWS = {
    "normal": lambda x: x + tf.random.normal([3]),
    "with a seed": lambda x: x + tf.random.uniform([3], seed=3),
    "shuffle": tf.random.shuffle,
    "dropout": lambda x: tf.nn.dropout(x, 0.5),
    "categorical": lambda x: x + tf.cast(tf.random.categorical([x], 3)[0], x.dtype),
    "in a function": tf.function(lambda x: x + tf.random.normal([3]), autograph=False),
    "for each member": lambda x: tf.vectorized_map(lambda one: one + tf.random.normal([]), x),
}


@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers_without_a_seed_of_a_layer_are_refused(name):
    with pytest.raises(Unsupported, match="no seed of a layer fixes"):
        _traced(DRAWS[name])


def test_random_numbers_from_a_seed_are_not():
    _traced(lambda x: x + keras.random.normal([3], seed=3) + keras.random.dropout(x, 0.5, seed=4))


def test_a_variable_of_somebody_else_is_refused():
    variable = tf.Variable(1.0)
    with pytest.raises(Unsupported, match="a variable that is not one of the model's"):
        _traced(lambda x: x * variable)
