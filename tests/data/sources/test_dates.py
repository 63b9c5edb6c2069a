"""Dates that are written in columns of text."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data.sources.date_cell import ISO
from dlrecipes.data.sources.dates import (
    are_compact_dates,
    epoch_format,
    parse_dates,
    read_dates,
    scan_dates,
)

DAYS = [
    datetime.datetime(2021, 1, 1) + datetime.timedelta(days=9 * at, hours=at) for at in range(60)
]
FORMS = {
    "%Y-%m-%d %H:%M": ISO,
    "%Y-%m-%dT%H:%M:%S": ISO,
    "%Y/%m/%d %H:%M": "%Y/%m/%d",
    "%d.%m.%Y %H:%M": "%d.%m.%Y",
    "%d.%m.%y %H:%M": "%d.%m.%y",
    "%d/%m/%Y %H:%M": "%d/%m/%Y",
    "%m/%d/%Y %I:%M %p": "%m/%d/%Y",
    "%m/%d/%y %I:%M:%S %p": "%m/%d/%y",
    "%d-%m-%Y %H:%M": "%d-%m-%Y",
    "%d-%b-%Y %H:%M": "%B",
    "%B %d, %Y %H:%M": "%B",
    "%d %B %Y %H:%M": "%B",
    "%a, %d %b %Y %H:%M:%S": "%B",
}


def counts(cells):
    return pd.Series(cells).value_counts()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_text(form):
    cells = [day.strftime(form) for day in DAYS]
    found = scan_dates(counts(cells)).form
    assert found == FORMS[form]
    expected = [day.strftime("%Y-%m-%d %H:%M") for day in DAYS]
    assert read_dates(pd.Series(cells), found).tolist() == expected


@pytest.mark.parametrize(
    ("cell", "form", "expected"),
    [
        ("2024-05-31", ISO, "2024-05-31 00:00"),
        ("2024-05", ISO, "2024-05-01 00:00"),
        ("2024-05-31T17:30:59.250Z", ISO, "2024-05-31 17:30:59.25+00:00"),
        ("2024-05-31 17:30+0200", ISO, "2024-05-31 17:30+02:00"),
        ("2024-05-31 17:30-03", ISO, "2024-05-31 17:30-03:00"),
        ("12/31/1999 12:15 AM", "%m/%d/%Y", "1999-12-31 00:15"),
        ("31/12/68", "%d/%m/%y", "2068-12-31 00:00"),
        ("31/12/69", "%d/%m/%y", "1969-12-31 00:00"),
        ("20240531", "%Y%m%d", "2024-05-31 00:00"),
        ("6. März 2021", "%B", "2021-03-06 00:00"),
        ("6 août 2021", "%B", "2021-08-06 00:00"),
        # A date of year, month and day is one in every column, and points begin with the day.
        ("2024-05-31", "%m/%d/%Y", "2024-05-31 00:00"),
        ("31.05.2024", "%d/%m/%Y", "2024-05-31 00:00"),
        # no such date, or another order
        ("2024-02-30", ISO, ""),
        ("05/31/2024", "%d/%m/%Y", ""),
        ("31/05/2024", "%m/%d/%Y", ""),
        ("31.05.2024", "%m/%d/%Y", ""),
        ("31-05-2024", "%d/%m/%Y", ""),
        ("31/05/24", "%d/%m/%Y", ""),
        ("13/05/2024 13:00 PM", "%d/%m/%Y", ""),
        ("2024-05-31 25:00", ISO, ""),
        ("6 Brumaire 2021", "%B", ""),
        ("soon", ISO, ""),
    ],
)
def test_one_cell(cell, form, expected):
    assert read_dates(pd.Series([cell]), form).tolist() == [expected]


def test_typed_dates_and_numbers():
    instants = pd.Series(pd.date_range("2024-10-27", periods=4, freq="h", tz="Europe/Berlin"))
    assert read_dates(instants, ISO).tolist()[2:] == [
        "2024-10-27 02:00+02:00",
        "2024-10-27 02:00+01:00",
    ]
    assert read_dates(pd.Series([20240531, 20240601.0]), "%Y%m%d").tolist() == [
        "2024-05-31 00:00",
        "2024-06-01 00:00",
    ]
    epochs = pd.Series(["1700000000", "1700000000.0", "1700000000.5", "2024-05-31"])
    assert read_dates(epochs, "epoch s").tolist() == [
        "2023-11-14 22:13:20",
        "2023-11-14 22:13:20",
        "2023-11-14 22:13:20.5",
        "2024-05-31 00:00",
    ]
    assert read_dates(pd.Series(["20240531.0"]), "%Y%m%d").tolist() == ["2024-05-31 00:00"]
    assert read_dates(pd.Series([None, "2024-05-31"]), ISO).tolist() == [None, "2024-05-31 00:00"]


def test_what_is_told_of_a_column():
    assert scan_dates(counts(["05/06/2021", "07/08/2021"])).unclear == "05/06/2021"
    assert scan_dates(counts(["05/06/2021"]), "day-first").form == "%d/%m/%Y"
    assert scan_dates(counts(["05/16/2021", "16/05/2021"])).like
    assert scan_dates(counts([*(f"2021-01-{day:02}" for day in range(1, 6)), "never"] * 9)).like
    assert scan_dates(counts(["Jan 2020", "Feb 2021"])).like
    many = [day.strftime("%Y-%m-%d") for day in DAYS] * 3 + ["never"]
    assert scan_dates(counts(many)).bad == "never"
    for cells in (["Oslo", "Rome"], ["1.5", "2.5"], ["1-2", "2-3"], ["A-1-2"],
                  ["1.2.10", "3.4.12"], ["2009-10", "2010-11"]):  # fmt: skip
        found = scan_dates(counts(cells))
        assert (found.form, found.unclear, found.like) == ("", "", False)


def test_whole_numbers_that_are_days_or_not():
    days = pd.Series([int(day.strftime("%Y%m%d")) for day in DAYS])
    assert are_compact_dates(days)
    assert are_compact_dates(days.astype(float))
    assert not are_compact_dates(days + 50)
    assert not are_compact_dates(
        pd.Series(np.random.default_rng(0).integers(19_000_101, 20_991_231, 60))
    )
    assert epoch_format(pd.Series([1_700_000_000])) == "epoch s"
    assert epoch_format(pd.Series([1_700_000_000_000.0])) == "epoch ms"
    for values in ([0.5], [1990, 2019], [45_000], [20_240_531]):
        assert epoch_format(pd.Series(values)) == ""


@pytest.mark.parametrize("year", ["0001", "1677", "2262", "9999"])
def test_years_that_nobody_computes_with_have_no_moment(year):
    dates = parse_dates(pd.Series([f"{year}-01-01", "2020-02-03", "2021-02-03"]))
    assert dates.isna().tolist() == [True, False, False]


@settings(max_examples=80, deadline=None)
@given(
    st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2068, 12, 31)),
    st.sampled_from(sorted(FORMS)),
)
def test_any_date_comes_back(day, form):
    day = day.replace(second=0, microsecond=0)
    cell = pd.Series([day.strftime(form)])
    assert read_dates(cell, FORMS[form]).tolist() == [day.strftime("%Y-%m-%d %H:%M")]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1))
def test_a_cell_is_read_by_itself(cells):
    together = read_dates(pd.Series(cells, dtype="str"), ISO).tolist()
    alone = [read_dates(pd.Series([cell], dtype="str"), ISO)[0] for cell in cells]
    assert together == alone
