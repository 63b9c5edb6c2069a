"""One number of a preprocessed example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Feature:
    """One number of a preprocessed example: what a builder needs to know of it.

    Args:
        name: What it is called in reports.
        kind: `"number"`; `"indicator"`, 1 where the value of another column is missing, else 0;
            `"category"`, an index from 0 to `size - 1`; `"weight"`, how much a word weighs in a
            text, 0 where it is not in it.
        size: Number of categories, the unknown one included; 0 for the other kinds.
        edges: Quantiles of a number in the training part, increasing, as the borders of the
            pieces of a piecewise-linear encoding; empty for the other kinds.
    """

    name: str
    kind: Literal["number", "indicator", "category", "weight"]
    size: int = 0
    edges: tuple[float, ...] = ()
