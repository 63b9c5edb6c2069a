"""Small Keras programs with one planted fault each, and healthy ones that look faulty.

They were written before any check of such programs and without a look at one, in the manner of
public posts and guides, in words and code of their own. Half of them is sealed: whoever writes
checks looks at the open half alone.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from zoo import (
    healthy_outputs,
    healthy_training,
    inputs,
    judgement,
    labels,
    losses,
    outputs,
    steps,
    strength,
    structure,
)
from zoo.healthy_more import MORE_HEALTHY
from zoo.program import KINDS, MOMENTS, Healthy, Program, Setup

SICK: tuple[Program, ...] = (
    *outputs.MEMBERS,
    *labels.MEMBERS,
    *inputs.MEMBERS,
    *structure.MEMBERS,
    *steps.MEMBERS,
    *strength.MEMBERS,
    *losses.MEMBERS,
    *judgement.MEMBERS,
)
HEALTHY: tuple[Healthy, ...] = (*healthy_outputs.MEMBERS, *healthy_training.MEMBERS)
ZOO: tuple[Program | Healthy, ...] = (*SICK, *HEALTHY)
"""All of them."""

DEALT_WITH = 20261129
"""The seed of the two halves."""


class Deal(NamedTuple):
    """Names of the open and the sealed half."""

    open_sick: tuple[str, ...]
    sealed_sick: tuple[str, ...]
    open_healthy: tuple[str, ...]
    sealed_healthy: tuple[str, ...]


def deal(seed: int = DEALT_WITH) -> Deal:
    """Return the zoo in two halves, each kind of fault halved by itself.

    Of a kind with an odd number of members, the open and the sealed part get the odd one in turn.

    Args:
        seed: Of the dealing.
    """
    drawn = random.Random(seed)
    kept: list[str] = []
    sealed: list[str] = []
    odd = 0
    for kind in KINDS:
        names = sorted(one.name for one in SICK if one.kind == kind)
        drawn.shuffle(names)
        half = (len(names) + odd % 2) // 2
        odd += len(names) % 2
        sealed += names[:half]
        kept += names[half:]
    healthy = sorted(one.name for one in HEALTHY)
    drawn.shuffle(healthy)
    half = len(healthy) // 2
    return Deal(tuple(kept), tuple(sealed), tuple(healthy[half:]), tuple(healthy[:half]))


def _draw(seed: int) -> tuple[str, ...]:
    """Return seven sick programs of different kinds and three healthy ones, of the open half."""
    drawn = random.Random(seed)
    dealt = deal()
    kinds = drawn.sample(sorted({one.kind for one in SICK}), 7)
    sick = [
        drawn.choice([one.name for one in SICK if one.kind == kind and one.name in dealt.open_sick])
        for kind in kinds
    ]
    return (*sick, *drawn.sample(sorted(dealt.open_healthy), 3))


CI_MEMBERS = _draw(2026)
"""Ten names, fixed by a seed, that the tests train."""

__all__ = [
    "CI_MEMBERS",
    "DEALT_WITH",
    "HEALTHY",
    "KINDS",
    "MOMENTS",
    "MORE_HEALTHY",
    "SICK",
    "ZOO",
    "Deal",
    "Healthy",
    "Program",
    "Setup",
    "deal",
]
