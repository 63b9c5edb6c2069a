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
    """Refuse a graph that reads or writes a variable which is not part of a member's state.

    Raises:
        Unsupported: All members would share that variable.
    """
    captured = tf.compat.v1.get_default_graph().external_captures
    if any(one.dtype == tf.resource for one in captured):
        raise Unsupported("it uses a variable that is not one of the model's")
