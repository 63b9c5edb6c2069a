"""Keras' update rules, traced as functions of their state."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keras

# The TensorFlow backend routes updates through tf.distribute, which wants real variables; the
# rules of the class above it work on whatever a StatelessScope holds.
_ROUTED = next(c for c in keras.optimizers.Optimizer.__mro__ if c.__name__ == "TFOptimizer")
_PLAIN = next(c for c in keras.optimizers.Optimizer.__mro__ if c.__name__ == "BaseOptimizer")
_METHODS = ("assign", "assign_add", "assign_sub", "_apply_weight_decay", "_backend_update_step")
_LOCK = threading.RLock()


@contextmanager
def plain_updates() -> Iterator[None]:
    """Let optimizers be traced inside a `keras.StatelessScope` on the TensorFlow backend.

    There `Optimizer.stateless_apply` raises. Changes Keras for all threads while it is open, so
    it is open only while a function is traced.
    """
    with _LOCK:
        before = {name: _ROUTED.__dict__[name] for name in (*_METHODS, "_var_key")}
        for name in _METHODS:
            setattr(_ROUTED, name, getattr(_PLAIN, name))
        # The key of the variable behind, not of the tensor that stands in for it.
        _ROUTED._var_key = lambda self, variable: variable._value._unique_id
        try:
            yield
        finally:
            for name, method in before.items():
                setattr(_ROUTED, name, method)
