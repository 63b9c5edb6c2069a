"""Batch sizes for tables, and the learning rate of another batch size."""

from __future__ import annotations

import math
from typing import Any

import keras

from dlrecipes.checks import check_integer, check_real, shown
from dlrecipes.errors import ArgumentError

# Each divides a step by the size of the gradients, so that their noise sets its length.
_SQUARE_ROOT = ("Adam", "AdamW", "Adamax", "Nadam", "RMSprop", "Adagrad", "Lamb", "Lion")


_TABLES = ((2_800, 32), (4_500, 64), (6_400, 128), (32_000, 256))


def table_batch_size(rows: int) -> int:
    """Return examples a batch for a table: 32 for a small one, up to 512.

    A small table gives few steps an epoch, a large one needs no noisy ones.

    Args:
        rows: Training examples, at least 1.

    Returns:
        32 below 2,800 rows, 64 below 4,500, 128 below 6,400, 256 below 32,000, else 512.

    Raises:
        ArgumentError: If `rows` is out of range.

    Example:
        >>> [dlr.training.table_batch_size(rows) for rows in (1_000, 20_000, 100_000)]
        [32, 256, 512]

    Reference:
        Erickson et al. 2025, TabArena, arXiv:2506.16791: the batch sizes of its TabM.
    """
    check_integer("rows", rows, 1)
    return next((size for below, size in _TABLES if rows < below), 512)


def scale_learning_rate(
    rate: float,
    *,
    batch_size: int,
    base_batch_size: int,
    optimizer: Any,  # noqa: ANN401  (Keras', or its name)
) -> float:
    """Return the learning rate of another batch size: linear for SGD, a square root for Adam.

    With `k = batch_size / base_batch_size`, a batch `k` times larger makes `k` times fewer steps an
    epoch. For SGD, with momentum or not, `k` small steps add up to one of `k` times the rate
    while the weights change little: `rate * k`. Adam and its kin divide by the gradients' root
    mean square, which is mostly their noise and falls as `1 / sqrt(k)`; what stays the same then
    is `rate * sqrt(k)`. Both hold while the gradient's noise is larger than the gradient, and
    with a warm-up where `k` is large.

    Args:
        rate: The rate that is good for the base batch size, above 0.
        batch_size: Examples a step of the new training, at least 1.
        base_batch_size: Examples a step where `rate` was found, at least 1.
        optimizer: A Keras optimizer or its name, `"sgd"`, `"adam"`, `"adamw"`, `"adamax"`,
            `"nadam"`, `"rmsprop"`, `"adagrad"`, `"lamb"` or `"lion"`.

    Raises:
        ArgumentError: If a number is out of its range, or no rule is known for the optimizer.

    Example:
        >>> scale = dlr.training.scale_learning_rate
        >>> scale(0.1, batch_size=1024, base_batch_size=256, optimizer="sgd")
        0.4
        >>> scale(0.001, batch_size=1024, base_batch_size=256, optimizer="adam")
        0.002

    Reference:
        Krizhevsky, One weird trick for parallelizing convolutional neural networks,
        arXiv:1404.5997 (both rules); Goyal et al., Accurate, Large Minibatch SGD, arXiv:1706.02677
        (linear, with warm-up); Malladi et al., On the SDEs and Scaling Rules for Adaptive Gradient
        Algorithms, arXiv:2205.10287 (square root for Adam and RMSprop).
    """
    check_real("rate", rate, 0, low_open=True)
    share = check_integer("batch_size", batch_size, 1) / check_integer(
        "base_batch_size", base_batch_size, 1
    )
    return rate * (math.sqrt(share) if _adaptive(optimizer) else share)


def _adaptive(optimizer: Any) -> bool:  # noqa: ANN401
    """Whether an optimizer divides by the size of the gradients.

    Raises:
        ArgumentError: If that is not known.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        rules = {_adaptive(one) for one in optimizer.optimizers}
        if len(rules) == 1:
            return rules.pop()
    if isinstance(optimizer, str):
        name = optimizer.lower()
    else:
        kinds = [one.__name__ for one in type(optimizer).__mro__]
        name = next((one for one in kinds if one in ("SGD", *_SQUARE_ROOT)), "").lower()
        name = name if isinstance(optimizer, keras.optimizers.Optimizer) else ""
    if name == "sgd":
        return False
    if name in [one.lower() for one in _SQUARE_ROOT]:
        return True
    raise ArgumentError(
        "`optimizer` must be one whose rate is known to follow the batch size.",
        received=f"optimizer={shown(optimizer)}",
        fix=f"One of SGD, {', '.join(_SQUARE_ROOT)}, or the name of one.",
    )
