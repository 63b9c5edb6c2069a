"""Small Keras programs with one planted fault each, and healthy ones that look faulty."""

from __future__ import annotations

import random
from typing import NamedTuple

from zoo import inputs, labels, losses, outputs, steps, strength, structure
from zoo.program import KINDS, MOMENTS, Healthy, Program, Setup

SICK: tuple[Program, ...] = (
    *outputs.MEMBERS,
    *labels.MEMBERS,
    *inputs.MEMBERS,
    *structure.MEMBERS,
    *steps.MEMBERS,
    *losses.MEMBERS,
    *strength.MEMBERS,
)
HEALTHY: tuple[Healthy, ...] = ()
ZOO: tuple[Program | Healthy, ...] = (*SICK, *HEALTHY)
"""All of them."""
