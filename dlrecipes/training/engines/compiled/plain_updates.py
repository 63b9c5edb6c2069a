"""Keras' update rules, traced as functions of their state."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import tensorflow as tf

# The TensorFlow backend routes updates through tf.distribute, which wants real variables; the
# rules of the class above it work on whatever a StatelessScope holds.
_ROUTED = next(c for c in keras.optimizers.Optimizer.__mro__ if c.__name__ == "TFOptimizer")
_PLAIN = next(c for c in keras.optimizers.Optimizer.__mro__ if c.__name__ == "BaseOptimizer")
_METHODS = ("assign", "assign_add", "assign_sub", "_backend_update_step")
_LOCK = threading.RLock()


@contextmanager
def plain_updates() -> Iterator[None]:
    """Let optimizers be traced inside a `keras.StatelessScope` on the TensorFlow backend.

    There `Optimizer.stateless_apply` raises. Changes Keras for all threads while it is open, so
    it is open only while a function is traced.
    """
    with _LOCK:
        replaced = (*_METHODS, "_apply_weight_decay", "_var_key")
        before = {name: _ROUTED.__dict__[name] for name in replaced}
        for name in _METHODS:
            setattr(_ROUTED, name, getattr(_PLAIN, name))
        _ROUTED._apply_weight_decay = _apply_weight_decay
        _ROUTED._var_key = lambda self, variable: _behind(variable)._unique_id
        try:
            yield
        finally:
            for name, method in before.items():
                setattr(_ROUTED, name, method)


def _apply_weight_decay(
    optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]
) -> None:
    # Names that are left out are looked for in TensorFlow's, "head/kernel:0", as in `fit`.
    decayed = [one for one in variables if optimizer._use_weight_decay(_behind(one))]
    _PLAIN._apply_weight_decay(optimizer, decayed)


def _behind(variable: keras.Variable | tf.Variable) -> tf.Variable:
    """Return TensorFlow's variable, not the tensor that stands in for it."""
    return variable._value if isinstance(variable, keras.Variable) else variable
