"""What goes with tracing a program."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from dlrecipes.training.engines.compiled.unsupported import Unsupported


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
    if any(one.dtype == tf.resource for one in graph.external_captures):
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
