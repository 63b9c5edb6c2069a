"""Dates that are written in columns of text."""

import pandas as pd
import pytest

from dlrecipes.data.sources.dates import ISO, detect_date_format, parse_dates


@pytest.mark.parametrize("year", ["0000", "0001", "9999"])
def test_years_that_nobody_computes_with_are_no_dates(year):
    values = pd.Series([f"{year}-01-01", "2020-02-03", "2021-02-03"])
    dates = parse_dates(values, ISO)
    assert dates.isna().tolist() == [True, False, False]
    counts = pd.Series([f"{year}/1/1"] * 3).value_counts()
    assert detect_date_format("day", counts) == ("", False)
