"""How a program trains its members."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """How a program trains its members.

    Args:
        width: Members that are trained in one call.
        stacked: Whether their computations are batched over members (`tf.vectorized_map`); else
            there is one member and its graph is Keras' own.
        xla: Whether training is compiled by XLA.
        threads: Threads of each call; None for all cores, shared with whatever else runs.
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
