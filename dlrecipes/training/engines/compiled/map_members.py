"""A member's function, computed for all members of a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import tensorflow as tf

from dlrecipes.training.engines.compiled.fused_normalization import fused_normalization
from dlrecipes.training.engines.compiled.layout import Layout
from dlrecipes.training.engines.compiled.member import Member, State


def map_members(
    function: Callable[[State, list[tf.Tensor]], Any],
    member: Member,
    layout: Layout,
    state: State,
    numbers: Sequence[tf.Tensor],
) -> Any:  # noqa: ANN401  (whatever the function returns)
    """Return what a member's function returns for each member, stacked.

    Args:
        function: Of a member's state and numbers.
        member: The structure.
        layout: Whether the members are stacked; else there is one.
        state: The states of all members, `(width, …)` each. They have made as many steps.
        numbers: For each leaf its values `(width,)`.
    """
    if not layout.stacked:
        single = tf.nest.map_structure(lambda one: one[0], (state, numbers))
        with nullcontext() if layout.xla else fused_normalization():
            return tf.nest.map_structure(lambda one: one[tf.newaxis], function(*single))

    def of_one(given: tuple[State, list[tf.Tensor]]) -> Any:  # noqa: ANN401
        one, its_numbers = given
        if member.counter is not None:
            # One number for all: XLA compiles a schedule's branches (a warm-up, for example) only
            # if all members take the same.
            one.optimizer[member.counter] = state.optimizer[member.counter][0]
        return function(one, its_numbers)

    return tf.vectorized_map(
        tf.autograph.experimental.do_not_convert(of_one),
        (state, numbers),
        fallback_to_while_loop=False,
        warn=False,
    )
