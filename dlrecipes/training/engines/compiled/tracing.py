"""What goes with tracing a program, and a traced function that has threads of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Any

import numpy as np
import tensorflow as tf

from dlrecipes.training.engines.compiled.supported import Unsupported

# Read once, when TensorFlow starts: each session then has threads of its own, instead of all
# sharing those of the process. Where TensorFlow has started before, calls share and are slower.
os.environ.setdefault("TF_OVERRIDE_GLOBAL_THREADPOOL", "1")


@contextmanager
def quiet_tracing() -> Iterator[None]:
    """Keep TensorFlow's log of operations that have no batched form to ourselves."""
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def check_pure() -> None:
    """Refuse a graph whose results follow from more than a member's state, numbers and seeds.

    Raises:
        Unsupported: If it reads or writes a variable that is not part of the state, which all
            members would share, or draws numbers that differ from row to row and run to run.
    """
    graph = tf.compat.v1.get_default_graph()
    if any(tensor.dtype == tf.resource for tensor in graph.external_captures):
        raise Unsupported("it uses a variable that is not one of the model's")
    whole = graph.as_graph_def()
    parts = (whole.node, *(function.node_def for function in whole.library.function))
    if any(_draws(node) for part in parts for node in part):
        raise Unsupported("it draws random numbers that no seed of a layer fixes")


def _draws(node: tf.compat.v1.NodeDef) -> bool:
    """Whether an operation draws from a generator of its own; stateless ones are given a seed.

    That of cuDNN's recurrent layers is for a dropout which Keras leaves at 0.
    """
    return "seed2" in node.attr and not node.op.startswith("CudnnRNN")


class PinnedFunction:
    """Calls a concrete function within a given number of threads, from any thread.

    Two convolutions that run at once are faster with a core each than with both cores each:
    nothing has to be split and joined. TensorFlow fixes the number of threads of its eager
    runtime once for the whole process, where populations and `fit` want all cores; a session has
    its own number.

    Args:
        concrete: What to call. It must not use variables.
        threads: Threads of each call.
    """

    def __init__(self, concrete: tf.types.experimental.ConcreteFunction, threads: int) -> None:
        self._structure = concrete.structured_outputs
        # Shares memory with the tensors on the CPU.
        self._captured = [np.asarray(tensor) for tensor in concrete.captured_inputs]
        self._graph = tf.Graph()
        with self._graph.as_default():
            tf.graph_util.import_graph_def(concrete.graph.as_graph_def(), name="")
        self._inputs = [tensor.name for tensor in concrete.graph.inputs]
        self._outputs = [tensor.name for tensor in concrete.graph.outputs]
        self._config = tf.compat.v1.ConfigProto(
            device_count={"GPU": 0},
            intra_op_parallelism_threads=threads,
            inter_op_parallelism_threads=1,
            use_per_session_threads=True,
        )
        self._idle: LifoQueue[Any] = LifoQueue()

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Return the function's results as arrays."""
        try:
            call = self._idle.get_nowait()
        except Empty:
            call = self._make_callable()
        try:
            values = [argument for argument in tf.nest.flatten(arguments) if argument is not None]
            results = call(*(np.asarray(value) for value in values), *self._captured)
        finally:
            self._idle.put(call)
        return tf.nest.pack_sequence_as(self._structure, results)

    def _make_callable(self) -> Any:  # noqa: ANN401
        session = tf.compat.v1.Session(graph=self._graph, config=self._config)
        tensors = self._graph.get_tensor_by_name
        return session.make_callable(
            [tensors(name) for name in self._outputs],
            feed_list=[tensors(name) for name in self._inputs],
        )
