"""Which dtype policy a run trains under."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras


def choose_policy(precision: str, capability: tuple[int, int] | None) -> str:
    """Return the Keras dtype policy for a precision setting on a device.

    Args:
        precision: `"auto"`, or a policy, which is returned as it is.
        capability: Compute capability of the weakest GPU; None where there is no GPU.

    Returns:
        For `"auto"`: `"mixed_bfloat16"` from capability 8.0 on, `"mixed_float16"` (with loss
        scaling, which Keras adds when it compiles) for 7.x, else `"float32"`.
    """
    if precision != "auto":
        return precision
    if capability is None or capability < (7, 0):
        return "float32"
    return "mixed_bfloat16" if capability >= (8, 0) else "mixed_float16"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Set the global dtype policy of this thread for a block and put the old one back.

    Keras keeps the policy per thread and `clear_session` resets it to float32, so it is set
    inside each trial rather than once a study.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def policy_that_ran(model: keras.Model, wanted: str) -> str:
    """Return the policy that the model's weighted layers really have.

    Args:
        model: A built model.
        wanted: The policy that was set when it was built.

    Returns:
        `wanted` if any layer with weights follows it (a float32 output layer is normal under a
        mixed policy), else the policy that most of them follow; where the builder sets a half
        precision of its own, that.
    """
    names = [layer.dtype_policy.name for layer in _leaves(model) if layer.weights]
    halves = [name for name in names if is_half(name)]
    if not names or wanted in (halves or names):
        return wanted
    return str(max(sorted(set(halves or names)), key=names.count))


def is_half(policy: str) -> bool:
    """Whether layers compute in half precision under a dtype policy.

    Args:
        policy: Its name; empty if unknown.
    """
    return policy.endswith("float16")


def other_policy(model: keras.Model, wanted: str) -> tuple[str, ...]:
    """Return a line if a builder's network follows another policy than was asked for.

    Args:
        model: A built model.
        wanted: The policy that was set when it was built.
    """
    ran = policy_that_ran(model, wanted)
    if ran == wanted:
        return ()
    return (
        f"The network's layers compute in {ran}, not in {wanted} as the precision says: the "
        "builder sets a policy, or resets it by `clear_session()`, which is not needed here.",
    )


def _leaves(layer: keras.Layer) -> Iterator[keras.Layer]:
    if isinstance(layer, keras.Model):
        for inner in layer.layers:
            yield from _leaves(inner)
    else:
        yield layer
