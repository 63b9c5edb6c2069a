"""Settings of a run that do not belong to the search plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError

ENGINES = ("auto", "population", "resident", "fit")
PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")


@dataclass(frozen=True)
class RunSettings:
    """How and where a run is carried out.

    Args:
        engine: `"auto"` (by timing a few steps), `"population"` (trials of one structure side by
            side in one compiled program), `"resident"` (one trial a core, the data on the device)
            or `"fit"` (`keras.Model.fit`). What an engine cannot train, `fit` trains.
        precision: `"auto"` (by device), `"float32"`, `"mixed_bfloat16"` or `"mixed_float16"`.
        storage: Any Optuna storage URL (`sqlite:///…`, `postgresql://…`); None for the journal
            in the run directory.
        out: The run directory; None for a new one, named after recipe and time, in `runs/`.
        seed: Seed of everything random except the split, at least 0.
        minutes: Minutes after which the search ends and the best so far is taken; None for no
            limit. Refits are not cut short.

    Raises:
        ArgumentError: If a value is none of these.
    """

    engine: str = "auto"
    precision: str = "auto"
    storage: str | None = None
    out: str | Path | None = None
    seed: int = 0
    minutes: float | None = None

    def __post_init__(self) -> None:
        check_choice("engine", self.engine, ENGINES)
        check_choice("precision", self.precision, PRECISIONS)
        if self.storage is not None and "://" not in self.storage:
            raise ArgumentError(
                "`storage` must be a database URL.",
                received=f"storage={self.storage!r}",
                fix="For example sqlite:///study.db; without one, a journal in the run directory.",
            )
        check_integer("seed", self.seed, 0, 2**31 - 1)
        if self.minutes is not None:
            check_real("minutes", self.minutes, 0, low_open=True)
