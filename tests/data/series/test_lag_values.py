"""Earlier values, and those that are known one step ahead."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import add_lags
from dlrecipes.data.series.lag_values import lag_values, one_step_lags, read_lags
from dlrecipes.errors import ArgumentError

LAGS = ["last", "last 2", "last 3", "1D", "2D", "7D"]


def a_frame(seed, rows=300):
    """Two series with times that occur twice, hours that are not there, values that are missing."""
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "series": generator.choice(["a", "b"], rows),
            "time": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(generator.integers(0, 240, rows), "h"),
            "value": np.where(generator.random(rows) < 0.2, np.nan, generator.normal(size=rows)),
        }
    )


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_value_of_the_same_time_or_a_later_one(seed):
    frame = a_frame(seed)
    lags = read_lags(LAGS, dates=True)
    before = lag_values(frame, lags)
    generator = np.random.default_rng(seed)
    for row in generator.integers(0, len(frame), 3):
        hidden = frame["time"] >= frame["time"][row]
        spoilt = frame.assign(
            value=frame["value"].where(~hidden, generator.normal(1e6, 1, len(frame)))
        )
        for known, again in zip(before, lag_values(spoilt, lags), strict=True):
            np.testing.assert_equal(again[row], known[row])
    mixed = frame.sample(frac=1, random_state=seed)
    for known, again in zip(before, lag_values(mixed, lags), strict=True):
        np.testing.assert_allclose(again, known[mixed.index], rtol=1e-12)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_each_lag_by_a_plain_loop(seed):
    frame = a_frame(seed, rows=120)
    found = lag_values(frame, read_lags(["last", "last 3", "1D"], dates=True))
    for row in range(len(frame)):
        own = frame[(frame["series"] == frame["series"][row]) & frame["value"].notna()]
        means = own.groupby("time")["value"].mean()
        earlier = means[means.index < frame["time"][row]].sort_index()
        wanted = [
            earlier.iloc[-1] if len(earlier) else np.nan,
            earlier.iloc[-3] if len(earlier) > 2 else np.nan,
            means.get(frame["time"][row] - pd.Timedelta("1D"), np.nan),
        ]
        np.testing.assert_allclose([values[row] for values in found], wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("freq", "periods", "seasons"),
    [
        ("15min", 96 * 60, ["1D", "2D", "7D"]),
        ("h", 24 * 60, ["1D", "2D", "7D"]),
        ("h", 24 * 4, ["1D"]),  # two days ago is known for half of the rows only
        ("h", 12, []),
        ("D", 365 * 4, ["7D", "14D", "364D"]),
        ("D", 400, ["7D", "14D"]),
        ("W", 300, ["364D", "728D"]),
        ("MS", 120, ["1year", "2years"]),
        ("QS", 40, ["1year", "2years"]),
        ("YS", 30, []),
    ],
)
def test_lags_follow_from_the_step(freq, periods, seasons):
    times = pd.date_range("1990-01-01", periods=periods, freq=freq)
    frame = pd.DataFrame({"series": 0, "time": times, "value": np.arange(periods)})
    assert one_step_lags(frame) == ["last", "last 2", "last 3", *seasons]


def test_seasons_that_are_never_hit_are_left_out():
    generator = np.random.default_rng(0)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        np.cumsum(generator.uniform(50, 70, 2000)), "min"
    )
    frame = pd.DataFrame({"series": 0, "time": times, "value": 1.0})
    assert one_step_lags(frame) == ["last", "last 2", "last 3"]
    numbers = pd.DataFrame({"series": 0, "time": np.arange(50), "value": 1.0})
    assert one_step_lags(numbers) == ["last", "last 2", "last 3"]


def test_years_of_the_calendar_and_the_last_known_value():
    months = pd.date_range("2023-01-01", periods=24, freq="MS")
    table = pd.DataFrame({"month": months, "y": np.arange(24.0)})
    table.loc[22, "y"] = np.nan
    lagged = add_lags(table, ["1year", "2months", "last", "last 2", 1], column="y", time="month")
    named = {
        "y 1year earlier": 11,
        "y 2months earlier": 21,
        "y last value": 21,
        "y 2nd last value": 20,
        "y 1 row earlier": np.nan,
    }
    for name, value in named.items():
        np.testing.assert_equal(lagged[name][23], value)


@pytest.mark.parametrize("lag", ["last 0", "last one", "0months", "nan", "month", "inf"])
def test_what_is_no_lag(lag):
    for dates in (True, False):
        with pytest.raises(ArgumentError, match="A lag is a duration"):
            read_lags([lag], dates=dates)
    with pytest.raises(ArgumentError, match="Each lag is given once"):
        read_lags(["last", "last 1"], dates=True)
