"""Builders as other people write them, gathered before anything was mended for them.

Each is in the manner of public guides, examples and posts, in words and code of its own, and is
never changed so that it works: what the library promises to `build(hp)` is measured by these.
"""

from __future__ import annotations

import random

from strangers import (
    fit_arguments,
    hypermodels,
    ingredients,
    inputs_outputs,
    label_forms,
    objectives,
    odd_outputs,
    own_code,
    processes,
    spaces,
)
from strangers.stranger import KINDS, Given, Stranger

STRANGERS: tuple[Stranger, ...] = (
    *own_code.MEMBERS,
    *label_forms.MEMBERS,
    *objectives.MEMBERS,
    *spaces.MEMBERS,
    *inputs_outputs.MEMBERS,
    *odd_outputs.MEMBERS,
    *hypermodels.MEMBERS,
    *processes.MEMBERS,
    *fit_arguments.MEMBERS,
    *ingredients.MEMBERS,
)


def _draw(seed: int) -> tuple[str, ...]:
    """Return twelve names: one of each kind, and a second one of two kinds."""
    drawn = random.Random(seed)
    names = {kind: [one.name for one in STRANGERS if one.kind == kind] for kind in KINDS}
    first = [drawn.choice(names[kind]) for kind in KINDS]
    again = drawn.sample(sorted(KINDS), 2)
    second = [drawn.choice([name for name in names[kind] if name not in first]) for kind in again]
    return (*first, *second)


CI_MEMBERS = _draw(2026)
"""Twelve names, fixed by a seed, that the tests train."""

__all__ = ["CI_MEMBERS", "KINDS", "STRANGERS", "Given", "Stranger"]
