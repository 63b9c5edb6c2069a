"""How far a network in half precision is from the same one in float32."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from measuring.precision_members import KNOWN, Case, members

POLICIES = ("mixed_bfloat16", "mixed_float16")
EPSILON = {"mixed_bfloat16": 2.0**-8, "mixed_float16": 2.0**-11}
"""Half the distance from 1 to the next number: what one rounding may change."""
TOLERANCE = {"outputs": 8.0, "step": 32.0}
"""How many such roundings outputs, and the step that the weights take, may be away, root mean
square by root mean square."""
_RATE = 0.01
_MOST_SKIPPED = 30
"""Steps that loss scaling may skip, halving its scale each time, before weights move."""


def measure_member(name: str, *, timed: int = 0) -> dict[str, Any]:
    """Return how far the outputs, and a step of SGD, are away under both policies.

    Weights are drawn from the same seed, and the step is taken with loss scaling where Keras puts
    it. Errors are relative, root mean square by root mean square.

    Args:
        name: One of `members()`.
        timed: Steps to time under each policy; 0 for none.
    """
    make = members()[name]
    exact = _run("float32", make, timed)
    found: dict[str, Any] = {"member": name, "backend": keras.backend.backend()}
    for policy in POLICIES:
        try:
            half = _run(policy, make, timed)
        except Exception as error:  # what a policy breaks is a result
            found[policy] = {"failed": f"{type(error).__name__}: {str(error)[:300]}"}
            continue
        found[policy] = {
            "outputs": _distance(half["outputs"], exact["outputs"]),
            "step": _distance(half["step"], exact["step"]),
            "skipped": half["skipped"],
            "float32 weights": half["float32 weights"],
        }
        if timed:
            found[policy]["time by float32"] = half["seconds"] / exact["seconds"]
    return found


def measure_members(only: list[str] | None, timed: int) -> dict[str, Any]:
    """Return the figures of members and what is missed of each.

    Args:
        only: Their names; None for all.
        timed: Steps to time under each policy.

    Raises:
        SystemExit: If there is no such member.
    """
    known = list(members())
    strange = [name for name in only or () if name not in known]
    if strange:
        raise SystemExit(f"Unknown: {', '.join(strange)}. Members: {', '.join(known)}.")
    rows = [measure_member(name, timed=timed) for name in only or known]
    return {
        "members": [
            {**row, "missed": missed(row), "reason": KNOWN.get(row["member"], "")} for row in rows
        ]
    }


def missed(found: dict[str, Any]) -> list[str]:
    """Return in words where a member is outside of the tolerance.

    Args:
        found: From `measure_member`.
    """
    lines = []
    for policy in POLICIES:
        one = found[policy]
        if "failed" in one:
            lines.append(f"{policy}: {one['failed']}")
            continue
        for part, roundings in TOLERANCE.items():
            bound = roundings * EPSILON[policy]
            if not one[part] <= bound:  # NaN, too
                lines.append(f"{policy}: {part} {one[part]:.2g} away, {bound:.2g} allowed")
        if not one["float32 weights"]:
            lines.append(f"{policy}: weights are not kept in float32")
    return lines


def _run(policy: str, make: Callable[[], Case], timed: int) -> dict[str, Any]:
    keras.utils.clear_session()
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(0)
        case = make()
        model = case.model
        compiled = case.loss if isinstance(case.loss, dict) else {"loss": case.loss}
        # XLA is an option of TensorFlow's, and all that JAX has.
        jit = keras.backend.backend() == "jax"
        model.compile(keras.optimizers.SGD(_RATE), **compiled, jit_compile=jit)
        outputs = _flat(model(case.x, training=False))
        before = _weights(model)
        after, skipped = before, -1
        while np.array_equal(before, after) and skipped < _MOST_SKIPPED:
            model.train_on_batch(case.x, case.y)
            after, skipped = _weights(model), skipped + 1
        weights = {keras.backend.standardize_dtype(one.dtype) for one in model.trainable_variables}
        found = {
            "outputs": outputs,
            "step": after - before,
            "skipped": skipped,
            "float32 weights": weights <= {"float32"},
        }
        return found | ({"seconds": _seconds(model, case, timed)} if timed else {})
    finally:
        keras.config.set_dtype_policy("float32")


def _seconds(model: keras.Model, case: Case, timed: int) -> float:
    spent = []
    for _ in range(timed):
        start = time.perf_counter()
        model.train_on_batch(case.x, case.y)
        spent.append(time.perf_counter() - start)
    return median(spent)


def _weights(model: keras.Model) -> NDArray[np.float64]:
    return _flat([one.value for one in model.trainable_variables])


def _flat(tensors: Any) -> NDArray[np.float64]:  # noqa: ANN401  (nested tensors)
    arrays = [
        keras.ops.convert_to_numpy(keras.ops.cast(one, "float32")).ravel()
        for one in keras.tree.flatten(tensors)
    ]
    return np.concatenate(arrays).astype(np.float64)


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2) / np.mean(other**2)))
