import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.splitting import split_by_time
from dlrecipes.errors import ArgumentError, DataError

FRACTIONS = {"validation_fraction": 0.2, "test_fraction": 0.2}
times = st.lists(st.integers(-50, 50), min_size=3, max_size=80).filter(lambda t: len(set(t)) >= 3)
fractions = st.floats(0.05, 0.45)


@settings(deadline=None, max_examples=50)
@given(times, fractions, fractions, st.sampled_from([np.int64, np.float64, np.int8]))
def test_order_of_time(values, validation, test, kind):
    time = np.array(values, dtype=kind)
    parts = split_by_time(time, validation_fraction=validation, test_fraction=test)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(time)))
    train, held_out, sealed, left_out = parts
    assert not len(left_out)
    assert time[train].max() < time[held_out].min()
    assert time[held_out].max() < time[sealed].min()
    for part in parts:
        assert part.dtype == np.int64
        assert (np.diff(time[part]) >= 0).all()
    # No other cut that leaves two times before it is nearer to the fraction.
    sizes = [(time >= cut).sum() for cut in np.unique(time)[2:]]
    assert (
        abs(len(sealed) - test * len(time)) <= min(abs(s - test * len(time)) for s in sizes) + 1e-9
    )


@settings(deadline=None, max_examples=50)
@given(times, st.integers(0, 20) | st.floats(0, 20))
def test_gap(values, gap):
    time = np.array(values)
    try:
        train, validation, test, left_out = split_by_time(time, gap=gap, **FRACTIONS)
    except DataError as error:
        assert "gap must leave rows" in str(error)  # noqa: PT017
        return
    rows = np.concatenate([train, validation, test, left_out])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(time)))
    for earlier, later in ((train, validation), (validation, test)):
        start = time[later].min()
        assert start - time[earlier].max() > gap
        between = time[(time > time[earlier].max()) & (time < start)]
        assert (start - between <= gap).all()


@settings(deadline=None, max_examples=50)
@given(times, st.randoms())
def test_the_order_of_the_rows_does_not_count(values, shuffler):
    time = np.array(values)
    order = list(range(len(time)))
    shuffler.shuffle(order)
    first = split_by_time(time, **FRACTIONS)
    second = split_by_time(time[order], **FRACTIONS)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(time[one], time[order][other])


def test_sizes_with_a_gap():
    parts = split_by_time(np.arange(100), gap=7, **FRACTIONS)
    assert [len(part) for part in parts] == [46, 20, 20, 14]
    assert parts[3].tolist() == [*range(46, 53), *range(73, 80)]


DAYS = pd.date_range("2026-01-01", periods=30)


@pytest.mark.parametrize(
    "time",
    [
        DAYS,
        pd.Series(DAYS, index=range(30, 0, -1)),
        DAYS.to_numpy().astype("datetime64[D]"),
        DAYS.to_numpy().astype("datetime64[ns]"),
        DAYS.tz_localize("Europe/Berlin"),
        pd.Series(DAYS.tz_localize("UTC")),
        list(DAYS),
        list(DAYS.tz_localize("America/New_York")),
        np.array(list(DAYS.tz_localize("UTC")), dtype=object),
        [day.to_pydatetime() for day in DAYS],
        [day.date() for day in DAYS],
        [day.to_pydatetime().replace(tzinfo=datetime.UTC) for day in DAYS],
    ],
)
@pytest.mark.parametrize(
    "gap",
    [pd.Timedelta(days=2), np.timedelta64(2, "D"), datetime.timedelta(2), pd.Timedelta("2D 1ns")],
)
def test_kinds_of_dates(time, gap):
    expected = split_by_time(np.arange(30), gap=2, **FRACTIONS)
    for part, other in zip(expected, split_by_time(time, gap=gap, **FRACTIONS), strict=True):
        np.testing.assert_array_equal(part, other)


@pytest.mark.parametrize(
    "time",
    [
        pd.Series(range(30), dtype="Int64"),
        [*range(15), *np.arange(15.0, 30.0)],
        np.arange(30, dtype=np.uint64),
        np.arange(30, dtype=np.float32),
        pd.to_timedelta(range(30), unit="h"),
    ],
)
def test_kinds_of_numbers(time):
    expected = split_by_time(np.arange(30), **FRACTIONS)
    for part, other in zip(expected, split_by_time(time, **FRACTIONS), strict=True):
        np.testing.assert_array_equal(part, other)


