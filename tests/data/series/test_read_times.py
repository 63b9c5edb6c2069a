import datetime

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import read_times, table_times
from dlrecipes.errors import DataError

EXPECTED = np.array(["2024-01-31T17:30", "2024-02-01T05:00"], "datetime64[us]")


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-31 17:30", "2024-02-01 05:00"],
        ["2024-01-31T18:30:00+01:00", "2024-02-01T06:00:00+01:00"],
        ["2024-01-31T17:30:00Z", "2024-02-01T06:00:00+01:00"],
        ["31.01.2024 17:30", "01.02.2024 05:00"],
        EXPECTED,
        pd.Series(EXPECTED).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
        np.array([datetime.datetime(2024, 1, 31, 17, 30), datetime.datetime(2024, 2, 1, 5)]),
    ],
)
def test_dates(values):
    np.testing.assert_array_equal(read_times(values), EXPECTED)


@pytest.mark.parametrize("values", [[3, 1, 2], [0.5, 1.5, np.nan]])
def test_numbers(values):
    np.testing.assert_array_equal(read_times(values), values)


def test_a_missing_date_stays_missing():
    assert np.isnat(read_times(["2024-01-31", None, "2024-02-01"])).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["soon", "later"], "numbers or dates.*'soon'"),
        ([True, False], "numbers or dates.*bool"),
        ([None, None], "numbers or dates"),
        (["2024-01-31T17:30+01:00", "2024-02-01T05:00+05:00"], "one time zone"),
        (["2024-01-31T17:30Z", "2024-02-01T05:00"], "one time zone"),
        (["01.02.2024"] * 200 + ["31.13.2024"], "must hold dates only.*'31.13.2024' in row 200"),
        (["0001-01-01", "2024-01-31"], "1 of 2 without a date between 1678 and 2261.*row 0"),
    ],
)
def test_no_times(values, message):
    with pytest.raises(DataError, match=message):
        read_times(values)


@pytest.mark.parametrize(
    "columns",
    [
        {"day": ["2024-01-31", "2024-02-01"], "hr": [17.5, 5]},
        {"day": ["31.01.2024", "01.02.2024"], "clock": ["17:30", "05:00"]},
        {"day": ["2024-01-31", "2024-02-01"], "clock": ["17:30:00", "5:00:00"]},
        {"Year": [2024, 2024], "Month": [1, 2], "Day": [31, 1], "hour": [17, 5], "minute": [30, 0]},
    ],
)
def test_several_columns(columns):
    np.testing.assert_array_equal(table_times(pd.DataFrame(columns), list(columns)), EXPECTED)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"day": ["2024-01-31"], "hr": [24]},
            "hours in 'hr' must lie from 0 to below 24.*24 in row 0",
        ),
        ({"day": ["2024-01-31"], "hr": ["noon"]}, "'noon'"),
        ({"day": [20240131], "hr": [1]}, "numbers in 'day'"),
        ({"a": [2024], "b": [1], "c": [31]}, "time='a, b, c'"),
        ({"year": [2024], "month": [2], "day": [31]}, "Times must be numbers or dates"),
    ],
)
def test_columns_that_make_no_time(columns, message):
    with pytest.raises(DataError, match=message):
        table_times(pd.DataFrame(columns), list(columns))
