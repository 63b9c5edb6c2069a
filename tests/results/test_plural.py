"""A number and its noun."""

import pytest

from dlrecipes.results import plural


@pytest.mark.parametrize(
    ("count", "words", "text"),
    [
        (0, ("trial",), "0 trials"),
        (1, ("trial",), "1 trial"),
        (5000, ("trial",), "5,000 trials"),
        (1, ("class", "classes"), "1 class"),
        (2, ("row is", "rows are"), "2 rows are"),
    ],
)
def test_plural(count, words, text):
    assert plural(count, *words) == text
