import pytest
import typer

from dlrecipes.cli.extra import read_extra


def test_names_and_values():
    words = ["--split-seed", "3", "--drop=a,b", "--missing=", "--gap", "-1"]
    assert read_extra(words) == {"split_seed": "3", "drop": "a,b", "missing": "", "gap": "-1"}
    assert read_extra([]) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["more"], r"unexpected extra argument \(more\)"),
        (["-x", "1"], r"unexpected extra argument \(-x\)"),
        (["--gap"], "without its value: --gap"),
        (["--gap", "--json"], "without its value: --gap"),
    ],
)
def test_wrong_words(words, message):
    with pytest.raises(typer.BadParameter, match=message):
        read_extra(words)