def test_the_hour_that_summer_time_repeats_keeps_its_order():
    instants = pd.date_range("2026-10-24 22:00", periods=10, freq="30min", tz="UTC")
    train, validation, test, _ = split_by_time(instants.tz_convert("Europe/Berlin"), **FRACTIONS)
    assert [*train, *validation, *test] == list(range(10))


def test_extreme_numbers_do_not_overflow():
    low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    parts = split_by_time(np.array([high, low, 0]), gap=5, **FRACTIONS)
    assert [part.tolist() for part in parts] == [[1], [2], [0], []]
    parts = split_by_time(np.array([1e308, -1e308, 0.0]), gap=5, **FRACTIONS)
    assert [part.tolist() for part in parts] == [[1], [2], [0], []]


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ([1, 2, None, 4], "`time` must have a value.*1 of 4 missing, first in row 2"),
        ([1.0, np.nan, 3.0], "1 of 3 missing, first in row 1"),
        (pd.to_datetime(["2026-01-01", None, "2026-01-03"]), "1 of 3 missing, first in row 1"),
        (pd.to_datetime(["2026-01-01", None], utc=True), "1 of 2 missing"),
        ([1.0, np.inf, 3.0], "must be finite.*first in row 1"),
        (
            [*DAYS.tz_localize("UTC"), *DAYS.tz_localize("Europe/Berlin")],
            r"one time zone.*Europe/Berlin, UTC.*pd.to_datetime\(time, utc=True\)",
        ),
        ([*DAYS.tz_localize("UTC"), *DAYS], "one time zone.*UTC, no zone"),
        ([5] * 10, "three different times.*1 in 10 examples"),
        ([1, 2, 1], "three different times.*2 in 3 examples"),
        (["2026-01-01", "2026-01-02"], r"numbers or dates.*pd.to_datetime\(time\)"),
        (np.array(["1", 2], dtype=object), "numbers or dates.*int and str"),
        ([True, False, True], "numbers or dates.*bool"),
        (np.array([True, 2], dtype=object), "numbers or dates.*bool and int"),
        (np.array([1, 2, 2**64 - 1], dtype=np.uint64), "fit into 64 bits"),
        ([1, 2, 2**80], "numbers or dates.*object"),
        ([[1, 2], [3, 4]], "one value for each example"),
    ],
)
def test_malformed_times(time, message):
    with pytest.raises(DataError, match=message):
        split_by_time(time, **FRACTIONS)


@pytest.mark.parametrize(
    ("time", "gap", "error", "message"),
    [
        (range(10), 4, DataError, "gap must leave rows.*gap=4.*none for the training part"),
        (range(10), 8, DataError, "gap must leave rows.*gap=8.*none for the validation part"),
        (DAYS, pd.Timedelta(days=60), DataError, "gap must leave rows.*validation.*Shorten it"),
        (range(10), -1, ArgumentError, "`gap` must be a finite number"),
        (range(10), pd.Timedelta(1), ArgumentError, "must be a number, because the times are"),
        (range(10), np.timedelta64(1, "D"), ArgumentError, "must be a number, because the times"),
        (range(10), np.timedelta64(1, "M"), ArgumentError, "must be a number, because the times"),
        (DAYS, 7, ArgumentError, r"duration.*gap=7.*pd.Timedelta\(days=7\)"),
        (DAYS, "7D", ArgumentError, "duration.*gap='7D'"),
        (DAYS, pd.NaT, ArgumentError, "duration.*gap=NaT"),
        (DAYS, np.timedelta64(1, "M"), ArgumentError, "duration"),
        (DAYS, pd.Timedelta(days=-1), ArgumentError, "duration of at least 0"),
    ],
)
def test_malformed_gaps(time, gap, error, message):
    with pytest.raises(error, match=message):
        split_by_time(time, gap=gap, **FRACTIONS)


def test_malformed_fractions():
    with pytest.raises(ArgumentError, match="something to train"):
        split_by_time(range(9), validation_fraction=0.5, test_fraction=0.5)
