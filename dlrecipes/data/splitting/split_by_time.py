"""The three parts in order of time, and what lies a gap apart."""

from __future__ import annotations

import datetime
import math
import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.data.parts.inputs import as_array
from dlrecipes.data.splitting.column import check_none_missing, check_one_each
from dlrecipes.data.splitting.split_stratified import Rows, check_fractions
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural


def split_by_time(
    time: object, *, validation_fraction: float, test_fraction: float, gap: object = None
) -> tuple[Rows, Rows, Rows, Rows]:
    """Return the rows of the training, the validation and the test part, and those left out.

    All training rows are earlier than all validation rows, and those earlier than all test
    rows; equal times are in one part. Validation and test get their fraction of all examples,
    as near as equal times allow; the rows in the two gaps are missing from the training part
    only. Rows come in order of time, equal times in order of row number; chance has no part.

    scikit-learn's `TimeSeriesSplit` cuts through equal times and counts its gap in rows.

    Args:
        time: The time of each example, `(examples,)`, in any order: numbers, numpy or pandas
            dates, in one time zone or all without.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1); the two together below 1.
        gap: Duration left out between the parts: every row of a part is more than this later
            than every row of the part before. A number, or for dates a numpy, pandas or Python
            timedelta; None for no gap.

    Raises:
        ArgumentError: If a fraction is outside its range, or `gap` is negative or no duration
            of the kind that `time` needs.
        DataError: If a time is missing or no number or date, if time zones differ, if there
            are fewer than three different times, or if the gap leaves nothing of a part.
    """
    check_fractions(validation_fraction, test_fraction)
    timeline = read_timeline(time, gap)
    examples = len(timeline.order)
    if len(timeline) < 3:
        raise DataError(
            "There must be at least three different times, one for each part.",
            received=f"{len(timeline)} in {plural(examples, 'example')}",
        )
    test = timeline.nearest(examples * (1 - test_fraction), 2, len(timeline) - 1)
    validation_stop = timeline.before(test)
    if not validation_stop:
        raise _swallowed("validation", gap)
    before = timeline.offsets[validation_stop] - examples * validation_fraction
    validation = timeline.nearest(before, min(1, validation_stop - 1), validation_stop - 1)
    train_stop = timeline.before(validation)
    if not train_stop:
        raise _swallowed("training", gap)
    left_out = [timeline.rows(train_stop, validation), timeline.rows(validation_stop, test)]
    return (
        timeline.rows(0, train_stop),
        timeline.rows(validation, validation_stop),
        timeline.rows(test, len(timeline)),
        np.concatenate(left_out),
    )


def _swallowed(part: str, gap: object) -> DataError:
    return DataError(
        "The gap must leave rows for every part.",
        received=f"gap={gap!r}, which leaves none for the {part} part",
        fix="Shorten it, or lower the fractions.",
    )


NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


@dataclass(frozen=True, eq=False)
class Timeline:
    """The different times in order, with their rows.

    Args:
        order: Rows from the earliest to the latest, by row number among equals, `(examples,)`.
        times: The different times, rising, whole or real numbers, `(times,)`.
        offsets: Where the rows of each time begin in `order`, and its length, `(times + 1,)`.
        gap: What two parts must be more than apart, in the unit of `times`.
    """

    order: Rows
    times: NDArray[Any]
    offsets: Rows
    gap: float

    def __len__(self) -> int:
        return len(self.times)

    def rows(self, first: int, stop: int) -> Rows:
        """Return the rows of the times `first` to before `stop`."""
        return self.order[self.offsets[first] : self.offsets[stop]]

    def nearest(self, examples: float, low: int, high: int) -> int:
        """Return the time from `low` to `high` with nearest to `examples` rows before it."""
        distance = np.abs(self.offsets[low : high + 1] - examples)
        return low + int(np.argmin(distance))

    def before(self, position: int) -> int:
        """Return how many times lie more than the gap before the time at `position`."""
        start = self.times[position]
        if self.times.dtype.kind == "i":
            # In Python's whole numbers, which cannot overflow.
            bound = max(int(start) - int(self.gap), np.iinfo(np.int64).min)
            return int(np.searchsorted(self.times, bound))
        with np.errstate(over="ignore"):
            return int(np.count_nonzero(start - self.times[:position] > self.gap))


