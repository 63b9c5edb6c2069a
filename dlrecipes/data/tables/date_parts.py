"""Dates as numbers that a network can use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.data.tables.graph_dates import read_graph_dates
from dlrecipes.errors import DataError

# Days of a year and a week, hours of a day.
_CYCLES = {"year": 365.2425, "week": 7.0, "day": 24.0}
_FORM = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}(:\d{2})?.*)?$"
_CLOCKS = (
    r"^.{10}[T ](\d{2}).*$",
    r"^.{10}[T ]\d{2}:(\d{2}).*$",
    r"^.{10}[T ]\d{2}:\d{2}:(\d{2}).*$",
)
_FIRST_YEAR, _LAST_YEAR = 1678, 2261


@keras.saving.register_keras_serializable(package="dlrecipes")
class DateParts(keras.layers.Layer):
    """Turn dates into a trend and the calendar's cycles.

    A date becomes the years since the first training date, and sine and cosine of its place in
    the year, the week and the day, so that December lies beside January. Cycles that
    are constant in the training part are left out; times of day are taken as the clock showed them.
    A missing date, and one before 1678 or after 2261, becomes zeros and a 1 in the last column. A
    text that is no date lets the call fail.

    Args:
        first: The first training date, in days since 1970-01-01; None to learn it in `adapt`.
        cycles: Some of `"year"`, `"week"`, `"day"`; None to learn them.
        date_format: How dates may be written beside ISO 8601, as in `Column`; empty for that alone.
        offsets: The offsets of the training dates; empty for clock times without one.
        column: What the dates are called in messages.

    Call arguments:
        inputs: Strings of shape `(batch,)`: `2024-05-31`, `2024-05-31 17:30`,
            `2024-05-31T17:30:00`, or dates in `date_format`; `""` for a missing one.
    """

    def __init__(
        self,
        first: float | None = None,
        cycles: tuple[str, ...] | None = None,
        date_format: str = "",
        offsets: Sequence[str] = (),
        column: str = "",
        **kwargs: object,
    ) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.first = first
        self.cycles = None if cycles is None else tuple(cycles)
        self.date_format, self.offsets, self.column = date_format, tuple(offsets), column

    def adapt(self, dates: NDArray[Any]) -> None:
        """Learn the first date and which cycles there are.

        Args:
            dates: Strings `(examples,)` in ISO 8601, `""` for a missing one.

        Raises:
            DataError: If no date can be read.
        """
        days, hours, known = (np.asarray(tensor) for tensor in _read(tf.constant(list(dates))))
        if not known.any():
            raise DataError(
                "A column of dates must have dates as in 2024-05-31 or 2024-05-31 17:30.",
                received=f"{dates[0]!r}" if len(dates) else "none",
                fix="Declare the column as a category, or leave it out.",
            )
        self.first = float(days[known].min())
        phases = {name: np.asarray(phase) for name, phase in _phases(days, hours).items()}
        self.cycles = tuple(name for name, phase in phases.items() if np.ptp(phase[known]) > 0)

    def days(self, dates: NDArray[Any]) -> NDArray[np.float64]:
        """Return days since 1970-01-01, NaN where there is no date that counts.

        Args:
            dates: As in a call, `(examples,)`.
        """
        written = self._written(tf.constant(list(dates)))
        days, _, known = (np.asarray(values) for values in _read(written))
        return np.where(known, days, np.nan).astype(np.float64)

    @property
    def names(self) -> tuple[str, ...]:
        """What the outputs are called."""
        waves = [f"{name} {wave}" for name in self.cycles or () for wave in ("sine", "cosine")]
        return ("years", *waves, "missing")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if self.first is None or self.cycles is None:
            raise DataError("`DateParts` must be adapted before it is called.")
        days, hours, known = _read(self._written(inputs))
        phases = _phases(days, hours)
        parts = [(days - self.first) / _CYCLES["year"]]
        for name in self.cycles:
            angle = phases[name] * (2 * math.pi)
            parts += [tf.sin(angle), tf.cos(angle)]
        values = tf.stack(parts, axis=-1)
        values = tf.where(known[:, tf.newaxis], values, tf.zeros_like(values))
        missing = 1.0 - tf.cast(known, values.dtype)
        return tf.concat([values, missing[:, tf.newaxis]], axis=-1)

    def _written(self, dates: tf.Tensor) -> tf.Tensor:
        return read_graph_dates(dates, self.date_format, self.offsets, self.column)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        return input_shape[0], len(self.names)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "first": self.first,
            "cycles": self.cycles,
            "date_format": self.date_format,
            "offsets": self.offsets,
            "column": self.column,
        }


def _read(dates: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return days since 1970-01-01, the hour of the day, and whether a date was readable."""
    shaped = tf.strings.regex_full_match(dates, _FORM)
    plain = tf.where(shaped, dates, tf.fill(tf.shape(dates), "1970-01-01"))
    year, month, day = (_number(plain, *place) for place in ((0, 4), (5, 2), (8, 2)))
    hour, minute, second = (_clock(plain, pattern) for pattern in _CLOCKS)
    known = shaped & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (hour < 24)
    # A year such as 1 or 9999 stands for "unknown" or "for ever".
    known &= (year >= _FIRST_YEAR) & (year <= _LAST_YEAR)
    # Days from the civil date, with years that begin in March (Hinnant, "chrono-compatible
    # low-level date algorithms").
    shifted = tf.where(month <= 2, year - 1, year)
    era_year = tf.math.floormod(shifted, 400)
    of_year = (153 * tf.math.floormod(month + 9, 12) + 2) // 5 + day - 1
    of_era = era_year * 365 + era_year // 4 - era_year // 100 + of_year
    days = tf.math.floordiv(shifted, 400) * 146097 + of_era - 719468
    return tf.cast(days, "float32"), hour + minute / 60.0 + second / 3600.0, known


def _number(text: tf.Tensor, start: int, length: int) -> tf.Tensor:
    return tf.strings.to_number(tf.strings.substr(text, start, length), tf.int32)


def _clock(text: tf.Tensor, pattern: str) -> tf.Tensor:
    """Return the hour, the minutes or the seconds; 0 where the time has none."""
    there = tf.strings.regex_full_match(text, pattern)
    digits = tf.strings.regex_replace(text, pattern, r"\1")
    return tf.strings.to_number(tf.where(there, digits, tf.fill(tf.shape(text), "0")), tf.float32)


def _phases(days: tf.Tensor, hours: tf.Tensor) -> dict[str, tf.Tensor]:
    """Return the place in each cycle, from 0 to 1."""
    days = tf.cast(days, "float32")
    return {
        # 1 January 1970 was a Thursday.
        "year": tf.math.floormod(days, _CYCLES["year"]) / _CYCLES["year"],
        "week": tf.math.floormod(days + 3.0, _CYCLES["week"]) / _CYCLES["week"],
        "day": tf.cast(hours, "float32") / _CYCLES["day"],
    }
