import pytest

from dlrecipes.training.headline import headline


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("no such layer", "no such layer"),
        ("\n  first \nsecond", "first"),
        ("", ""),
        (
            "Exception encountered when calling Dense.call().\n\n\x1b[1mWrong shape\x1b[0m\n\n"
            "Arguments received by Dense.call():\n  • inputs=3",
            "Wrong shape",
        ),
        ("Exception encountered when calling A.call().", "Exception encountered when calling A"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_headline(text, line):
    assert headline(ValueError(text)).startswith(line)
    assert len(headline(ValueError(text))) <= 300