def read_timeline(
    time: object, gap: object = None, *, examples: int | None = None, rows: Rows | None = None
) -> Timeline:
    """Return the times in order.

    Args:
        time: Numbers, numpy or pandas dates (in one time zone, or all without), `(examples,)`.
        gap: Duration as a number, or a numpy, pandas or Python timedelta for dates; None for 0.
        examples: How many there must be; None for any number above 0.
        rows: The rows to look at; None for all. The timeline's rows are places in `rows`.

    Raises:
        DataError: If a time is missing or no number or date, or if time zones differ.
        ArgumentError: If `gap` is negative or no duration of the same kind.
    """
    if isinstance(getattr(time, "dtype", None), pd.DatetimeTZDtype):
        time = pd.DatetimeIndex(time).tz_convert("UTC").tz_localize(None)  # type: ignore[arg-type]  # any array of one zone
    array = as_array("time", time)
    check_one_each("time", array, examples)
    check_none_missing("time", array)
    if array.dtype.kind == "O":
        array = _unboxed(array)
    if array.dtype.kind in "mM":
        unit = np.datetime_data(array.dtype)[0]
        unit = unit if unit in NANOSECONDS else "ns" if unit in ("ps", "fs", "as") else "s"
        values = array.astype(f"{array.dtype.kind}8[{unit}]").view(np.int64)
        allowed: float = _duration(gap) // NANOSECONDS[unit]
    else:
        values = _numbers(array)
        allowed = _number(gap)
        if values.dtype.kind == "i":
            allowed = math.floor(allowed)  # the same for differences of whole numbers
    if rows is not None:
        values = values[rows]
    order = np.argsort(values, kind="stable").astype(np.int64)
    ordered = values[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    return Timeline(order, ordered[starts], np.append(starts, len(values)), allowed)


def _unboxed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an object array as dates (in UTC if they have a zone) or numbers."""
    values = array.tolist()
    types = set(map(type, values))
    if all(issubclass(kind, datetime.date | np.datetime64) for kind in types):
        zones = {getattr(value, "tzinfo", None) for value in values}
        names = {"no zone" if zone is None else str(zone) for zone in zones}
        if len(names) > 1:
            raise DataError(
                "The times must all be in one time zone, or all without.",
                received=", ".join(sorted(names)[:5]),
                fix="Turn them into one: pd.to_datetime(time, utc=True).",
            )
        try:
            dates = pd.to_datetime(pd.Series(values, dtype=object), utc=names != {"no zone"})
        except (ValueError, OverflowError) as error:
            raise DataError(
                "`time` must hold dates that pandas knows.", received=str(error)
            ) from error
        return dates.dt.tz_localize(None).to_numpy()
    if bool not in types and all(issubclass(kind, numbers.Real) for kind in types):
        return np.asarray(values)
    raise _kind_error(" and ".join(sorted(kind.__name__ for kind in types)))


def _numbers(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "iuf":
        raise _kind_error(str(array.dtype))
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise DataError(
                "`time` must be finite.",
                received=f"infinity, first in row {int(np.argmin(np.isfinite(array)))}",
            )
        return array.astype(np.float64)
    if int(array.max()) > np.iinfo(np.int64).max:
        raise DataError("`time` must fit into 64 bits.", received=f"up to {array.max()}")
    return array.astype(np.int64)


def _kind_error(received: str) -> DataError:
    return DataError(
        "`time` must hold numbers or dates.",
        received=received,
        fix="Turn text into dates first: pd.to_datetime(time).",
    )


def _duration(gap: object) -> int:
    """Return a duration in nanoseconds."""
    if gap is None:
        return 0
    error = ArgumentError(
        "`gap` must be a duration of at least 0, because the times are dates.",
        received=f"gap={gap!r}",
        fix="Write it as pd.Timedelta(days=7), for example.",
    )
    if not isinstance(gap, np.timedelta64 | datetime.timedelta) or pd.isna(gap):
        raise error
    try:
        duration = pd.Timedelta(gap)
    except ValueError:  # months and years have no fixed length
        raise error from None
    seconds = duration.days * 86_400 + duration.seconds
    nanoseconds = (seconds * 10**6 + duration.microseconds) * 1000 + duration.nanoseconds
    if nanoseconds < 0:
        raise error
    return nanoseconds


def _number(gap: object) -> float:
    if gap is None:
        return 0
    if isinstance(gap, np.timedelta64 | datetime.timedelta):
        raise ArgumentError(
            "`gap` must be a number, because the times are numbers.", received=f"gap={gap!r}"
        )
    return check_real("gap", gap, 0)
