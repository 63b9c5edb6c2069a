"""Which engine trains a structure, and why."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class EngineChoice:
    """Which engine trains a structure, and why.

    Args:
        structure: A digest of everything that the graph of its models follows from.
        engine: `"population"`, `"resident"` or `"fit"`.
        members: Members that are trained side by side in one call.
        xla: Whether training is compiled by XLA.
        reason: Why, in words.
        milliseconds: Time of one training step of one member with each way that was timed.
        compile_seconds: Time to trace and compile what was chosen.
    """

    structure: str
    engine: str
    members: int = 1
    xla: bool = False
    reason: str = ""
    milliseconds: dict[str, float] = field(default_factory=dict)
    compile_seconds: float = 0.0
