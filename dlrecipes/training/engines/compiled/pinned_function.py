"""A traced function whose every call has a few threads of its own."""

from __future__ import annotations

import os
from queue import Empty, LifoQueue
from typing import Any

import numpy as np
import tensorflow as tf

# Read once, when TensorFlow starts: each session then has threads of its own, instead of all
# sharing those of the process. Where TensorFlow has started before, calls share and are slower.
os.environ.setdefault("TF_OVERRIDE_GLOBAL_THREADPOOL", "1")


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
        self._captured = [np.asarray(one) for one in concrete.captured_inputs]
        self._graph = tf.Graph()
        with self._graph.as_default():
            tf.graph_util.import_graph_def(concrete.graph.as_graph_def(), name="")
        self._inputs = [one.name for one in concrete.graph.inputs]
        self._outputs = [one.name for one in concrete.graph.outputs]
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
            values = [one for one in tf.nest.flatten(arguments) if one is not None]
            results = call(*(np.asarray(one) for one in values), *self._captured)
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
