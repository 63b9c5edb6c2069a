import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import add_lags
from dlrecipes.errors import ArgumentError, DataError


def hours(count):
    return pd.DataFrame(
        {"time": pd.date_range("2024-01-01", periods=count, freq="h"), "sold": np.arange(count)}
    )


def test_durations_and_rows():
    table = hours(60).drop(index=[10]).reset_index(drop=True)
    lagged = add_lags(table, ["24h", "1"], column="sold", time="time")
    assert list(lagged) == ["time", "sold", "sold 24h earlier", "sold 1 row earlier"]
    assert list(table) == ["time", "sold"]
    exact = lagged.set_index("sold")["sold 24h earlier"]
    assert exact[30] == 6
    assert exact.loc[:23].isna().all()
    assert np.isnan(exact[34])  # the hour that is not there
    assert lagged.set_index("sold")["sold 1 row earlier"][11] == 9


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_only_earlier_rows_count(seed):
    generator = np.random.default_rng(seed)
    table = pd.concat([hours(40).assign(shop=shop) for shop in ("a", "b")])
    table = table.sample(frac=0.8, random_state=seed, ignore_index=True)
    table["sold"] = generator.normal(size=len(table))
    lags = ["1h", "24h", 1, 3]
    lagged = add_lags(table, lags, column="sold", time="time", series="shop")
    at = table["time"].quantile(0.5)
    changed = table.assign(sold=table["sold"].where(table["time"] < at, -1000))
    again = add_lags(changed, lags, column="sold", time="time", series="shop")
    same = (table["time"] <= at).to_numpy()
    pd.testing.assert_frame_equal(
        lagged.drop(columns="sold")[same], again.drop(columns="sold")[same]
    )
    # ---- each lag by a plain loop
    for row in range(len(table)):
        mine = table[table["shop"] == table["shop"][row]]
        day = mine[mine["time"] == table["time"][row] - pd.Timedelta("24h")]["sold"]
        expected = day.iloc[0] if len(day) else np.nan
        np.testing.assert_equal(lagged["sold 24h earlier"][row], expected)
        earlier = mine[mine["time"] < table["time"][row]].sort_values("time")["sold"]
        expected = earlier.iloc[-3] if len(earlier) >= 3 else np.nan
        np.testing.assert_equal(lagged["sold 3 rows earlier"][row], expected)


def test_times_that_are_numbers_and_several_columns():
    table = pd.DataFrame({"step": [3, 1, 2], "y": [30, 10, 20]})
    lagged = add_lags(table, ["1.0"], column="y", time="step")
    np.testing.assert_array_equal(lagged["y 1.0 earlier"], [20, np.nan, 10])
    table = pd.DataFrame({"day": ["2024-01-01", "2024-01-01"], "hr": [0, 1], "y": [1, 2]})
    lagged = add_lags(table, ["1h"], column="y", time=["day", "hr"])
    np.testing.assert_array_equal(lagged["y 1h earlier"], [np.nan, 1])


@pytest.mark.parametrize(
    ("lags", "options", "error", "message"),
    [
        (["soon"], {}, ArgumentError, "A lag is a duration.*lag='soon'"),
        (["-1h"], {}, ArgumentError, "A lag is a duration.*lag='-1h'"),
        ([0], {}, ArgumentError, "A lag is a duration.*lag=0"),
        (["0h"], {}, ArgumentError, "A lag is a duration.*lag='0h'"),
        ([1, "1"], {}, ArgumentError, "Each lag is given once"),
        (["1h"], {"column": "cost"}, DataError, "'cost'"),
        (["1h"], {"time": "when"}, DataError, "'when'"),
        (["1h"], {"column": "word"}, DataError, "earlier values of numbers"),
        (["1h"], {"time": "word"}, DataError, "Times must be numbers or dates"),
        ([1], {"time": "twice"}, DataError, "5 rows with a time.*`series`"),
        ([1], {"time": "twice", "series": "word"}, DataError, "Join those rows"),
        ([1], {"time": "gaps"}, DataError, "1 missing, first in row 2"),
    ],
)
def test_wrong(lags, options, error, message):
    table = hours(6).assign(word="x", twice=7, gaps=[1, 2, np.nan, 3, 4, 5])
    with pytest.raises(error, match=message):
        add_lags(table, lags, **{"column": "sold", "time": "time", **options})


def test_a_name_that_is_taken():
    table = hours(3).assign(**{"sold 1 row earlier": 0})
    with pytest.raises(DataError, match="must have a new name"):
        add_lags(table, [1], column="sold", time="time")
