"""The one wording of argument checks."""

import math

import numpy as np
import pytest

from dlrecipes.checks import check_choice, check_integer, check_real, did_you_mean
from dlrecipes.errors import ArgumentError


@pytest.mark.parametrize("value", [0, 0.5, 1, np.float32(0.5), np.int64(1)])
def test_real(value):
    found = check_real("rate", value, 0, 1)
    assert found == value
    assert type(found) is float


@pytest.mark.parametrize(
    "value", [-0.1, 1.1, math.nan, math.inf, -math.inf, True, "0.5", None, 1j, [0.5]]
)
def test_not_real(value):
    with pytest.raises(ArgumentError) as caught:
        check_real("rate", value, 0, 1)
    assert str(caught.value) == (
        f"`rate` must be a finite number in [0, 1]. Received: rate={value!r}."
    )


def test_open_ends():
    for value, named in ((0, {"low_open": True}), (1, {"high_open": True})):
        assert check_real("rate", value, 0, 1) == value
        with pytest.raises(ArgumentError, match=r"in [(\[]0, 1[)\]]\. Received: rate="):
            check_real("rate", value, 0, 1, **named)


@pytest.mark.parametrize("value", [2, np.int32(3), 4])
def test_integer(value):
    found = check_integer("units", value, 2, 4)
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize("value", [1, 5, 2.0, True, "3", None])
def test_not_integer(value):
    with pytest.raises(ArgumentError, match=r"`units` must be an integer, in \[2, 4\]\. Received"):
        check_integer("units", value, 2, 4)


def test_integer_without_an_upper_end():
    assert check_integer("units", 10**12, 1) == 10**12


@pytest.mark.parametrize("value", [10**400, 10**5000, -(10**400)], ids=["400", "5000", "-400"])
def test_an_absurd_number_is_not_written_out(value):
    for check in (check_integer, check_real):
        with pytest.raises(ArgumentError, match=r"trials=-?10+… \([45],?0+1 digits\)") as caught:
            check("trials", value, 0)
        assert len(str(caught.value)) < 150
    with pytest.raises(ArgumentError, match=r"an integer, at least 1\. Received: units=0\.$"):
        check_integer("units", 0, 1)


def test_choice():
    assert check_choice("mode", "fast", ("slow", "fast")) == "fast"
    for value in ("quick", None, 3, ["fast"]):
        with pytest.raises(ArgumentError, match=r"one of 'fast', 'slow'\. Received: mode="):
            check_choice("mode", value, ("slow", "fast"))


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("trails", "Did you mean 'trials'?"),
        ("Batch-Size", "Did you mean 'batch_size'?"),
        ("warp", ""),
        ("", ""),
        (7, ""),
        (None, ""),
        ("x" * 10_000, ""),
    ],
)
def test_did_you_mean(word, hint):
    assert did_you_mean(word, ["trials", "batch_size", "epochs"]) == hint
    assert did_you_mean(word, []) == ""
