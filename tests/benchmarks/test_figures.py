import math

import pytest
from measuring.figures import paired_ratios, show, show_spread, slope


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0123456, "0.0123"), (1.5, "1.50"), (123.4, "123"), (12345.6, "12,346"), (0, "0")],
)
def test_three_digits(value, shown):
    assert show(value) == shown


def test_what_is_missing_is_a_dash():
    assert show(None) == show_spread([]) == "-"


def test_spread():
    assert show_spread([3.0, 1.0, 2.0]) == "2.00 (1.00-3.00)"
    assert show_spread([3.0]) == "3.00"
    assert show_spread([3.0, math.inf, 1.0], infinite="never") == "3.00 (1.00-never)"
    assert show_spread([3.0, -math.inf], infinite="never") == "never (never-3.00)"


def test_ratios_are_taken_within_a_round():
    assert paired_ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]


def test_slope_leaves_the_start_out():
    assert slope([50.0, 0.0, 2.0, 4.0, 6.0]) == pytest.approx(2.0)
    assert slope([7.0] * 10) == 0
