import gc
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.engines.compiled.tracing import (
    PinnedFunction,
    check_pure,
    gradients_let_go,
)


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


class Pair(NamedTuple):
    left: list
    right: tf.Tensor


@pytest.fixture(params=[None, 2], ids=["a session each", "one for all"])
def pinned(request):
    table = tf.constant([10.0, 20.0, 30.0])

    def function(pair, nothing, times):
        def body(at, total):
            return at + 1, total + tf.gather(table, pair.right)

        _, total = tf.while_loop(lambda at, _: at < times, body, (0, pair.left[0]))
        return Pair([total, total > 50], pair.right), {"times": times}

    pair = Pair([tf.zeros(2)], tf.constant([0, 2]))
    return PinnedFunction(function, (pair, None, tf.constant(1)), 1, request.param)


def test_returns_what_the_function_returns(pinned):
    pair, numbers = pinned(Pair([np.array([1, 2], "float32")], np.array([0, 1])), None, 3)
    assert isinstance(pair, Pair)
    np.testing.assert_array_equal(pair.left[0], [31.0, 62.0])
    np.testing.assert_array_equal(pair.left[1], [False, True])
    np.testing.assert_array_equal(pair.right, [0, 1])
    assert numbers["times"] == 3


def test_many_threads_at_once(pinned):
    def call(number):
        pair, _ = pinned(Pair([np.full(2, number, "float32")], np.array([0, 2])), None, 2)
        return pair.left[0].tolist()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(call, range(200)))
    assert found == [[number + 20.0, number + 60.0] for number in range(200)]


def test_an_error_is_tensorflows_and_leaves_it_usable(pinned):
    with pytest.raises(tf.errors.OpError):
        pinned(Pair([np.zeros(2, "float32")], np.array([0, 9])), None, 1)
    pair, _ = pinned(Pair([np.zeros(2, "float32")], np.array([0, 1])), None, 1)
    np.testing.assert_array_equal(pair.left[0], [10.0, 20.0])


def test_xla_compiles_once_for_all_calls(monkeypatch):
    sessions = []
    make = PinnedFunction._session
    monkeypatch.setattr(
        PinnedFunction, "_session", lambda self: sessions.append(self) or make(self)
    )
    compiled = tf.function(lambda x: tf.tanh(x) @ x, jit_compile=True, autograph=False)
    pinned = PinnedFunction(compiled, [tf.zeros((5, 5))], threads=2, callers=2)
    given = [np.eye(5, dtype="float32") * number for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(pinned, given))
    np.testing.assert_allclose(found, [np.tanh(x) @ x for x in given], rtol=1e-6)
    assert len(sessions) == 1


@pytest.mark.parametrize("loop", [False, True])
def test_what_a_function_does_beside_its_result_is_done(loop, capfd):
    def told(x):
        tf.debugging.assert_less(x, 5.0, message="too large")
        tf.print("seen")
        return x + 1

    def function(x):
        if not loop:
            return told(x)
        return tf.while_loop(lambda at, _: at < 2, lambda at, x: (at + 1, told(x)), (0, x))[1]

    pinned = PinnedFunction(function, [tf.constant(0.0)], threads=1)
    assert pinned(1.0) == (3.0 if loop else 2.0)
    assert capfd.readouterr().err.count("seen") == (2 if loop else 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="too large"):
        pinned(9.0)


def test_a_graph_is_let_go_though_one_of_its_functions_has_a_gradient_of_its_own():
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.nn.silu(x)
        return tape.gradient(y, x)

    with gradients_let_go():
        pinned = PinnedFunction(slope, [tf.zeros(3)], 1)
    x = np.array([-1.0, 0.0, 2.0], "float32")
    sigmoid = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(pinned(x), sigmoid * (1 + x * (1 - sigmoid)), rtol=1e-6)
    graph = weakref.ref(pinned._graph)
    del pinned
    gc.collect()
    assert graph() is None


@pytest.mark.slow
def test_two_calls_use_no_more_threads_than_they_were_given():
    """Processor time of a large product is that of the clock, with one thread."""
    code = """
import time
from dlrecipes.training.engines.compiled.tracing import PinnedFunction
import tensorflow as tf
x = tf.random.normal((1500, 1500))
call = PinnedFunction(lambda x: tf.linalg.matmul(x, x), [x], threads=1)
call(x)
clock, processor = time.perf_counter(), time.process_time()
for _ in range(5):
    call(x)
print((time.process_time() - processor) / (time.perf_counter() - clock))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.2
