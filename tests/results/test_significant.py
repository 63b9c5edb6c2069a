import math

import pytest

from dlrecipes.results import score_text, significant


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (53212.4, 4, "53,212"),
        (1021.3, 2, "1,021"),
        (999.4, 4, "999.4"),
        (0.87654, 4, "0.8765"),
        (12.4, 2, "12"),
        (0.0, 4, "0"),
        (-1234.5, 4, "-1,234"),
        (1e20, 4, "1e+20"),
        (math.nan, 4, "nan"),
        (-math.inf, 2, "-inf"),
    ],
)
def test_large_numbers_are_written_in_full(value, digits, text):
    assert significant(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.85, "0.8500"), (-12.34567, "-12.3457"), (999.9, "999.9000"), (1.3563e10, "13,563,000,000")],
)
def test_a_score_has_decimals_where_they_say_something(value, text):
    assert score_text(value) == text


def test_a_sign():
    assert [significant(value, signed=True) for value in (2.5, -2.5)] == ["+2.5", "-2.5"]
