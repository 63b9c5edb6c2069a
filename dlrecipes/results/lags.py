"""Earlier targets that are inputs."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.results.column import Column

LAST = "last"


@dataclass(frozen=True)
class Lags:
    """Earlier targets that are inputs, and how they are found in a table.

    It is decided once, by the training table. Whoever predicts gives the earlier rows, too, and
    the same columns are made of them.

    Args:
        lags: Which earlier values, as `add_lags` takes them.
        columns: The names of the columns that they make.
        targets: The columns whose earlier values they are, of numbers.
        times: The columns that make the time.
        series: The column that tells several series apart; None if there is one.
        one_step: Whether they were chosen for a forecast one step ahead; values of one time are
            then averaged. Otherwise the lags were given, and a time must occur once.
    """

    lags: tuple[str, ...]
    columns: tuple[str, ...]
    targets: tuple[Column, ...]
    times: tuple[Column, ...]
    series: Column | None = None
    one_step: bool = False

    @property
    def last(self) -> str | None:
        """The column of a single target's last value; None where there is none."""
        if len(self.targets) > 1 or LAST not in self.lags:
            return None
        return self.columns[self.lags.index(LAST)]

    @property
    def sentence(self) -> str:
        """What is forecast from what, in a sentence or two for people."""
        named = ", ".join(map(repr, self.columns))
        if self.one_step:
            return (
                f"The forecast is one step ahead: {named} are inputs, known when that step begins. "
                "To predict, give the earlier rows, too. For a forecast further ahead, name the "
                "lags that are known by then (--lags 7D), or none (--lags none)."
            )
        return f"Earlier values are inputs: {named}. To predict, give the earlier rows, too."
