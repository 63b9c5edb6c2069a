"""How a table's rows are split into parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dlrecipes.checks import check_list
from dlrecipes.errors import ArgumentError

_WAYS = ("group", "time", "part")


@dataclass(frozen=True)
class SplitRule:
    """How a table's rows are split into parts; by chance, stratified by class, if nothing is set.

    By chance, rows with the same inputs stay in one part: a test on what was trained on is none.

    Args:
        group: Column of a patient, family, … of which all rows stay in one part.
        time: Column of a time, or several that make one (`table_times`): training comes before
            validation, and that before the test.
        series: Column that tells several series in the table apart; with `time` only. The naive
            forecasts are made for each.
        gap: Duration left out between parts, such as `"7D"`; with `time` only.
        part: Column that names the part of each row: train, validation or test.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in [0, 1); the two together below 1. At 0 there is
            no test part: all rows train and validate, and nothing can be opened in the end.
        split_seed: Seed of the split, at least 0, apart from any study's seed.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame(
        ...     {"day": range(10), "x": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3], "y": np.sqrt(range(10))}
        ... )
        >>> splits = dlr.data.from_table(table, "y", split_rule=dlr.data.SplitRule(time="day"))
        >>> splits.train.time.tolist(), splits.validation.time.tolist()
        ([0, 1, 2, 3, 4, 5], [6, 7])
    """

    group: str | None = None
    time: str | Sequence[str] | None = None
    series: str | None = None
    gap: str | float | None = None
    part: str | None = None
    validation_fraction: float = 0.2
    test_fraction: float = 0.2
    split_seed: int = 0

    def __post_init__(self) -> None:
        for name in ("group", "series", "part"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise ArgumentError(
                    f"`{name}` must be the name of a column.", received=f"{name}={value!r}"
                )
        if self.time is not None and not isinstance(self.time, str):
            check_list("time", self.time)
        chosen = [name for name in _WAYS if getattr(self, name) is not None]
        if len(chosen) > 1:
            raise ArgumentError(
                "Rows are split by group, by time or by a column of parts.",
                received=", ".join(f"{name}={getattr(self, name)!r}" for name in chosen),
                fix="Give one of them.",
            )
        if self.time is not None and not self.times:
            raise ArgumentError(
                "The time is a column, or several that make one.",
                received=f"time={self.time!r}",
                fix="Leave it out to split by chance.",
            )
        if self.gap is not None and self.time is None:
            raise ArgumentError(
                "A gap lies between times.",
                received=f"gap={self.gap!r} without `time`",
                fix="Name the column of times.",
            )
        if self.series is not None and self.time is None:
            raise ArgumentError(
                "Series are values in the order of time.",
                received=f"series={self.series!r} without `time`",
                fix="Name the column of times, or use `group`.",
            )

    @property
    def has_test(self) -> bool:
        """Whether some of the table's own rows are for the test."""
        return self.part is not None or self.test_fraction != 0

    @property
    def times(self) -> tuple[str, ...]:
        """The columns of the time; none if rows are not split by time."""
        if self.time is None:
            return ()
        return (self.time,) if isinstance(self.time, str) else tuple(self.time)
