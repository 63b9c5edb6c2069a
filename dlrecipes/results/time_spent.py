"""What a phase of a run spent its time on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What a search does for a structure before a trial of it trains.
_PREPARING = ("build", "probe", "begin", "trace", "compile", "timing")


@dataclass(frozen=True)
class TimeSpent:
    """What a phase of a run spent its time on, by the clock.

    A *structure* is what one graph computes: trials that differ in numbers only share it. Its key
    is that of `run.info.engines`.

    Args:
        parts: `{part: seconds}` of the thread that carries the phase out, each without the parts
            inside it, so that they sum to no more than the phase took: `"propose"` values,
            `"build"` models, `"probe"` which hyperparameters are numbers of one graph, `"begin"`
            trials, `"trace"` and `"compile"` a graph, `"timing"` of the ways to train it, `"wait"`
            for epochs that other threads train, `"fit"` by Keras, `"predict"`, and `"record"`
            epochs and trials.
        beside: `{part: seconds}` of all other threads together, meanwhile: `"train"`,
            `"evaluate"`.
        structures: `{structure: {part: seconds}}`: the share of both that one structure took.
        idle: Core-seconds that this process left unused, which it had no work for or which others
            had: cores times clock, less processor time. Boosted trees grow in a process of their
            own.

    Example:
        >>> from dlrecipes.results import TimeSpent
        >>> spent = TimeSpent({"trace": 3.0, "wait": 1.0}, structures={"a": {"trace": 3.0}})
        >>> spent.preparing, spent.prepared
        (3.0, 1)
    """

    parts: dict[str, float] = field(default_factory=dict)
    beside: dict[str, float] = field(default_factory=dict)
    structures: dict[str, dict[str, float]] = field(default_factory=dict)
    idle: float = 0.0

    @property
    def preparing(self) -> float:
        """Seconds in which the search got structures ready to train."""
        return sum(self.parts.get(part, 0.0) for part in _PREPARING)

    @property
    def prepared(self) -> int:
        """Structures of which a graph was made."""
        return sum("trace" in parts for parts in self.structures.values())

    def plus(self, other: TimeSpent) -> TimeSpent:
        """Return the sum with what another process, or the same phase again, spent."""
        keys = dict.fromkeys((*self.structures, *other.structures))
        return TimeSpent(
            add_seconds(self.parts, other.parts),
            add_seconds(self.beside, other.beside),
            {
                key: add_seconds(self.structures.get(key, {}), other.structures.get(key, {}))
                for key in keys
            },
            self.idle + other.idle,
        )


def add_seconds(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Return the sums of two `{name: seconds}`, in the order of the first.

    Args:
        one: Seconds by name.
        other: Likewise.
    """
    return {name: one.get(name, 0.0) + other.get(name, 0.0) for name in {**one, **other}}
