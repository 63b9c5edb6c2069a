"""The three parts in order of time."""

from __future__ import annotations

import numpy as np

from dlrecipes.data.drawing.fractions import check_fractions
from dlrecipes.data.drawing.timeline import read_timeline
from dlrecipes.data.split_stratified import Rows
from dlrecipes.errors import DataError
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
