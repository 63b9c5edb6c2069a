"""A member's function, computed for all members of a program in its layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from dlrecipes.training.engines.compiled.member import Member, State

_LEAST_EPSILON = 1.001e-5


def map_members(
    function: Callable[[State, list[tf.Tensor]], tuple[Any, Any, Any]],
    member: Member,
    layout: Layout,
    state: State,
    numbers: Sequence[tf.Tensor],
) -> tuple[Any, Any, Any]:
    """Return what a member's function returns, for all members of a program.

    Args:
        function: Of a member's state and numbers. It returns what it goes on with, what is the
            same for all members, and what is to be seen of it.
        member: The structure.
        layout: Whether the members are stacked; else there is one, and neither its state nor what
            it goes on with has an axis of members.
        state: The states of all members, which have made as many steps.
        numbers: For each leaf its values.

    Returns:
        What the members go on with, what is the same for all, and what is to be seen, stacked.
    """
    if not layout.stacked:
        with nullcontext() if layout.xla else fused_normalization():
            own, shared, shown = function(state, list(numbers))
        return own, shared, tf.nest.map_structure(lambda tensor: tensor[tf.newaxis], shown)

    def of_one(given: tuple[State, list[tf.Tensor]]) -> Any:  # noqa: ANN401
        one, its_numbers = given
        # One number for all: XLA compiles a schedule's branches (a warm-up, for example) only if
        # all members take the same.
        for values, of_all, counters in zip(one, state, member.counters, strict=True):
            for counter in counters:
                values[counter] = of_all[counter][0]
        return function(one, its_numbers)

    own, shared, shown = tf.vectorized_map(
        tf.autograph.experimental.do_not_convert(of_one),
        (state, numbers),
        fallback_to_while_loop=False,
        warn=False,
    )
    return own, tf.nest.map_structure(lambda tensor: tensor[0], shared), shown


@dataclass(frozen=True)
class Layout:
    """How a program trains its members.

    Args:
        width: Members that are trained in one call.
        stacked: Whether their computations are batched over members (`tf.vectorized_map`); else
            there is one member and its graph is Keras' own.
        xla: Whether training is compiled by XLA.
        threads: Threads of each call, on the processor; None for those that TensorFlow has for all,
            or a GPU.
    """

    width: int = 1
    stacked: bool = False
    xla: bool = False
    threads: int | None = None

    @property
    def engine(self) -> str:
        """The engine's name."""
        return "population" if self.stacked else "resident"

    def __str__(self) -> str:
        if not self.stacked:
            return self.engine
        return f"population of {self.width}" + ("" if self.xla else " without XLA")


@contextmanager
def fused_normalization() -> Iterator[None]:
    """Let Keras' `BatchNormalization` train with TensorFlow's fused operation where it can.

    Keras computes mean, variance and result one after the other; of a small residual network's
    step that is a third. The fused operation is the same formula (Ioffe & Szegedy 2015,
    arXiv:1502.03167), for float32 and images with the channels last. Everything else stays with
    Keras.
    """
    kind = keras.layers.BatchNormalization
    plain = kind.call

    def call(
        self: keras.layers.BatchNormalization,
        inputs: tf.Tensor,
        training: bool = False,
        mask: tf.Tensor | None = None,
    ) -> tf.Tensor:
        if training and self.trainable and mask is None and _can_be_fused(self, inputs):
            return _normalize(self, inputs)
        return plain(self, inputs, training=training, mask=mask)

    kind.call = call
    try:
        yield
    finally:
        kind.call = plain


def _can_be_fused(layer: Any, inputs: tf.Tensor) -> bool:  # noqa: ANN401
    return (
        type(layer) is keras.layers.BatchNormalization
        and keras.backend.result_type(inputs.dtype, "float32") == "float32"
        and inputs.shape.rank == 4
        and layer.axis in (-1, 3)
        and not layer.synchronized
        and not layer.renorm
        and isinstance(layer.epsilon, float)
        and layer.epsilon >= _LEAST_EPSILON
    )


def _normalize(layer: Any, inputs: tf.Tensor) -> tf.Tensor:  # noqa: ANN401
    x = tf.cast(inputs, "float32")
    channels = tf.shape(x)[-1:]
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=tf.cast(layer.gamma.value, "float32") if layer.scale else tf.ones(channels),
        offset=tf.cast(layer.beta.value, "float32") if layer.center else tf.zeros(channels),
        mean=tf.zeros(channels),
        variance=tf.zeros(channels),
        epsilon=layer.epsilon,
        is_training=True,
    )
    # The operation gives the unbiased variance, Keras keeps the mean square.
    count = tf.cast(tf.size(x) // channels[0], "float32")
    variance *= (count - 1) / count
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + value * (1.0 - layer.momentum))
    return tf.cast(outputs, layer.compute_dtype)
