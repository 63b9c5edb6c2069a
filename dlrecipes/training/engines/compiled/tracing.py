"""What goes with tracing a program, and a traced function that has threads of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.framework import op_def_registry, ops

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


@contextmanager
def gradients_let_go() -> Iterator[None]:
    """Let go of what TensorFlow would keep for ever of the graphs that are recorded meanwhile.

    A function with a gradient of its own, such as `silu`, is registered each time it is recorded,
    and holds its graph. All gradients are to be recorded in here.
    """
    registered = ops.gradient_registry._registry
    before = set(registered)
    try:
        yield
    finally:
        for name in registered.keys() - before:
            if name.startswith("CustomGradient-"):
                del registered[name]


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
    """A function that is traced once and called within a given number of threads, from any thread.

    Two convolutions that run at once are faster with a core each than with both cores each:
    nothing has to be split and joined. TensorFlow fixes the number of threads of its eager
    runtime once for the whole process, where populations and `fit` want all cores; a session has
    its own number.

    What `tf.function` does beside recording operations takes a third of the time of a trace, and
    TensorFlow's rewriting of a graph longer than a small network's whole training. Neither is
    done here.

    Args:
        function: A pure function of tensors.
        arguments: Examples of its arguments, whose shapes hold for all calls, or a `tf.TensorSpec`
            where sizes are open.
        threads: Threads of each call; where calls share them, of all.
        callers: How many calls share one session, as those must for which XLA compiles: it does so
            once a session. None if each call that runs beside others has one of its own.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Sequence[Any],
        threads: int,
        callers: int | None = None,
    ) -> None:
        self._graph, inputs, self._structure, effects = _record(function, arguments)
        outputs = [tensor for tensor in tf.nest.flatten(self._structure) if tensor is not None]
        # Shares memory with the tensors on the CPU.
        self._captured = [np.asarray(outer) for outer, _ in self._graph.captures]
        self._dtypes = [tensor.dtype.as_numpy_dtype for tensor in inputs]
        inputs = [*inputs, *(inner for _, inner in self._graph.captures)]
        self._options = config_pb2.CallableOptions(
            feed=[tensor.name for tensor in inputs],
            fetch=[tensor.name for tensor in outputs],
            target=[operation.name for operation in effects],
        )
        self._config = tf.compat.v1.ConfigProto(
            device_count={"GPU": 0},
            intra_op_parallelism_threads=threads,
            inter_op_parallelism_threads=callers or 1,
            use_per_session_threads=True,
        )
        self._config.graph_options.rewrite_options.disable_meta_optimizer = True
        self._idle: LifoQueue[Any] = LifoQueue()
        self._shared = self._session() if callers else None

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Return the function's results as arrays."""
        given = [argument for argument in tf.nest.flatten(arguments) if argument is not None]
        values = map(np.asarray, given, self._dtypes)
        taken = self._shared or self._take()
        try:
            _, call = taken
            results = call(*values, *self._captured)
        finally:
            if self._shared is None:
                self._idle.put(taken)
        return tf.nest.pack_sequence_as(self._structure, results)

    def _take(self) -> tuple[Any, Any]:
        try:
            taken: tuple[Any, Any] = self._idle.get_nowait()
        except Empty:
            return self._session()
        return taken

    def _session(self) -> tuple[Any, Any]:
        """Return a session, and what calls the function in it."""
        session = tf.compat.v1.Session(graph=self._graph, config=self._config)
        return session, session._make_callable_from_options(self._options)


def _record(
    function: Callable[..., Any], arguments: Sequence[Any]
) -> tuple[Any, list[tf.Tensor], Any, list[tf.Operation]]:
    """Return a graph, its inputs, its outputs, and what else is to be done in a call."""
    graph = tf.__internal__.FuncGraph("pinned")
    with graph.as_default():
        given = tf.nest.map_structure(_placeholder, list(arguments))
        inputs = [tensor for tensor in tf.nest.flatten(given) if tensor is not None]
        names = {tensor.name for tensor in inputs}
        # What goes in may not come out as it is.
        outputs = tf.nest.map_structure(
            lambda tensor: tf.identity(tensor) if tensor.name in names else tensor,
            function(*given),
        )
    if not _has_effects(graph):
        return graph, inputs, outputs, []
    # Of what an assertion or a print does nothing comes back: `tf.function` keeps it in order.
    concrete = tf.function(function, autograph=False).get_concrete_function(*arguments)
    graph = concrete.graph
    inputs = graph.inputs[: len(graph.inputs) - len(graph.captures)]
    return graph, inputs, graph.structured_outputs, graph.control_outputs


def _placeholder(value: Any) -> tf.Tensor | None:  # noqa: ANN401
    if value is None:
        return None
    given = value if isinstance(value, tf.TensorSpec) else tf.convert_to_tensor(value)
    return tf.compat.v1.placeholder(given.dtype, given.shape)


def _has_effects(graph: tf.Graph) -> bool:
    """Whether an operation does something beside what it returns."""
    whole = graph.as_graph_def()
    parts = (whole.node, *(function.node_def for function in whole.library.function))
    operations = {node.op for part in parts for node in part}
    known = {operation: op_def_registry.get(operation) for operation in operations}
    return any(found is not None and found.is_stateful for found in known.values())
