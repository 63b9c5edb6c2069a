"""Numbers in cells of text."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st

from dlrecipes.data.sources.number_cells import are_codes, read_numbers, scan_numbers
from dlrecipes.results import NumberForm


def scan(cells, **options):
    return scan_numbers(pd.Series(cells, dtype="str"), **options)


def read(cells, form):
    return read_numbers(pd.Series(cells, dtype="str"), form).tolist()


def written(number, decimal, thousands):
    text = f"{number:,f}" if thousands else f"{number:f}"
    return text.translate(str.maketrans({",": thousands, ".": decimal}))


@settings(max_examples=100, deadline=None)
@example([Decimal("1000.00"), Decimal("-1000.00")], (",", " "), "{}")
@given(
    st.lists(
        st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False), min_size=1
    ),
    st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'")]),
    st.sampled_from(["{}", "{} kg", "${}", "{} €", "{}%"]),
)
def test_any_number_in_any_form_comes_back_exactly(numbers, marks, unit):
    cells = [unit.format(written(number, *marks)) for number in numbers]
    found = scan(cells)
    assert found.share == 1.0
    factor = Decimal("0.01") if unit == "{}%" else 1
    assert read(cells, found.form) == [float(number * factor) for number in numbers]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_as_programs_write_them(numbers):
    cells = [repr(number) for number in numbers]
    found = scan(cells)
    assert (found.plain, found.share) == (True, 1.0)
    assert read(cells, found.form) == numbers


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("0123456789.,-+€% e()", max_size=9), min_size=1))
def test_a_cell_is_read_by_itself(cells):
    form = NumberForm(",", ".", "€", fractions=True)
    together = read(cells, form)
    alone = [read([cell], form)[0] for cell in cells]
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(
    ("cells", "options", "expected"),
    [
        (["6.443", "334", "1.234.567"], {}, [6443, 334, 1234567]),
        (["6.443", "334"], {"decimal": ","}, [6443, 334]),
        (["6.443", "334"], {"decimal": "."}, [6.443, 334]),
        (["6.443", "7.125"], {"separator": ","}, [6.443, 7.125]),
        (["6,443", "334"], {"separator": ","}, [6443, 334]),
        (["6,443", "7,125"], {"separator": ";"}, [6.443, 7.125]),
        (["12,34,567", "3"], {}, [1234567, 3]),
        (["(94)", "83"], {}, [-94, 83]),
        (["233-", "5"], {}, [-233, 5]),
        (["\u22123.5", "+2"], {}, [-3.5, 2]),
        (["17:30", "6:45"], {}, [17.5, 6.75]),
        (["1:17:30", "36:45:36"], {}, [1 + 17.5 / 60, 36.76]),
        (["12:15 AM", "12:15 p.m.", "5 PM"], {}, [0.25, 12.25, 17]),
        (["1.5K", "900", "12k", "3.5M"], {}, [1500, 900, 12_000, 3.5e6]),
        (["€110.5M", "€500K", "€7"], {}, [110.5e6, 500e3, 7]),
        (["3 years", "1 year"], {}, [3, 1]),
        (["1.5e3", "2"], {}, [1500, 2]),
    ],
)
def test_what_the_marks_mean(cells, options, expected):
    found = scan(cells, **options)
    assert (found.unclear, found.share) == ("", 1.0)
    assert read(cells, found.form) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (["6.443", "334"], ";"),
        (["6.443", "334"], ","),
        (["6.443", "7.125"], ";"),
        (["6,443", "334"], ";"),
        (["6,443", "7,125"], "\t"),
    ],
)
def test_what_nothing_tells_is_asked(cells, separator):
    assert scan(cells, separator=separator).unclear == cells[0]


@pytest.mark.parametrize(
    "cells",
    [["A1", "B2"], ["1.2.3", "1.2.4"], ["192.168.0.1"], ["3-4"], ["1.png", "2.png"], ["Oslo"],
     ["0x1f"], ["01.02.2020"], ["555-1234"], ["3/4"], ["#5"], ["4x4"], ["1st", "2nd"],
     ["192.168.100.101", "10.0.0.1"], ["110 001", "560 034"], ["1E5", "10E4"], ["(1)", "(2)"],
     ["58:21", "1:02:33"], ["25:23"]],
)  # fmt: skip
def test_what_is_no_number(cells):
    assert scan(cells).share == 0.0


def test_units_must_agree():
    mixed = scan(["12 kg", "3 lb", "4 kg", "5 lb"])
    assert (mixed.mixed, mixed.share) == (True, 0.5)
    form = scan(["12.5 kg", "3 kg"]).form
    found = read(["4 kg", "4", "4 lb", "4,5 kg"], form)
    np.testing.assert_array_equal(found, [4, np.nan, np.nan, np.nan])
    assert read(["5", "$5"], scan(["$1,234.50", "$3"]).form) == [5, 5]
    assert not scan(["12A", "3B", "14C"]).mixed
    percent = scan(["5%", "6%"]).form
    np.testing.assert_array_equal(read(["5%", "0.05"], percent), [0.05, np.nan])


def test_what_looks_like_a_code_is_a_number_where_it_is_asked():
    assert scan(["110 001", "560 034"], asked=True).share == 1.0


def test_a_thousand_in_a_column_without_fractions_is_refused():
    whole = scan(["12", "300"]).form
    np.testing.assert_array_equal(read(["1.234", "1.5", "12"], whole), [np.nan, 1.5, 12])


def test_digits_with_leading_zeros_are_codes():
    assert are_codes(pd.Series(["007", "12"]))
    assert are_codes(pd.Series(["007", "X9"]))
    assert not are_codes(pd.Series(["7", "0"]))
    assert not are_codes(pd.Series(["07", "1.5"]))
